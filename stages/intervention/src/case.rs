//! One request to reach out, with what is known of the person now.

use jiff::Timestamp;
use mindmate_contracts::messages::{InterventionRequested, Request};
use mindmate_domain::app::Profile;
use mindmate_domain::intervention::{InterventionType, WithheldReason};
use mindmate_domain::{Consent, Consents, Feature, InterventionId, RiskLevel};
use mindmate_pipeline::{Clock, StageError};

/// A request to reach out.
pub(crate) struct Case<'a> {
    pub(crate) request: Request,
    pub(crate) level: RiskLevel,
    pub(crate) factors: Vec<Feature>,
    pub(crate) kind: InterventionType,
    pub(crate) id: InterventionId,
    pub(crate) profile: Profile,
    pub(crate) consents: Consents,
    pub(crate) clock: &'a dyn Clock,
}

/// A level that nothing answers.
#[derive(Debug, thiserror::Error)]
#[error("expected a level from low to critical, found {0}")]
struct NothingToSend(RiskLevel);

impl<'a> Case<'a> {
    pub(crate) fn new(
        input: InterventionRequested,
        (profile, consents): (Profile, Consents),
        clock: &'a dyn Clock,
    ) -> Result<Self, StageError> {
        let InterventionRequested { request, level, factors } = input;
        let kind = InterventionType::for_level(level)
            .ok_or_else(|| StageError::permanent("nothing-to-send", NothingToSend(level)))?;
        let id = InterventionId::derive(&request.user_id, request.as_of, kind);
        Ok(Self { request, level, factors, kind, id, profile, consents, clock })
    }

    pub(crate) fn is_critical(&self) -> bool {
        self.level == RiskLevel::Critical
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The consent that is missing to write to the person, if one is.
    pub(crate) fn opted_out(&self) -> Option<WithheldReason> {
        if !self.consents.allows(Consent::Scoring) {
            Some(WithheldReason::NoScoringConsent)
        } else if !self.consents.allows(Consent::Outreach) {
            Some(WithheldReason::NoOutreachConsent)
        } else {
            None
        }
    }

    /// Whether a reviewer may see what the assessment was made from: after an opt-out of scoring
    /// nobody may, whatever was said of reviews before.
    pub(crate) fn content_allowed(&self) -> bool {
        self.consents.allows(Consent::Scoring) && self.consents.allows(Consent::HumanReview)
    }
}
