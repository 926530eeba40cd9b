//! One suite a port: what every backend must do, and no more than the ports' docs promise.
//!
//! A backend's test implements [`Backend`] and calls [`conformance_suites!`](crate::conformance_suites)
//! with a function that makes a fresh one; each behaviour becomes a test of its own. Time moves by
//! the backend's [`ManualClock`] only: nothing here sleeps.

pub mod activity;
pub mod assessments;
pub mod audit;
mod behaviours;
pub mod chats;
pub mod dead_letters;
pub mod history;
pub mod interventions;
pub mod items;
pub mod ledger;
pub mod model_days;
pub mod model_store;
pub mod notifier;
pub mod profiles;
pub mod publisher;
pub mod queue;
pub mod redelivery;
pub mod reviews;
pub mod samples;
pub mod states;
pub mod stream;
pub mod training;
pub mod training_jobs;
pub mod training_store;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use mindmate_contracts::app_table::{self, Item};
use mindmate_contracts::{Channel, QueueName, StreamName};
use mindmate_domain::UserId;
use mindmate_domain::app::AppItem;
use mindmate_domain::audit::AuditEvent;
use mindmate_pipeline::ports::{
    ActivityIndex, AppChats, AppItems, AssessmentStore, AuditLog, DeadLetters, HistoryStore,
    InterventionStore, JobName, ModelDays, ModelStore, Notice, Notifier, ProfileStore, Publisher,
    Queue, Received, ReviewQueue, RunLedger, StreamSource, TrainingJobs, TrainingStore,
    TrainingUsers, UserStates,
};

use crate::clock::ManualClock;
use crate::memory::{Aside, MemoryBackend};

/// A backend under test, empty when it is made.
#[async_trait]
pub trait Backend: Send + Sync {
    /// The clock that it was made with.
    fn clock(&self) -> ManualClock;

    /// Its queues' visibility timeout: whole seconds, at least 10.
    fn visibility(&self) -> Duration;

    /// Its queues' `maxReceiveCount`.
    fn max_receives(&self) -> u32;

    /// The queue of that name.
    fn queue(&self, name: QueueName) -> Arc<dyn Queue>;

    /// Sends to all queues and streams.
    fn publisher(&self) -> Arc<dyn Publisher>;

    /// A stream, seen by one consumer group.
    fn stream(&self, name: StreamName, consumer: &str) -> Arc<dyn StreamSource>;

    /// Histories.
    fn history(&self) -> Arc<dyn HistoryStore>;

    /// Profiles.
    fn profiles(&self) -> Arc<dyn ProfileStore>;

    /// Who was active when.
    fn activity(&self) -> Arc<dyn ActivityIndex>;

    /// The chats of the app's table.
    fn chats(&self) -> Arc<dyn AppChats>;

    /// Single items of the app's table.
    fn app_items(&self) -> Arc<dyn AppItems>;

    /// Small states of users.
    fn states(&self) -> Arc<dyn UserStates>;

    /// Assessments.
    fn assessments(&self) -> Arc<dyn AssessmentStore>;

    /// Interventions and guards.
    fn interventions(&self) -> Arc<dyn InterventionStore>;

    /// The review queue.
    fn reviews(&self) -> Arc<dyn ReviewQueue>;

    /// Notices to people on duty.
    fn notifier(&self) -> Arc<dyn Notifier>;

    /// The ledger of runs.
    fn ledger(&self) -> Arc<dyn RunLedger>;

    /// Whom could be learned from.
    fn training(&self) -> Arc<dyn TrainingUsers>;

    /// Where the training set is put.
    fn training_store(&self) -> Arc<dyn TrainingStore>;

    /// Trained models.
    fn model_store(&self) -> Arc<dyn ModelStore>;

    /// What became of trainings.
    fn training_jobs(&self) -> Arc<dyn TrainingJobs>;

    /// What each day's look at the model that serves came to.
    fn model_days(&self) -> Arc<dyn ModelDays>;

    /// What could not be delivered of a queue or stream: a new view of it, with looks of its own.
    fn letters(&self, of: Channel) -> Arc<dyn DeadLetters>;

    /// The audit trail, to append to.
    fn audit_log(&self) -> Arc<dyn AuditLog>;

    /// Writes items as the app does, each with its user and sort key; one of the same key is
    /// replaced. When it returns, every port sees them.
    async fn put_raw(&self, items: Vec<(UserId, String, Item)>);

    /// The user's items in the app's table, by sort key.
    async fn items(&self, user: &UserId) -> Vec<(String, Item)>;

    /// What lies in the dead-letter queue of a queue.
    async fn dead_letters(&self, queue: QueueName) -> Vec<Received>;

    /// What a consumer group put aside of a stream.
    async fn put_aside(&self, stream: StreamName, consumer: &str) -> Vec<Aside>;

    /// Puts what a training job made beside the models, as the job does.
    async fn put_output(&self, job: &JobName, bytes: Vec<u8>);

    /// The notices that were sent.
    async fn notices(&self) -> Vec<Notice>;

    /// The audit trail, oldest first.
    async fn audit(&self) -> Vec<AuditEvent>;

    /// Writes an item as the app does.
    async fn put_item(&self, user: &UserId, item: &AppItem) {
        let (sk, item) = app_table::encode(user, item);
        self.put_raw(vec![(user.clone(), sk, item)]).await;
    }
}

/// The in-memory fakes with the clock that moves them, for their own conformance test.
pub struct MemoryUnderTest {
    clock: ManualClock,
    visibility: Duration,
    max_receives: u32,
    backend: MemoryBackend,
}

impl MemoryUnderTest {
    /// A fresh backend.
    pub fn new(clock: ManualClock, visibility: Duration, max_receives: u32) -> Self {
        let backend = MemoryBackend::new(Arc::new(clock.clone()))
            .with_visibility(visibility)
            .with_max_receives(max_receives);
        Self { clock, visibility, max_receives, backend }
    }
}

/// Forwards the ports to the backend.
macro_rules! forward {
    ($($port:ident -> $type:ident;)*) => {
        $(fn $port(&self) -> Arc<dyn $type> {
            self.backend.$port()
        })*
    };
}

#[async_trait]
impl Backend for MemoryUnderTest {
    forward! {
        publisher -> Publisher;
        history -> HistoryStore;
        profiles -> ProfileStore;
        activity -> ActivityIndex;
        chats -> AppChats;
        app_items -> AppItems;
        states -> UserStates;
        assessments -> AssessmentStore;
        interventions -> InterventionStore;
        reviews -> ReviewQueue;
        notifier -> Notifier;
        ledger -> RunLedger;
        training -> TrainingUsers;
        training_store -> TrainingStore;
        model_store -> ModelStore;
        training_jobs -> TrainingJobs;
        model_days -> ModelDays;
        audit_log -> AuditLog;
    }

    fn clock(&self) -> ManualClock {
        self.clock.clone()
    }

    fn visibility(&self) -> Duration {
        self.visibility
    }

    fn max_receives(&self) -> u32 {
        self.max_receives
    }

    fn queue(&self, name: QueueName) -> Arc<dyn Queue> {
        self.backend.queue(name)
    }

    fn stream(&self, name: StreamName, consumer: &str) -> Arc<dyn StreamSource> {
        self.backend.stream(name, consumer)
    }

    fn letters(&self, of: Channel) -> Arc<dyn DeadLetters> {
        self.backend.letters(of)
    }

    async fn put_raw(&self, items: Vec<(UserId, String, Item)>) {
        for (user, sk, item) in items {
            self.backend.put_raw(&user, &sk, item);
        }
    }

    async fn items(&self, user: &UserId) -> Vec<(String, Item)> {
        self.backend.items(user)
    }

    async fn dead_letters(&self, queue: QueueName) -> Vec<Received> {
        self.backend.dead_letters(queue)
    }

    async fn put_aside(&self, stream: StreamName, consumer: &str) -> Vec<Aside> {
        self.backend.put_aside(stream, consumer)
    }

    async fn put_output(&self, job: &JobName, bytes: Vec<u8>) {
        self.backend.put_output(job.clone(), bytes);
    }

    async fn notices(&self) -> Vec<Notice> {
        self.backend.notices()
    }

    async fn audit(&self) -> Vec<AuditEvent> {
        self.backend.audit()
    }
}
