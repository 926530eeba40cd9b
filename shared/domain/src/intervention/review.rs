//! What humans look at, and in which order.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::ids::UserId;
use crate::instant::AsOf;
use crate::risk::RiskLevel;

/// Why a human looks.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "camelCase")]
pub enum ReviewReason {
    /// The assessment is critical (safety 6).
    CriticalAssessment,
    /// A critical intervention did not reach the person (safety 6): also paged.
    CriticalNotDelivered,
    /// An intervention came too late or was overtaken (safety 7).
    LateIntervention,
    /// The look for crisis language failed (safety 3).
    CrisisCheckFailed,
}

impl ReviewReason {
    /// As in stores and listings.
    pub fn name(self) -> &'static str {
        match self {
            Self::CriticalAssessment => "criticalAssessment",
            Self::CriticalNotDelivered => "criticalNotDelivered",
            Self::LateIntervention => "lateIntervention",
            Self::CrisisCheckFailed => "crisisCheckFailed",
        }
    }
}

/// An entry of the review queue. Its key is (user, `asOf`, reason).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReviewEntry {
    /// Who.
    #[serde(rename = "userId")]
    pub user: UserId,
    /// The `asOf` of the assessment.
    pub as_of: AsOf,
    /// Why.
    pub reason: ReviewReason,
    /// The assessment's level.
    pub level: RiskLevel,
    /// Whether the assessment was made by a historical run: nobody waits for this one.
    #[serde(default)]
    pub historical: bool,
    /// Whether the reviewer may see what the assessment was made from.
    pub content_allowed: bool,
    /// When it entered.
    #[serde(with = "crate::instant::serde_key_form")]
    pub entered_at: Timestamp,
    /// By when it is to be acknowledged.
    #[serde(with = "crate::instant::serde_key_form")]
    pub due_at: Timestamp,
}

/// What a historical entry's rank is raised by: it comes after every other.
const HISTORICAL: u8 = 10;

impl ReviewEntry {
    /// Its place in the queue, lowest first; entries of one rank follow each other as they are due.
    ///
    /// People who were not reached come first, then by level. Where the look for crisis language
    /// failed, the level was found without the words that would have set it to high at the least, so
    /// it ranks with high. A level that is unknown may be any, so it comes before those that are
    /// known to be low. What a historical run entered comes after all that happens now.
    pub fn rank(&self) -> u8 {
        let level = match (self.reason, self.level) {
            (ReviewReason::CriticalNotDelivered, _) => 0,
            (_, RiskLevel::Critical) => 1,
            (ReviewReason::CrisisCheckFailed, _) | (_, RiskLevel::High) => 2,
            (_, RiskLevel::Unknown) => 3,
            (_, RiskLevel::Moderate) => 4,
            (_, RiskLevel::Low) => 5,
            (_, RiskLevel::Minimal) => 6,
        };
        if self.historical { level + HISTORICAL } else { level }
    }
}
