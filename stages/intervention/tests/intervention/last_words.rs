//! What is done before a request to reach out is given up.

use std::sync::Arc;

use mindmate_contracts::RawEvent;
use mindmate_contracts::messages::AssessmentDeadLettered;
use mindmate_domain::intervention::ReviewReason;
use mindmate_domain::{Consent, RiskLevel, StageName};
use mindmate_intervention::InterventionPorts;
use mindmate_pipeline::ports::{Notifier, ProfileStore};
use mindmate_pipeline::{Outbox, Stage};
use mindmate_testkit::{Fault, Faulty};

use crate::support::{FAILURE, World, asked, position};

/// R5.6
#[tokio::test]
async fn giving_up_is_said_of_the_position() {
    let world = World::new();
    let stage = world.stage();
    let said =
        stage.give_up(asked(RiskLevel::Moderate), &FAILURE, &world.delivery()).await.unwrap();
    let unread = stage.give_up_unread(outbox(), Some(position()), &FAILURE).unwrap();
    for outcome in [&said[0], &unread[0]] {
        assert_eq!(outcome.id, "daily-2026-11-22/3/17/dead-lettered/intervention");
        let code = FAILURE.code.to_owned();
        let expected =
            AssessmentDeadLettered { run: position(), stage: StageName::Intervention, code };
        let found: AssessmentDeadLettered = RawEvent::parse(&outcome.body).unwrap().data().unwrap();
        assert_eq!(found, expected);
    }
    assert_eq!(stage.give_up_unread(outbox(), None, &FAILURE).unwrap(), []);
    assert_eq!((world.review_reasons().await, world.pages()), (vec![], 0));
}

/// Safety 3: a high one may answer crisis language, and is not given up in silence: found by the
/// simulation. What is in the chat, or not consented to, needs nobody.
#[tokio::test]
async fn a_high_one_that_is_given_up_is_entered_as_late() {
    let high = || asked(RiskLevel::High);
    let world = World::new();
    world.stage().give_up(high(), &FAILURE, &world.delivery()).await.unwrap();
    assert_eq!(world.review_reasons().await, [ReviewReason::LateIntervention]);
    assert_eq!(world.pages(), 0);
    let delivered = World::new();
    delivered.handle(high()).await;
    delivered.stage().give_up(high(), &FAILURE, &delivered.delivery()).await.unwrap();
    let refused = World::new();
    refused.refuse(Consent::Outreach);
    refused.stage().give_up(high(), &FAILURE, &refused.delivery()).await.unwrap();
    for world in [delivered, refused] {
        assert_eq!(world.review_reasons().await, []);
    }
}

/// Safety 6
#[tokio::test]
async fn a_critical_one_that_is_given_up_goes_to_humans_once() {
    let world = World::new();
    let stage = world.stage();
    for _ in 0..2 {
        let input = asked(RiskLevel::Critical);
        stage.give_up(input, &FAILURE, &world.delivery()).await.unwrap();
    }
    let expected = [ReviewReason::CriticalAssessment, ReviewReason::CriticalNotDelivered];
    assert_eq!(world.review_reasons().await, expected);
    assert!(world.reviews().await.iter().all(|entry| entry.content_allowed));
    assert_eq!(world.pages(), 1);
}

/// Safety 6: somebody was to be reached, and nobody can say how urgently.
#[tokio::test]
async fn a_request_that_cannot_be_read_is_looked_at_and_paged() {
    let world = World::new();
    let request = asked(RiskLevel::Low).request;
    for _ in 0..2 {
        world
            .stage()
            .tell_of_unread(&request, &FAILURE, jiff::Timestamp::UNIX_EPOCH)
            .await
            .unwrap();
    }
    assert_eq!(world.review_reasons().await, [ReviewReason::CriticalNotDelivered]);
    assert_eq!(world.pages(), 1);
    let world = World::new();
    world.refuse(Consent::Scoring);
    world.stage().tell_of_unread(&request, &FAILURE, jiff::Timestamp::UNIX_EPOCH).await.unwrap();
    assert_eq!((world.review_reasons().await, world.pages()), (vec![], 0));
}

/// Safety 6: only the outcome could not be sent.
#[tokio::test]
async fn a_critical_one_that_is_in_the_chat_is_no_alarm() {
    let world = World::new();
    world.handle(asked(RiskLevel::Critical)).await;
    let input = asked(RiskLevel::Critical);
    world.stage().give_up(input, &FAILURE, &world.delivery()).await.unwrap();
    assert_eq!(world.review_reasons().await, [ReviewReason::CriticalAssessment]);
    assert_eq!(world.pages(), 0);
}

/// Safety 13
#[tokio::test]
async fn after_an_opt_out_of_scoring_nobody_is_called() {
    let world = World::new();
    world.refuse(Consent::Scoring);
    let input = asked(RiskLevel::Critical);
    world.stage().give_up(input, &FAILURE, &world.delivery()).await.unwrap();
    assert_eq!((world.review_reasons().await, world.pages()), (vec![], 0));
}

#[tokio::test]
async fn consents_that_cannot_be_read_show_no_content_and_silence_nobody() {
    for (level, expected) in [(RiskLevel::Critical, (2, 1)), (RiskLevel::High, (1, 0))] {
        let world = World::new();
        let faults = world.faults();
        faults.script([Fault::Before]);
        let profiles: Arc<dyn ProfileStore> = Faulty::new(world.backend.profiles(), &faults);
        let stage = World::stage_over(InterventionPorts { profiles, ..world.ports() });
        stage.give_up(asked(level), &FAILURE, &world.delivery()).await.unwrap();
        assert_eq!((world.reviews().await.len(), world.pages()), expected, "{level}");
        assert!(world.reviews().await.iter().all(|entry| !entry.content_allowed));
    }
}

#[tokio::test]
async fn a_page_that_does_not_go_out_is_tried_again() {
    let world = World::new();
    let faults = world.faults();
    faults.script([Fault::Before]);
    let notifier: Arc<dyn Notifier> = Faulty::new(world.backend.notifier(), &faults);
    let stage = World::stage_over(InterventionPorts { notifier, ..world.ports() });
    let critical = || asked(RiskLevel::Critical);
    assert!(stage.give_up(critical(), &FAILURE, &world.delivery()).await.is_err());
    assert_eq!((world.reviews().await.len(), world.pages()), (2, 0));
    stage.give_up(critical(), &FAILURE, &world.delivery()).await.unwrap();
    assert_eq!(world.pages(), 1);
}

/// The outbox that the runner gives.
fn outbox() -> Outbox {
    Outbox::new(StageName::Intervention, jiff::Timestamp::UNIX_EPOCH)
}
