//! What a person allowed. Each consent stands on its own and is read again at each stage.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One of the things a person can allow (safety 12).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Consent {
    /// Risk may be assessed.
    Scoring,
    /// Notes and own chat messages may be read.
    TextAnalysis,
    /// A language model may write to them.
    LanguageModel,
    /// Their history may be learned from.
    Training,
    /// The companion may write to them of its own accord.
    Outreach,
    /// A reviewer may see what the assessment was made from.
    HumanReview,
}

impl Consent {
    /// All of them, in the order of the safety rules.
    pub const ALL: [Self; 6] = [
        Self::Scoring,
        Self::TextAnalysis,
        Self::LanguageModel,
        Self::Training,
        Self::Outreach,
        Self::HumanReview,
    ];

    /// The attribute's name in `PROFILE.consents`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Scoring => "scoring",
            Self::TextAnalysis => "textAnalysis",
            Self::LanguageModel => "languageModel",
            Self::Training => "training",
            Self::Outreach => "outreach",
            Self::HumanReview => "humanReview",
        }
    }
}

/// The consents that hold for a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "six independent switches are what the person sees"
)]
pub struct Consents {
    /// See [`Consent::Scoring`].
    pub scoring: bool,
    /// See [`Consent::TextAnalysis`].
    pub text_analysis: bool,
    /// See [`Consent::LanguageModel`].
    pub language_model: bool,
    /// See [`Consent::Training`].
    pub training: bool,
    /// See [`Consent::Outreach`].
    pub outreach: bool,
    /// See [`Consent::HumanReview`].
    pub human_review: bool,
}

impl Consents {
    /// Nothing is allowed: also what an unreadable block means.
    pub const NONE: Self = Self {
        scoring: false,
        text_analysis: false,
        language_model: false,
        training: false,
        outreach: false,
        human_review: false,
    };

    /// Whether this one is given.
    pub fn allows(&self, consent: Consent) -> bool {
        match consent {
            Consent::Scoring => self.scoring,
            Consent::TextAnalysis => self.text_analysis,
            Consent::LanguageModel => self.language_model,
            Consent::Training => self.training,
            Consent::Outreach => self.outreach,
            Consent::HumanReview => self.human_review,
        }
    }

    /// Whether somebody's history may be learned from, or a model judged by it: that takes consent to
    /// scoring and to training.
    pub fn may_be_learned_from(&self) -> bool {
        self.allows(Consent::Scoring) && self.allows(Consent::Training)
    }

    /// The same with this one set.
    #[must_use]
    pub fn with(mut self, consent: Consent, given: bool) -> Self {
        let switch = match consent {
            Consent::Scoring => &mut self.scoring,
            Consent::TextAnalysis => &mut self.text_analysis,
            Consent::LanguageModel => &mut self.language_model,
            Consent::Training => &mut self.training,
            Consent::Outreach => &mut self.outreach,
            Consent::HumanReview => &mut self.human_review,
        };
        *switch = given;
        self
    }
}

/// What the profile says of consents.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum StatedConsents {
    /// No block: a user from before consents existed; the policy file says what holds.
    #[default]
    Absent,
    /// A block that could not be read: nothing is allowed.
    Unreadable,
    /// A block: what it does not name is off.
    Given(Consents),
}

impl StatedConsents {
    /// What holds, given what the policy says of users without a block.
    pub fn effective(self, legacy: Consents) -> Consents {
        match self {
            Self::Absent => legacy,
            Self::Unreadable => Consents::NONE,
            Self::Given(consents) => consents,
        }
    }
}
