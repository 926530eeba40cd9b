//! The embedded backend: queues, streams and stores on one `SQLite` file.
//!
//! The default of the pipeline: no account, no server, one file in a data directory, safe with
//! several processes on it. It keeps SQS's semantics to the letter (visibility timeout, receive
//! count, delay, redrive), because a run that is kinder than production would hide what production
//! shows. It passes the conformance suites of `testkit`, as every backend must.
//!
//! **Durable means durable**: WAL with `synchronous=FULL`; nothing that is told to anybody is
//! acknowledged before its transaction is on disk. Steps between two others wait for no disk: they
//! are there before whatever is written after them. Group commit makes that cheap: one writer
//! thread takes all jobs that wait and commits them together ([`db`]). Jobs of different ports share
//! a commit, never an outcome: one that fails is undone alone.

mod app_table;
mod assessments;
mod audit;
mod backend;
mod check;
mod commits;
mod data_dir;
pub mod db;
mod dead_letters;
mod error;
mod file;
mod folder;
mod inspect;
mod interventions;
mod ledger;
mod log;
mod model_days;
mod model_folder;
mod publisher;
mod queue;
mod reviews;
mod schema;
mod states;
mod stream;
mod training;
mod training_folder;
mod training_jobs;
mod writer;

pub use app_table::{AppWrite, ImportBatch, Imported};
pub use audit::{AuditBreak, AuditRow};
pub use backend::{Embedded, Options};
pub use check::Whole;
pub use data_dir::{DataDir, DataDirError, RunLock};
pub use error::{FileTrouble, OpenError};
pub use inspect::{PutAside, Totals};
pub use model_folder::ModelFolder;
pub use training_folder::TrainingFolder;
