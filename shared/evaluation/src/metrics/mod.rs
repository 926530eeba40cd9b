//! What is measured of a scorer, with each formula and its source.
//!
//! All measures are functions of [`Tally`]: how many rows, and how many crises among them, have each
//! score. Rows of equal score are so always together: no measure depends on the order of the file. Counts
//! need not be whole, and a bootstrap's resample is the same scores with other counts.

mod alerts;
mod calibration;
mod probability;
mod ranking;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

pub use self::alerts::{AlertMetric, Alerts};
pub(crate) use self::calibration::Known;
pub use self::calibration::{Bin, Start, bins};
pub(crate) use self::probability::losses;
pub use self::ranking::{pr_curve, roc_curve};

/// A score or a probability nearer to 0 or 1 is taken for this far from it where its logarithm counts: one row that is
/// wrong beyond doubt would otherwise make every other row's share of log loss disappear.
pub const CLIP: f64 = 1e-9;

/// What is measured of a scorer as a whole. Undefined where there are no crises, or nothing else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Metric {
    /// The chance that a week with a crisis has a higher score than one without, half of it where both
    /// have the same: U / (n₁ n₀) (Mann & Whitney 1947).
    Auroc,
    /// Average precision, Σₖ (Rₖ − Rₖ₋₁) Pₖ over the distinct scores, highest first: no line is drawn
    /// between points, which would flatter (Davis & Goadrich 2006). By chance it is the share of crises.
    Auprc,
    /// Mean of (p − y)² (Brier 1950).
    Brier,
    /// Mean of −y ln p − (1 − y) ln (1 − p), p held [`CLIP`] away from 0 and 1.
    LogLoss,
    /// b of logit P(y = 1) = a + b · logit p (Cox 1958): below 1 the probabilities are too extreme.
    CalibrationSlope,
    /// a of the same with b held at 1 (calibration in the large, Van Calster et al. 2019): above 0 the
    /// risk is higher than the probabilities say.
    CalibrationIntercept,
    /// Σ over 10 bins of equal count of the bin's share times |mean probability − share of crises| (Naeini
    /// et al. 2015, whose bins are of equal width). It grows as rows get fewer, however good the scores.
    CalibrationError,
    /// Of the crises, the share among the 1 % of rows with the highest scores; of rows with the score at
    /// the edge, as many as have room count, each a part.
    RecallAt1Percent,
    /// The same of 5 %.
    RecallAt5Percent,
    /// The same of 10 %.
    RecallAt10Percent,
}

impl Metric {
    /// All, as reports list them.
    pub const ALL: [Self; 10] = [
        Self::Auroc,
        Self::Auprc,
        Self::Brier,
        Self::LogLoss,
        Self::CalibrationSlope,
        Self::CalibrationIntercept,
        Self::CalibrationError,
        Self::RecallAt1Percent,
        Self::RecallAt5Percent,
        Self::RecallAt10Percent,
    ];

    /// For people.
    pub fn words(self) -> &'static str {
        match self {
            Self::Auroc => "AUROC",
            Self::Auprc => "AUPRC",
            Self::Brier => "Brier score",
            Self::LogLoss => "log loss",
            Self::CalibrationSlope => "calibration slope",
            Self::CalibrationIntercept => "calibration intercept",
            Self::CalibrationError => "calibration error (ECE)",
            Self::RecallAt1Percent => "recall at 1% alerts",
            Self::RecallAt5Percent => "recall at 5% alerts",
            Self::RecallAt10Percent => "recall at 10% alerts",
        }
    }

    /// Whether more of it is better; `None` where the best is in the middle.
    pub fn more_is_better(self) -> Option<bool> {
        match self {
            Self::Auroc
            | Self::Auprc
            | Self::RecallAt1Percent
            | Self::RecallAt5Percent
            | Self::RecallAt10Percent => Some(true),
            Self::Brier | Self::LogLoss | Self::CalibrationError => Some(false),
            Self::CalibrationSlope | Self::CalibrationIntercept => None,
        }
    }

    /// Its value; NaN where it is undefined.
    pub fn of(self, tally: &Tally<'_>) -> f64 {
        match self {
            Self::Auroc => ranking::auroc(tally),
            Self::Auprc => ranking::average_precision(tally),
            Self::Brier => probability::brier(tally),
            Self::LogLoss => probability::log_loss(tally),
            Self::CalibrationSlope => calibration::slope(tally),
            Self::CalibrationIntercept => calibration::intercept(tally),
            Self::CalibrationError => calibration::error(tally),
            Self::RecallAt1Percent => ranking::recall_at_budget(tally, 0.01),
            Self::RecallAt5Percent => ranking::recall_at_budget(tally, 0.05),
            Self::RecallAt10Percent => ranking::recall_at_budget(tally, 0.10),
        }
    }
}

/// Rows by score, in columns of equal length.
#[derive(Debug, Clone, Copy)]
pub struct Tally<'a> {
    /// The distinct scores, from 0 to 1, highest first.
    pub scores: &'a [f64],
    /// The probability of each: the score itself where a scorer has no other.
    pub probabilities: &'a [f64],
    /// ln(p / (1 − p)) of each probability p, the score held [`CLIP`] away from 0 and 1: taken once for all resamples.
    pub log_odds: &'a [f64],
    /// The odds against a crisis by each, e to the minus `log_odds`.
    pub odds_against: &'a [f64],
    /// What a quiet week of each costs in [`Metric::LogLoss`], and what a crisis does.
    pub losses: &'a [(f64, f64)],
    /// Where fits of calibration begin.
    pub start: Start<'a>,
    /// How many rows have each.
    pub rows: &'a [f64],
    /// How many of these were followed by a crisis.
    pub crises: &'a [f64],
    /// The sum of `rows`.
    pub all_rows: f64,
    /// The sum of `crises`.
    pub all_crises: f64,
}

impl Tally<'_> {
    /// Score, rows and crises, highest score first.
    pub fn iter(&self) -> impl Iterator<Item = (f64, f64, f64)> + '_ {
        let counts = self.rows.iter().zip(self.crises);
        self.scores.iter().zip(counts).map(|(score, (rows, crises))| (*score, *rows, *crises))
    }

    /// Rows and crises, where there are crises and quiet weeks.
    fn of_both_labels(&self) -> Option<(f64, f64)> {
        let (rows, crises) = (self.all_rows, self.all_crises);
        (crises > 0.0 && rows > crises).then_some((rows, crises))
    }
}
