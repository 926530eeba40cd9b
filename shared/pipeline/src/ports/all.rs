//! All ports of one backend, for who puts stages and commands on whatever backend there is.

use std::sync::Arc;

use mindmate_contracts::{Channel, QueueName, StreamName};

use super::{
    ActivityIndex, AppChats, AppItems, AssessmentStore, AuditLog, DeadLetters, HistoryStore,
    InterventionStore, ModelDays, Notifier, ProfileStore, Publisher, Queue, ReviewQueue, RunLedger,
    StreamSource, TrainingJobs, TrainingUsers, UserStates,
};

/// Every port of a backend. Cheap to clone.
#[derive(Clone)]
pub struct Ports {
    /// Sends to queues and streams.
    pub publisher: Arc<dyn Publisher>,
    /// Queues and streams, for their consumers.
    pub channels: Arc<dyn Channels>,
    /// Histories.
    pub history: Arc<dyn HistoryStore>,
    /// Profiles.
    pub profiles: Arc<dyn ProfileStore>,
    /// Who was active when.
    pub activity: Arc<dyn ActivityIndex>,
    /// The chat.
    pub chats: Arc<dyn AppChats>,
    /// Single items of the app's table.
    pub items: Arc<dyn AppItems>,
    /// Small states of users.
    pub states: Arc<dyn UserStates>,
    /// Assessments.
    pub assessments: Arc<dyn AssessmentStore>,
    /// Interventions.
    pub interventions: Arc<dyn InterventionStore>,
    /// The review queue.
    pub reviews: Arc<dyn ReviewQueue>,
    /// Notices to those who run the pipeline.
    pub notifier: Arc<dyn Notifier>,
    /// Runs.
    pub ledger: Arc<dyn RunLedger>,
    /// Everybody.
    pub training: Arc<dyn TrainingUsers>,
    /// What became of trainings.
    pub training_jobs: Arc<dyn TrainingJobs>,
    /// What each day's look at the model that serves came to.
    pub model_days: Arc<dyn ModelDays>,
    /// The audit trail.
    pub audit: Arc<dyn AuditLog>,
}

/// Queues and streams by their names.
pub trait Channels: Send + Sync {
    /// One queue.
    fn queue(&self, name: QueueName) -> Arc<dyn Queue>;

    /// A stream, for one consumer group.
    fn stream(&self, name: StreamName, consumer: &str) -> Arc<dyn StreamSource>;

    /// What could not be delivered of a queue, or what a stream's own consumer put aside.
    fn dead_letters(&self, of: Channel) -> Arc<dyn DeadLetters>;
}
