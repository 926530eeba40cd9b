//! The stage and the closing over in-memory ports.

use std::sync::Arc;

use mindmate_contracts::messages::{
    AssessmentCompleted, AssessmentDeadLettered, AssessmentSkipped, InterventionDelivered,
    InterventionWithheld, Outcome, SkipReason,
};
use mindmate_domain::assessment::Method;
use mindmate_domain::intervention::{InterventionType, WithheldReason};
use mindmate_domain::run::Fate;
use mindmate_domain::{InterventionId, RiskLevel, StageName};
use mindmate_pipeline::ports::{MarkKind, RunLedger};
use mindmate_pipeline::{Failure, Outbox, SeededChance, Stage, StageError};
use mindmate_run_report::RunReport;
use mindmate_testkit::{Fault, FaultRates, Faults, Faulty};

use crate::support::{World, request};

fn completed(ordinal: u32, level: RiskLevel, sent_on: &[&str]) -> Outcome {
    Outcome::Completed(AssessmentCompleted {
        request: request(ordinal),
        stage: StageName::Scoring,
        level,
        method: Method::Rules,
        sent_on: sent_on.iter().map(|name| (*name).to_owned()).collect(),
    })
}

fn skipped(ordinal: u32, stage: StageName) -> Outcome {
    let reason = SkipReason::NoScoringConsent;
    Outcome::Skipped(AssessmentSkipped { request: request(ordinal), stage, reason })
}

fn dead_lettered(ordinal: u32, stage: StageName) -> Outcome {
    let run = request(ordinal).run.unwrap();
    Outcome::DeadLettered(AssessmentDeadLettered { run, stage, code: "panicked".to_owned() })
}

fn delivered(ordinal: u32) -> Outcome {
    Outcome::Delivered(InterventionDelivered {
        request: request(ordinal),
        stage: StageName::Intervention,
        intervention_id: InterventionId::from("id".to_owned()),
        intervention: InterventionType::CheckIn,
    })
}

fn withheld(ordinal: u32) -> Outcome {
    Outcome::Withheld(InterventionWithheld {
        request: request(ordinal),
        stage: StageName::Intervention,
        intervention: InterventionType::Encouragement,
        reason: WithheldReason::CoolDown,
    })
}

/// The marks of the ordinals 0 to 9 at a stage.
async fn marked(world: &World, stage: StageName, kind: MarkKind) -> Vec<u32> {
    let tally = world.tally().await;
    let bits = tally.shards.first().map(|shard| shard.of(stage, &kind)).unwrap_or_default();
    (0..10).filter(|ordinal| bits.contains(*ordinal)).collect()
}

#[tokio::test]
async fn each_outcome_sets_its_marks() {
    use StageName::{FeatureExtraction, Intervention, Scoring};
    let world = World::new().await;
    for outcome in [
        completed(0, RiskLevel::Low, &["InterventionRequested"]),
        completed(1, RiskLevel::Minimal, &[]),
        skipped(2, StageName::FeatureExtraction),
        skipped(3, StageName::Scoring),
        dead_lettered(4, StageName::FeatureExtraction),
        dead_lettered(5, StageName::Intervention),
        delivered(6),
        withheld(7),
    ] {
        world.count(outcome).await;
    }
    let fate = MarkKind::fate;
    for (stage, kind, ordinals) in [
        (Scoring, fate(Fate::Completed), vec![0, 1]),
        (Scoring, MarkKind::level(RiskLevel::Low), vec![0]),
        (Scoring, MarkKind::level(RiskLevel::Minimal), vec![1]),
        (Scoring, MarkKind::sent_on(), vec![0]),
        (FeatureExtraction, fate(Fate::Skipped), vec![2]),
        (Scoring, fate(Fate::Skipped), vec![3]),
        (FeatureExtraction, fate(Fate::DeadLettered), vec![4]),
        (Intervention, fate(Fate::DeadLettered), vec![5]),
        (Intervention, fate(Fate::Completed), vec![6]),
        (Intervention, MarkKind::delivered(InterventionType::CheckIn), vec![6]),
        (Intervention, fate(Fate::Skipped), vec![7]),
        (Intervention, MarkKind::withheld(WithheldReason::CoolDown), vec![7]),
    ] {
        assert_eq!(marked(&world, stage, kind.clone()).await, ordinals, "{stage} {kind:?}");
    }
}

#[tokio::test]
async fn what_comes_twice_counts_once() {
    let world = World::new().await;
    world.count(completed(0, RiskLevel::Low, &["InterventionRequested"])).await;
    world.count(delivered(0)).await;
    let once = world.tally().await;
    world.count(delivered(0)).await;
    world.count(completed(0, RiskLevel::Low, &["InterventionRequested"])).await;
    assert_eq!(world.tally().await, once);
}

#[tokio::test]
async fn an_outcome_outside_any_run_marks_nothing() {
    let world = World::new().await;
    let before = world.tally().await;
    let Outcome::Completed(mut outcome) = completed(0, RiskLevel::Critical, &[]) else {
        unreachable!("made above")
    };
    outcome.request.run = None;
    world.count(Outcome::Completed(outcome)).await;
    assert_eq!(world.tally().await, before);
}

#[tokio::test]
async fn marks_whose_answer_was_lost_are_set_again_without_effect() {
    let world = World::new().await;
    let (chance, clock) = (Arc::new(SeededChance::new(1)), Arc::new(world.clock.clone()));
    let faults = Faults::seeded(FaultRates::default(), chance, clock);
    faults.script([Fault::After, Fault::Before]);
    let ledger: Arc<dyn RunLedger> = Faulty::new(world.backend.ledger(), &faults);
    let stage = RunReport::new(ledger);
    for _ in 0..2 {
        let error = stage.handle(delivered(0), &world.delivery()).await.unwrap_err();
        assert!(matches!(error, StageError::Transient { .. }), "{error}");
    }
    assert_eq!(stage.handle(delivered(0), &world.delivery()).await.unwrap(), []);
    assert_eq!(marked(&world, StageName::Intervention, MarkKind::fate(Fate::Completed)).await, [0]);
}

#[tokio::test]
async fn giving_up_leaves_the_request_open() {
    let world = World::new().await;
    let stage = RunReport::new(world.backend.ledger());
    let failure = Failure { code: "retries-exhausted", message: "the ledger is down" };
    let before = world.tally().await;
    assert_eq!(stage.give_up(delivered(0), &failure, &world.delivery()).await.unwrap(), []);
    assert_eq!(stage.give_up_unread(outbox(), request(1).run, &failure).unwrap(), []);
    assert_eq!(world.tally().await, before);
}

/// The outbox that the runner gives.
fn outbox() -> Outbox {
    Outbox::new(RunReport::NAME, jiff::Timestamp::UNIX_EPOCH)
}
