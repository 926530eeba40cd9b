//! A training that came to no model: the row says so, and administrators hear of it (R3.7).

use jiff::Timestamp;
use mindmate_pipeline::PortError;
use mindmate_pipeline::ports::{JobStatus, Notice, TrainingJob};
use serde_json::Value;

use crate::PromotionPorts;

/// Why a training came to no model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoModel {
    /// There is too little to learn from; in words, of what.
    TooLittle(String),
    /// A step failed.
    Failed {
        /// Which, in words: "the training".
        step: String,
        /// Why.
        why: String,
    },
}

impl NoModel {
    fn status(&self) -> JobStatus {
        match self {
            Self::TooLittle(_) => JobStatus::Skipped,
            Self::Failed { .. } => JobStatus::Failed,
        }
    }

    fn words(&self) -> String {
        match self {
            Self::TooLittle(lack) => format!("too little data, and no training set: {lack}"),
            Self::Failed { step, why } => format!("{step}: {why}"),
        }
    }
}

/// Writes down that a training came to no model. What served before still does.
///
/// # Errors
/// The stores'.
pub async fn ended(
    ports: &PromotionPorts,
    job: &str,
    why: &NoModel,
    at: Timestamp,
) -> Result<(), PortError> {
    let (status, failure) = (why.status(), why.words());
    let first = failure.lines().next().unwrap_or_default();
    let came_to = if status == JobStatus::Skipped { "left out" } else { "not finished" };
    let text = format!("The training {job} was {came_to}: {first}. What served before still does.");
    let id = format!("{}{job}/{}", Notice::OF_MODEL, status.name());
    ports.notifier.notify(&Notice { id, at, text }).await?;
    // The row last: it says that the rest is written.
    let job = TrainingJob {
        job_id: job.to_owned(),
        status,
        at,
        manifest_sha256: None,
        model: None,
        model_path: None,
        metrics: Value::Null,
        importance: Vec::new(),
        gates: Value::Null,
        failure: Some(failure),
    };
    ports.jobs.put(&job).await
}
