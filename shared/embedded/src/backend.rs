//! All ports of the embedded backend, over one file.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use mindmate_contracts::{Channel, QueueName, StreamName};
use mindmate_domain::RunId;
use mindmate_domain::pseudonym::{KEY_BYTES, PseudonymKey};
use mindmate_pipeline::ports::{
    ActivityIndex, AppChats, AppItems, AssessmentStore, AuditLog, Channels, DeadLetters,
    HistoryStore, InterventionStore, ModelDays, Notifier, Ports, ProfileStore, Publisher, Queue,
    ReviewQueue, RunLedger, StreamSource, TrainingJobs, TrainingUsers, UserStates,
};
use mindmate_pipeline::{Clock, PortResult};
use rusqlite::{OptionalExtension as _, params};

use crate::app_table::AppTable;
use crate::assessments::Assessments;
use crate::audit::Trail;
use crate::db::Db;
use crate::dead_letters::SqliteDeadLetters;
use crate::error::OpenError;
use crate::interventions::Interventions;
use crate::ledger::Ledger;
use crate::model_days::SqliteModelDays;
use crate::publisher::{Publish, Signals};
use crate::queue::SqliteQueue;
use crate::reviews::Reviews;
use crate::states::States;
use crate::stream::SqliteStream;
use crate::training_jobs::SqliteTrainingJobs;

/// How the queues behave.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// How long a received message stays hidden.
    pub visibility: Duration,
    /// A message that was received this often is moved to the dead-letter queue at the next.
    pub max_receive_count: u32,
    /// Most pages that the file may have; a test fills a disk with it.
    pub max_pages: Option<u32>,
}

impl Default for Options {
    fn default() -> Self {
        Self { visibility: Duration::from_mins(1), max_receive_count: 10, max_pages: None }
    }
}

/// The embedded backend. Cheap to clone.
#[derive(Clone)]
pub struct Embedded {
    pub(crate) db: Db,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) options: Options,
    signals: Arc<Signals>,
}

impl Embedded {
    /// Opens the file. `clock` is what visibility and delays go by: the real one, even in a
    /// historical run.
    ///
    /// # Errors
    /// See [`OpenError`].
    pub fn open(path: &Path, clock: Arc<dyn Clock>, options: Options) -> Result<Self, OpenError> {
        let db = Db::open(path, options.max_pages)?;
        Ok(Self { db, clock, options, signals: Arc::default() })
    }

    /// All ports.
    pub fn ports(&self) -> Ports {
        Ports {
            publisher: self.publisher(),
            channels: Arc::new(self.clone()),
            history: self.history(),
            profiles: self.profiles(),
            activity: self.activity(),
            chats: self.chats(),
            items: self.app_items(),
            states: self.states(),
            assessments: self.assessments(),
            interventions: self.interventions(),
            reviews: self.reviews(),
            notifier: self.notifier(),
            ledger: self.ledger(),
            training: self.training(),
            training_jobs: self.training_jobs(),
            model_days: self.model_days(),
            audit: self.audit_log(),
        }
    }

    /// One queue.
    pub fn queue(&self, name: QueueName) -> Arc<dyn Queue> {
        Arc::new(SqliteQueue::new(self, name, self.signals.of(name)))
    }

    /// A stream, for one consumer group.
    pub fn stream(&self, name: StreamName, consumer: &str) -> Arc<dyn StreamSource> {
        Arc::new(SqliteStream::new(self.db.clone(), name, consumer))
    }

    /// Sends to queues and streams.
    pub fn publisher(&self) -> Arc<dyn Publisher> {
        let (db, clock) = (self.db.clone(), Arc::clone(&self.clock));
        Arc::new(Publish::new(db, clock, Arc::clone(&self.signals)))
    }

    /// What could not be delivered of a queue or a stream.
    pub fn dead_letters_of(&self, of: Channel) -> Arc<dyn DeadLetters> {
        Arc::new(SqliteDeadLetters::new(self.db.clone(), Arc::clone(&self.clock), of))
    }

    /// The audit trail, to append to.
    pub fn audit_log(&self) -> Arc<dyn AuditLog> {
        Arc::new(Trail(self.db.clone()))
    }

    fn app_table(&self) -> Arc<AppTable> {
        Arc::new(AppTable::new(self.db.clone(), Arc::clone(&self.clock)))
    }

    /// Histories.
    pub fn history(&self) -> Arc<dyn HistoryStore> {
        self.app_table()
    }

    /// Profiles.
    pub fn profiles(&self) -> Arc<dyn ProfileStore> {
        self.app_table()
    }

    /// Who was active when.
    pub fn activity(&self) -> Arc<dyn ActivityIndex> {
        self.app_table()
    }

    /// Whom could be learned from.
    pub fn training(&self) -> Arc<dyn TrainingUsers> {
        self.app_table()
    }

    /// What became of trainings.
    pub fn training_jobs(&self) -> Arc<dyn TrainingJobs> {
        Arc::new(SqliteTrainingJobs(self.db.clone()))
    }

    /// What each day's look at the model that serves came to.
    pub fn model_days(&self) -> Arc<dyn ModelDays> {
        Arc::new(SqliteModelDays(self.db.clone()))
    }

    /// The chat.
    pub fn chats(&self) -> Arc<dyn AppChats> {
        self.app_table()
    }

    /// Single items of the app's table.
    pub fn app_items(&self) -> Arc<dyn AppItems> {
        self.app_table()
    }

    /// Small states of users.
    pub fn states(&self) -> Arc<dyn UserStates> {
        Arc::new(States(self.db.clone()))
    }

    /// Assessments.
    pub fn assessments(&self) -> Arc<dyn AssessmentStore> {
        Arc::new(Assessments::new(self.db.clone()))
    }

    /// Interventions.
    pub fn interventions(&self) -> Arc<dyn InterventionStore> {
        Arc::new(Interventions::new(self.db.clone()))
    }

    /// The review queue.
    pub fn reviews(&self) -> Arc<dyn ReviewQueue> {
        Arc::new(Reviews::new(self.db.clone()))
    }

    /// Notices to those who run the pipeline; kept in the file until somebody reads them.
    pub fn notifier(&self) -> Arc<dyn Notifier> {
        Arc::new(Reviews::new(self.db.clone()))
    }

    /// Runs.
    pub fn ledger(&self) -> Arc<dyn RunLedger> {
        Arc::new(Ledger::new(self.db.clone()))
    }

    /// The installation's key for pseudonyms; `fresh` is kept where there is none yet.
    ///
    /// # Errors
    /// The database's.
    pub async fn pseudonym_key(&self, fresh: [u8; KEY_BYTES]) -> PortResult<PseudonymKey> {
        let key = self
            .db
            .write(move |connection| {
                connection.execute(
                    "INSERT INTO settings (name, value) VALUES ('pseudonymKey', ?1)
                     ON CONFLICT DO NOTHING",
                    params![fresh],
                )?;
                let sql = "SELECT value FROM settings WHERE name = 'pseudonymKey'";
                connection.query_row(sql, [], |row| row.get::<_, [u8; KEY_BYTES]>(0))
            })
            .await?;
        Ok(PseudonymKey::new(key))
    }

    /// Keeps a small value under a name; replaces what was there.
    ///
    /// # Errors
    /// The database's.
    pub async fn put_setting(&self, name: &str, value: &str) -> PortResult<()> {
        let (name, value) = (name.to_owned(), value.to_owned());
        self.db
            .write(move |connection| {
                let sql = "INSERT INTO settings (name, value) VALUES (?1, ?2)
                    ON CONFLICT DO UPDATE SET value = excluded.value";
                connection.execute(sql, params![name, value])?;
                Ok(())
            })
            .await
    }

    /// The value that was kept under a name.
    ///
    /// # Errors
    /// The database's.
    pub async fn setting(&self, name: &str) -> PortResult<Option<String>> {
        let name = name.to_owned();
        self.db
            .read(move |connection| {
                let sql = "SELECT value FROM settings WHERE name = ?1";
                connection.query_row(sql, params![name], |row| row.get(0)).optional()
            })
            .await
    }

    /// The runs of which messages wait in a queue. Every message of a run has an id that begins
    /// with the run's: `daily-2026-11-22/3/17/features`. Those of no run are not of concern.
    ///
    /// # Errors
    /// The database's.
    pub async fn queued_runs(&self) -> PortResult<Vec<RunId>> {
        self.db
            .read(|connection| {
                let sql = "SELECT id FROM runs WHERE id IN
                    (SELECT substr(event_id, 1, instr(event_id, '/') - 1)
                     FROM messages JOIN message_bodies USING (id) WHERE dead = 0) ORDER BY 1";
                let mut statement = connection.prepare_cached(sql)?;
                let rows =
                    statement.query_map([], |row| Ok(RunId::named(row.get_ref(0)?.as_str()?)))?;
                rows.collect()
            })
            .await
    }

    /// How many messages of real-time assessments wait in a queue, those for later too.
    ///
    /// # Errors
    /// The database's.
    pub async fn queued_in_real_time(&self) -> PortResult<u64> {
        self.db
            .read(|connection| {
                let sql = "SELECT count(*) FROM messages JOIN message_bodies USING (id)
                    WHERE dead = 0 AND event_id LIKE 'realtime/%'";
                connection.query_row(sql, [], |row| row.get(0))
            })
            .await
    }

    /// Gives back at once what a host that died held. Only for a host that knows it is alone.
    ///
    /// The receive counts stay: a message that kills its consumer each time ends in the
    /// dead-letter queue all the same.
    ///
    /// # Errors
    /// The database's.
    pub async fn release_orphans(&self) -> PortResult<u64> {
        let now = self.clock.now().as_millisecond();
        self.db
            .write(move |connection| {
                let released = connection.execute(
                    "UPDATE messages SET held = 0, visible_at = ?1
                     WHERE held = 1 AND dead = 0 AND visible_at > ?1",
                    params![now],
                )?;
                Ok(released as u64)
            })
            .await
    }

    /// Deletes assessments and states whose time is over. Assessments of historical runs stay: their time ran out
    /// before they were made.
    ///
    /// # Errors
    /// The database's.
    pub async fn expire(&self) -> PortResult<u64> {
        let now = self.clock.now().as_millisecond();
        self.db
            .write(move |connection| {
                let expired = connection.execute(
                    "DELETE FROM assessments WHERE historical = 0 AND expires_at < ?1",
                    params![now],
                )?;
                connection
                    .execute("DELETE FROM user_states WHERE expires_at < ?1", params![now])?;
                Ok(expired as u64)
            })
            .await
    }

    /// Whether nothing was ever imported here.
    ///
    /// # Errors
    /// The database's.
    pub async fn is_empty(&self) -> PortResult<bool> {
        self.db
            .read(|connection| {
                let any = connection
                    .query_row("SELECT 1 FROM users LIMIT 1", [], |_| Ok(()))
                    .optional()?;
                Ok(any.is_none())
            })
            .await
    }
}

impl Channels for Embedded {
    fn queue(&self, name: QueueName) -> Arc<dyn Queue> {
        Self::queue(self, name)
    }

    fn stream(&self, name: StreamName, consumer: &str) -> Arc<dyn StreamSource> {
        Self::stream(self, name, consumer)
    }

    fn dead_letters(&self, of: Channel) -> Arc<dyn DeadLetters> {
        self.dead_letters_of(of)
    }
}
