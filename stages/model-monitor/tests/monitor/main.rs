//! The monitor on invented people: drawn ones for how often it is wrong, and a table of them for what it
//! reads, writes and tells.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod chance;
mod looking;
mod simulation;
mod support;
