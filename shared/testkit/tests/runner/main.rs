//! The runner over the fakes: what becomes of a delivery, and that nothing is lost on the way.
//!
//! These tests stand here and not beside the runner, since `testkit` imports `pipeline`.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod deliveries;
mod publishing;
mod storm;
mod streams;
mod support;
