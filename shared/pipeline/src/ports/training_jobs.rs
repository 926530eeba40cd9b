//! What became of each training.

use async_trait::async_trait;
use jiff::Timestamp;
use mindmate_domain::Feature;
use serde::{Deserialize, Serialize};

use super::{ModelVersion, PortResult};

/// The name of a training job, as `SageMaker` takes it: letters, digits and hyphens, at most
/// [`JobName::MOST`], so that it is a name in every store.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct JobName(String);

/// A name that no training job has.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "expected the name of a training job, 1 to {most} letters, digits and hyphens, found {0:?}",
    most = JobName::MOST
)]
pub struct NoJobName(pub String);

impl JobName {
    /// Most characters of one.
    pub const MOST: usize = 63;

    /// The folder of all jobs, beside the models.
    pub const FOLDER: &str = "jobs";

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Where the job puts what it made, from the models' place: `SageMaker` adds the job's name and
    /// what follows it to the folder that it is told.
    pub fn output(&self) -> String {
        format!("{}/{}/output/model.tar.gz", Self::FOLDER, self.0)
    }
}

impl TryFrom<String> for JobName {
    type Error = NoJobName;

    fn try_from(name: String) -> Result<Self, NoJobName> {
        let fits = |c: char| c.is_ascii_alphanumeric() || c == '-';
        if name.is_empty() || name.len() > Self::MOST || !name.chars().all(fits) {
            return Err(NoJobName(name));
        }
        Ok(Self(name))
    }
}

impl std::str::FromStr for JobName {
    type Err = NoJobName;

    fn from_str(name: &str) -> Result<Self, NoJobName> {
        name.to_owned().try_into()
    }
}

impl From<JobName> for String {
    fn from(name: JobName) -> Self {
        name.0
    }
}

impl std::fmt::Display for JobName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

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

#[cfg(test)]
mod tests {
    use super::JobName;

    #[test]
    fn a_job_has_a_name_in_every_store() {
        for name in ["", "..", "a/b", "a.b", "ä", &"a".repeat(64)] {
            assert!(name.parse::<JobName>().is_err(), "{name}");
        }
        let job: JobName = "mindmate-9e107d9d".parse().unwrap();
        assert_eq!(job.output(), "jobs/mindmate-9e107d9d/output/model.tar.gz");
    }
}
