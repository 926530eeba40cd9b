//! Decides on an intervention: not too late, not too soon, and stored before anybody sees it.

use jiff::{SignedDuration, Timestamp};
use mindmate_crisis::Verdict;
use mindmate_domain::AsOf;
use mindmate_domain::intervention::{Content, DeliveryStatus, Guard, Intervention, WithheldReason};
use mindmate_pipeline::ports::{Decision, StoredIntervention};
use mindmate_pipeline::{PortResult, StageError, crash};
use tracing::warn;

use crate::Interventions;
use crate::case::Case;

/// Interventions among which that of the guard is looked for: those of clocks that differ.
const LATEST: usize = 5;

/// How often the guard is looked at in one delivery. It moves only when another assessment of the
/// same person is acted on at the same moment.
const LOOKS: u32 = 3;

/// An assessment that is younger is in time, whatever was assessed since: somebody who writes again
/// and again is never overtaken by themselves. The guard sees to it that they hear of it once.
const IN_TIME: SignedDuration = SignedDuration::from_mins(15);

/// The guard moved at every look.
#[derive(Debug, thiserror::Error)]
#[error("expected the user's guard to stay for a moment, found it moved {LOOKS} times")]
struct GuardKeepsMoving;

/// What was decided.
pub(crate) enum Decided {
    /// It is stored: as decided now, or before by another try.
    On(Box<StoredIntervention>),
    /// It came too soon after the last one.
    HeldBack,
}

impl Interventions {
    /// Whether the assessment is too old to be acted on without a human (safety 7).
    pub(crate) fn is_stale(&self, case: &Case<'_>) -> bool {
        self.is_too_old(case.request.as_of, case.now())
    }

    fn is_too_old(&self, as_of: AsOf, now: Timestamp) -> bool {
        let hours = self.policy.interventions.max_assessment_age_hours;
        now.duration_since(as_of.instant()) > SignedDuration::from_hours(hours.into())
    }

    /// Why it comes too late, if it does (safety 7).
    pub(crate) async fn too_late(&self, case: &Case<'_>) -> PortResult<Option<WithheldReason>> {
        if self.is_stale(case) {
            return Ok(Some(WithheldReason::Stale));
        }
        if case.now().duration_since(case.request.as_of.instant()) <= IN_TIME {
            return Ok(None);
        }
        let latest = self.ports.assessments.latest_as_of(&case.request.user_id).await?;
        let is_overtaken = latest.is_some_and(|latest| latest > case.request.as_of);
        Ok(is_overtaken.then_some(WithheldReason::Overtaken))
    }

    /// Decides on the intervention and stores it, unless the cool-down holds it back.
    pub(crate) async fn decide(&self, case: &Case<'_>) -> Result<Decided, StageError> {
        let store = &self.ports.interventions;
        let mut content = None;
        for _ in 0..LOOKS {
            let seen = store.guard(&case.request.user_id).await?;
            let now = case.now();
            if self.is_held_back(case, seen.as_ref(), now).await? {
                // The guard may be that of this very intervention, decided on by another machine
                // since we looked for it.
                let own = store.get(&case.id).await?;
                return Ok(own.map_or(Decided::HeldBack, |own| Decided::On(Box::new(own))));
            }
            // A guard that moves costs no second draft.
            let written = match &content {
                Some(written) => written,
                None => content.insert(self.written(case).await?),
            };
            let intervention = intervention(case, written.clone(), now);
            let since = intervention.created_at();
            let guard = mindmate_crisis::guard(case.level, since, &self.policy.cooldown);
            match store.decide(&intervention, guard, seen).await? {
                Decision::Written => {
                    crash::point("intervention.after-decision");
                    let status = DeliveryStatus::Pending;
                    return Ok(Decided::On(Box::new(StoredIntervention { intervention, status })));
                }
                Decision::Existing(stored) => return Ok(Decided::On(stored)),
                Decision::GuardMoved => {}
            }
        }
        Err(StageError::transient(GuardKeepsMoving))
    }

    async fn is_held_back(
        &self,
        case: &Case<'_>,
        guard: Option<&Guard>,
        now: Timestamp,
    ) -> PortResult<bool> {
        let answered = match guard {
            Some(guard) if case.level.severity() <= guard.level.severity() => {
                self.was_answered(case, guard, now).await?
            }
            // Nothing is held against a higher level: whether it was answered changes nothing.
            _ => false,
        };
        let verdict =
            mindmate_crisis::verdict(guard, case.level, now, answered, &self.policy.cooldown);
        let (Verdict::HeldBack { .. }, Some(guard)) = (verdict, guard) else { return Ok(false) };
        Ok(!self.was_in_vain(case, guard, now).await?)
    }

    /// Whether the intervention that the guard is of never got into the chat and, by its age, never
    /// will: nobody was reached by it, so it holds nothing back. Where only the note is missing that
    /// it is there, the person was reached.
    ///
    /// It is not always the latest: one of a machine whose clock is ahead looks later, and may be of
    /// a long past day.
    async fn was_in_vain(
        &self,
        case: &Case<'_>,
        guard: &Guard,
        now: Timestamp,
    ) -> PortResult<bool> {
        let latest = self.ports.interventions.latest(&case.request.user_id, LATEST).await?;
        let its_own = latest.into_iter().find(|stored| {
            let intervention = &stored.intervention;
            intervention.created_at() == guard.since && intervention.level() == guard.level
        });
        let Some(StoredIntervention { intervention, status }) = &its_own else {
            return Ok(false);
        };
        if *status != DeliveryStatus::Pending || !self.is_too_old(intervention.as_of(), now) {
            return Ok(false);
        }
        Ok(!self.is_in_the_chat(intervention).await?)
    }

    /// Whether the message is in the person's chat, whatever is noted of it.
    pub(crate) async fn is_in_the_chat(&self, intervention: &Intervention) -> PortResult<bool> {
        let (user, sk) = (intervention.user(), intervention.chat_sk());
        Ok(self.ports.items.item(user, &sk).await?.is_some())
    }

    /// Whether the person wrote after the last intervention.
    async fn was_answered(
        &self,
        case: &Case<'_>,
        guard: &Guard,
        now: Timestamp,
    ) -> PortResult<bool> {
        let user = &case.request.user_id;
        match self.ports.chats.wrote_between(user, guard.since, now).await {
            Err(error) if case.is_critical() => {
                warn!(%error, "taken as not answered: a critical intervention does not wait");
                Ok(false)
            }
            answered => answered,
        }
    }

    async fn written(&self, case: &Case<'_>) -> Result<Content, StageError> {
        let content = self.content(case).await;
        content.map_err(|error| StageError::permanent("unwritable-message", error))
    }
}

fn intervention(case: &Case<'_>, content: Content, now: Timestamp) -> Intervention {
    let request = &case.request;
    Intervention::decide(
        request.user_id.clone(),
        request.as_of,
        content,
        request.run.clone(),
        request.historical,
        now,
    )
}
