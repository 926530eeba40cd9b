//! In-memory fakes of every port, correct under the conformance suites.
//!
//! Nothing here is durable and nothing here is fast; what counts is that a stage which passes over
//! these fakes has met redelivery, stale receipts, moved guards and pages that were there already.

mod app;
mod dead_letters;
mod ledger;
mod model_days;
mod models;
mod people;
mod queue;
mod stream;
mod training;
mod training_jobs;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use mindmate_contracts::app_table::{self, Item};
use mindmate_contracts::{Channel, QueueName, StreamName};
use mindmate_domain::UserId;
use mindmate_domain::app::AppItem;
use mindmate_domain::audit::AuditEvent;
use mindmate_pipeline::ports::{
    ActivityIndex, AppChats, AppItems, AssessmentStore, AuditLog, DeadLetters, HistoryStore,
    InterventionStore, JobName, ModelDay, ModelDays, ModelStore, Notice, Notifier, ProfileStore,
    Publisher, Queue, QueueDepth, Received, ReviewQueue, RunLedger, StreamRecord, StreamSource,
    TrainingJob, TrainingJobs, TrainingStore, TrainingUsers, UserStates,
};
use mindmate_pipeline::{Chance, Clock};
use tokio::sync::Notify;

use self::ledger::Ledger;
use self::people::People;
use self::queue::Queues;
pub use self::stream::Aside;
use self::stream::Streams;

/// How long a received message stays hidden, unless a test says otherwise: six times as long as a
/// handler may take (30 s), as on AWS.
pub const DEFAULT_VISIBILITY: Duration = Duration::from_mins(3);

/// How often a message is received before the queue itself moves it to its dead-letter queue,
/// unless a test says otherwise.
pub const DEFAULT_MAX_RECEIVES: u32 = 10;

/// The app's table: items by user and sort key.
type Table = BTreeMap<(UserId, String), Item>;

/// Every port in memory. Clones share what they hold.
#[derive(Clone)]
pub struct MemoryBackend {
    clock: Arc<dyn Clock>,
    visibility: Duration,
    max_receives: u32,
    /// Draws the order in which a queue gives its messages; without it the oldest comes first.
    order: Option<Arc<dyn Chance>>,
    state: Arc<State>,
}

#[derive(Default)]
struct State {
    queues: Mutex<Queues>,
    /// Wakes those who wait for a message.
    arrived: Notify,
    streams: Mutex<Streams>,
    table: Mutex<Table>,
    states: Mutex<BTreeMap<(UserId, String), String>>,
    people: Mutex<People>,
    ledger: Mutex<Ledger>,
    training: Mutex<training::Files>,
    models: Mutex<models::Models>,
    training_jobs: Mutex<Vec<TrainingJob>>,
    model_days: Mutex<BTreeMap<jiff::civil::Date, ModelDay>>,
}

/// A fake's state is whole between any two statements that may panic, so poison says nothing.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl MemoryBackend {
    /// An empty backend on this clock.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self {
            clock,
            visibility: DEFAULT_VISIBILITY,
            max_receives: DEFAULT_MAX_RECEIVES,
            order: None,
            state: Arc::default(),
        }
    }

    /// The same with another visibility timeout.
    #[must_use]
    pub fn with_visibility(mut self, visibility: Duration) -> Self {
        self.visibility = visibility;
        self
    }

    /// The same with another `maxReceiveCount`.
    #[must_use]
    pub fn with_max_receives(mut self, max_receives: u32) -> Self {
        self.max_receives = max_receives;
        self
    }

    /// The same with queues that give any visible message next, as SQS's may.
    #[must_use]
    pub fn with_drawn_order(mut self, chance: Arc<dyn Chance>) -> Self {
        self.order = Some(chance);
        self
    }

    /// The queue of that name.
    pub fn queue(&self, name: QueueName) -> Arc<dyn Queue> {
        Arc::new(queue::MemoryQueue::new(self.clone(), name))
    }

    /// Sends to all queues and streams.
    pub fn publisher(&self) -> Arc<dyn Publisher> {
        Arc::new(self.clone())
    }

    /// A stream, seen by one consumer group.
    pub fn stream(&self, name: StreamName, consumer: &str) -> Arc<dyn StreamSource> {
        Arc::new(stream::MemoryStream::new(self.clone(), name, consumer))
    }

    /// Histories, read from the app's table.
    pub fn history(&self) -> Arc<dyn HistoryStore> {
        Arc::new(self.clone())
    }

    /// Profiles, read from the app's table.
    pub fn profiles(&self) -> Arc<dyn ProfileStore> {
        Arc::new(self.clone())
    }

    /// Who was active, read from the app's table.
    pub fn activity(&self) -> Arc<dyn ActivityIndex> {
        Arc::new(self.clone())
    }

    /// The chats of the app's table.
    pub fn chats(&self) -> Arc<dyn AppChats> {
        Arc::new(self.clone())
    }

    /// Single items of the app's table.
    pub fn app_items(&self) -> Arc<dyn AppItems> {
        Arc::new(self.clone())
    }

    /// Small states of users.
    pub fn states(&self) -> Arc<dyn UserStates> {
        Arc::new(self.clone())
    }

    /// Assessments.
    pub fn assessments(&self) -> Arc<dyn AssessmentStore> {
        Arc::new(self.clone())
    }

    /// Interventions and guards.
    pub fn interventions(&self) -> Arc<dyn InterventionStore> {
        Arc::new(self.clone())
    }

    /// The review queue.
    pub fn reviews(&self) -> Arc<dyn ReviewQueue> {
        Arc::new(self.clone())
    }

    /// Notices to people on duty.
    pub fn notifier(&self) -> Arc<dyn Notifier> {
        Arc::new(self.clone())
    }

    /// Whom could be learned from, read from the app's table.
    pub fn training(&self) -> Arc<dyn TrainingUsers> {
        Arc::new(self.clone())
    }

    /// Where the training set is put.
    pub fn training_store(&self) -> Arc<dyn TrainingStore> {
        Arc::new(self.clone())
    }

    /// What each day's look at the model that serves came to.
    pub fn model_days(&self) -> Arc<dyn ModelDays> {
        Arc::new(self.clone())
    }

    /// What became of trainings.
    pub fn training_jobs(&self) -> Arc<dyn TrainingJobs> {
        Arc::new(self.clone())
    }

    /// Trained models.
    pub fn model_store(&self) -> Arc<dyn ModelStore> {
        Arc::new(self.clone())
    }

    /// What could not be delivered of a queue or a stream.
    pub fn letters(&self, of: Channel) -> Arc<dyn DeadLetters> {
        Arc::new(dead_letters::MemoryDeadLetters::new(self.clone(), of))
    }

    /// The audit trail, to append to.
    pub fn audit_log(&self) -> Arc<dyn AuditLog> {
        Arc::new(self.clone())
    }

    /// The ledger of runs.
    pub fn ledger(&self) -> Arc<dyn RunLedger> {
        Arc::new(self.clone())
    }
}

/// What tests put in and look at.
impl MemoryBackend {
    /// Writes an item as the app does: one of the same key is replaced.
    pub fn put_item(&self, user: &UserId, item: &AppItem) {
        let (sk, item) = app_table::encode(user, item);
        self.put_raw(user, &sk, item);
    }

    /// Writes an item as it stands, fitting its type or not.
    pub fn put_raw(&self, user: &UserId, sk: &str, item: Item) {
        lock(&self.state.table).insert((user.clone(), sk.to_owned()), item);
    }

    /// The user's items in the app's table, by sort key.
    pub fn items(&self, user: &UserId) -> Vec<(String, Item)> {
        let table = lock(&self.state.table);
        let from = (user.clone(), String::new());
        let own = table.range(from..).take_while(|((owner, _), _)| owner == user);
        own.map(|((_, sk), item)| (sk.clone(), item.clone())).collect()
    }

    /// The chat messages of a user in the app's table, by sort key.
    pub fn chat_items(&self, user: &UserId) -> Vec<(String, Item)> {
        let mut items = self.items(user);
        items.retain(|(sk, _)| sk.starts_with("CHAT#"));
        items
    }

    /// What lies in the dead-letter queue of a queue, in the order in which it came there.
    pub fn dead_letters(&self, queue: QueueName) -> Vec<Received> {
        lock(&self.state.queues).dead_letters(queue)
    }

    /// How many messages a queue holds.
    pub fn depth(&self, queue: QueueName) -> QueueDepth {
        lock(&self.state.queues).depth(queue, self.clock.now())
    }

    /// When a queue gives its next message; an instant that is past where it does so now.
    pub fn next_visible(&self, queue: QueueName) -> Option<Timestamp> {
        lock(&self.state.queues).next_visible(queue)
    }

    /// How many records a consumer group has not done.
    pub fn unread(&self, stream: StreamName, consumer: &str) -> usize {
        lock(&self.state.streams).unread(stream, consumer)
    }

    /// The records that a consumer group put aside.
    pub fn put_aside(&self, stream: StreamName, consumer: &str) -> Vec<Aside> {
        lock(&self.state.streams).put_aside(stream, consumer)
    }

    /// All records of a stream, in order.
    pub fn records(&self, stream: StreamName) -> Vec<StreamRecord> {
        lock(&self.state.streams).records(stream)
    }

    /// A file of the training set, by its path.
    pub fn training_file(&self, path: &str) -> Option<Vec<u8>> {
        lock(&self.state.training).get(path).cloned()
    }

    /// Puts what a training job made beside the models, as the job does.
    pub fn put_output(&self, job: JobName, bytes: Vec<u8>) {
        lock(&self.state.models).outputs.insert(job, bytes);
    }

    /// The notices that were sent.
    pub fn notices(&self) -> Vec<Notice> {
        lock(&self.state.people).notices.clone()
    }

    /// The audit trail, oldest first.
    pub fn audit(&self) -> Vec<AuditEvent> {
        lock(&self.state.people).audit.clone()
    }
}
