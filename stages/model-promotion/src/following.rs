//! What the state machine says of a training, and what is done about it.
//!
//! | said | done | answer |
//! | --- | --- | --- |
//! | `{"trained": {"job", "artefact", "at"}}` | the model is judged by the set's validation side, and serves if it is better | `promoted`, `servesAlready`, or `refused` with the gates that did not pass |
//! | `{"skipped": {"job", "reason", "at"}}` | row and notice: too little data | `skipped` |
//! | `{"failed": {"job", "step", "failure", "at"}}` | row and notice: why no model came of it | `failed` |
//!
//! `at` is when the machine came to the step: the same at each try, so that a try that died in between is
//! finished by the next one, and administrators are told once.

use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;
use mindmate_domain::Policy;
use mindmate_evaluation::{Bootstrap, Samples, TrainingSet};
use mindmate_model::Artefact;
use mindmate_pipeline::StageError;
use mindmate_pipeline::ports::{JobName, MANIFEST_PATH, Side, TrainingStore};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::archive::{self, MOST_PACKED};
use crate::{
    BuiltInError, Candidate, NoModel, Outcome, Promotion, PromotionError, PromotionPorts, RETRAIN,
    Wish, ended,
};

/// Most characters of a cause that are kept.
const MOST_WORDS: usize = 2_000;

/// What became of a training.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub enum Said {
    /// There is a model.
    Trained(Trained),
    /// There was too little to learn from.
    Skipped(Skipped),
    /// A step failed.
    Failed(Failed),
}

/// A training that came to its end.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Trained {
    /// The training job.
    pub job: JobName,
    /// Where it says that it put the model: `s3://…/model.tar.gz`.
    pub artefact: String,
    /// When.
    pub at: Timestamp,
}

/// A training that was left out.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Skipped {
    /// The name that the job would have had.
    pub job: JobName,
    /// What there is too little of, in words.
    pub reason: String,
    /// When.
    pub at: Timestamp,
}

/// A training that failed.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Failed {
    /// The job, or the name that it would have had.
    pub job: JobName,
    /// Which step, in words.
    pub step: String,
    /// What Step Functions caught.
    pub failure: Failure,
    /// When.
    pub at: Timestamp,
}

/// An error as Step Functions catches it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Failure {
    /// Its name.
    pub error: String,
    /// More of it; often JSON.
    #[serde(default)]
    pub cause: String,
}

/// What was done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Answer {
    /// The model's version; none where there is no model.
    pub model: Option<String>,
    /// `promoted`, `servesAlready`, `refused`, `skipped` or `failed`.
    pub status: &'static str,
    /// The gates that did not pass.
    pub failed_gates: Vec<String>,
}

/// Follows trainings that run elsewhere.
#[derive(Clone)]
pub struct Following {
    ports: PromotionPorts,
    set: Arc<dyn TrainingStore>,
    promotion: Promotion,
}

impl Following {
    /// Over these ports, with the training set from `set`.
    ///
    /// # Errors
    /// See [`BuiltInError`].
    pub fn new(
        ports: PromotionPorts,
        set: Arc<dyn TrainingStore>,
        policy: Arc<Policy>,
        bootstrap: Bootstrap,
    ) -> Result<Self, BuiltInError> {
        let promotion = Promotion::new(ports.clone(), policy, bootstrap)?;
        Ok(Self { ports, set, promotion })
    }

    /// Does what is to be done.
    ///
    /// # Errors
    /// Where it cannot be done; then nothing else serves than before.
    pub async fn follow(&self, said: &Said) -> Result<Answer, StageError> {
        match said {
            Said::Trained(trained) => self.judge(trained).await,
            Said::Skipped(Skipped { job, reason, at }) => {
                self.ended(job, &NoModel::TooLittle(reason.clone()), *at, "skipped").await
            }
            Said::Failed(Failed { job, step, failure, at }) => {
                let why = NoModel::Failed { step: step.clone(), why: failure.words() };
                self.ended(job, &why, *at, "failed").await
            }
        }
    }

    async fn ended(
        &self,
        job: &JobName,
        why: &NoModel,
        at: Timestamp,
        status: &'static str,
    ) -> Result<Answer, StageError> {
        ended(&self.ports, job.as_str(), why, at).await?;
        Ok(Answer { model: None, status, failed_gates: Vec::new() })
    }

    async fn judge(&self, trained: &Trained) -> Result<Answer, StageError> {
        let bytes = self.model(trained).await?;
        let (set, validation) = self.set().await?;
        let candidate = Candidate {
            bytes: &bytes,
            set: &set,
            validation: &validation,
            job: Some(trained.job.as_str()),
        };
        let wish = Wish { by: RETRAIN, force: None, at: trained.at };
        let outcome = self.promotion.promote(candidate, wish, &|| {}).await.map_err(failed)?;
        let model = Artefact::parse(&bytes).map_err(|error| failed(error.into()))?;
        Ok(Answer::of(model.version(), &outcome))
    }

    /// The model's file out of what the job put.
    async fn model(&self, trained: &Trained) -> Result<Vec<u8>, StageError> {
        let (models, job) = (&self.ports.models, &trained.job);
        let place = format!("{}/{}", models.place(), job.output());
        if trained.artefact != place {
            let words = format!("expected the model at {place}, found {}", trained.artefact);
            return Err(StageError::permanent("another-place", words));
        }
        let archive = models.output(job, MOST_PACKED).await?.ok_or_else(|| {
            let words = format!("expected what the training made at {place}, found nothing");
            StageError::permanent("no-model", words)
        })?;
        archive::model(&archive)
            .map_err(|error| StageError::permanent("no-model", format!("{place}: {error}")))
    }

    /// The set as it stands, which is the one that the model comes from unless another was prepared since.
    /// Its validation side is of people whom neither model has learned from.
    async fn set(&self) -> Result<(TrainingSet, Samples), StageError> {
        let manifest = self.file(MANIFEST_PATH).await?;
        let unfit = |error| StageError::permanent("unfit-set", error);
        let set = TrainingSet::of(Path::new(&self.set.place()), &manifest).map_err(unfit)?;
        let validation = self.file(Side::Validation.path()).await?;
        let validation = set.parse(Side::Validation, &validation).map_err(unfit)?;
        Ok((set, validation))
    }

    async fn file(&self, path: &str) -> Result<Vec<u8>, StageError> {
        self.set.read(path).await?.ok_or_else(|| {
            let words = format!(
                "expected {path} in {}, found nothing: prepare the set, and train again",
                self.set.place()
            );
            StageError::permanent("no-set", words)
        })
    }
}

/// What a store could not do may heal, and the machine tries it again; the rest will not.
fn failed(error: PromotionError) -> StageError {
    match error {
        PromotionError::Port(error) => error.into(),
        PromotionError::Artefact(_) | PromotionError::Version(_) => {
            StageError::permanent("no-model", error)
        }
        PromotionError::Taken { .. } => StageError::permanent("version-taken", error),
        PromotionError::SomebodyElse => StageError::permanent("somebody-else", error),
        PromotionError::Scores(_) => StageError::permanent("not-judged", error),
        PromotionError::Unwritable(_) => StageError::permanent("unwritable", error),
    }
}

impl Answer {
    fn of(version: &str, outcome: &Outcome) -> Self {
        let gates = outcome.judgement().into_iter().flat_map(|it| &it.verdict.gates);
        let failed_gates = gates.filter(|gate| !gate.passed).map(|gate| gate.name.clone());
        Self {
            model: Some(version.to_owned()),
            status: outcome.name(),
            failed_gates: failed_gates.collect(),
        }
    }
}

impl Failure {
    /// The reason that a training job or a function gave, or else the cause as it is.
    fn words(&self) -> String {
        let told = serde_json::from_str::<Value>(&self.cause).ok();
        let reason = told.as_ref().and_then(|told| {
            ["FailureReason", "errorMessage"].into_iter().find_map(|name| told.get(name)?.as_str())
        });
        let cause: String = reason.unwrap_or(&self.cause).chars().take(MOST_WORDS).collect();
        if cause.is_empty() { self.error.clone() } else { format!("{}: {cause}", self.error) }
    }
}

#[cfg(test)]
mod tests {
    use super::Failure;

    #[test]
    fn a_failure_tells_what_the_job_or_the_function_said() {
        let words = |error: &str, cause: &str| {
            Failure { error: error.to_owned(), cause: cause.to_owned() }.words()
        };
        let job = r#"{"TrainingJobName":"a","FailureReason":"AlgorithmError: one class"}"#;
        assert_eq!(words("States.TaskFailed", job), "States.TaskFailed: AlgorithmError: one class");
        let function = r#"{"errorMessage":"no set","errorType":"no-set"}"#;
        assert_eq!(words("no-set", function), "no-set: no set");
        assert_eq!(words("States.Timeout", ""), "States.Timeout");
        assert_eq!(words("A", "plain words"), "A: plain words");
        assert_eq!(words("A", &"ü".repeat(5_000)).chars().count(), 2_003);
    }
}
