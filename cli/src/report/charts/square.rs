//! Curves of shares against shares, in a square.

use plotters::prelude::*;
use plotters::style::text_anchor::HPos;

use super::{
    Colour, DrawError, FOURTH, GAP, INK, LEGEND_ROW, MUTED, ROW, TRACK, WIDTH, along, axis, draw,
    fill, number, room, write,
};

/// Points that a curve is drawn with at most: more are no wider than a pixel.
const MOST_POINTS: usize = 400;

/// One curve.
pub struct Curve {
    /// What it shows.
    pub label: String,
    /// From left to right, as shares from 0 on.
    pub points: Vec<(f64, f64)>,
    /// Its colour, one that `style.css` knows as fill and as stroke.
    pub colour: Colour,
    /// Whether each point has a disc.
    pub discs: bool,
}

/// Curves in a square. Each axis goes from 0 to a round number that is not below any share; with `diagonal` both
/// have the same one, and the line of equal shares is drawn. Names stand below, in the curves' colours.
///
/// # Errors
/// What the drawing says.
pub fn square(
    curves: &[Curve],
    (x_label, y_label): (&str, &str),
    diagonal: bool,
) -> Result<String, DrawError> {
    const TOP: i32 = 30;
    let points = || curves.iter().flat_map(|curve| &curve.points);
    let [mut most_x, mut most_y] =
        points().fold([f64::MIN_POSITIVE; 2], |[a, b], &(x, y)| [a.max(x), b.max(y)]);
    if diagonal {
        most_x = most_x.max(most_y);
        most_y = most_x;
    }
    let ((step_x, top_x), (step_y, top_y)) = (axis(most_x), axis(most_y));
    let left = room([number(top_y, step_y).as_str()]);
    let side = WIDTH - left - 2 * GAP;
    let floor = TOP + side;
    let across = |x: f64| left + along(side, x / top_x);
    let up = |y: f64| floor - along(side, y / top_y);
    let rows = i32::try_from(curves.len()).unwrap_or(i32::MAX / ROW - 20);
    draw(floor + 2 * ROW + rows * LEGEND_ROW, |area| {
        write(area, y_label, (0, 9), HPos::Left, MUTED)?;
        for tick in ticks(step_y, top_y) {
            fill(area, (left, up(tick)), (left + side, up(tick) + 1), TRACK)?;
            write(area, &number(tick, step_y), (left - GAP, up(tick)), HPos::Right, MUTED)?;
        }
        for tick in ticks(step_x, top_x) {
            let words = number(tick, step_x);
            write(area, &words, (across(tick), floor + 15), HPos::Center, MUTED)?;
        }
        write(area, x_label, (left + side / 2, floor + 15 + ROW - GAP), HPos::Center, MUTED)?;
        if diagonal {
            let ends = vec![(left, floor), (left + side, TOP)];
            area.draw(&PathElement::new(ends, FOURTH.stroke_width(1)))?;
        }
        for (curve, row) in curves.iter().zip(0_i32..) {
            let thin = thinned(&curve.points);
            let path: Vec<_> = thin.iter().map(|&(x, y)| (across(x), up(y))).collect();
            if curve.discs {
                for at in &path {
                    area.draw(&Circle::new(*at, 4, curve.colour.filled()))?;
                }
            }
            area.draw(&PathElement::new(path, curve.colour.stroke_width(2)))?;
            let y = floor + 2 * ROW + row * LEGEND_ROW;
            fill(area, (left, y - 2), (left + 3 * GAP, y + 2), curve.colour)?;
            write(area, &curve.label, (left + 4 * GAP, y), HPos::Left, INK)?;
        }
        Ok(())
    })
}

fn ticks(step: f64, top: f64) -> impl Iterator<Item = f64> {
    let ticks = (0_i32..).map(move |tick| f64::from(tick) * step);
    ticks.take_while(move |tick| *tick <= top * (1.0 + f64::EPSILON))
}

/// Every so many points, and the last.
fn thinned(points: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let step = points.len().div_ceil(MOST_POINTS).max(1);
    let last = points.last().filter(|_| !(points.len().max(1) - 1).is_multiple_of(step));
    points.iter().step_by(step).chain(last).copied().collect()
}

#[cfg(test)]
mod tests {
    use super::{MOST_POINTS, thinned};

    #[test]
    fn a_long_curve_keeps_its_ends() {
        for length in [0, 1, 2, MOST_POINTS, MOST_POINTS + 1, 10 * MOST_POINTS + 7] {
            let points: Vec<_> = (0..length).map(|n| (n as f64, 0.0)).collect();
            let thin = thinned(&points);
            assert!(thin.len() <= MOST_POINTS + 1, "{length}");
            assert_eq!((thin.first(), thin.last()), (points.first(), points.last()), "{length}");
        }
    }
}
