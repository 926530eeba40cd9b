//! What the state machine says, and what is done about it.

use flate2::Compression;
use flate2::write::GzEncoder;
use mindmate_domain::audit::AuditAction;
use mindmate_model::Artefact;
use mindmate_model_promotion::{Answer, Said};
use mindmate_pipeline::StageError;
use mindmate_pipeline::ports::{JobStatus, TrainingJob, TrainingJobs as _};
use mindmate_testkit::{Fault, Faulty};
use serde_json::{Value, json};

use crate::support::{Model, World};

const JOB: &str = "mindmate-9e107d9d372bb6826bd81d3542a419d6";
const AT: &str = "2026-12-01T03:21:07.123Z";

fn said(words: Value) -> Said {
    serde_json::from_value(words).unwrap()
}

fn trained() -> Said {
    let artefact = format!("memory/jobs/{JOB}/output/model.tar.gz");
    said(json!({"trained": {"job": JOB, "artefact": artefact, "at": AT}}))
}

fn packed(model: &[u8]) -> Vec<u8> {
    let mut builder = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::default()));
    let mut header = tar::Header::new_gnu();
    header.set_size(model.len() as u64);
    builder.append_data(&mut header, "model.json", model).unwrap();
    builder.into_inner().unwrap().finish().unwrap()
}

/// A set is prepared, and a training has made this model.
async fn after_training(model: &Artefact) -> World {
    let world = World::new();
    world.publish().await;
    let bytes = packed(&model.to_bytes().unwrap());
    world.backend.put_output(JOB.parse().unwrap(), bytes);
    world
}

async fn follow(world: &World, said: &Said) -> Result<Answer, StageError> {
    world.following(world.store()).follow(said).await
}

async fn row(world: &World) -> Option<TrainingJob> {
    world.backend.job(JOB).await.unwrap()
}

#[tokio::test]
async fn a_better_model_that_a_job_made_serves() {
    let good = Model::seeing().artefact();
    let world = after_training(&good).await;
    let answer = follow(&world, &trained()).await.unwrap();
    let expected = json!({"model": good.version(), "status": "promoted", "failedGates": []});
    assert_eq!(serde_json::to_value(answer).unwrap(), expected);
    assert_eq!(world.serves().await.as_deref(), Some(good.version()));
    let row = row(&world).await.unwrap();
    assert_eq!((row.status, row.at.to_string().as_str()), (JobStatus::Promoted, AT));
    let audit = world.backend.audit();
    assert_eq!((audit[0].action, &audit[0].actor[..]), (AuditAction::ModelPromoted, "retrain"));
    // The machine tries again what it had no answer to.
    let again = follow(&world, &trained()).await.unwrap();
    assert_eq!((again.status, again.failed_gates.len()), ("servesAlready", 0));
    assert_eq!(world.backend.notices().len(), 1);
}

#[tokio::test]
async fn one_that_is_no_better_is_refused_with_the_gates_that_say_so() {
    let world = after_training(&Model::blind().artefact()).await;
    for _ in 0..2 {
        let answer = follow(&world, &trained()).await.unwrap();
        assert_eq!(answer.status, "refused");
        assert!(answer.failed_gates.iter().any(|gate| gate.contains("AUROC")), "{answer:?}");
        assert_eq!(world.serves().await, None);
        assert_eq!(row(&world).await.unwrap().status, JobStatus::Refused);
        // Of one step, however often it is tried.
        assert_eq!(world.backend.notices().len(), 1);
    }
}

#[tokio::test]
async fn what_will_not_heal_says_what_was_expected_and_what_may_heal_comes_again() {
    let good = Model::seeing().artefact();
    let empty = World::new();
    let nothing = World::new();
    nothing.publish().await;
    let broken = after_training(&good).await;
    broken.backend.put_output(JOB.parse().unwrap(), b"no archive".to_vec());
    let foreign = after_training(&good).await;
    foreign.backend.put_output(JOB.parse().unwrap(), packed(b"{}"));
    let no_set = after_training(&good).await;
    no_set.backend.training_store().remove().await.unwrap();
    for (world, expected, words) in [
        (&empty, "no-model", "expected what the training made at memory/jobs/"),
        (&nothing, "no-model", "found nothing"),
        (&broken, "no-model", "expected a tar packed by gzip"),
        (&foreign, "no-model", "expected a model of MindMate"),
        (&no_set, "no-set", "expected manifest.json in memory, found nothing"),
    ] {
        let error = follow(world, &trained()).await.unwrap_err();
        let StageError::Permanent { code, source } = &error else { panic!("{error}") };
        assert_eq!(*code, expected);
        assert!(source.to_string().contains(words), "{source}");
        assert_eq!(world.serves().await, None);
    }
    let elsewhere = json!({"job": JOB, "artefact": "s3://other/model.tar.gz", "at": AT});
    let error = follow(&empty, &said(json!({"trained": elsewhere}))).await.unwrap_err();
    assert!(error.to_string().contains("found s3://other/model.tar.gz"), "{error}");
    let world = after_training(&good).await;
    let faults = world.faults();
    faults.script([Fault::Before]);
    let error = world.following(Faulty::new(world.store(), &faults)).follow(&trained()).await;
    assert!(matches!(error.unwrap_err(), StageError::Transient { .. }));
}

/// R3.7
#[tokio::test]
async fn a_training_that_failed_is_written_down_and_told_of_once() {
    let world = World::new();
    let failure = json!({
        "Error": "States.TaskFailed",
        "Cause": r#"{"FailureReason":"AlgorithmError: labels of one class"}"#,
    });
    let failed = json!({"job": JOB, "step": "the training", "failure": failure, "at": AT});
    let failed = said(json!({"failed": failed}));
    for _ in 0..2 {
        let answer = follow(&world, &failed).await.unwrap();
        let expected = json!({"model": null, "status": "failed", "failedGates": []});
        assert_eq!(serde_json::to_value(answer).unwrap(), expected);
    }
    let row = row(&world).await.unwrap();
    assert_eq!(row.status, JobStatus::Failed);
    let words = "the training: States.TaskFailed: AlgorithmError: labels of one class";
    assert_eq!(row.failure.as_deref(), Some(words));
    let [notice] = &world.backend.notices()[..] else { panic!("expected one notice") };
    assert!(notice.text.contains(words) && notice.text.contains("What served before still does"));
}

/// R2.7
#[tokio::test]
async fn too_little_data_is_written_down_and_told_of() {
    let world = World::new();
    let reason = "90 users could be learned from, and it takes 100";
    let skipped = said(json!({"skipped": {"job": JOB, "reason": reason, "at": AT}}));
    assert_eq!(follow(&world, &skipped).await.unwrap().status, "skipped");
    assert_eq!(row(&world).await.unwrap().status, JobStatus::Skipped);
    let notices = world.backend.notices();
    assert!(notices[0].text.contains("left out") && notices[0].text.contains(reason));
}

#[test]
fn what_the_machine_cannot_have_said_is_refused() {
    for words in [
        json!({}),
        json!({"trained": {"job": "a/b", "artefact": "", "at": AT}}),
        json!({"trained": {"job": JOB, "artefact": "", "at": AT, "more": 1}}),
        json!({"trained": {"job": JOB, "artefact": ""}}),
        json!({"deleted": {"job": JOB}}),
    ] {
        assert!(serde_json::from_value::<Said>(words.clone()).is_err(), "{words}");
    }
}
