//! A finished assessment, as it is stored under (`userId`, `asOf`).

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::crisis::CrisisCheck;
use crate::feature::{Family, Feature, FeatureVector};
use crate::ids::UserId;
use crate::instant::AsOf;
use crate::policy::Floor;
use crate::quality::DataQuality;
use crate::risk::{RiskLevel, RiskScore};
use crate::run::Position;

/// How a level was come to: the rungs of the fallback ladder (R4.7).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Method {
    /// By a trained model.
    Model,
    /// By the documented rules.
    Rules,
    /// The last known level, not too old.
    LastKnown,
    /// Nothing could be said.
    Unknown,
}

impl Method {
    /// As in messages and reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Model => "model",
            Self::Rules => "rules",
            Self::LastKnown => "lastKnown",
            Self::Unknown => "unknown",
        }
    }
}

/// What a feature adds to the log-odds of the score.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Contribution {
    /// Which feature.
    pub feature: Feature,
    /// In log-odds; positive raises the risk.
    #[serde(rename = "logOdds")]
    pub log_odds: f64,
}

/// A part of the features that could not be made (R1.7).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct MissingPart {
    /// Which family.
    pub family: Family,
    /// Why, as a code: `extractorFailed`, `notConsented`, `notAnalysed`, `noLexicon`.
    pub cause: PartCause,
}

/// Why a whole part is missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum PartCause {
    /// Its extractor failed.
    ExtractorFailed,
    /// Text analysis is not consented to.
    NotConsented,
    /// There are texts and none has a stored sentiment.
    NotAnalysed,
}

/// The assessment of one user at one instant.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Assessment {
    /// Who.
    #[serde(rename = "userId")]
    pub user: UserId,
    /// The instant that it looks back from.
    pub as_of: AsOf,
    /// Where it stands in its run, if it belongs to one.
    #[serde(rename = "run", skip_serializing_if = "Option::is_none", default)]
    pub position: Option<Position>,
    /// The score; none where the last known level was taken or nothing could be said.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub score: Option<RiskScore>,
    /// The level, the floor included.
    pub level: RiskLevel,
    /// How the level was come to, before the floor.
    pub method: Method,
    /// The version of the model or of the rules, where one of them scored.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub model_version: Option<String>,
    /// The version of the policy file.
    pub policy_version: String,
    /// The floor, where crisis language set one.
    #[serde(rename = "policy.floor", skip_serializing_if = "Option::is_none", default)]
    pub floor: Option<Floor>,
    /// What the look for crisis language came to.
    pub crisis_check: CrisisCheck,
    /// All features.
    #[serde(flatten)]
    pub features: FeatureVector,
    /// What each feature adds, strongest first; only those that add something.
    pub contributions: Vec<Contribution>,
    /// Parts of the features that could not be made.
    pub missing_parts: Vec<MissingPart>,
    /// 0 to 1: the share of the evidence that the scorer looks for and had.
    pub confidence: f64,
    /// What of the user's data was left out.
    pub data_quality: DataQuality,
    /// Whether it belongs to a historical run.
    pub historical: bool,
    /// When it was made.
    #[serde(with = "crate::instant::serde_key_form")]
    pub created_at: Timestamp,
    /// When it may be deleted.
    #[serde(with = "crate::instant::serde_key_form")]
    pub expires_at: Timestamp,
}
