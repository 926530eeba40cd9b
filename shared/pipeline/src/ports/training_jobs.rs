//! What became of each training.

use async_trait::async_trait;
use jiff::Timestamp;
use mindmate_domain::Feature;
use serde::{Deserialize, Serialize};

use super::{ModelVersion, PortResult};

/// How a training ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum JobStatus {
    /// There was too little to learn from.
    Skipped,
    /// It failed; `failure` says why.
    Failed,
    /// There is a model, which no gate has judged yet.
    Trained,
    /// A gate kept the model from serving.
    Refused,
    /// The model was made the one that serves.
    Promoted,
}

impl JobStatus {
    /// As in words to people.
    pub fn name(self) -> &'static str {
        match self {
            Self::Skipped => "skipped",
            Self::Failed => "failed",
            Self::Trained => "trained",
            Self::Refused => "refused",
            Self::Promoted => "promoted",
        }
    }
}

/// One training, as far as it has come (R3.6, R3.7). It names no person.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TrainingJob {
    /// Its name: on `SageMaker` the job's, else one that follows from the model's version.
    pub job_id: String,
    /// How far it has come.
    pub status: JobStatus,
    /// When that was written down.
    pub at: Timestamp,
    /// The digest of the training set's manifest.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub manifest_sha256: Option<String>,
    /// The model.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub model: Option<ModelVersion>,
    /// Where the model is, in words for people.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub model_path: Option<String>,
    /// What was measured of the model, as the judge writes it.
    #[serde(default)]
    pub metrics: serde_json::Value,
    /// How much each feature counts, most first.
    #[serde(default)]
    pub importance: Vec<(Feature, f64)>,
    /// What each gate wanted and found.
    #[serde(default)]
    pub gates: serde_json::Value,
    /// What went wrong, with its causes.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub failure: Option<String>,
}

/// The trainings. There is one a month or so: all of them are a short list.
#[async_trait]
pub trait TrainingJobs: Send + Sync {
    /// Writes a job down, durably; what was known under its id is replaced.
    async fn put(&self, job: &TrainingJob) -> PortResult<()>;

    /// The job of this id.
    async fn job(&self, id: &str) -> PortResult<Option<TrainingJob>>;

    /// At most so many, the latest first; of two of the same instant the greater id first.
    async fn latest(&self, limit: usize) -> PortResult<Vec<TrainingJob>>;
}
