//! What the pipeline writes about people: assessments, interventions, and what humans look at.

use async_trait::async_trait;
use jiff::Timestamp;
use mindmate_domain::intervention::{
    DeliveryStatus, Guard, Intervention, Prompt, ReviewEntry, ReviewReason,
};
use mindmate_domain::{AsOf, Assessment, InterventionId, RiskLevel, UserId};

use super::PortResult;

/// Assessments under their key, (user, `asOf`).
#[async_trait]
pub trait AssessmentStore: Send + Sync {
    /// Writes the assessment unless one stands under its key; then gives that one back, which is
    /// sent on unchanged.
    async fn put(&self, assessment: &Assessment) -> PortResult<AssessmentPut>;

    /// The assessments of these users at one `as_of`; those that are not there are left out.
    async fn get_many(&self, users: &[UserId], as_of: AsOf) -> PortResult<Vec<Assessment>>;

    /// The user's assessments, latest first, at most `limit`.
    async fn latest(&self, user: &UserId, limit: usize) -> PortResult<Vec<Assessment>>;

    /// The latest level that is known (not `unknown`) of an assessment before `before`, with its
    /// `asOf`. A level that was itself only carried over from an earlier one does not count.
    async fn last_known(
        &self,
        user: &UserId,
        before: AsOf,
    ) -> PortResult<Option<(AsOf, RiskLevel)>>;

    /// The `asOf` of the user's latest assessment.
    async fn latest_as_of(&self, user: &UserId) -> PortResult<Option<AsOf>>;
}

/// What became of an assessment.
#[derive(Debug, Clone, PartialEq)]
pub enum AssessmentPut {
    /// It was written.
    Written,
    /// This one stood there already.
    Existing(Box<Assessment>),
}

/// Interventions, and the guard that repeats are held against.
#[async_trait]
pub trait InterventionStore: Send + Sync {
    /// The intervention of that id.
    async fn get(&self, id: &InterventionId) -> PortResult<Option<StoredIntervention>>;

    /// The guard of a user.
    async fn guard(&self, user: &UserId) -> PortResult<Option<Guard>>;

    /// Writes an intervention with its audit event and the user's new guard, in one transaction,
    /// if the guard is still `seen` and no intervention of that id is there.
    async fn decide(
        &self,
        intervention: &Intervention,
        new_guard: Guard,
        seen: Option<Guard>,
    ) -> PortResult<Decision>;

    /// Notes that it is in the chat. Doing it twice keeps the first instant.
    async fn delivered(&self, id: &InterventionId, at: Timestamp) -> PortResult<()>;

    /// The user's interventions, latest first, at most `limit`.
    async fn latest(&self, user: &UserId, limit: usize) -> PortResult<Vec<StoredIntervention>>;
}

/// An intervention and what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredIntervention {
    /// As decided.
    pub intervention: Intervention,
    /// Where it is.
    pub status: DeliveryStatus,
}

/// What became of a decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// It was written.
    Written,
    /// One of that id was there already, whatever the guard is by now.
    Existing(Box<StoredIntervention>),
    /// The guard is no longer the one that was seen: look again.
    GuardMoved,
}

/// What humans look at.
#[async_trait]
pub trait ReviewQueue: Send + Sync {
    /// Enters it, unless an entry of the same user, `asOf` and reason is there.
    async fn enter(&self, entry: &ReviewEntry) -> PortResult<()>;

    /// Entries that nobody has acknowledged, by [`ReviewEntry::rank`], then those due first, at
    /// most `limit`.
    async fn open(&self, limit: usize) -> PortResult<Vec<ReviewEntry>>;

    /// How many entries nobody has acknowledged.
    async fn count_open(&self) -> PortResult<u64>;

    /// Takes notice of an entry, with an audit event. Says whether it was open.
    async fn acknowledge(
        &self,
        user: &UserId,
        as_of: AsOf,
        reason: ReviewReason,
        by: &str,
        at: Timestamp,
    ) -> PortResult<bool>;
}

/// Writes with a language model.
#[async_trait]
pub trait MessageWriter: Send + Sync {
    /// Which model, for the record of a message: `bedrock/<model>`.
    fn name(&self) -> &str;

    /// What the model answers. Nothing of it is checked yet, and no error holds any of it.
    async fn write(&self, prompt: &Prompt) -> PortResult<String>;
}

/// Tells people who run the pipeline.
#[async_trait]
pub trait Notifier: Send + Sync {
    /// Sends a notice, once for its id.
    async fn notify(&self, notice: &Notice) -> PortResult<()>;

    /// Whether a notice of that id was sent: who would have to gather what to say asks first.
    async fn was_sent(&self, id: &str) -> PortResult<bool>;
}

/// Something that a human on duty must know. It holds no text of a user and no raw id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// The same at every try.
    pub id: String,
    /// When.
    pub at: Timestamp,
    /// In words.
    pub text: String,
}

impl Notice {
    /// How the ids of notices about a whole run begin.
    pub const OF_RUN: &'static str = "run/";

    /// How the ids of notices about trained models begin. All others are about one person, who may
    /// need a human now.
    pub const OF_MODEL: &'static str = "model/";

    /// Whether it is about a whole run.
    pub fn is_about_a_run(&self) -> bool {
        self.id.starts_with(Self::OF_RUN)
    }

    /// Whether it is about trained models.
    pub fn is_about_a_model(&self) -> bool {
        self.id.starts_with(Self::OF_MODEL)
    }
}
