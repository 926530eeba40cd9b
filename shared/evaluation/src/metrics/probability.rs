//! How far scores are from what happened.

use super::{CLIP, Tally};

/// See [`Metric::Brier`](super::Metric::Brier).
pub(super) fn brier(tally: &Tally<'_>) -> f64 {
    mean(tally, |score| (score * score, (1.0 - score) * (1.0 - score)))
}

/// See [`Metric::LogLoss`](super::Metric::LogLoss).
pub(super) fn log_loss(tally: &Tally<'_>) -> f64 {
    mean(tally, |score| {
        let score = score.clamp(CLIP, 1.0 - CLIP);
        (-(1.0 - score).ln(), -score.ln())
    })
}

/// The mean of a loss, given of a score for quiet weeks and for crises. NaN without rows.
fn mean(tally: &Tally<'_>, loss: impl Fn(f64) -> (f64, f64)) -> f64 {
    let sum: f64 = tally
        .iter()
        .map(|(score, rows, crises)| {
            let (quiet, crisis) = loss(score);
            (rows - crises) * quiet + crises * crisis
        })
        .sum();
    sum / tally.all_rows()
}
