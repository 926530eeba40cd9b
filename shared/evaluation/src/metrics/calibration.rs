//! Whether a probability of 0.3 is 30 in 100.

use mindmate_model::odds::logistic;
use serde::{Deserialize, Serialize};

use super::Tally;

/// Bins of the calibration error, each of equally many rows.
const BINS: usize = 10;

/// Newton's steps after which a fit counts as none: it converges in far fewer, or never.
const MOST_STEPS: usize = 50;

/// A fit has converged where a step is no longer than this: steps square what is wrong, so that after this one it is 1e-12.
const CONVERGED: f64 = 1e-6;

/// No step is longer: far from the solution the likelihood is nearly flat, and a full step would leap past it.
const LONGEST_STEP: f64 = 2.0;

/// Coefficients beyond this are no fit: labels that the scores part without an error let them grow forever.
const LARGEST: f64 = 1e3;

/// Where fits begin: at those of all rows, once each, since resamples' are near.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Start {
    /// With the slope held at 1.
    intercept: f64,
    /// Intercept and slope.
    line: (f64, f64),
}

impl Start {
    /// Where nothing is known.
    pub const COLD: Self = Self { intercept: 0.0, line: (0.0, 1.0) };

    /// From the fits of these rows, where there are any.
    pub(crate) fn at(tally: &Tally<'_>) -> Self {
        let intercept = fit_intercept(tally, 0.0).unwrap_or(0.0);
        let cold = (intercept, 1.0);
        Self { intercept, line: fit_line(tally, cold).unwrap_or(cold) }
    }
}

/// See [`Metric::CalibrationSlope`](super::Metric::CalibrationSlope). NaN where the scores are all the
/// same, or part the labels without an error.
pub(super) fn slope(tally: &Tally<'_>) -> f64 {
    fit_line(tally, tally.start.line).map_or(f64::NAN, |(_, slope)| slope)
}

/// See [`Metric::CalibrationIntercept`](super::Metric::CalibrationIntercept).
pub(super) fn intercept(tally: &Tally<'_>) -> f64 {
    fit_intercept(tally, tally.start.intercept).unwrap_or(f64::NAN)
}

/// Intercept and slope, where there is a fit.
fn fit_line(tally: &Tally<'_>, start: (f64, f64)) -> Option<(f64, f64)> {
    tally.of_both_labels()?;
    let (mut a, mut b) = start;
    for _ in 0..MOST_STEPS {
        let fit = Gradient::at(tally, a, b);
        // The inverse of the 2 × 2 information matrix, times the gradient.
        let determinant = fit.aa * fit.bb - fit.ab * fit.ab;
        if determinant <= f64::EPSILON * fit.aa * fit.bb {
            return None;
        }
        let step_a = (fit.bb * fit.a - fit.ab * fit.b) / determinant;
        let step_b = (fit.aa * fit.b - fit.ab * fit.a) / determinant;
        let length = step_a.abs().max(step_b.abs());
        let held = (LONGEST_STEP / length).min(1.0);
        a += held * step_a;
        b += held * step_b;
        // Also where either is NaN.
        if !(a.abs() < LARGEST && b.abs() < LARGEST) {
            return None;
        }
        if length < CONVERGED {
            return Some((a, b));
        }
    }
    None
}

/// The intercept with the slope held at 1, where there is a fit.
fn fit_intercept(tally: &Tally<'_>, start: f64) -> Option<f64> {
    tally.of_both_labels()?;
    let mut a = start;
    for _ in 0..MOST_STEPS {
        let fit = Gradient::at(tally, a, 1.0);
        let step = (fit.a / fit.aa).clamp(-LONGEST_STEP, LONGEST_STEP);
        a += step;
        if a.is_nan() || a.abs() > LARGEST {
            return None;
        }
        if step.abs() < CONVERGED {
            return Some(a);
        }
    }
    None
}

/// Gradient and information of the log-likelihood of logit P = a + b · logit p.
struct Gradient {
    a: f64,
    b: f64,
    aa: f64,
    ab: f64,
    bb: f64,
}

impl Gradient {
    fn at(tally: &Tally<'_>, a: f64, b: f64) -> Self {
        let mut sums = Self { a: 0.0, b: 0.0, aa: 0.0, ab: 0.0, bb: 0.0 };
        let counted = tally.log_odds.iter().zip(tally.rows.iter().zip(tally.crises));
        for (&x, (&rows, &crises)) in counted.filter(|(_, (rows, _))| **rows > 0.0) {
            let p = logistic(a + b * x);
            let (error, information) = (crises - rows * p, rows * p * (1.0 - p));
            sums.a += error;
            sums.b += error * x;
            sums.aa += information;
            sums.ab += information * x;
            sums.bb += information * x * x;
        }
        sums
    }
}

/// Rows of similar probabilities.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Bin {
    /// How many; a part where rows of one score lie in two bins.
    pub rows: f64,
    /// Their mean probability.
    pub probability: f64,
    /// The share of crises among them.
    pub crises: f64,
}

/// Bins of equally many rows, lowest scores first. Rows of one score that lie in two bins are shared out,
/// with their crises in proportion.
pub fn bins(tally: &Tally<'_>) -> Vec<Bin> {
    let all = tally.all_rows;
    let size = all / BINS as f64;
    let mut bins = Vec::with_capacity(BINS);
    if all <= 0.0 {
        return bins;
    }
    // Sums of rows, probabilities and crises of the bin that is being filled.
    let mut sums = [0.0; 3];
    let lowest_first = (0..tally.scores.len()).rev();
    for place in lowest_first.filter(|place| tally.rows[*place] > 0.0) {
        let (p, rows, crises) =
            (tally.probabilities[place], tally.rows[place], tally.crises[place]);
        let mut left = rows;
        while left > 0.0 {
            // The last bin takes what rounding leaves.
            let room = if bins.len() + 1 < BINS { size - sums[0] } else { f64::INFINITY };
            let part = left.min(room);
            sums[0] += part;
            sums[1] += part * p;
            sums[2] += part * crises / rows;
            left -= part;
            if part >= room {
                bins.push(bin(sums));
                sums = [0.0; 3];
            }
        }
    }
    if sums[0] > 0.0 {
        bins.push(bin(sums));
    }
    bins
}

fn bin([rows, probabilities, crises]: [f64; 3]) -> Bin {
    Bin { rows, probability: probabilities / rows, crises: crises / rows }
}

/// See [`Metric::CalibrationError`](super::Metric::CalibrationError).
pub(super) fn error(tally: &Tally<'_>) -> f64 {
    let sum: f64 =
        bins(tally).iter().map(|bin| bin.rows * (bin.probability - bin.crises).abs()).sum();
    sum / tally.all_rows
}
