//! The training with the real LightGBM: what it grows, and the program `train` from outside.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod agreement;
mod bad_input;
mod invented;
mod program;
