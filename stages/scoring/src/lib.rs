//! Turns features into an assessment.
//!
//! **In:** `FeaturesExtracted`. **Out:** `AssessmentCompleted` to the outcomes and, from low
//! upwards, `InterventionRequested`; or `AssessmentSkipped` where the person does not consent
//! to scoring any more: consents are read again here, so that an opt-out takes effect on what is
//! already queued (R8.4).
//!
//! The level is that of the first rung of the `ladder` that can say one, lifted to the floor
//! that crisis language sets. The assessment is written under (user, `asOf`). Where one stands
//! there already, *that one* is sent on, unchanged: two tries never say two things of a person.
//! No score is in any message.
//!
//! | what fails | what then happens |
//! | --- | --- |
//! | a store does not answer | tried again |
//! | a model: an error, a panic, a number that is none | the next rung of the ladder |
//! | the trained model cannot be loaded | see [`current`] |
//! | all models, and no known level of the last days | unknown, with its own reports; never minimal |
//! | the model, while there is crisis language | the floor stands (safety 3) |
//! | the look for crisis language had failed | an entry in the review queue (safety 3) |
//! | killed after the assessment is written | the next try sends the written one |
//! | consent to scoring is not given any more | skipped, with the reason |
//! | consent to text analysis is not given any more | scored without what was read of texts |
//! | every try failed, or the message cannot be read | dead-lettered, and an outcome says so |
//! | … and it carried crisis language that sets a floor | also a review entry and a page: [`last_words`] |

mod assessing;
pub mod current;
pub mod ladder;
pub mod last_words;
mod outgoing;

use std::sync::Arc;

use jiff::Timestamp;
use mindmate_contracts::messages::{FeaturesExtracted, Request};
use mindmate_domain::assessment::{MissingPart, PartCause};
use mindmate_domain::feature::Family;
use mindmate_domain::intervention::ReviewReason;
use mindmate_domain::pseudonym::PseudonymKey;
use mindmate_domain::{Assessment, Consent, Consents, CrisisCheck, Policy, StageName, UserId};
use mindmate_model::RiskModel;
use mindmate_pipeline::ports::{
    AssessmentPut, AssessmentStore, Notifier, ProfileStore, ReviewQueue,
};
use mindmate_pipeline::{
    Delivery, Failure, Outbox, Outgoing, PortResult, Stage, StageError, ask_for_a_look, crash,
};

use crate::current::CurrentModel;

/// What the stage speaks to.
#[derive(Clone)]
pub struct ScoringPorts {
    /// Where consents are read again.
    pub profiles: Arc<dyn ProfileStore>,
    /// Where assessments are written and the last known level is.
    pub assessments: Arc<dyn AssessmentStore>,
    /// What humans look at.
    pub review: Arc<dyn ReviewQueue>,
    /// Who is called when a crisis would otherwise be given up in silence.
    pub notifier: Arc<dyn Notifier>,
}

/// The stage.
#[derive(Clone)]
pub struct Scoring {
    ports: ScoringPorts,
    current: Option<Arc<CurrentModel>>,
    models: Vec<Arc<dyn RiskModel>>,
    policy: Arc<Policy>,
    pseudonyms: PseudonymKey,
}

impl Scoring {
    /// The stage over these ports. `models` are asked in this order, the documented rules last.
    pub fn new(
        ports: ScoringPorts,
        models: Vec<Arc<dyn RiskModel>>,
        policy: Arc<Policy>,
        pseudonyms: PseudonymKey,
    ) -> Self {
        Self { ports, current: None, models, policy, pseudonyms }
    }

    /// The same with the trained model that serves, which is asked before all others.
    #[must_use]
    pub fn with_current(self, current: Arc<CurrentModel>) -> Self {
        Self { current: Some(current), ..self }
    }

    /// The consents that hold now. Without a profile, what holds for users without a block.
    async fn consents(&self, user: &UserId) -> PortResult<Consents> {
        let stated = self.ports.profiles.profile(user).await?.unwrap_or_default().consents;
        Ok(stated.effective(self.policy.legacy_consents))
    }

    /// Writes the assessment, and gives back the one that stands.
    async fn write(&self, assessment: Assessment) -> PortResult<Assessment> {
        let put = self.ports.assessments.put(&assessment).await?;
        crash::point("scoring.after-assessment");
        Ok(match put {
            AssessmentPut::Written => assessment,
            AssessmentPut::Existing(standing) => *standing,
        })
    }
}

impl Stage for Scoring {
    const NAME: StageName = StageName::Scoring;

    type Input = FeaturesExtracted;

    async fn handle(
        &self,
        input: FeaturesExtracted,
        cx: &Delivery<'_>,
    ) -> Result<Vec<Outgoing>, StageError> {
        let now = cx.clock.now();
        let outbox = Outbox::new(Self::NAME, now);
        let consents = self.consents(&input.request.user_id).await?;
        if !consents.allows(Consent::Scoring) {
            return Ok(vec![outgoing::skipped(outbox, input.request)?]);
        }
        let input = readable(input, consents);
        let request = input.request.clone();
        let assessment = self.write(self.assess(input, now).await?).await?;
        if assessment.crisis_check.has_failed() {
            let allowed = consents.allows(Consent::HumanReview);
            let reason = ReviewReason::CrisisCheckFailed;
            let rule = (now, self.policy.review);
            let entry = request.review(reason, assessment.level, allowed, rule);
            self.ports.review.enter(&entry).await?;
        }
        outgoing::of_assessment(outbox, request, &assessment)
    }

    async fn tell_of_unread(
        &self,
        request: &Request,
        _: &Failure<'_>,
        now: Timestamp,
    ) -> Result<(), StageError> {
        let stores = (&*self.ports.profiles, &*self.ports.review);
        Ok(ask_for_a_look(stores, &self.policy, request, now).await?)
    }

    async fn give_up(
        &self,
        input: FeaturesExtracted,
        failure: &Failure<'_>,
        cx: &Delivery<'_>,
    ) -> Result<Vec<Outgoing>, StageError> {
        let now = cx.clock.now();
        self.last_words(&input, failure, now).await?;
        let Some(position) = input.request.run else {
            return Ok(Vec::new());
        };
        let outbox = Outbox::new(Self::NAME, now);
        Ok(vec![outbox.dead_lettered(position, Some(&input.request.user_id), failure)?])
    }
}

/// The features as they may be used now: where text analysis is not consented to any more, nothing
/// of what was read of texts stays.
fn readable(input: FeaturesExtracted, consents: Consents) -> FeaturesExtracted {
    if consents.allows(Consent::TextAnalysis) {
        return input;
    }
    let part = MissingPart { family: Family::Sentiment, cause: PartCause::NotConsented };
    let mut missing_parts = input.missing_parts;
    missing_parts.retain(|missing| missing.family != part.family);
    missing_parts.push(part);
    FeaturesExtracted {
        vector: input.vector.without_texts(),
        crisis: CrisisCheck::NotConsented,
        missing_parts,
        ..input
    }
}
