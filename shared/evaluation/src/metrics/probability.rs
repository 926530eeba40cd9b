//! How far probabilities are from what happened.

use super::{CLIP, Tally};

/// See [`Metric::Brier`](super::Metric::Brier).
pub(super) fn brier(tally: &Tally<'_>) -> f64 {
    mean(tally, |p| (p * p, (1.0 - p) * (1.0 - p)))
}

/// See [`Metric::LogLoss`](super::Metric::LogLoss).
pub(super) fn log_loss(tally: &Tally<'_>) -> f64 {
    mean(tally, |p| {
        let p = p.clamp(CLIP, 1.0 - CLIP);
        (-(1.0 - p).ln(), -p.ln())
    })
}

/// The mean of a loss, given of a probability for quiet weeks and for crises. NaN without rows.
fn mean(tally: &Tally<'_>, loss: impl Fn(f64) -> (f64, f64)) -> f64 {
    let sum: f64 = tally
        .probabilities
        .iter()
        .zip(tally.rows.iter().zip(tally.crises))
        .map(|(probability, (rows, crises))| {
            let (quiet, crisis) = loss(*probability);
            (rows - crises) * quiet + crises * crisis
        })
        .sum();
    sum / tally.all_rows()
}
