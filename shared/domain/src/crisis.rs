//! Crisis language: its categories, and how what was found travels beside the features.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What kind of crisis language a text holds, from the least to the most acute.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "camelCase")]
pub enum CrisisCategory {
    /// A wish not to be alive, without one to act ("I wish I wouldn't wake up").
    PassiveIdeation,
    /// Hurting oneself.
    SelfHarm,
    /// A wish to die by one's own act.
    ActiveIdeation,
    /// A plan, an intent or a means.
    PlanIntentMeans,
}

impl CrisisCategory {
    /// All of them, from the least to the most acute.
    pub const ALL: [Self; 4] =
        [Self::PassiveIdeation, Self::SelfHarm, Self::ActiveIdeation, Self::PlanIntentMeans];
}

/// Crisis language, and when it was last written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CrisisSignal {
    /// What kind.
    pub category: CrisisCategory,
    /// The latest text of that kind.
    #[serde(with = "crate::instant::serde_key_form")]
    #[schemars(with = "crate::instant::AsOf")]
    pub at: Timestamp,
}

/// What the look for crisis language came to. It is made apart from the features, so that the one
/// still stands where the other fails (safety 3).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "result", rename_all = "camelCase")]
pub enum CrisisCheck {
    /// All texts of the history were read; these categories were found, each at its latest text.
    /// Empty where there is no crisis language.
    Read {
        /// At most one a category, from the least to the most acute.
        signals: Vec<CrisisSignal>,
    },
    /// Text analysis is not consented to: no text was read and there is no floor.
    NotConsented,
    /// Not every text could be looked at, or one that holds crisis language is of an item that
    /// does not fit: a human reviews. What was found in the others stands.
    Failed {
        /// As under `Read`.
        #[serde(default)]
        signals: Vec<CrisisSignal>,
    },
}

impl CrisisCheck {
    /// The signals that were found.
    pub fn signals(&self) -> &[CrisisSignal] {
        match self {
            Self::Read { signals } | Self::Failed { signals } => signals,
            Self::NotConsented => &[],
        }
    }

    /// The same with signals that were seen elsewhere: each category once, at its latest text, from the
    /// least to the most acute. Where no text may be read, none counts.
    #[must_use]
    pub fn with(mut self, seen: &[CrisisSignal]) -> Self {
        let (Self::Read { signals } | Self::Failed { signals }) = &mut self else {
            return self;
        };
        signals.extend_from_slice(seen);
        signals.sort_by_key(|signal| (signal.category, std::cmp::Reverse(signal.at)));
        signals.dedup_by_key(|signal| signal.category);
        self
    }

    /// Whether a human has to look.
    pub fn has_failed(&self) -> bool {
        matches!(self, Self::Failed { .. })
    }

    /// The same, failed: what was found stands.
    #[must_use]
    pub fn failed(self) -> Self {
        let (Self::Read { signals } | Self::Failed { signals }) = self else { return self };
        Self::Failed { signals }
    }
}
