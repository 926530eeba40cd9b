//! The stage over in-memory ports, with the local analyser as it ships and services that a test
//! makes up.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod bad_input;
mod consent;
mod daily;
mod failing;
mod local;
mod meanwhile;
mod storing;
mod support;
