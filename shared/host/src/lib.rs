//! What runs the stages, wherever they run.
//!
//! - [`local`]: all of them as tasks of one process, until their queues and streams are empty.
//! - [`worker`]: long polling, until a signal says stop: for containers.
//! - [`lambda`]: functions behind SQS, Kinesis, DynamoDB Streams and schedules.
//!
//! - [`aws`]: the ports over AWS, with what the stack called its resources.
//!
//! Each behind its feature, so that a program links only what it uses. All of them call only
//! [`mindmate_pipeline::Runner::process`] and do what it says; the local host and the worker share
//! their consumers.

#[cfg(feature = "aws")]
pub mod aws;
pub mod config;
#[cfg(any(feature = "local", feature = "worker"))]
mod consumer;
#[cfg(feature = "lambda")]
pub mod lambda;
#[cfg(feature = "local")]
pub mod local;
mod process;
pub mod telemetry;
#[cfg(any(feature = "local", feature = "worker"))]
pub mod times;
#[cfg(feature = "worker")]
pub mod worker;
