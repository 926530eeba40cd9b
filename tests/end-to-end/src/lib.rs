//! What more than one test of whole processes stands on: a stack on a local AWS, and the stores to
//! judge by.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]
#![expect(clippy::missing_panics_doc, reason = "what cannot be set up or read fails the test")]

pub mod deployed;
pub mod stores;
