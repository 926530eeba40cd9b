//! The ports over AWS: SQS, Kinesis, `DynamoDB`, S3, SNS, Bedrock, Comprehend, by the official
//! SDKs.
//!
//! [`Aws`] gives the ports, as the embedded backend does, and passes the same conformance suites.
//! Each service is a feature, so that a function links only what it uses. [`connect`] reads region,
//! credentials and endpoint of the environment; [`Names`] says what the stack called its resources.
//!
//! Every call has a time-out and is tried again by the SDK, more slowly when a service throttles.
//! What a service takes in part (a batch of messages, of records, of items) is sent again for the
//! rest alone. What then still fails is a [`PortError`](mindmate_pipeline::PortError); `error.rs`
//! has the table of which.

mod clients;
mod error;
mod names;

#[cfg(feature = "dynamodb")]
mod activity;
#[cfg(feature = "dynamodb")]
mod app_items;
#[cfg(feature = "dynamodb")]
mod app_table;
#[cfg(all(feature = "sqs", feature = "dynamodb"))]
mod aside;
#[cfg(feature = "dynamodb")]
mod assessments;
#[cfg(feature = "dynamodb")]
mod audit;
#[cfg(feature = "bedrock")]
mod bedrock;
#[cfg(feature = "comprehend")]
mod comprehend;
#[cfg(all(feature = "sqs", feature = "kinesis", feature = "dynamodb"))]
mod dead_letters;
#[cfg(feature = "dynamodb")]
mod import;
#[cfg(feature = "dynamodb")]
mod interventions;
#[cfg(feature = "dynamodb")]
mod item;
#[cfg(feature = "dynamodb")]
mod ledger;
#[cfg(feature = "s3")]
mod model_bucket;
#[cfg(feature = "dynamodb")]
mod model_days;
#[cfg(feature = "sns")]
mod notifier;
#[cfg(feature = "s3")]
mod objects;
#[cfg(any(feature = "dynamodb", feature = "kinesis", feature = "sqs"))]
mod pause;
#[cfg(feature = "s3")]
mod pseudonyms;
#[cfg(feature = "sqs")]
mod publisher;
#[cfg(feature = "sqs")]
mod queue;
#[cfg(feature = "dynamodb")]
mod reviews;
#[cfg(feature = "dynamodb")]
mod settings;
#[cfg(feature = "dynamodb")]
mod states;
#[cfg(all(feature = "sqs", feature = "kinesis", feature = "dynamodb"))]
mod stream;
#[cfg(feature = "dynamodb")]
mod table;
#[cfg(any(feature = "sqs", feature = "comprehend"))]
mod together;
#[cfg(feature = "dynamodb")]
mod training;
#[cfg(feature = "s3")]
mod training_bucket;
#[cfg(feature = "dynamodb")]
mod training_jobs;

mod backend;

pub use aws_config::SdkConfig;

#[cfg(feature = "dynamodb")]
pub use self::audit::{AuditBreak, AuditFault, AuditTrail};
pub use self::backend::Aws;
pub use self::clients::{calls, connect};
#[cfg(feature = "dynamodb")]
pub use self::import::Importer;
pub use self::names::{Names, QueueUrls, StreamTarget};
