//! Who counts, which weeks are samples and of which side, what the files hold, and that no feature
//! knows what comes after it.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod eligibility;
mod leak;
mod plan;
mod preparing;
mod samples;
mod support;
