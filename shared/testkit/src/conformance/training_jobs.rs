//! What became of trainings. See [`TrainingJobs`](mindmate_pipeline::ports::TrainingJobs).

use jiff::Timestamp;
use mindmate_domain::Feature;
use mindmate_pipeline::ports::{JobStatus, TrainingJob};
use serde_json::json;

use super::Backend;

fn job(id: &str, status: JobStatus, second: i64) -> TrainingJob {
    TrainingJob {
        job_id: id.to_owned(),
        status,
        at: Timestamp::from_second(second).expect("an instant"),
        manifest_sha256: Some("ab".repeat(32)),
        model: Some("m20261129-4f1e".parse().expect("a version")),
        model_path: Some("models".to_owned()),
        metrics: json!({ "auroc": 0.812_345_678_9 }),
        importance: vec![(Feature::MoodMean7Day, 0.1 + 0.2), (Feature::MoodRmssd, 0.0)],
        gates: json!([{ "name": "auroc", "passed": true }]),
        failure: None,
    }
}

/// To the last digit; of an unknown id there is nothing.
pub async fn a_job_reads_back_as_it_was_put(backend: &dyn Backend) {
    let jobs = backend.training_jobs();
    assert_eq!(jobs.job("a").await.expect("asked"), None);
    let whole = job("a", JobStatus::Trained, 1);
    let failure = Some("no space is left".to_owned());
    let bare = TrainingJob {
        manifest_sha256: None,
        model: None,
        model_path: None,
        metrics: json!(null),
        importance: Vec::new(),
        gates: json!(null),
        failure,
        ..job("b", JobStatus::Failed, 2)
    };
    for one in [whole, bare] {
        jobs.put(&one).await.expect("put");
        assert_eq!(jobs.job(&one.job_id).await.expect("asked"), Some(one));
    }
}

/// One row a job, as far as it has come.
pub async fn what_is_known_of_a_job_is_replaced(backend: &dyn Backend) {
    let jobs = backend.training_jobs();
    for (status, second) in [(JobStatus::Trained, 1), (JobStatus::Promoted, 2)] {
        jobs.put(&job("a", status, second)).await.expect("put");
    }
    let latest = jobs.latest(10).await.expect("asked");
    assert_eq!(latest, [job("a", JobStatus::Promoted, 2)]);
}

/// And no more than were asked for.
pub async fn the_latest_jobs_come_first(backend: &dyn Backend) {
    let jobs = backend.training_jobs();
    assert_eq!(jobs.latest(10).await.expect("asked"), []);
    for (id, second) in [("b", 2), ("c", 1), ("a", 2), ("d", 3)] {
        jobs.put(&job(id, JobStatus::Trained, second)).await.expect("put");
    }
    let latest = jobs.latest(3).await.expect("asked");
    let ids: Vec<&str> = latest.iter().map(|job| job.job_id.as_str()).collect();
    assert_eq!(ids, ["d", "b", "a"]);
}
