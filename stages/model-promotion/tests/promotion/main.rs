//! R3.5, R7.5, R7.6: what serves, and what is written down of it.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod following;
mod support;

use std::sync::Arc;

use mindmate_domain::audit::AuditAction;
use mindmate_model_promotion::{Outcome, PromotionError};
use mindmate_pipeline::ports::{JobStatus, ModelPut, ModelStore, Pointer};
use mindmate_testkit::{Fault, Faulty};

use crate::support::{Model, World};

#[tokio::test]
async fn a_better_model_serves_and_the_books_say_so() {
    let world = World::new();
    let good = Model::seeing().artefact();
    let outcome = world.promote(&good).await.unwrap();
    let Outcome::Promoted(judgement) = &outcome else {
        panic!("expected it to pass: {outcome:#?}");
    };
    assert!(judgement.verdict.passed, "{:#?}", judgement.verdict);
    assert_eq!(judgement.verdict.champion, "rules-1");
    assert_eq!(world.serves().await.as_deref(), Some(good.version()));
    let audit = world.backend.audit();
    assert_eq!(audit.len(), 1);
    assert_eq!((audit[0].action, &audit[0].actor[..]), (AuditAction::ModelPromoted, "grace"));
    assert_eq!(audit[0].details["notPassed"], "");
    let job = world.job(&good).await.unwrap();
    assert_eq!(job.status, JobStatus::Promoted);
    assert!(job.gates["passed"].as_bool().unwrap() && job.metrics["overall"].is_object());
    assert!(job.importance[0].1 >= job.importance[1].1);
    let notices = world.backend.notices();
    assert!(notices[0].text.contains("serves now; every gate passed"), "{}", notices[0].text);
    assert!(notices[0].is_about_a_model() && !notices[0].is_about_a_run());
}

#[tokio::test]
async fn one_that_is_no_better_is_kept_and_does_not_serve() {
    let world = World::new();
    let good = Model::seeing().artefact();
    world.promote(&good).await.unwrap();
    let other = Model { scale: 0.9, ..Model::seeing() }.artefact();
    let Outcome::Refused(judgement) = world.promote(&other).await.unwrap() else {
        panic!("expected the same ranking to be no better");
    };
    let failed: Vec<&str> = judgement
        .verdict
        .gates
        .iter()
        .filter(|gate| !gate.passed)
        .map(|gate| &gate.name[..])
        .collect();
    assert_eq!(failed, [format!("higher AUROC than {}", good.version())]);
    assert_eq!(world.serves().await.as_deref(), Some(good.version()));
    assert!(world.store().get(&other.version().parse().unwrap()).await.unwrap().is_some());
    assert_eq!(world.job(&other).await.unwrap().status, JobStatus::Refused);
    let audit = world.backend.audit();
    assert_eq!(audit.last().unwrap().action, AuditAction::ModelRefused);
    assert!(world.backend.notices().iter().any(|it| it.text.contains("does not serve")));
}

#[tokio::test]
async fn who_insists_gives_a_reason_and_the_gates_stay_on_record() {
    let world = World::new();
    let blind = Model::blind().artefact();
    assert!(matches!(world.promote(&blind).await.unwrap(), Outcome::Refused(_)));
    let outcome = world.insist(&blind, "the clinicians asked for it").await.unwrap();
    assert!(matches!(outcome, Outcome::Forced(_)));
    assert_eq!(world.serves().await.as_deref(), Some(blind.version()));
    let audit = world.backend.audit();
    let details = &audit.last().unwrap().details;
    assert_eq!(details["force"], "the clinicians asked for it");
    assert!(details["notPassed"].contains("AUROC"), "{details:?}");
}

#[tokio::test]
async fn a_model_that_may_know_the_people_or_learned_from_invented_ones_does_not_pass() {
    for (model, gate) in [
        (Model { key_id: "another", ..Model::seeing() }, "people whom it does not know"),
        (Model { synthetic: true, ..Model::seeing() }, "trained on such people"),
    ] {
        let world = World::new();
        let Outcome::Refused(judgement) = world.promote(&model.artefact()).await.unwrap() else {
            panic!("expected {gate} not to pass");
        };
        let failed: Vec<_> = judgement.verdict.gates.iter().filter(|it| !it.passed).collect();
        assert_eq!(failed.len(), 1);
        assert_eq!(failed[0].name, gate);
    }
}

#[tokio::test]
async fn a_champion_that_cannot_be_read_is_replaced_by_who_beats_the_rules() {
    let world = World::new();
    let lost = "m20260101-000000000000".parse().unwrap();
    let pointer = Pointer::promoted(None, lost, world.now());
    assert!(world.store().point(None, &pointer).await.unwrap());
    let Outcome::Promoted(judgement) = world.promote(&Model::seeing().artefact()).await.unwrap()
    else {
        panic!("expected it to beat the rules");
    };
    assert!(judgement.unreadable_champion.unwrap().contains("is not in memory"));
}

#[tokio::test]
async fn of_two_at_once_the_second_is_told() {
    let world = World::new();
    let (first, second) = (Model::seeing(), Model { scale: 0.9, ..Model::seeing() });
    let (first, second) = (first.artefact(), second.artefact());
    let racing = Racing { store: world.store(), to: first.version().parse().unwrap() };
    let error = world.promote_in(Arc::new(racing), &second).await.unwrap_err();
    assert!(matches!(error, PromotionError::SomebodyElse), "{error}");
    assert_eq!(world.serves().await.as_deref(), Some(first.version()));
    assert!(world.backend.audit().is_empty());
}

/// Somebody else is always a little earlier.
struct Racing {
    store: Arc<dyn ModelStore>,
    to: mindmate_pipeline::ports::ModelVersion,
}

mod racing;

#[tokio::test]
async fn who_dies_after_the_pointer_is_set_makes_up_for_the_books() {
    let world = World::new();
    let good = Model::seeing().artefact();
    let faults = world.faults();
    let store: Arc<dyn ModelStore> = Faulty::new(world.store(), &faults);
    // The pointer is read, the model is put, and the answer to the setting is lost.
    faults.script([Fault::None, Fault::None, Fault::After]);
    assert!(world.promote_in(store, &good).await.is_err());
    assert_eq!(world.serves().await.as_deref(), Some(good.version()));
    assert!(world.backend.audit().is_empty());
    for _ in 0..2 {
        assert_eq!(world.promote(&good).await.unwrap(), Outcome::ServesAlready);
        assert_eq!(world.backend.audit().len(), 1);
        assert_eq!(world.job(&good).await.unwrap().status, JobStatus::Promoted);
    }
}

#[tokio::test]
async fn what_is_no_model_changes_nothing() {
    let world = World::new();
    let error = world.promote_bytes(b"{}").await.unwrap_err();
    assert!(error.to_string().contains("expected a model of MindMate"), "{error}");
    let good = Model::seeing().artefact();
    let version = good.version().parse().unwrap();
    assert_eq!(world.store().put(&version, b"other".to_vec()).await.unwrap(), ModelPut::Written);
    let error = world.promote(&good).await.unwrap_err();
    assert!(matches!(error, PromotionError::Taken { .. }), "{error}");
    assert_eq!(world.serves().await, None);
    assert!(world.backend.audit().is_empty());
}
