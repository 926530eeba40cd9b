//! Whole ways: the program on real files, as a person or a scheduler runs it.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

#[path = "suite/backends.rs"]
mod backends;
#[path = "suite/bad_input.rs"]
mod bad_input;
#[path = "suite/crash.rs"]
mod crash;
#[path = "suite/daily.rs"]
mod daily;
#[path = "suite/dlq.rs"]
mod dlq;
#[path = "suite/dlq_bad_input.rs"]
mod dlq_bad_input;
// What a process has in memory only Linux tells in a file.
#[cfg(target_os = "linux")]
#[path = "suite/dlq_memory.rs"]
mod dlq_memory;
#[path = "suite/models.rs"]
mod models;
#[path = "suite/privacy.rs"]
mod privacy;
#[path = "suite/program.rs"]
mod program;
#[path = "suite/realtime.rs"]
mod realtime;
#[path = "suite/text.rs"]
mod text;
#[path = "suite/training.rs"]
mod training;

use mindmate_end_to_end_tests::stores;
