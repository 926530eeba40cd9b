//! Functions: what Lambda hands over, carried through a stage or a task.
//!
//! | event | function | what it answers |
//! | --- | --- | --- |
//! | SQS | [`QueueFunction`] | the records that come again, each by its id |
//! | Kinesis | [`KinesisFunction`] | the lowest sequence number that is not done |
//! | DynamoDB Streams | [`TableFunction`] | the same |
//! | EventBridge | [`ScheduleFunction`] | what the task came to |
//!
//! All of them stop before their time is over, so that Lambda never kills one in the middle of a
//! batch, and give back what is not done. None of them panics: a panic that gets past the runner
//! fails the invocation, without its message, which may quote a user's text.

mod dynamodb;
mod emf;
mod invocation;
mod kinesis;
mod queue;
mod runtime;
mod schedule;
mod shard;

pub use self::dynamodb::{TableFunction, Translate, app_item_changed};
pub use self::emf::{Emf, NAMESPACE};
pub use self::invocation::{Function, FunctionError, Invocation};
pub use self::kinesis::KinesisFunction;
pub use self::queue::{QueueFunction, queue_of_url};
pub use self::runtime::serve;
pub use self::schedule::ScheduleFunction;
