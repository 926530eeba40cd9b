//! Charts as SVG: bars, a histogram, spans of time, lines over time, and curves of shares.
//!
//! A chart is drawn in the colours of the light scheme, so that it stands alone; `style.css` names
//! each of these colours and gives it another one in the dark. A test holds the two together.

mod square;

use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

pub use self::square::{Curve, square};

/// Why a chart could not be drawn.
pub type DrawError = DrawingAreaErrorKind<<SVGBackend<'static> as DrawingBackend>::ErrorType>;

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;

/// Text that is read first.
const INK: RGBColor = RGBColor(0x1F, 0x2A, 0x37);
/// Text that explains.
const MUTED: RGBColor = RGBColor(0x5B, 0x67, 0x76);
/// What a bar could have filled, and lines that guide the eye.
const TRACK: RGBColor = RGBColor(0xE6, 0xEA, 0xF0);
/// Bars that stand for no level.
pub const PLAIN: RGBColor = RGBColor(0x4A, 0x6F, 0xA5);
/// Bars that stand for something that went wrong.
pub const WARN: RGBColor = RGBColor(0xB4, 0x53, 0x09);

/// Further lines of a chart: colours of the levels, which say nothing of a level there.
pub const SECOND: RGBColor = RGBColor(0x3F, 0x8F, 0x83);
/// One more.
pub const THIRD: RGBColor = RGBColor(0x9F, 0x1D, 0x3A);
/// And one more.
pub const FOURTH: RGBColor = RGBColor(0x7A, 0x85, 0x94);

/// A colour of a chart.
pub type Colour = RGBColor;

/// Charts are drawn this wide and scaled by the page; at 420 pixels the text stays readable.
const WIDTH: i32 = 460;
/// Height of a row of bars or spans.
const ROW: i32 = 30;
/// Height of a bar.
const BAR: i32 = 14;
/// Room for one character of text: a wide one, since a reader's font is not known here.
const GLYPH: i32 = 9;
/// Between a text and what it belongs to.
const GAP: i32 = 8;
/// A bar of something is never narrower: a few among many are still seen.
const LEAST: i32 = 3;
/// Size of text in pixels.
const TEXT: f64 = 14.0;
/// The backend divides the size of a font by this; the size that is asked for is multiplied.
const BACKEND_FONT_RATIO: f64 = 1.24;

/// One bar.
pub struct Bar {
    /// What it stands for.
    pub label: String,
    /// How much of the track it fills, 0 to 1.
    pub share: f64,
    /// The number at its end, in words.
    pub value: String,
    /// Its colour.
    pub colour: RGBColor,
}

/// Horizontal bars, one a row, each between its label and its number.
///
/// # Errors
/// What the drawing says.
pub fn bars(bars: &[Bar]) -> Result<String, DrawError> {
    let height = ROW * i32::try_from(bars.len()).unwrap_or(i32::MAX / ROW);
    let start = room(bars.iter().map(|bar| bar.label.as_str()));
    let end = (WIDTH - room(bars.iter().map(|bar| bar.value.as_str()))).max(start + LEAST);
    draw(height, |area| {
        for (bar, middle) in bars.iter().zip(middles()) {
            write(area, &bar.label, (0, middle), HPos::Left, INK)?;
            fill(area, (start, middle - BAR / 2), (end, middle + BAR / 2), TRACK)?;
            if bar.share > 0.0 {
                let filled = along(end - start, bar.share).max(LEAST);
                let to = (start + filled, middle + BAR / 2);
                fill(area, (start, middle - BAR / 2), to, bar.colour)?;
            }
            write(area, &bar.value, (WIDTH, middle), HPos::Right, INK)?;
        }
        Ok(())
    })
}

/// A histogram of what lies from 0 to 1, in bins of equal width.
///
/// # Errors
/// What the drawing says.
pub fn histogram(bins: &[u64], x_label: &str) -> Result<String, DrawError> {
    const HEIGHT: i32 = 250;
    const TOP: i32 = 14;
    const FLOOR: i32 = HEIGHT - 46;
    const TICKS: u8 = 5;
    let most = bins.iter().copied().max().unwrap_or(0);
    let step = nice_step(most);
    let top = most.div_ceil(step).max(1).saturating_mul(step);
    let left = room([super::words::count(top).as_str()]);
    let right = WIDTH - GAP;
    draw(HEIGHT, |area| {
        for count in (0..=top / step).map(|tick| tick * step) {
            let y = FLOOR - along(FLOOR - TOP, count as f64 / top as f64);
            fill(area, (left, y), (right, y + 1), TRACK)?;
            write(area, &super::words::count(count), (left - GAP, y), HPos::Right, MUTED)?;
        }
        for (bin, count) in bins.iter().enumerate().filter(|(_, count)| **count > 0) {
            let edge = |bin: usize| left + along(right - left, bin as f64 / bins.len() as f64);
            let tall = along(FLOOR - TOP, *count as f64 / top as f64).max(LEAST);
            fill(area, (edge(bin) + 2, FLOOR - tall), (edge(bin + 1) - 1, FLOOR), PLAIN)?;
        }
        for tick in 0..=TICKS {
            let at = f64::from(tick) / f64::from(TICKS);
            let x = left + along(right - left, at);
            write(area, &format!("{at:.1}"), (x, FLOOR + 16), HPos::Center, MUTED)?;
        }
        write(area, x_label, (i32::midpoint(left, right), HEIGHT - 9), HPos::Center, MUTED)
    })
}

/// From the usual to the longest.
pub struct Span {
    /// What took it.
    pub label: String,
    /// Half took no longer, in microseconds.
    pub p50: u64,
    /// 99 of 100 took no longer.
    pub p99: u64,
    /// The longest.
    pub max: u64,
}

/// Spans of time on an axis of powers of ten: a disc, a bar and a ring at p50, p99 and max.
///
/// # Errors
/// What the drawing says.
pub fn spans(spans: &[Span]) -> Result<String, DrawError> {
    /// Half of the last name on the axis stands beyond it.
    const EDGE: i32 = 28;
    const MOST_NAMED: u32 = 4;
    let longest = spans.iter().map(|span| span.max).max().unwrap_or(1).max(1);
    let shortest = spans.iter().map(|span| span.p50).min().unwrap_or(1).max(1);
    let low = shortest.ilog10();
    let high = (longest.ilog10() + 1).max(low + 1);
    let rows = ROW * i32::try_from(spans.len()).unwrap_or(i32::MAX / ROW - 1);
    let left = room(spans.iter().map(|span| span.label.as_str())) + GAP;
    let right = WIDTH - EDGE;
    // Every power of ten has its line; where they are many, every other one has its name.
    let named = if high - low > MOST_NAMED { 2 } else { 1 };
    let at = |micros: u64| {
        let share = (micros.max(1) as f64).log10() - f64::from(low);
        left + along(right - left, (share / f64::from(high - low)).clamp(0.0, 1.0))
    };
    draw(rows + ROW, |area| {
        for power in low..=high {
            let micros = 10_u64.saturating_pow(power);
            fill(area, (at(micros), 0), (at(micros) + 1, rows), TRACK)?;
            if (high - power).is_multiple_of(named) {
                let words = super::words::micros(micros);
                write(area, &words, (at(micros), rows + ROW / 2), HPos::Center, MUTED)?;
            }
        }
        for (span, middle) in spans.iter().zip(middles()) {
            write(area, &span.label, (0, middle), HPos::Left, INK)?;
            fill(area, (at(span.p50), middle - 1), (at(span.max), middle + 1), MUTED)?;
            area.draw(&Circle::new((at(span.p50), middle), 5, PLAIN.filled()))?;
            let p99 = at(span.p99);
            fill(area, (p99 - 2, middle - 8), (p99 + 2, middle + 8), PLAIN)?;
            area.draw(&Circle::new((at(span.max), middle), 5, WARN.stroke_width(2)))?;
        }
        Ok(())
    })
}

/// One line over time.
pub struct Series {
    /// What it shows.
    pub label: String,
    /// Instants from the beginning, in seconds, and the value at each; at least 0.
    pub points: Vec<(f64, f64)>,
    /// Its colour, one that `style.css` knows.
    pub colour: RGBColor,
}

/// Lines over time on one axis from 0; `unit` stands above it. Each line's name and latest value
/// stand below, in its colour.
///
/// # Errors
/// What the drawing says.
pub fn lines(series: &[Series], unit: &str) -> Result<String, DrawError> {
    const PLOT: i32 = 190;
    const TOP: i32 = 30;
    const TICKS: i32 = 4;
    let floor = TOP + PLOT;
    let all = || series.iter().flat_map(|one| &one.points);
    let most = all().map(|point| point.1).fold(0.0, f64::max);
    let (step, top) = axis(most);
    let last = all().map(|point| point.0).fold(0.0, f64::max).max(f64::MIN_POSITIVE);
    let left = room([number(top, step).as_str()]);
    let right = WIDTH - 2 * GAP;
    let rows = i32::try_from(series.len()).unwrap_or(i32::MAX / ROW - 20);
    draw(floor + ROW + rows * LEGEND_ROW, |area| {
        write(area, unit, (0, 9), HPos::Left, MUTED)?;
        let mut tick = 0.0;
        while tick <= top * (1.0 + f64::EPSILON) {
            let y = floor - along(PLOT, tick / top);
            fill(area, (left, y), (right, y + 1), TRACK)?;
            write(area, &number(tick, step), (left - GAP, y), HPos::Right, MUTED)?;
            tick += step;
        }
        for tick in 0..=TICKS {
            let share = f64::from(tick) / f64::from(TICKS);
            let x = left + along(right - left, share);
            let words = format!("{} s", number(last * share, last / f64::from(TICKS)));
            let side = if tick == TICKS { HPos::Right } else { HPos::Center };
            write(area, &words, (x, floor + 15), side, MUTED)?;
        }
        for (one, row) in series.iter().zip(0_i32..) {
            let place = |&(at, value): &(f64, f64)| {
                (left + along(right - left, at / last), floor - along(PLOT, value / top))
            };
            let path: Vec<_> = one.points.iter().map(place).collect();
            area.draw(&PathElement::new(path, one.colour.stroke_width(2)))?;
            let y = floor + ROW + row * LEGEND_ROW + LEGEND_ROW / 2;
            fill(area, (left, y - 2), (left + 3 * GAP, y + 2), one.colour)?;
            write(area, &one.label, (left + 4 * GAP, y), HPos::Left, INK)?;
        }
        Ok(())
    })
}

/// Height of a line of the legend.
const LEGEND_ROW: i32 = 22;

/// A step of 1, 2 or 5 times a power of ten, and the first multiple of it that is not below `most`.
fn axis(most: f64) -> (f64, f64) {
    const STEPS: f64 = 4.0;
    let raw = (most / STEPS).max(1e-3);
    let power = 10_f64.powf(raw.log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0].map(|times| times * power);
    let step = step.into_iter().find(|step| *step >= raw * 0.999_999).unwrap_or(raw);
    (step, (most / step).ceil().max(1.0) * step)
}

/// A number of an axis, with as many digits as its steps need.
fn number(value: f64, step: f64) -> String {
    if step >= 1.0 {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "what a chart shows is neither below 0 nor beyond 2^64"
        )]
        return super::words::count(value.round() as u64);
    }
    let digits = usize::from(step < 1.0) + usize::from(step < 0.1) + usize::from(step < 0.01);
    format!("{value:.digits$}")
}

fn draw(
    height: i32,
    picture: impl FnOnce(&Area<'_>) -> Result<(), DrawError>,
) -> Result<String, DrawError> {
    let mut svg = String::new();
    {
        let size = (WIDTH.unsigned_abs(), height.max(1).unsigned_abs());
        let area = SVGBackend::with_string(&mut svg, size).into_drawing_area();
        picture(&area)?;
        area.present()?;
    }
    // Inside HTML an SVG needs no namespace; without it the page names no address at all.
    Ok(svg.replace(" xmlns=\"http://www.w3.org/2000/svg\"", ""))
}

/// Room for the longest of these texts, but never so much that no bar is left.
fn room<'a>(texts: impl IntoIterator<Item = &'a str>) -> i32 {
    let longest = texts.into_iter().map(|text| text.chars().count()).max().unwrap_or(0);
    let wide = i32::try_from(longest).unwrap_or(WIDTH).saturating_mul(GLYPH);
    wide.saturating_add(GAP).min(WIDTH * 3 / 5)
}

/// Middles of the rows, from the top.
fn middles() -> impl Iterator<Item = i32> {
    (0..).map(move |row| ROW * row + ROW / 2)
}

#[expect(clippy::cast_possible_truncation, reason = "the share of a length is no longer than it")]
fn along(length: i32, share: f64) -> i32 {
    (f64::from(length) * share.clamp(0.0, 1.0)).round() as i32
}

/// Steps of 1, 2 or 5 times a power of ten that make at most five of `most`.
fn nice_step(most: u64) -> u64 {
    const STEPS: u64 = 5;
    let raw = most.div_ceil(STEPS).max(1);
    let power = 10_u64.pow(raw.ilog10());
    [1, 2, 5].into_iter().map(|times| times * power).find(|step| *step >= raw).unwrap_or(raw)
}

fn fill(
    area: &Area<'_>,
    from: (i32, i32),
    to: (i32, i32),
    colour: RGBColor,
) -> Result<(), DrawError> {
    area.draw(&Rectangle::new([from, to], colour.filled()))
}

fn write(
    area: &Area<'_>,
    text: &str,
    at: (i32, i32),
    side: HPos,
    colour: RGBColor,
) -> Result<(), DrawError> {
    let style = TextStyle::from(("sans-serif", TEXT * BACKEND_FONT_RATIO))
        .pos(Pos::new(side, VPos::Center))
        .color(&colour);
    area.draw(&Text::new(text, at, style))
}
