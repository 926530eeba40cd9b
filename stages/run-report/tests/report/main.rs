//! The stage and the closing over in-memory ports.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod closing;
mod marks;
mod support;
mod watch;
