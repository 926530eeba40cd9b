//! The stage over in-memory ports, with resources, templates and activities as they ship.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod drafting;
mod last_words;
mod reaching;
mod support;
mod trying_again;
mod withholding;
