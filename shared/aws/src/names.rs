//! What the stack called its resources.

use std::collections::BTreeMap;

use mindmate_contracts::{QueueName, StreamName};

/// A queue and its dead-letter queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueueUrls {
    /// The queue's.
    pub queue: String,
    /// Its dead-letter queue's, where a consumer of the queue needs it.
    pub dead: Option<String>,
}

/// A stream, and where its poison records go.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StreamTarget {
    /// The stream's name; empty for the app's table, whose stream only Lambda reads.
    pub name: String,
    /// The URL of the queue.
    pub dead: String,
}

/// The names of resources. Each port takes those that it needs; a program names those that it has.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Names {
    /// Queues.
    pub queues: BTreeMap<QueueName, QueueUrls>,
    /// Streams.
    pub streams: BTreeMap<StreamName, StreamTarget>,
    /// The app's table.
    pub app_table: String,
    /// Assessments.
    pub assessments_table: String,
    /// Interventions, guards, reviews, notices and the audit trail.
    pub interventions_table: String,
    /// Runs.
    pub runs_table: String,
    /// Trainings.
    pub training_jobs_table: String,
    /// Who was active when.
    pub activity_table: String,
    /// The topic that those on duty subscribe to.
    pub alerts_topic: String,
    /// The bucket of models and settings.
    pub bucket: String,
}
