//! Judges a trained model against the one that serves, and lets it serve if it is better (R3.5, R7.5, R7.6).
//!
//! **In:** a model's file, and the training set that it comes from. **Out:** the pointer to the model that
//! serves, the row of its training, an act in the audit trail, and a notice to administrators.
//!
//! Both are judged on the rows of validation, the people and weeks that no model of this installation
//! was trained on: who is on that side follows from the installation's key, and stays.
//!
//! | what is found | what is done |
//! | --- | --- |
//! | the file is no model of this program | an error that says what was expected; nothing is kept |
//! | a gate does not pass | the model is kept and does not serve; row, audit trail and notice say which gate |
//! | … and somebody insists, with a reason | it serves; the audit trail has the reason and the gates |
//! | it serves already | nothing; what a process that died left out of the books is made up for |
//! | other bytes stand under its version | an error: a version never means two things |
//! | the model that serves cannot be read | judged against the rules, which score in its place |
//! | its set follows from another key | a gate does not pass: it may know the people whom it is judged by |
//! | it was trained on invented people, and these are not | a gate does not pass |
//! | somebody else changes the pointer meanwhile | an error; whoever was first stays |
//! | killed anywhere | nothing serves that was not judged; the same again finishes it |
//!
//! On AWS a state machine trains and calls the function `mindmate-judgeModel`, which is [`Following`] behind a
//! host; on one machine `mindmate retrain` walks the same steps. What a training leaves that comes to no model is
//! written by [`ended`] for both.

pub mod archive;
mod books;
mod ending;
mod following;
mod judging;

use std::sync::Arc;

use jiff::Timestamp;
use mindmate_domain::Policy;
use mindmate_evaluation::{
    Bootstrap, Gates, GatesError, Report, Samples, ScoresError, TrainingSet,
};
use mindmate_evaluation::{Difference, Verdict};
use mindmate_model::{Artefact, ArtefactError, RuleScorer, RulesError};
use mindmate_pipeline::ports::{
    AuditLog, ModelPut, ModelStore, ModelVersion, NoVersion, Notifier, Pointer, PortError,
    StandingPointer, TrainingJobs,
};

pub use self::ending::{NoModel, ended};
pub use self::following::{Answer, Failed, Failure, Following, Said, Skipped, Trained};

/// Who wants it, where a training by itself leads to a promotion; for the audit trail.
pub const RETRAIN: &str = "retrain";

/// What the task speaks to.
#[derive(Clone)]
pub struct PromotionPorts {
    /// Trained models.
    pub models: Arc<dyn ModelStore>,
    /// What became of trainings.
    pub jobs: Arc<dyn TrainingJobs>,
    /// Who serves is a consequential choice.
    pub audit: Arc<dyn AuditLog>,
    /// Administrators.
    pub notifier: Arc<dyn Notifier>,
}

/// The task.
#[derive(Clone)]
pub struct Promotion {
    ports: PromotionPorts,
    policy: Arc<Policy>,
    rules: Arc<RuleScorer>,
    gates: Gates,
    bootstrap: Bootstrap,
}

/// A model that should serve.
#[derive(Clone, Copy)]
pub struct Candidate<'a> {
    /// Its file.
    pub bytes: &'a [u8],
    /// The set whose validation side it is judged by.
    pub set: &'a TrainingSet,
    /// That side.
    pub validation: &'a Samples,
    /// Its training's id; by itself it follows from the version.
    pub job: Option<&'a str>,
}

/// Who wants it to serve.
#[derive(Debug, Clone, Copy)]
pub struct Wish<'a> {
    /// For the audit trail.
    pub by: &'a str,
    /// Why it shall serve whatever the gates say.
    pub force: Option<&'a str>,
    /// When.
    pub at: Timestamp,
}

/// What was found of a model.
#[derive(Debug, Clone, PartialEq)]
pub struct Judgement {
    /// What each gate says.
    pub verdict: Verdict,
    /// What was measured of the model.
    pub report: Report,
    /// The model less what it would replace.
    pub difference: Difference,
    /// Why what serves was not what it was compared with, if it was not.
    pub unreadable_champion: Option<String>,
}

/// What came of the wish.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// It serves now.
    Promoted(Box<Judgement>),
    /// It serves now, though a gate did not pass.
    Forced(Box<Judgement>),
    /// A gate did not pass.
    Refused(Box<Judgement>),
    /// It did before.
    ServesAlready,
}

impl Outcome {
    /// In one word, as in answers.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Promoted(_) => "promoted",
            Self::Forced(_) => "forced",
            Self::Refused(_) => "refused",
            Self::ServesAlready => "servesAlready",
        }
    }

    /// What was found, where it was judged.
    pub fn judgement(&self) -> Option<&Judgement> {
        match self {
            Self::Promoted(found) | Self::Forced(found) | Self::Refused(found) => Some(found),
            Self::ServesAlready => None,
        }
    }
}

/// Why nothing came of it.
#[derive(Debug, thiserror::Error)]
pub enum PromotionError {
    /// The file is no model that could serve.
    #[error(transparent)]
    Artefact(#[from] ArtefactError),
    /// Its version is no name.
    #[error(transparent)]
    Version(#[from] NoVersion),
    /// Another model has its version.
    #[error(
        "expected the model {version} as it is kept in {place}, found other bytes: a version never means two models, so nothing was changed"
    )]
    Taken {
        /// Which.
        version: ModelVersion,
        /// Where.
        place: String,
    },
    /// It, or what serves, cannot be judged.
    #[error(transparent)]
    Scores(#[from] ScoresError),
    /// Somebody else was first.
    #[error(
        "somebody else changed which model serves at the same time: nothing was changed here; look which one serves now, and do it again if it is still right"
    )]
    SomebodyElse,
    /// A store did not do what it was asked.
    #[error(transparent)]
    Port(#[from] PortError),
    /// What was found cannot be written down.
    #[error("what was found cannot be written down: {0}")]
    Unwritable(#[from] serde_json::Error),
}

/// What ships with the pipeline cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum BuiltInError {
    /// The rules.
    #[error(transparent)]
    Rules(#[from] RulesError),
    /// The gates.
    #[error(transparent)]
    Gates(#[from] GatesError),
}

impl Promotion {
    /// By the gates that ship with the pipeline.
    ///
    /// # Errors
    /// None, which a test shows.
    pub fn new(
        ports: PromotionPorts,
        policy: Arc<Policy>,
        bootstrap: Bootstrap,
    ) -> Result<Self, BuiltInError> {
        let (rules, gates) = (Arc::new(RuleScorer::built_in()?), Gates::built_in()?);
        Ok(Self { ports, policy, rules, gates, bootstrap })
    }

    /// Lets a model serve if it passes the gates, or if somebody insists.
    ///
    /// `step` is called after each resample, for who shows progress.
    ///
    /// # Errors
    /// See [`PromotionError`]: then nothing else serves than before.
    pub async fn promote(
        &self,
        candidate: Candidate<'_>,
        wish: Wish<'_>,
        step: &(dyn Fn() + Sync),
    ) -> Result<Outcome, PromotionError> {
        let artefact = Artefact::parse(candidate.bytes)?;
        let version: ModelVersion = artefact.version().parse()?;
        let books = self.books(candidate, wish, &version, &artefact);
        let standing = self.ports.models.pointer().await?;
        if standing.as_ref().and_then(|it| it.pointer.current.as_ref()) == Some(&version) {
            books.make_up().await?;
            return Ok(Outcome::ServesAlready);
        }
        let judgement = self.judge(candidate, &artefact, standing.as_ref(), step).await?;
        self.keep(&version, candidate.bytes).await?;
        let judgement = Box::new(judgement);
        if !judgement.verdict.passed && wish.force.is_none() {
            books.refused(&judgement).await?;
            return Ok(Outcome::Refused(judgement));
        }
        self.point(standing.as_ref(), version.clone(), wish.at).await?;
        books.promoted(&judgement).await?;
        let passed = judgement.verdict.passed;
        Ok(if passed { Outcome::Promoted(judgement) } else { Outcome::Forced(judgement) })
    }

    async fn keep(&self, version: &ModelVersion, bytes: &[u8]) -> Result<(), PromotionError> {
        match self.ports.models.put(version, bytes.to_vec()).await? {
            ModelPut::Written | ModelPut::Existing => Ok(()),
            ModelPut::Taken => Err(PromotionError::Taken {
                version: version.clone(),
                place: self.ports.models.place(),
            }),
        }
    }

    async fn point(
        &self,
        from: Option<&StandingPointer>,
        version: ModelVersion,
        now: Timestamp,
    ) -> Result<(), PromotionError> {
        let to = Pointer::promoted(from.map(|it| &it.pointer), version, now);
        if self.ports.models.point(from, &to).await? {
            return Ok(());
        }
        Err(PromotionError::SomebodyElse)
    }
}
