//! Trained models from outside: files, margins, contributions, and what scoring is told.

#![expect(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod files;
mod growing;
mod lightgbm;
mod margins;
mod reference;
mod scoring;
mod shapley;
mod support;
