//! What stages speak to. Small, one concern each; every backend passes the same conformance
//! suites (`testkit`).

mod all;
mod app;
mod audit;
mod dead_letters;
mod error;
mod ledger;
mod model_days;
mod models;
mod people;
mod queue;
mod sentiment;
mod stream;
mod training;
mod training_jobs;

pub use all::{Channels, Ports};
pub use app::{
    ActivityIndex, ActivityPage, AppChats, AppItems, ChatPut, FoundItem, HistoryStore,
    ProfileStore, UserStates,
};
pub use audit::AuditLog;
pub use dead_letters::{
    CAUSE_ATTRIBUTES, Causes, Content, DeadLetter, DeadLetters, FIRST_DEAD_LETTERED_AT, LetterPage,
    NO_CAUSE, Place, REPLAY_ID, REPLAYS, Source, Standing, TRACE_HEADER, UNREADABLE, with_cause,
};
pub use error::{PortError, PortResult};
pub use ledger::{Fates, Mark, MarkKind, Page, RunLedger, RunStart, ShardTally, Tally};
pub use model_days::{ModelDay, ModelDays};
pub use models::{ModelPut, ModelStore, ModelVersion, NoVersion, Pointer, StandingPointer};
pub use people::{
    AssessmentPut, AssessmentStore, Decision, InterventionStore, MessageWriter, Notice, Notifier,
    ReviewQueue, StoredIntervention,
};
pub use queue::{DeadLetterCause, Publisher, Queue, QueueDepth, Receipt, Received, Settlement};
pub use sentiment::{Analysis, SentimentAnalyzer, TextToAnalyze};
pub use stream::{Sequence, StreamRecord, StreamSource};
pub use training::{
    MANIFEST_PATH, Side, TrainingDraft, TrainingPage, TrainingStore, TrainingUser, TrainingUsers,
};
pub use training_jobs::{JobName, JobStatus, NoJobName, TrainingJob, TrainingJobs};
