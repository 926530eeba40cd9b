//! What was found of the model that serves, as it is kept and shown. It names no person.

use std::collections::BTreeMap;

use mindmate_domain::Feature;
use mindmate_evaluation::report::{AtThreshold, RowCounts};
use mindmate_evaluation::{Bootstrap, Interval, Measured, Metric};
use serde::{Deserialize, Serialize};

use crate::drift::Drift;
use crate::gathered::{LeftOut, Recent};
use crate::weeks::Span;

/// What was found of what serves.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// Its version.
    pub scorer: String,
    /// Whether it learned from invented people alone: then it proves nothing clinical.
    pub synthetic: bool,
    /// What follows.
    pub verdict: Verdict,
    /// Its scores against what happened.
    pub judged: Judged,
    /// What was not judged, and why.
    pub left_out: LeftOut,
    /// When the latest assessments were.
    pub latest: Span,
    /// The latest assessments.
    pub recent: Recent,
    /// How far their features have moved; `None` where the rules serve, which learned from nobody.
    pub drift: Option<Drift>,
}

/// Scores against what happened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Judged {
    /// When the assessments were.
    pub span: Span,
    /// How many, of how many people, and how many crises followed.
    pub rows: RowCounts,
    /// People of whom a crisis is among them.
    pub people_with_a_crisis: u64,
    /// People of whom a week without one is.
    pub people_without: u64,
    /// How many of either it takes to say anything.
    pub fewest: u64,
    /// How the intervals were drawn.
    pub bootstrap: Bootstrap,
    /// The scores as a whole, with intervals that draw people.
    pub overall: BTreeMap<Metric, Measured>,
    /// What comes of them at each level's bound, and for a tenth of the rows.
    pub thresholds: Vec<AtThreshold>,
}

/// What follows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Verdict {
    /// Nothing speaks against it.
    Sound,
    /// Too few people had a crisis, or a week without one, to say anything of its scores; its inputs have
    /// not moved, as far as there are enough people to say that.
    TooFew,
    /// Its inputs are no longer those that it learned from.
    Drifted {
        /// Which, the one that moved most first.
        features: Vec<Feature>,
    },
    /// Its scores fall short beyond doubt (R7.3).
    Degraded {
        /// Where.
        below: Vec<Below>,
        /// Inputs that have moved as well.
        features: Vec<Feature>,
    },
}

/// A measure that lies below its limit with the whole of its interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Below {
    /// Which.
    pub metric: Metric,
    /// Its value.
    pub value: f64,
    /// Its interval.
    pub interval: Interval,
    /// The limit.
    pub limit: f64,
}

impl Verdict {
    /// In one word, as in rows and notices.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Sound => "sound",
            Self::TooFew => "tooFew",
            Self::Drifted { .. } => "drifted",
            Self::Degraded { .. } => "degraded",
        }
    }

    /// Whether a new model is asked for: where scores fall short (R7.3), and where inputs have moved so far
    /// that they may fall short before enough weeks have passed to see it. Whether the new one serves, its
    /// gates decide.
    pub fn asks_for_training(&self) -> bool {
        matches!(self, Self::Drifted { .. } | Self::Degraded { .. })
    }
}

impl Judged {
    /// Whether there are enough people to say anything of the scores.
    pub fn is_enough(&self) -> bool {
        self.people_with_a_crisis.min(self.people_without) >= self.fewest
    }
}
