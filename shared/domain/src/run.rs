//! Runs: where a request stands in one, which stages it goes through, and what can become of it.

use std::fmt;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

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
    /// Follows the app's table, and asks for what cannot wait until tomorrow.
    RealtimeTrigger,
    /// Turns what the app tells of sessions and activities into items of the app's table.
    ActivityIngest,
    /// Analyses each text once.
    Sentiment,
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
    pub const ALL: [Self; 8] = [
        Self::FanOut,
        Self::RealtimeTrigger,
        Self::ActivityIngest,
        Self::Sentiment,
        Self::FeatureExtraction,
        Self::Scoring,
        Self::Intervention,
        Self::RunReport,
    ];

    /// As in messages, logs and crate names.
    pub fn name(self) -> &'static str {
        match self {
            Self::FanOut => "fan-out",
            Self::RealtimeTrigger => "realtime-trigger",
            Self::ActivityIngest => "activity-ingest",
            Self::Sentiment => "sentiment",
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

/// The shard that a user is dealt to, from 0: the first four bytes of SHA-256 over the id, as a
/// big-endian number, modulo the number of shards. It depends on nothing else, so that every
/// backend deals alike. With no shards at all everybody is in shard 0.
pub fn shard_of(user: &UserId, shards: u16) -> u16 {
    let shard = shard_hash(user) % u32::from(shards.max(1));
    // A remainder of a division by a u16 fits one.
    u16::try_from(shard).unwrap_or(0)
}

/// The number that [`shard_of`] deals by: a store may keep it beside the user.
pub fn shard_hash(user: &UserId) -> u32 {
    let digest = Sha256::digest(user.as_str().as_bytes());
    u32::from_be_bytes([digest[0], digest[1], digest[2], digest[3]])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shard_follows_from_the_first_four_bytes_of_the_hash() {
        // SHA-256 of "abc" begins with ba7816bf (FIPS 180-2).
        let user = UserId::new("abc").unwrap();
        assert_eq!(shard_of(&user, 1), 0);
        assert_eq!(u32::from(shard_of(&user, 16)), 0xba78_16bf % 16);
        assert_eq!(u32::from(shard_of(&user, 1_000)), 0xba78_16bf % 1_000);
    }
}
