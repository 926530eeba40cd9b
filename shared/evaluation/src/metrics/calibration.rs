//! Whether a probability of 0.3 is 30 in 100.

use mindmate_model::odds::logistic;
use serde::{Deserialize, Serialize};

use super::Tally;

/// Bins of the calibration error, each of equally many rows.
const BINS: usize = 10;

/// Newton's steps after which a fit counts as none: it converges in far fewer, or never.
const MOST_STEPS: usize = 100;

/// A fit has converged where a step moves no log-odds further: steps square what is wrong.
const CONVERGED: f64 = 1e-6;

/// No step moves any row's log-odds further. So short a step always comes closer: information changes by a factor of e at
/// most on the way (Bach 2010). Full steps can leap past the fit and back, for good.
const LONGEST_STEP: f64 = 1.0;

/// An information matrix whose determinant is so small a share of what it could be is that of one score, but for rounding, or
/// of labels that the scores part without an error.
const SINGULAR: f64 = 1e-12;

/// An intercept beyond this is none.
const LARGEST: f64 = 1e3;

/// Where fits begin: at those of all rows, once each, since resamples' are near.
#[derive(Debug, Clone, Copy)]
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
    let (highest, lowest) = (*tally.log_odds.first()?, *tally.log_odds.last()?);
    let (mut a, mut b) = start;
    for _ in 0..MOST_STEPS {
        let fit = Gradient::at(tally, a, b);
        // The inverse of the 2 × 2 information matrix, times the gradient.
        let determinant = fit.aa * fit.bb - fit.ab * fit.ab;
        if determinant.is_nan() || determinant <= SINGULAR * fit.aa * fit.bb {
            return None;
        }
        let step_a = (fit.bb * fit.a - fit.ab * fit.b) / determinant;
        let step_b = (fit.aa * fit.b - fit.ab * fit.a) / determinant;
        // Log-odds move by a line, so that it is at an end that they move furthest.
        let length = (step_a + step_b * highest).abs().max((step_a + step_b * lowest).abs());
        let held = (LONGEST_STEP / length).min(1.0);
        a += held * step_a;
        b += held * step_b;
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
