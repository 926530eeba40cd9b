//! The SQLite backend passes the suites that every backend passes.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use mindmate_contracts::app_table::{ExportLine, Item};
use mindmate_contracts::{Channel, QueueName, StreamName};
use mindmate_domain::UserId;
use mindmate_domain::audit::AuditEvent;
use mindmate_embedded::{Embedded, ImportBatch, ModelFolder, Options, TrainingFolder};
use mindmate_pipeline::ports::{
    ActivityIndex, AppChats, AppItems, AssessmentStore, AuditLog, DeadLetters, HistoryStore,
    InterventionStore, JobName, ModelDays, ModelStore, Notice, Notifier, ProfileStore, Publisher,
    Queue, Received, ReviewQueue, RunLedger, StreamSource, TrainingJobs, TrainingStore,
    TrainingUsers, UserStates,
};
use mindmate_testkit::ManualClock;
use mindmate_testkit::conformance::Backend;
use mindmate_testkit::memory::Aside;

/// More than any behaviour leaves behind.
const ALL: usize = 10_000;

struct SqliteUnderTest {
    clock: ManualClock,
    options: Options,
    backend: Embedded,
    folder: tempfile::TempDir,
}

async fn fresh() -> SqliteUnderTest {
    let start: Timestamp = "2026-11-22T06:00:00Z".parse().unwrap();
    let clock = ManualClock::new(start);
    let folder = tempfile::tempdir().unwrap();
    let options = Options { visibility: Duration::from_mins(3), ..Options::default() };
    let file = folder.path().join("mindmate.db");
    let backend = Embedded::open(&file, Arc::new(clock.clone()), options).unwrap();
    SqliteUnderTest { clock, options, backend, folder }
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
impl Backend for SqliteUnderTest {
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
        training_jobs -> TrainingJobs;
        model_days -> ModelDays;
        audit_log -> AuditLog;
    }

    fn clock(&self) -> ManualClock {
        self.clock.clone()
    }

    fn visibility(&self) -> Duration {
        self.options.visibility
    }

    fn max_receives(&self) -> u32 {
        self.options.max_receive_count
    }

    fn queue(&self, name: QueueName) -> Arc<dyn Queue> {
        self.backend.queue(name)
    }

    fn stream(&self, name: StreamName, consumer: &str) -> Arc<dyn StreamSource> {
        self.backend.stream(name, consumer)
    }

    fn letters(&self, of: Channel) -> Arc<dyn DeadLetters> {
        self.backend.dead_letters_of(of)
    }

    fn training_store(&self) -> Arc<dyn TrainingStore> {
        Arc::new(TrainingFolder::new(self.folder.path().join("training")))
    }

    fn model_store(&self) -> Arc<dyn ModelStore> {
        Arc::new(ModelFolder::new(self.folder.path().join("models")))
    }

    async fn put_output(&self, job: &JobName, bytes: Vec<u8>) {
        let path = self.folder.path().join("models").join(job.output());
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }

    async fn put_raw(&self, items: Vec<(UserId, String, Item)>) {
        let mut batch = ImportBatch::default();
        for (user, sk, item) in items {
            batch.add(ExportLine { user, sk, item }).unwrap();
        }
        self.backend.import(batch).await.unwrap();
    }

    async fn items(&self, user: &UserId) -> Vec<(String, Item)> {
        self.backend.items(user).await.unwrap()
    }

    async fn dead_letters(&self, queue: QueueName) -> Vec<Received> {
        self.backend.dead_letters(queue, ALL).await.unwrap()
    }

    async fn put_aside(&self, stream: StreamName, consumer: &str) -> Vec<Aside> {
        let records = self.backend.put_aside(stream, consumer, ALL).await.unwrap();
        records
            .into_iter()
            .map(|one| Aside { record: one.record, attributes: one.attributes })
            .collect()
    }

    async fn notices(&self) -> Vec<Notice> {
        self.backend.notices(ALL).await.unwrap()
    }

    async fn audit(&self) -> Vec<AuditEvent> {
        let rows = self.backend.audit_rows(0, ALL).await.unwrap();
        rows.iter().map(|row| serde_json::from_str(&row.event).unwrap()).collect()
    }
}

mindmate_testkit::conformance_suites!(fresh);
