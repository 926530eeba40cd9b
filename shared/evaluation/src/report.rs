//! What was found of a scorer, as it is kept and shown.

use std::collections::BTreeMap;

use mindmate_contracts::training_set::GROUP_PREFIX;
use mindmate_domain::feature::Family;
use serde::{Deserialize, Serialize};

use crate::bootstrap::{Bootstrap, Interval};
use crate::metrics::{AlertMetric, Bin, Metric};

/// What was found of a scorer on the rows of one side.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// The scorer's version.
    pub scorer: String,
    /// The rows that it was judged on.
    pub rows: RowCounts,
    /// Rows that are left out, of every scorer alike: one of them could say nothing. In service their
    /// level is the last known one, or unknown.
    pub unscored: RowCounts,
    /// Of the rows, those that the rung below scored, since the model had too little to go by.
    pub by_fallback: u64,
    /// By how much the log-odds of its scores stand above those of its calibrated probabilities. Thresholds are of scores;
    /// what is measured of calibration is of probabilities.
    #[serde(default)]
    pub shift: f64,
    /// How the intervals were drawn.
    pub bootstrap: Bootstrap,
    /// The scorer as a whole.
    pub overall: BTreeMap<Metric, Measured>,
    /// What comes of it at each level's bound, lowest first, and at [`TOP_TENTH`]. Floors for crisis language
    /// are not in it.
    pub thresholds: Vec<AtThreshold>,
    /// The same for different people.
    pub groups: Vec<Group>,
    /// What it loses without a family of features; empty where that was not asked.
    pub ablation: Vec<Ablated>,
}

/// Rows, whose they are, and crises among them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RowCounts {
    /// Weeks.
    pub rows: u64,
    /// People.
    pub users: u64,
    /// Weeks with a crisis.
    pub crises: u64,
}

/// A measure with its interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Measured {
    /// On the rows as they are. `None` where it is undefined.
    pub value: Option<f64>,
    /// `None` where it was undefined in too many resamples, or none were drawn.
    pub interval: Option<Interval>,
}

/// The threshold above which a tenth of all rows lie; of rows with the score at its edge, all. For groups it is
/// the same number as for everybody: in service there is one.
pub const TOP_TENTH: &str = "topTenth";

/// What comes of it where everybody with a score from a threshold on gets an alert.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AtThreshold {
    /// The level that begins there, or [`TOP_TENTH`].
    pub name: String,
    /// The score.
    pub from: f64,
    /// The measures.
    pub measures: BTreeMap<AlertMetric, Measured>,
}

/// The rows of some people.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Group {
    /// The column, such as `group_country`.
    pub column: String,
    /// The group; empty where nobody knows.
    pub name: String,
    /// Its rows.
    pub rows: RowCounts,
    /// What was found; `None` where they are too few to say.
    pub found: Option<GroupFound>,
}

/// What was found of a group.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GroupFound {
    /// The scorer as a whole.
    pub overall: BTreeMap<Metric, Measured>,
    /// At each threshold.
    pub thresholds: Vec<AtThreshold>,
}

/// What a scorer loses without a family of features.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Ablated {
    /// The family that was set to missing.
    pub family: Family,
    /// Rows of which nothing could be said any more; they are left out of both sides.
    pub lost: RowCounts,
    /// The measures with the family less those without it.
    pub loss: BTreeMap<Metric, Measured>,
}

/// One scorer less another, on the same rows and in the same resamples.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Difference {
    /// The one.
    pub scorer: String,
    /// The other, whose measures are taken away from those of the first.
    pub against: String,
    /// The differences.
    pub overall: BTreeMap<Metric, Measured>,
    /// Of the recall at each level's bound, by the level: what changes for people where the one takes the
    /// other's place.
    pub recall: BTreeMap<String, Measured>,
    /// Of the resamples, the share in which the first one's AUROC is the higher one. `None` without resamples.
    pub better_in: Option<f64>,
}

/// The curves of a page.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Curves {
    /// The scorer's version.
    pub scorer: String,
    /// False positive rate and recall.
    pub roc: Vec<(f64, f64)>,
    /// Recall and precision.
    pub precision_recall: Vec<(f64, f64)>,
    /// Mean probability and share of crises, by bins of equal count.
    pub calibration: Vec<Bin>,
}

/// An AUROC above it is too good to be true of people's diaries: look for what leaks from the future first.
pub const LEAK_SUSPECTED_ABOVE: f64 = 0.90;

impl Report {
    /// A measure's value, where it is defined.
    pub fn value(&self, metric: Metric) -> Option<f64> {
        self.overall.get(&metric)?.value
    }

    /// A measure at a threshold, by its name.
    pub fn at(&self, name: &str, metric: AlertMetric) -> Option<Measured> {
        at(&self.thresholds, name, metric)
    }

    /// What should make somebody look for a leak: the AUROC is too good.
    ///
    /// The people of a synthetic cohort are easier to read than real ones, so that it may be nothing there.
    pub fn leak_warning(&self) -> Option<String> {
        let auroc = self.value(Metric::Auroc).filter(|auroc| *auroc > LEAK_SUSPECTED_ABOVE)?;
        Some(format!(
            "the AUROC of {} is {auroc:.3}, above {LEAK_SUSPECTED_ABOVE:.2}: that is too good for people's diaries; look for features that know the future before you believe it",
            self.scorer
        ))
    }
}

impl Group {
    /// Which, for people: `country ES`.
    pub fn words(&self) -> String {
        let column = self.column.trim_start_matches(GROUP_PREFIX).replace('_', " ");
        let name = if self.name.is_empty() { "unknown" } else { &self.name };
        format!("{column} {name}")
    }
}

impl GroupFound {
    /// A measure at a threshold, by its name.
    pub fn at(&self, name: &str, metric: AlertMetric) -> Option<Measured> {
        at(&self.thresholds, name, metric)
    }
}

fn at(thresholds: &[AtThreshold], name: &str, metric: AlertMetric) -> Option<Measured> {
    thresholds.iter().find(|at| at.name == name)?.measures.get(&metric).copied()
}
