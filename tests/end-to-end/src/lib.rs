//! What more than one test of whole processes judges by: the stores.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
#![expect(clippy::missing_panics_doc, reason = "a store that cannot be read fails the test")]

pub mod stores;
