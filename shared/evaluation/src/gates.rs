//! What a model must show before it takes another's place (R3.5, R7.5).

use mindmate_domain::RiskLevel;
use serde::{Deserialize, Serialize};

use crate::metrics::{AlertMetric, Metric};
use crate::report::{Difference, Group, Report, TOP_TENTH};

/// The gates that ship with the pipeline.
const BUILT_IN: &str = include_str!("../data/gates-1.toml");

/// The numbers of the gates, from a checked file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Gates {
    /// Its name, as on every verdict.
    pub version: String,
    /// R3.5.
    pub auroc_above: f64,
    /// R3.5, of the tenth of rows with the highest scores.
    pub recall_above: f64,
    /// The level from which on somebody counts as found in service.
    pub service_level: RiskLevel,
    /// From that level on, so much less recall than what it replaces it may have, and no less.
    pub service_loss_to: f64,
    /// The share of resamples in which the model must have the higher AUROC (R7.5).
    pub better_in: f64,
    /// The least calibration slope.
    pub slope_from: f64,
    /// The greatest.
    pub slope_to: f64,
    /// No group may have less recall, where a tenth of all rows gets an alert.
    pub group_recall_from: f64,
    /// Groups with fewer crises are not judged.
    pub group_fewest_crises: u64,
}

/// What is wrong with a file of gates.
#[derive(Debug, thiserror::Error)]
pub enum GatesError {
    /// It is not the TOML that a file of gates is.
    #[error("the file of gates cannot be read: {0}")]
    Unreadable(#[from] toml::de::Error),
    /// A number lies where it means nothing.
    #[error("expected {field} from 0 to {most}, found {found}")]
    Range {
        /// Which.
        field: &'static str,
        /// Its greatest.
        most: f64,
        /// What the file says.
        found: f64,
    },
    /// No slope could pass.
    #[error("expected slope_from below slope_to, found {from} and {to}")]
    Slope {
        /// What the file says.
        from: f64,
        /// What the file says.
        to: f64,
    },
    /// Nobody is reached out to from such a level on.
    #[error("expected low, moderate, high or critical for service_level, found {0}")]
    Level(RiskLevel),
}

/// What the gates say of a model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Verdict {
    /// Whether it may take the other's place.
    pub passed: bool,
    /// The version of the gates.
    pub gates_version: String,
    /// The model.
    pub candidate: String,
    /// What it was compared with.
    pub champion: String,
    /// Each gate.
    pub gates: Vec<GateResult>,
}

/// What a gate says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GateResult {
    /// Which.
    pub name: String,
    /// What it asks for.
    pub wanted: String,
    /// What was found.
    pub found: String,
    /// Whether that is enough.
    pub passed: bool,
}

impl Gates {
    /// The gates that ship with the pipeline.
    ///
    /// # Errors
    /// None, which a test shows; the signature is that of any file.
    pub fn built_in() -> Result<Self, GatesError> {
        Self::parse(BUILT_IN)
    }

    /// Reads and checks a file of gates.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str) -> Result<Self, GatesError> {
        const STEEPEST: f64 = 10.0;
        let gates: Self = toml::from_str(text)?;
        for (field, found, most) in [
            ("auroc_above", gates.auroc_above, 1.0),
            ("recall_above", gates.recall_above, 1.0),
            ("service_loss_to", gates.service_loss_to, 1.0),
            ("better_in", gates.better_in, 1.0),
            ("group_recall_from", gates.group_recall_from, 1.0),
            ("slope_from", gates.slope_from, STEEPEST),
            ("slope_to", gates.slope_to, STEEPEST),
        ] {
            if !(0.0..=most).contains(&found) {
                return Err(GatesError::Range { field, most, found });
            }
        }
        let (from, to) = (gates.slope_from, gates.slope_to);
        if from >= to {
            return Err(GatesError::Slope { from, to });
        }
        if gates.service_level.severity().is_none_or(|severity| severity == 0) {
            return Err(GatesError::Level(gates.service_level));
        }
        Ok(gates)
    }

    /// Judges a model by its report and by how it differs from what it would replace, both of the same rows.
    /// What could not be measured does not pass.
    pub fn judge(&self, candidate: &Report, difference: &Difference) -> Verdict {
        let mut gates = vec![
            self.auroc(candidate),
            self.recall(candidate),
            self.better(difference),
            self.slope(candidate),
            self.service(difference),
        ];
        gates.extend(candidate.groups.iter().filter_map(|group| self.group(group)));
        Verdict {
            passed: gates.iter().all(|gate| gate.passed),
            gates_version: self.version.clone(),
            candidate: candidate.scorer.clone(),
            champion: difference.against.clone(),
            gates,
        }
    }

    fn auroc(&self, report: &Report) -> GateResult {
        let wanted = format!("above {}", self.auroc_above);
        let found = report.value(Metric::Auroc);
        gate("AUROC", wanted, found, |auroc| auroc > self.auroc_above)
    }

    fn recall(&self, report: &Report) -> GateResult {
        let wanted = format!("above {}", self.recall_above);
        let found = report.value(Metric::RecallAt10Percent);
        gate("recall at 10% alerts", wanted, found, |recall| recall > self.recall_above)
    }

    /// Bounds of levels are the policy's. A model whose scores are lower throughout would find nobody there,
    /// however well it ranks them, and people who are reached today would not be reached tomorrow.
    fn service(&self, difference: &Difference) -> GateResult {
        let (level, most) = (self.service_level, self.service_loss_to);
        let name = format!("recall from the level {level} on, less that of {}", difference.against);
        let found = difference.recall.get(level.name()).and_then(|recall| recall.value);
        gate(&name, format!("at least {:.2}", -most), found, |less| less >= -most)
    }

    fn better(&self, difference: &Difference) -> GateResult {
        let wanted = format!("in at least {} of the resamples", self.better_in);
        let name = format!("higher AUROC than {}", difference.against);
        gate(&name, wanted, difference.better_in, |share| share >= self.better_in)
    }

    fn slope(&self, report: &Report) -> GateResult {
        let (from, to) = (self.slope_from, self.slope_to);
        let found = report.value(Metric::CalibrationSlope);
        gate("calibration slope", format!("{from} to {to}"), found, |slope| {
            (from..=to).contains(&slope)
        })
    }

    /// `None` of a group that is too small to be held against its floor.
    fn group(&self, group: &Group) -> Option<GateResult> {
        if group.rows.crises < self.group_fewest_crises {
            return None;
        }
        let found = group.found.as_ref()?.at(TOP_TENTH, AlertMetric::Recall)?.value;
        let name = format!("recall of {}", group.words());
        let wanted = format!("at least {}", self.group_recall_from);
        Some(gate(&name, wanted, found, |recall| recall >= self.group_recall_from))
    }
}

fn gate(
    name: &str,
    wanted: String,
    found: Option<f64>,
    passes: impl Fn(f64) -> bool,
) -> GateResult {
    GateResult {
        name: name.to_owned(),
        wanted,
        found: found.map_or_else(|| "undefined".to_owned(), |found| format!("{found:.3}")),
        passed: found.is_some_and(passes),
    }
}

#[cfg(test)]
mod tests;
