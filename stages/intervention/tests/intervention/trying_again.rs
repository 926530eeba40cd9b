//! At least once in, once in effect.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use mindmate_domain::app::Author;
use mindmate_domain::intervention::{
    DeliveryStatus, Guard, Intervention, InterventionType, ReviewReason, WithheldReason,
};
use mindmate_domain::{AsOf, Consent, InterventionId, RiskLevel, UserId};
use mindmate_intervention::{InterventionPorts, Interventions};
use mindmate_pipeline::ports::{
    AppChats, Decision, InterventionStore, PortResult, ReviewQueue, StoredIntervention,
};
use mindmate_pipeline::{Clock as _, Delivery, Stage as _, StageError};
use mindmate_testkit::conformance::samples::{assessment, chat};
use mindmate_testkit::{Fault, Faulty, ManualClock};

use crate::support::{HOUR, MINUTE, Said, World, asked, asked_at, person};

impl World {
    /// Tries until it is done, a minute apart, as a queue would.
    async fn until_done(&self, stage: &Interventions, level: RiskLevel) -> (Said, u32) {
        for tries in 1..=4 {
            match self.handle_by(stage, asked(level)).await {
                Ok(said) => return (said, tries),
                Err(StageError::Transient { .. } | StageError::Outage { .. }) => {
                    self.clock.advance(MINUTE);
                }
                Err(error) => panic!("{error}"),
            }
        }
        panic!("four tries were not enough")
    }

    /// A chat that is down for one call.
    fn without_chat(&self) -> Interventions {
        let faults = self.faults();
        faults.script([Fault::Before]);
        let chats: Arc<dyn AppChats> = Faulty::new(self.backend.chats(), &faults);
        Self::stage_over(InterventionPorts { chats, ..self.ports() })
    }

    /// An intervention that was decided on and did not get into the chat.
    async fn decided_on(&self, level: RiskLevel) {
        assert!(self.handle_by(&self.without_chat(), asked(level)).await.is_err());
        assert_eq!(self.stored().await[0].status, DeliveryStatus::Pending);
    }

    async fn assert_one_effect(&self, what: &str) {
        let stored = self.stored().await;
        assert_eq!((self.chats(), self.backend.audit().len(), stored.len()), (1, 1, 1), "{what}");
        assert_ne!(stored[0].status, DeliveryStatus::Pending, "{what}");
    }
}

#[tokio::test]
async fn a_message_that_comes_twice_has_one_effect_and_says_the_same() {
    for kind in InterventionType::ALL {
        let world = World::new();
        let said = world.handle(asked(kind.level())).await;
        assert_eq!(world.handle(asked(kind.level())).await, said);
        world.assert_one_effect(kind.name()).await;
    }
}

#[tokio::test]
async fn whichever_call_fails_and_however_there_is_one_message_in_the_chat() {
    for fault in [Fault::Before, Fault::After] {
        // The store of interventions is asked four times, the chat once.
        for call in 0..5 {
            let world = World::new();
            let expected = World::new().handle(asked(RiskLevel::Critical)).await.delivered();
            let faults = world.faults();
            let mut script = vec![Fault::None; call];
            script.push(fault);
            faults.script(script);
            let interventions: Arc<dyn InterventionStore> =
                Faulty::new(world.backend.interventions(), &faults);
            let chats: Arc<dyn AppChats> = Faulty::new(world.backend.chats(), &faults);
            let ports = InterventionPorts { interventions, chats, ..world.ports() };
            let stage = World::stage_over(ports);
            let (said, tries) = world.until_done(&stage, RiskLevel::Critical).await;
            assert_eq!(tries, 2, "{fault:?} at call {call}");
            assert_eq!(said.delivered(), expected);
            world.assert_one_effect(&format!("{fault:?} at call {call}")).await;
            assert_eq!(world.review_reasons().await, [ReviewReason::CriticalAssessment]);
        }
    }
}

/// Safety 1, safety 6: a review queue that is down does not keep the helplines from the person.
#[tokio::test]
async fn a_critical_message_is_sent_before_the_review_queue_heals() {
    let world = World::new();
    let faults = world.faults();
    faults.script([Fault::Before]);
    let review: Arc<dyn ReviewQueue> = Faulty::new(world.backend.reviews(), &faults);
    let stage = World::stage_over(InterventionPorts { review, ..world.ports() });
    assert!(world.handle_by(&stage, asked(RiskLevel::Critical)).await.is_err());
    assert_eq!((world.chats(), world.reviews().await.len()), (1, 0));
    let said = world.handle_by(&stage, asked(RiskLevel::Critical)).await.unwrap();
    assert!(said.delivered().is_some());
    assert_eq!(world.reviews().await.len(), 1);
    world.assert_one_effect("the review queue was down").await;
}

/// Safety 6: whatever follows.
#[tokio::test]
async fn a_critical_assessment_is_with_a_human_even_if_the_chat_is_down() {
    let world = World::new();
    world.decided_on(RiskLevel::Critical).await;
    assert_eq!(world.review_reasons().await, [ReviewReason::CriticalAssessment]);
}

/// Safety 5: a look that fails errs towards sending, for a critical one only.
#[tokio::test]
async fn a_look_for_answers_that_fails_holds_back_no_critical_one() {
    for level in [RiskLevel::Critical, RiskLevel::High] {
        let world = World::new();
        world.handle(asked(level)).await;
        world.clock.advance(MINUTE);
        let at = world.now_as_of().to_string();
        world.backend.put_item(&person(), &chat(&at, Author::User, "thank you"));
        // Past the cool-down of a critical one, within the doubled one.
        world.clock.advance(7 * HOUR);
        let stage = world.without_chat();
        let said = world.handle_by(&stage, asked_at(world.now_as_of(), level)).await;
        match level {
            RiskLevel::Critical => assert!(said.unwrap().delivered().is_some()),
            _ => assert!(matches!(said.unwrap_err(), StageError::Transient { .. })),
        }
    }
}

/// R8.4: what is decided on and not delivered is not delivered after an opt-out.
#[tokio::test]
async fn an_opt_out_after_the_decision_still_counts() {
    for (consent, reason) in [
        (Consent::Scoring, WithheldReason::NoScoringConsent),
        (Consent::Outreach, WithheldReason::NoOutreachConsent),
    ] {
        let world = World::new();
        world.decided_on(RiskLevel::High).await;
        world.refuse(consent);
        assert_eq!(world.handle(asked(RiskLevel::High)).await.withheld(), Some(reason));
        assert_eq!(world.chats(), 0);
    }
}

#[tokio::test]
async fn what_is_delivered_is_said_again_even_after_an_opt_out() {
    let world = World::new();
    let said = world.handle(asked(RiskLevel::High)).await;
    world.refuse(Consent::Outreach);
    assert_eq!(world.handle(asked(RiskLevel::High)).await, said);
}

/// Neither the guard, which is its own, nor a newer assessment keeps it from going on.
#[tokio::test]
async fn what_is_decided_on_goes_on_whatever_was_assessed_since() {
    let world = World::new();
    world.decided_on(RiskLevel::High).await;
    world.clock.advance(HOUR);
    let newer = assessment(&person(), world.now_as_of(), RiskLevel::High);
    world.backend.assessments().put(&newer).await.unwrap();
    assert!(world.handle(asked(RiskLevel::High)).await.delivered().is_some());
    world.assert_one_effect("went on").await;
}

/// Safety 7: a replay.
#[tokio::test]
async fn what_was_decided_on_more_than_a_day_ago_goes_to_review() {
    let world = World::new();
    world.decided_on(RiskLevel::Critical).await;
    world.clock.advance(24 * HOUR);
    let said = world.handle(asked(RiskLevel::Critical)).await;
    assert_eq!(said.withheld(), Some(WithheldReason::Stale));
    let expected = [ReviewReason::CriticalAssessment, ReviewReason::LateIntervention];
    assert_eq!(world.review_reasons().await, expected);
    assert_eq!((world.chats(), world.pages()), (0, 1));
}

/// Safety 5 limits repeats; what reached nobody and never will is none.
#[tokio::test]
async fn what_was_never_delivered_holds_back_only_while_it_can_still_be() {
    let world = World::new();
    world.decided_on(RiskLevel::Moderate).await;
    world.clock.advance(12 * HOUR);
    let soon = asked_at(world.now_as_of(), RiskLevel::Moderate);
    assert_eq!(world.handle(soon).await.withheld(), Some(WithheldReason::CoolDown));
    world.clock.advance(12 * HOUR);
    let later = asked_at(world.now_as_of(), RiskLevel::Moderate);
    assert!(world.handle(later).await.delivered().is_some());
    world.clock.advance(12 * HOUR);
    let repeat = asked_at(world.now_as_of(), RiskLevel::Moderate);
    assert_eq!(world.handle(repeat).await.withheld(), Some(WithheldReason::CoolDown));
    assert_eq!(world.chats(), 1);
}

/// Safety 5: only the note is missing that a message is in the chat. The person was reached, so it
/// counts as that: found by the simulation.
#[tokio::test]
async fn what_is_in_the_chat_without_a_note_holds_back_and_is_not_late() {
    let world = World::new();
    world.decided_on(RiskLevel::Moderate).await;
    let [stored] = &world.stored().await[..] else { panic!("one intervention") };
    world.backend.chats().deliver(&stored.intervention).await.unwrap();
    world.clock.advance(25 * HOUR);
    let later = asked_at(world.now_as_of(), RiskLevel::Moderate);
    assert_eq!(world.handle(later).await.withheld(), Some(WithheldReason::CoolDown));
    assert!(world.handle(asked(RiskLevel::Moderate)).await.delivered().is_some());
    assert_eq!((world.chats(), world.review_reasons().await), (1, vec![]));
}

/// Safety 5: a late high one that was never delivered, by a machine whose clock is ahead, looks later
/// than the critical one that was. What holds back is the guard's own: found by the simulation.
#[tokio::test]
async fn what_is_not_the_guards_does_not_lift_it() {
    let world = World::new();
    world.clock.advance((24 * HOUR).checked_sub(2 * MINUTE).unwrap());
    world.decided_on(RiskLevel::High).await;
    let behind = ManualClock::new(world.clock.now() - SignedDuration::from_secs(10));
    let critical = asked_at(AsOf::just_after(behind.now()), RiskLevel::Critical);
    let delivery = Delivery { clock: &behind, ..world.delivery() };
    world.stage().handle(critical, &delivery).await.unwrap();
    assert_eq!(world.chats(), 1);
    world.clock.advance(5 * MINUTE);
    let again = asked_at(world.now_as_of(), RiskLevel::Critical);
    assert_eq!(world.handle(again).await.withheld(), Some(WithheldReason::CoolDown));
    assert_eq!(world.chats(), 1);
}

/// A store that lets others go first at every call, does not see what another machine has just
/// decided at its first looks, and whose guard moves under its first decisions.
struct Contended {
    inner: Arc<dyn InterventionStore>,
    blind: AtomicU32,
    moves: AtomicU32,
}

impl Contended {
    fn stage(world: &World, blind: u32, moves: u32) -> Interventions {
        let inner = world.backend.interventions();
        let (blind, moves) = (AtomicU32::new(blind), AtomicU32::new(moves));
        let interventions = Arc::new(Self { inner, blind, moves });
        World::stage_over(InterventionPorts { interventions, ..world.ports() })
    }
}

/// Counts down to 0; says whether it was above.
fn take(left: &AtomicU32) -> bool {
    left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_ok()
}

#[async_trait]
impl InterventionStore for Contended {
    async fn get(&self, id: &InterventionId) -> PortResult<Option<StoredIntervention>> {
        tokio::task::yield_now().await;
        if take(&self.blind) {
            return Ok(None);
        }
        self.inner.get(id).await
    }

    async fn guard(&self, user: &UserId) -> PortResult<Option<Guard>> {
        tokio::task::yield_now().await;
        self.inner.guard(user).await
    }

    async fn decide(
        &self,
        intervention: &Intervention,
        new_guard: Guard,
        seen: Option<Guard>,
    ) -> PortResult<Decision> {
        tokio::task::yield_now().await;
        if take(&self.moves) {
            return Ok(Decision::GuardMoved);
        }
        self.inner.decide(intervention, new_guard, seen).await
    }

    async fn delivered(&self, id: &InterventionId, at: Timestamp) -> PortResult<()> {
        self.inner.delivered(id, at).await
    }

    async fn latest(&self, user: &UserId, limit: usize) -> PortResult<Vec<StoredIntervention>> {
        self.inner.latest(user, limit).await
    }
}

#[tokio::test]
async fn a_guard_that_moves_is_looked_at_again_a_few_times() {
    for (moves, is_sent) in [(2, true), (3, false)] {
        let world = World::new();
        let stage = Contended::stage(&world, 0, moves);
        let result = world.handle_by(&stage, asked(RiskLevel::Critical)).await;
        assert_eq!(result.is_ok(), is_sent, "{moves} moves");
        assert_eq!(world.chats(), usize::from(is_sent));
        if !is_sent {
            assert!(matches!(result.unwrap_err(), StageError::Transient { .. }));
            assert!(world.handle_by(&stage, asked(RiskLevel::Critical)).await.is_ok());
            world.assert_one_effect("tried again").await;
        }
    }
}

#[tokio::test]
async fn two_machines_at_the_same_time_have_one_effect() {
    let world = World::new();
    let (one, other) = (Contended::stage(&world, 0, 0), Contended::stage(&world, 0, 0));
    let (first, second) = tokio::join!(
        world.handle_by(&one, asked(RiskLevel::High)),
        world.handle_by(&other, asked(RiskLevel::High)),
    );
    assert_eq!(first.unwrap(), second.unwrap());
    world.assert_one_effect("two machines").await;
}

#[tokio::test]
async fn the_guard_of_another_machines_same_decision_does_not_hold_it_back() {
    let world = World::new();
    world.decided_on(RiskLevel::High).await;
    let stage = Contended::stage(&world, 1, 0);
    let said = world.handle_by(&stage, asked(RiskLevel::High)).await.unwrap();
    assert!(said.delivered().is_some());
    world.assert_one_effect("its own guard").await;
}
