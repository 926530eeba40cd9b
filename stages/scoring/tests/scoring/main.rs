//! The stage over in-memory ports.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod current;
mod handling;
mod ladder;
mod last_words;
mod support;
