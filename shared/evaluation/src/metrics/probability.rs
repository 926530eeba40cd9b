//! How far probabilities are from what happened.

use super::{CLIP, Tally};

/// See [`Metric::Brier`](super::Metric::Brier).
pub(super) fn brier(tally: &Tally<'_>) -> f64 {
    mean(tally, tally.probabilities.iter().map(|p| (p * p, (1.0 - p) * (1.0 - p))))
}

/// See [`Metric::LogLoss`](super::Metric::LogLoss).
pub(super) fn log_loss(tally: &Tally<'_>) -> f64 {
    mean(tally, tally.losses.iter().copied())
}

/// The log loss of a quiet week and of a crisis with this probability.
pub(crate) fn losses(probability: f64) -> (f64, f64) {
    let p = probability.clamp(CLIP, 1.0 - CLIP);
    (-(1.0 - p).ln(), -p.ln())
}

/// The mean of a loss, of which `losses` gives for each score that of quiet weeks and that of crises. NaN without rows.
fn mean(tally: &Tally<'_>, losses: impl Iterator<Item = (f64, f64)>) -> f64 {
    let counted = losses.zip(tally.rows.iter().zip(tally.crises));
    let sum: f64 = counted
        .map(|((quiet, crisis), (rows, crises))| (rows - crises) * quiet + crises * crisis)
        .sum();
    sum / tally.all_rows
}
