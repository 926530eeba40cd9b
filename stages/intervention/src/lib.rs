//! Reaches out.
//!
//! **In:** `InterventionRequested`. **Out:** `InterventionDelivered` or
//! `InterventionWithheld` to the outcomes; and before them a message in the person's chat, and
//! entries in the review queue.
//!
//! The order is what keeps people safe:
//!
//! 1. A critical assessment enters the review queue, whatever follows (safety 6).
//! 2. An intervention of this id that is already decided on goes on to its delivery: only consents
//!    and its age are looked at again, not the cool-down that it set itself.
//! 3. Consents (safety 12), then age and newer assessments (safety 7), then the cool-down
//!    (safety 5): each may withhold it, with the reason.
//! 4. The content. For a critical one the crisis resources come first, by country, from data in
//!    memory: nothing that could fail or wait stands before them (safety 1). Others are drafted by a
//!    language model where there is one and the person consents; else they are reviewed templates.
//! 5. Intervention, audit event and guard are stored in one transaction; then the chat; then the
//!    note that it is there; then the outcome.
//!
//! Push notifications are not sent here yet: there is no port for them.
//!
//! | what fails | what then happens |
//! | --- | --- |
//! | a store or the chat does not answer | tried again; what is stored goes on from where it is |
//! | the review queue, for a critical one | the person is reached first, then all is tried again |
//! | the look for answers, for a critical one | taken as not answered: that errs towards sending |
//! | killed after the decision, or after the chat | the next try delivers the stored one, once |
//! | the language model fails, is slow, or writes what may not be sent | a reviewed template instead |
//! | the guard moves while deciding | looked at again, a few times; then tried again |
//! | scoring or outreach is not consented to any more | withheld; critical without outreach: review and a page |
//! | older than a day, or late by a quarter of an hour and overtaken by a newer assessment | withheld, with a review entry; critical: also a page |
//! | too soon after the last one | withheld; a critical one stays in the review queue |
//! | a level at which nothing is sent | dead-lettered at once |
//! | every try failed, or the message cannot be read | dead-lettered, and an outcome says so |
//! | … and it was high | also `LateIntervention`, unless it is in the chat |
//! | … and it was critical | also `CriticalNotDelivered` and a page, unless it is in the chat |

mod alarm;
mod case;
mod content;
mod deciding;
mod delivering;
mod drafting;
mod outgoing;

use std::sync::Arc;

use jiff::Timestamp;
use mindmate_contracts::messages::{InterventionRequested, Request};
use mindmate_crisis::ResourceDirectory;
use mindmate_domain::app::Profile;
use mindmate_domain::intervention::{ReviewReason, WithheldReason};
use mindmate_domain::pseudonym::PseudonymKey;
use mindmate_domain::{Consent, Consents, Policy, StageName, UserId};
use mindmate_language::{Activities, Drafts, Templates};
use mindmate_pipeline::ports::{
    AppChats, AppItems, AssessmentStore, InterventionStore, MessageWriter, Notifier, ProfileStore,
    ReviewQueue,
};
use mindmate_pipeline::{
    BoxError, Delivery, Failure, Outbox, Outgoing, PortResult, Stage, StageError,
};

use crate::alarm::Page;
use crate::case::Case;
use crate::deciding::Decided;

/// What the stage speaks to.
#[derive(Clone)]
pub struct InterventionPorts {
    /// Where consents are read again, and country, locale and preferences.
    pub profiles: Arc<dyn ProfileStore>,
    /// Whether a newer assessment is there.
    pub assessments: Arc<dyn AssessmentStore>,
    /// Where interventions and guards are.
    pub interventions: Arc<dyn InterventionStore>,
    /// Where messages are delivered.
    pub chats: Arc<dyn AppChats>,
    /// Where it is seen whether a message got there, when the note of it is missing.
    pub items: Arc<dyn AppItems>,
    /// What humans look at.
    pub review: Arc<dyn ReviewQueue>,
    /// Who is called when somebody critical is not reached.
    pub notifier: Arc<dyn Notifier>,
    /// Who drafts messages, if anybody does: reviewed templates are the default.
    pub writer: Option<Arc<dyn MessageWriter>>,
}

/// What messages are made from.
#[derive(Clone)]
pub struct Materials {
    /// Crisis resources by country.
    pub resources: Arc<ResourceDirectory>,
    /// Reviewed templates by locale.
    pub templates: Arc<Templates>,
    /// What a language model is told, and what of its words may be sent.
    pub drafts: Arc<Drafts>,
    /// Coping activities.
    pub activities: Arc<Activities>,
}

impl Materials {
    /// Those that are built in.
    ///
    /// # Errors
    /// A file of ours that does not hold together.
    pub fn built_in() -> Result<Self, BoxError> {
        Ok(Self {
            resources: Arc::new(ResourceDirectory::built_in()?),
            templates: Arc::new(Templates::built_in()?),
            drafts: Arc::new(Drafts::built_in()?),
            activities: Arc::new(Activities::built_in()?),
        })
    }
}

/// The stage.
#[derive(Clone)]
pub struct Interventions {
    ports: InterventionPorts,
    materials: Materials,
    policy: Arc<Policy>,
    pseudonyms: PseudonymKey,
}

impl Interventions {
    /// The stage over these ports and materials. Pages name people by these pseudonyms.
    pub fn new(
        ports: InterventionPorts,
        materials: Materials,
        policy: Arc<Policy>,
        pseudonyms: PseudonymKey,
    ) -> Self {
        Self { ports, materials, policy, pseudonyms }
    }

    /// The profile as it is now, and the consents that hold. Somebody without a profile has an
    /// empty one.
    async fn person(&self, user: &UserId) -> PortResult<(Profile, Consents)> {
        let profile = self.ports.profiles.profile(user).await?.unwrap_or_default();
        let consents = profile.consents.effective(self.policy.legacy_consents);
        Ok((profile, consents))
    }

    /// Reaches the person, or says why not.
    async fn reach(&self, case: &Case<'_>) -> Result<Vec<Outgoing>, StageError> {
        if let Some(stored) = self.ports.interventions.get(&case.id).await? {
            return self.go_on(case, stored).await;
        }
        if let Some(reason) = case.opted_out() {
            return self.withhold(case, reason).await;
        }
        if let Some(reason) = self.too_late(case).await? {
            return self.withhold(case, reason).await;
        }
        match self.decide(case).await? {
            Decided::HeldBack => self.withhold(case, WithheldReason::CoolDown).await,
            Decided::On(stored) => self.go_on(case, *stored).await,
        }
    }
}

impl Stage for Interventions {
    const NAME: StageName = StageName::Intervention;

    type Input = InterventionRequested;

    async fn handle(
        &self,
        input: InterventionRequested,
        cx: &Delivery<'_>,
    ) -> Result<Vec<Outgoing>, StageError> {
        let person = self.person(&input.request.user_id).await?;
        let case = Case::new(input, person, cx.clock)?;
        if !case.is_critical() {
            return self.reach(&case).await;
        }
        let entered = self.enter(&case, ReviewReason::CriticalAssessment).await;
        // The person first: a review queue that is down must not keep the helplines from them.
        let reached = self.reach(&case).await;
        entered?;
        reached
    }

    async fn tell_of_unread(
        &self,
        request: &Request,
        failure: &Failure<'_>,
        now: Timestamp,
    ) -> Result<(), StageError> {
        Ok(self.unread(request, failure, now).await?)
    }

    async fn give_up(
        &self,
        input: InterventionRequested,
        failure: &Failure<'_>,
        cx: &Delivery<'_>,
    ) -> Result<Vec<Outgoing>, StageError> {
        let outbox = Outbox::new(Self::NAME, cx.clock.now());
        let position = input.request.run.clone();
        let user = input.request.user_id.clone();
        // Consents that cannot be read allow no content to be shown, and silence nobody.
        let unread = Consents::NONE.with(Consent::Scoring, true).with(Consent::Outreach, true);
        let unread = (Profile::default(), unread);
        let person = self.person(&user).await.unwrap_or(unread);
        if let Ok(case) = Case::new(input, person, cx.clock) {
            self.last_words(&case, failure).await?;
        }
        let Some(position) = position else {
            return Ok(Vec::new());
        };
        Ok(vec![outbox.dead_lettered(position, Some(&user), failure)?])
    }
}

impl Interventions {
    /// Says that nothing is sent, to those who have to know of it.
    async fn withhold(
        &self,
        case: &Case<'_>,
        reason: WithheldReason,
    ) -> Result<Vec<Outgoing>, StageError> {
        match reason {
            WithheldReason::NoOutreachConsent if case.is_critical() => {
                let page = Page::Yes("outreach is not consented to");
                self.alarm(case, ReviewReason::CriticalNotDelivered, page).await?;
            }
            WithheldReason::Stale => {
                let page = Page::if_critical(case, "the assessment is too old");
                self.alarm(case, ReviewReason::LateIntervention, page).await?;
            }
            WithheldReason::Overtaken => {
                let page = Page::if_critical(case, "a newer assessment has overtaken it");
                self.alarm(case, ReviewReason::LateIntervention, page).await?;
            }
            // A critical one is in the review queue already; the person was reached a while ago.
            WithheldReason::CoolDown
            // An opt-out stops everything (safety 13).
            | WithheldReason::NoScoringConsent
            // Nothing is at stake that could not wait until they change their mind.
            | WithheldReason::NoOutreachConsent => {}
        }
        Ok(vec![outgoing::withheld(case, reason)?])
    }
}
