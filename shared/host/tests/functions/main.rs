//! Functions on Lambda: in process, and as real processes behind a small Runtime API.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod captured;
mod deadline;
mod process;
mod queue;
mod schedule;
mod shard;
mod storm;
mod support;
