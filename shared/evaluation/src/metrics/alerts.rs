//! What comes of it where everybody with a score from a threshold on is reached out to.

use serde::{Deserialize, Serialize};

use super::Tally;

/// What is measured at a threshold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum AlertMetric {
    /// Alerts of all rows.
    Alerts,
    /// Of the alerts, those that a crisis followed. Undefined without alerts.
    Precision,
    /// Of the crises, those with an alert.
    Recall,
    /// 2 · found / (alerts + crises).
    F1,
    /// Of the quiet weeks, those with an alert.
    FalsePositiveRate,
    /// Of the crises, those without one.
    FalseNegativeRate,
}

/// Counts at a threshold.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Alerts {
    /// All rows.
    pub rows: f64,
    /// All crises.
    pub crises: f64,
    /// Rows with an alert.
    pub flagged: f64,
    /// Crises with an alert.
    pub found: f64,
}

impl Alerts {
    /// A score that is the threshold is an alert, as a level begins at its bound.
    pub fn at(tally: &Tally<'_>, threshold: f64) -> Self {
        let (mut flagged, mut found) = (0.0, 0.0);
        for (_, rows, crises) in tally.iter().take_while(|(score, ..)| *score >= threshold) {
            flagged += rows;
            found += crises;
        }
        Self { rows: tally.all_rows, crises: tally.all_crises, flagged, found }
    }
}

impl AlertMetric {
    /// All, as reports list them.
    pub const ALL: [Self; 6] = [
        Self::Alerts,
        Self::Precision,
        Self::Recall,
        Self::F1,
        Self::FalsePositiveRate,
        Self::FalseNegativeRate,
    ];

    /// For people.
    pub fn words(self) -> &'static str {
        match self {
            Self::Alerts => "alerts",
            Self::Precision => "precision",
            Self::Recall => "recall",
            Self::F1 => "F1",
            Self::FalsePositiveRate => "FPR",
            Self::FalseNegativeRate => "FNR",
        }
    }

    /// Its value; NaN where it is undefined.
    pub fn of(self, alerts: &Alerts) -> f64 {
        let Alerts { rows, crises, flagged, found } = *alerts;
        let (part, whole) = match self {
            Self::Alerts => (flagged, rows),
            Self::Precision => (found, flagged),
            Self::Recall => (found, crises),
            Self::F1 => (2.0 * found, flagged + crises),
            Self::FalsePositiveRate => (flagged - found, rows - crises),
            Self::FalseNegativeRate => (crises - found, crises),
        };
        if whole > 0.0 { part / whole } else { f64::NAN }
    }
}
