//! Curves of shares against shares, in a square.

use plotters::prelude::*;
use plotters::style::text_anchor::HPos;

use super::{
    Colour, DrawError, GAP, INK, LEGEND_ROW, MUTED, ROW, TRACK, WIDTH, along, axis, draw, fill,
    number, room, write,
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

/// Curves in a square whose axes both go from 0 to a round number that is not below any share; `diagonal`
/// draws the line of equal shares. Names stand below, in the curves' colours.
///
/// # Errors
/// What the drawing says.
pub fn square(
    curves: &[Curve],
    (x_label, y_label): (&str, &str),
    diagonal: bool,
) -> Result<String, DrawError> {
    const TOP: i32 = 30;
    let shares = curves.iter().flat_map(|curve| &curve.points).flat_map(|&(x, y)| [x, y]);
    let (step, top) = axis(shares.fold(f64::MIN_POSITIVE, f64::max));
    let left = room([number(top, step).as_str()]);
    let side = WIDTH - left - 2 * GAP;
    let floor = TOP + side;
    let place = |&(x, y): &(f64, f64)| (left + along(side, x / top), floor - along(side, y / top));
    let rows = i32::try_from(curves.len()).unwrap_or(i32::MAX / ROW - 20);
    draw(floor + 2 * ROW + rows * LEGEND_ROW, |area| {
        write(area, y_label, (0, 9), HPos::Left, MUTED)?;
        let ticks = (0..).map(|tick| f64::from(tick) * step);
        for tick in ticks.take_while(|tick| *tick <= top * (1.0 + f64::EPSILON)) {
            let (x, y) = place(&(tick, tick));
            fill(area, (left, y), (left + side, y + 1), TRACK)?;
            write(area, &number(tick, step), (left - GAP, y), HPos::Right, MUTED)?;
            write(area, &number(tick, step), (x, floor + 15), HPos::Center, MUTED)?;
        }
        write(area, x_label, (left + side / 2, floor + 15 + ROW - GAP), HPos::Center, MUTED)?;
        if diagonal {
            let ends = [(0.0, 0.0), (top, top)].iter().map(place).collect::<Vec<_>>();
            area.draw(&PathElement::new(ends, super::FOURTH.stroke_width(1)))?;
        }
        for (curve, row) in curves.iter().zip(0_i32..) {
            let path: Vec<_> = thinned(&curve.points).iter().map(place).collect();
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
