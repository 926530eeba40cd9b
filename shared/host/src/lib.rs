//! What runs the stages.
//!
//! [`local`] runs them all as tasks of one process, until their queues and streams are empty. The
//! hosts for Lambda and for long-polling workers will stand beside it, each behind its feature;
//! all of them call only [`mindmate_pipeline::Runner::process`].

#[cfg(feature = "local")]
pub mod local;
pub mod telemetry;
pub mod times;
