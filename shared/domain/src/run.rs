//! Runs: where a request stands in one, which stages it goes through, and what can become of it.

use std::fmt;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::ids::{RunId, UserId};
use crate::instant::AsOf;
use crate::risk::RiskLevel;

/// The stages on an assessment's way, and the one that counts them.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum StageName {
    /// Turns a shard of users into requests.
    FanOut,
    /// Turns a history into features.
    FeatureExtraction,
    /// Turns features into an assessment.
    Scoring,
    /// Reaches out.
    Intervention,
    /// Counts what became of each request.
    RunReport,
}

impl StageName {
    /// All stages, in the order of the way.
    pub const ALL: [Self; 5] =
        [Self::FanOut, Self::FeatureExtraction, Self::Scoring, Self::Intervention, Self::RunReport];

    /// As in messages, logs and crate names.
    pub fn name(self) -> &'static str {
        match self {
            Self::FanOut => "fan-out",
            Self::FeatureExtraction => "feature-extraction",
            Self::Scoring => "scoring",
            Self::Intervention => "intervention",
            Self::RunReport => "run-report",
        }
    }

    /// The stage of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|stage| stage.name() == name)
    }
}

impl fmt::Display for StageName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Where a request stands in its run: the same at every try, so that what comes twice counts once.
#[derive(
    Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "camelCase")]
pub struct Position {
    /// The run.
    pub run: RunId,
    /// The shard of users.
    pub shard: u16,
    /// The place in the shard, from 0.
    pub ordinal: u32,
}

/// What became of a request at a stage. A later one of these supersedes an earlier one.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "camelCase")]
pub enum Fate {
    /// The stage gave up; the message is in its dead-letter queue.
    DeadLettered,
    /// The stage had a reason to leave it.
    Skipped,
    /// The stage did its work.
    Completed,
}

impl Fate {
    /// All of them, from the one that yields to the one that prevails.
    pub const ALL: [Self; 3] = [Self::DeadLettered, Self::Skipped, Self::Completed];

    /// As in stores.
    pub fn name(self) -> &'static str {
        match self {
            Self::DeadLettered => "deadLettered",
            Self::Skipped => "skipped",
            Self::Completed => "completed",
        }
    }
}

/// A run as it was started.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Run {
    /// Its id.
    pub id: RunId,
    /// The instant that every assessment of it looks back from.
    pub as_of: AsOf,
    /// How many shards the users are dealt to.
    pub shards: u16,
    /// Whether its `asOf` was already past due when it was started: its clock starts there.
    pub historical: bool,
    /// When it was started.
    #[serde(with = "crate::instant::serde_key_form")]
    pub started_at: Timestamp,
    /// When its ledger closed.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub completed_at: Option<Timestamp>,
}

/// One user in a page of the fan-out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PageEntry {
    /// Who.
    pub user: UserId,
    /// The level of the last assessment before this run's `asOf`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub last_level: Option<RiskLevel>,
}
