//! What is done before features are given up.

use std::sync::Arc;

use mindmate_contracts::messages::AssessmentDeadLettered;
use mindmate_contracts::{Channel, StreamName};
use mindmate_domain::intervention::ReviewReason;
use mindmate_domain::{Consent, CrisisCategory, CrisisCheck, RiskLevel, StageName};
use mindmate_pipeline::ports::{AssessmentStore, Notifier, ProfileStore, ReviewQueue};
use mindmate_pipeline::{Outbox, Stage};
use mindmate_scoring::ScoringPorts;
use mindmate_testkit::conformance::samples::{AS_OF, as_of, assessment};
use mindmate_testkit::{Fault, Faulty};

use crate::support::{
    FAILURE, World, data, person, policy, position, pseudonyms, unwell, well, with_crisis,
};

/// R5.6
#[tokio::test]
async fn giving_up_is_said_of_the_position() {
    let world = World::new();
    let said = world.give_up(unwell()).await;
    let unread = world.stage().give_up_unread(outbox(), Some(position()), &FAILURE).unwrap();
    for outcome in [&said[0], &unread[0]] {
        assert_eq!(outcome.channel, Channel::Stream(StreamName::Outcomes));
        assert_eq!(outcome.id, "daily-2026-11-22/3/17/dead-lettered/scoring");
        let (stage, code) = (StageName::Scoring, FAILURE.code.to_owned());
        let expected = AssessmentDeadLettered { run: position(), stage, code };
        assert_eq!(data::<AssessmentDeadLettered>(outcome), expected);
    }
    assert_eq!(world.stage().give_up_unread(outbox(), None, &FAILURE).unwrap(), []);
    assert_eq!((world.reviews().await.len(), world.backend.notices().len()), (0, 0));
}

/// Safety 3, safety 6: a crisis that was found is not lost with the features.
#[tokio::test]
async fn a_crisis_that_is_given_up_goes_to_humans_once() {
    for (category, reason, level) in [
        (CrisisCategory::PlanIntentMeans, ReviewReason::CriticalNotDelivered, RiskLevel::Critical),
        (CrisisCategory::PassiveIdeation, ReviewReason::LateIntervention, RiskLevel::High),
    ] {
        let world = World::new();
        let said = world.give_up(with_crisis(well(), category)).await;
        assert_eq!(world.give_up(with_crisis(well(), category)).await, said);
        let [entry] = &world.reviews().await[..] else { panic!("one entry") };
        assert_eq!((entry.reason, entry.level, entry.content_allowed), (reason, level, true));
        assert_eq!(world.backend.notices().len(), 1);
    }
}

/// Safety 6: a critical assessment that was written, and could not be sent on, is known to a human
/// by whatever it became critical: found by the simulation.
#[tokio::test]
async fn a_critical_assessment_that_was_written_is_not_given_up_in_silence() {
    let world = World::new();
    let critical = assessment(&person(), as_of(AS_OF), RiskLevel::Critical);
    world.backend.assessments().put(&critical).await.unwrap();
    world.set_consents(policy().legacy_consents.with(Consent::TextAnalysis, false));
    world.give_up(well()).await;
    let [entry] = &world.reviews().await[..] else { panic!("one entry") };
    let expected = (ReviewReason::CriticalNotDelivered, RiskLevel::Critical);
    assert_eq!((entry.reason, entry.level), expected);
    assert_eq!(world.backend.notices().len(), 1);
}

/// Safety 6: where nobody can say what an earlier try wrote, a human looks. Found by the simulation.
#[tokio::test]
async fn where_nobody_can_say_what_was_written_a_human_looks() {
    let world = World::new();
    let faults = world.faults();
    faults.script([Fault::Before]);
    let store: Arc<dyn AssessmentStore> = world.backend.assessments();
    let assessments = Faulty::new(store, &faults);
    let stage = world.stage_over(ScoringPorts { assessments, ..world.ports() });
    stage.give_up(well(), &FAILURE, &world.delivery()).await.unwrap();
    let [entry] = &world.reviews().await[..] else { panic!("one entry") };
    let expected = (ReviewReason::CrisisCheckFailed, RiskLevel::Unknown);
    assert_eq!((entry.reason, entry.level), expected);
    assert_eq!(world.backend.notices().len(), 0);
}

/// Safety 17
#[tokio::test]
async fn a_page_names_the_person_by_pseudonym_only() {
    let world = World::new();
    world.give_up(with_crisis(well(), CrisisCategory::PlanIntentMeans)).await;
    let notice = world.backend.notices().remove(0);
    let written = format!("{} {}", notice.id, notice.text);
    assert!(written.contains(&pseudonyms().of(&person()).to_string()), "{written}");
    assert!(written.contains(FAILURE.code), "{written}");
    assert!(!written.contains("canary") && !written.contains(FAILURE.message), "{written}");
}

#[tokio::test]
async fn a_failed_look_that_is_given_up_is_reviewed_without_a_page() {
    let world = World::new();
    let mut input = well();
    input.crisis = CrisisCheck::Failed { signals: vec![] };
    world.give_up(input).await;
    let [entry] = &world.reviews().await[..] else { panic!("one entry") };
    assert_eq!((entry.reason, entry.level), (ReviewReason::CrisisCheckFailed, RiskLevel::Unknown));
    assert_eq!(world.backend.notices(), []);
}

/// Safety 3: what they said can be read by nobody any more, so a human looks; after an opt-out
/// nobody does.
#[tokio::test]
async fn features_that_cannot_be_read_have_a_human_look() {
    let given = policy().legacy_consents;
    for (consents, entered) in [
        (given, 1),
        (given.with(Consent::Scoring, false), 0),
        (given.with(Consent::TextAnalysis, false), 0),
    ] {
        let world = World::new();
        world.set_consents(consents);
        let (request, now) = (well().request, jiff::Timestamp::UNIX_EPOCH);
        for _ in 0..2 {
            world.stage().tell_of_unread(&request, &FAILURE, now).await.unwrap();
        }
        let found = world.reviews().await;
        assert_eq!(found.len(), entered);
        assert!(found.iter().all(|entry| entry.reason == ReviewReason::CrisisCheckFailed));
        assert_eq!(world.backend.notices(), []);
    }
}

/// Safety 12, 13
#[tokio::test]
async fn after_an_opt_out_of_scoring_or_of_reading_texts_nobody_is_called() {
    for refused in [Consent::Scoring, Consent::TextAnalysis] {
        let world = World::new();
        world.set_consents(policy().legacy_consents.with(refused, false));
        let said = world.give_up(with_crisis(well(), CrisisCategory::PlanIntentMeans)).await;
        assert_eq!(said.len(), 1);
        assert_eq!((world.reviews().await.len(), world.backend.notices().len()), (0, 0));
    }
}

#[tokio::test]
async fn consents_that_cannot_be_read_show_no_content_and_silence_nobody() {
    let world = World::new();
    let faults = world.faults();
    faults.script([Fault::Before]);
    let profiles: Arc<dyn ProfileStore> = Faulty::new(world.backend.profiles(), &faults);
    let stage = world.stage_over(ScoringPorts { profiles, ..world.ports() });
    let input = with_crisis(well(), CrisisCategory::PlanIntentMeans);
    stage.give_up(input, &FAILURE, &world.delivery()).await.unwrap();
    let [entry] = &world.reviews().await[..] else { panic!("one entry") };
    assert!(!entry.content_allowed);
    assert_eq!(world.backend.notices().len(), 1);
}

#[tokio::test]
async fn nobody_is_given_up_in_silence() {
    let input = || with_crisis(well(), CrisisCategory::PlanIntentMeans);
    // The review queue is down: paged all the same, and tried again.
    let world = World::new();
    let faults = world.faults();
    faults.script([Fault::Before]);
    let review: Arc<dyn ReviewQueue> = Faulty::new(world.backend.reviews(), &faults);
    let stage = world.stage_over(ScoringPorts { review, ..world.ports() });
    assert!(stage.give_up(input(), &FAILURE, &world.delivery()).await.is_err());
    assert_eq!((world.reviews().await.len(), world.backend.notices().len()), (0, 1));
    // The page does not go out: entered all the same, and tried again.
    let world = World::new();
    let faults = world.faults();
    faults.script([Fault::Before]);
    let notifier: Arc<dyn Notifier> = Faulty::new(world.backend.notifier(), &faults);
    let stage = world.stage_over(ScoringPorts { notifier, ..world.ports() });
    assert!(stage.give_up(input(), &FAILURE, &world.delivery()).await.is_err());
    assert_eq!((world.reviews().await.len(), world.backend.notices().len()), (1, 0));
    assert_eq!(stage.give_up(input(), &FAILURE, &world.delivery()).await.unwrap().len(), 1);
    assert_eq!((world.reviews().await.len(), world.backend.notices().len()), (1, 1));
}

/// The outbox that the runner gives.
fn outbox() -> Outbox {
    Outbox::new(StageName::Scoring, jiff::Timestamp::UNIX_EPOCH)
}
