//! A day on a local AWS: the stack as the script deploys it, the functions as real processes.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod day;
mod deployed;
mod letters;
mod realtime;
mod workers;
