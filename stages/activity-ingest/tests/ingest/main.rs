//! The stage over in-memory ports.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod aside;
mod crashes;
mod examples;
mod orders;
mod slow;
mod support;
