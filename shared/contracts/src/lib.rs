//! The contracts of the pipeline: the messages between its stages, and the app's table.
//!
//! Every message is a `CloudEvents` 1.0 envelope ([`envelope`]) around one of the types in
//! [`messages`]; the envelope's `type` carries the version. [`channels`] says which stage sends
//! what where. The JSON Schemas, golden examples and the `AsyncAPI` document in `schemas/` are
//! written from these types by `cargo run -p mindmate-contracts --bin schemas`.
//!
//! [`app_table`] reads and writes the items of the app's own table, in which the pipeline is a
//! guest, and the lines of its export. [`training_set`] is the form of what models are made from.

pub mod app_name;
pub mod app_table;
pub mod channels;
pub mod envelope;
pub mod examples;
mod json_fault;
pub mod messages;
pub mod schemas;
pub mod training_set;

pub use app_name::AppName;
pub use channels::{Channel, QueueName, StreamName};
pub use envelope::{About, Contract, DecodeError, Message, RawEvent};
pub use json_fault::JsonFault;
