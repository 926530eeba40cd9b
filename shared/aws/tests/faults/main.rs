//! What services answer when something is wrong, and what becomes of it: no word of a person in an
//! error, nothing lost, and what a service took in part is sent again for the rest alone.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod answers;
mod comprehend;
mod parts;
mod retries;
mod service;
