//! A row in the form that makes a missing value no special case.

use mindmate_domain::feature::FEATURE_COUNT;

use crate::tree::{Branch, Split};

/// Where the second half begins.
const HALF: usize = 128;

const _: () = assert!(FEATURE_COUNT <= HALF, "each half holds all inputs");

/// A row twice over: with missing values above every threshold, and below. A split that sends missing
/// values right looks into the first half, one that sends them left into the second, and both ask
/// for no more than whether the value is above the threshold.
pub(super) struct Values([f64; 2 * HALF]);

impl Values {
    /// NaN and what the row does not have are missing.
    pub(super) fn new(row: impl Iterator<Item = f64>) -> Self {
        let mut values = [f64::INFINITY; 2 * HALF];
        let (above, below) = values.split_at_mut(HALF);
        below.fill(f64::NEG_INFINITY);
        for ((above, below), value) in above.iter_mut().zip(below).zip(row) {
            if !value.is_nan() {
                (*above, *below) = (value, value);
            }
        }
        Self(values)
    }

    /// The value at a place that [`place`] gave.
    pub(super) fn at(&self, place: u8) -> f64 {
        self.0[usize::from(place)]
    }
}

/// Where a split looks. Its input is below [`FEATURE_COUNT`], as the artefact's checks see to.
pub(super) fn place(split: &Split) -> u8 {
    let half = match split.missing {
        Branch::Right => 0,
        Branch::Left => HALF,
    };
    u8::try_from(half + usize::from(split.input)).unwrap_or(u8::MAX)
}
