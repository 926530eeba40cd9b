//! The stage over in-memory ports, with the word lists and the policy as they ship.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod assessing;
mod reading;
mod retries;
mod support;
