//! Whether a probability of 0.3 is 30 in 100.

use serde::{Deserialize, Serialize};

use super::Tally;

/// Bins of the calibration error, each of equally many rows.
const BINS: usize = 10;

/// Newton's steps after which a fit counts as none: it converges in far fewer, or never.
const MOST_STEPS: usize = 100;

/// A fit has converged where a step moves no log-odds further: steps square what is wrong, so that what is left is below 1e-9 in any
/// log-odds, and below 1e-9 over their spread in the slope.
const CONVERGED: f64 = 3e-5;

/// No step moves any row's log-odds further. So short a step always comes closer: information changes by a factor of e at
/// most on the way (Bach 2010). Full steps can leap past the fit and back, for good.
const LONGEST_STEP: f64 = 1.0;

/// An information matrix whose determinant is so small a share of what it could be is that of one score, but for rounding, or
/// of labels that the scores part without an error.
const SINGULAR: f64 = 1e-12;

/// An intercept beyond this is none.
const LARGEST: f64 = 1e3;

/// So many scores' odds are taken before they are added up: a call of `exp` between the sums would throw them out of registers.
const AT_ONCE: usize = 64;

/// Where fits begin: at those of all rows, once each, since resamples' are near.
#[derive(Debug, Clone, Copy)]
pub struct Start<'a> {
    /// With the slope held at 1.
    intercept: f64,
    /// Intercept and slope, and the odds against a crisis by them, of each score.
    line: Option<((f64, f64), &'a [f64])>,
}

/// The fits of all rows, for [`Start`]; at first of none, so that fits begin where nothing is known.
#[derive(Debug, Clone, Default)]
pub(crate) struct Known {
    intercept: f64,
    line: Option<((f64, f64), Vec<f64>)>,
}

impl Known {
    /// Fits these rows.
    pub(crate) fn of(tally: &Tally<'_>) -> Self {
        let intercept = fit_intercept(tally, 0.0).unwrap_or(0.0);
        let line = fit_line(tally, Start { intercept, line: None });
        let odds = |line| tally.log_odds.iter().map(|x| odds_against(line, *x)).collect();
        Self { intercept, line: line.map(|line| (line, odds(line))) }
    }

    /// Where fits of resamples begin.
    pub(crate) fn start(&self) -> Start<'_> {
        let line = self.line.as_ref().map(|(line, odds)| (*line, odds.as_slice()));
        Start { intercept: self.intercept, line }
    }
}

/// See [`Metric::CalibrationSlope`](super::Metric::CalibrationSlope). NaN where the scores are all the
/// same, or part the labels without an error.
pub(super) fn slope(tally: &Tally<'_>) -> f64 {
    fit_line(tally, tally.start).map_or(f64::NAN, |(_, slope)| slope)
}

/// See [`Metric::CalibrationIntercept`](super::Metric::CalibrationIntercept).
pub(super) fn intercept(tally: &Tally<'_>) -> f64 {
    fit_intercept(tally, tally.start.intercept).unwrap_or(f64::NAN)
}

/// Intercept and slope, where there is a fit.
fn fit_line(tally: &Tally<'_>, start: Start<'_>) -> Option<(f64, f64)> {
    tally.of_both_labels()?;
    let (highest, lowest) = (*tally.log_odds.first()?, *tally.log_odds.last()?);
    let ((mut a, mut b), mut fit) = match start.line {
        Some((line, odds)) => (line, Gradient::at(tally, odds)),
        None => ((start.intercept, 1.0), Gradient::of_line(tally, (start.intercept, 1.0))),
    };
    for _ in 0..MOST_STEPS {
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
        fit = Gradient::of_line(tally, (a, b));
    }
    None
}

/// The intercept with the slope held at 1, where there is a fit.
fn fit_intercept(tally: &Tally<'_>, start: f64) -> Option<f64> {
    tally.of_both_labels()?;
    let mut a = start;
    for _ in 0..MOST_STEPS {
        let fit = Gradient::of_intercept(tally, a);
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
#[derive(Default)]
struct Gradient {
    a: f64,
    b: f64,
    aa: f64,
    ab: f64,
    bb: f64,
}

impl Gradient {
    /// By the odds against a crisis of each score.
    fn at(tally: &Tally<'_>, odds: &[f64]) -> Self {
        let mut sums = Self::default();
        sums.add(tally.log_odds, tally.rows, tally.crises, odds.iter().copied());
        sums
    }

    fn of_line(tally: &Tally<'_>, line: (f64, f64)) -> Self {
        let (mut sums, mut odds) = (Self::default(), [0.0; AT_ONCE]);
        let counts = tally.rows.chunks(AT_ONCE).zip(tally.crises.chunks(AT_ONCE));
        for (log_odds, (rows, crises)) in tally.log_odds.chunks(AT_ONCE).zip(counts) {
            for (odds, x) in odds.iter_mut().zip(log_odds) {
                *odds = odds_against(line, *x);
            }
            sums.add(log_odds, rows, crises, odds.into_iter());
        }
        sums
    }

    fn of_intercept(tally: &Tally<'_>, a: f64) -> Self {
        let (mut sums, moved) = (Self::default(), (-a).exp());
        let odds = tally.odds_against.iter().map(|odds| moved * odds);
        sums.add(tally.log_odds, tally.rows, tally.crises, odds);
        sums
    }

    /// Scores that nobody drawn has add nothing, and are not left out: a branch costs more than they do.
    fn add(
        &mut self,
        log_odds: &[f64],
        rows: &[f64],
        crises: &[f64],
        odds: impl Iterator<Item = f64>,
    ) {
        let counted = log_odds.iter().zip(rows.iter().zip(crises));
        for ((&x, (&rows, &crises)), odds) in counted.zip(odds) {
            let (p, rest) = chances(odds);
            // Not crises less rows · p: where p is nearly 1 that is 0 before the information is, and looks like a fit.
            let error = crises * rest - (rows - crises) * p;
            let information = rows * p * rest;
            self.a += error;
            self.b += error * x;
            self.aa += information;
            self.ab += information * x;
            self.bb += information * x * x;
        }
    }
}

/// The odds against a crisis by a line through the log-odds.
fn odds_against((a, b): (f64, f64), log_odds: f64) -> f64 {
    (-(a + b * log_odds)).exp()
}

/// What is 1 / (1 + odds against), and what that leaves of 1, each with all its digits. Infinite odds make the sums
/// NaN, so that there is no fit; only a shift of hundreds ([`Ranked::new`](crate::Ranked::new)) gives such.
fn chances(odds_against: f64) -> (f64, f64) {
    let p = 1.0 / (1.0 + odds_against);
    (p, odds_against * p)
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
