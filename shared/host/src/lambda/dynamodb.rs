//! DynamoDB Streams: batches of a shard.

use std::sync::Arc;

use aws_lambda_events::dynamodb::{Event, EventRecord};
use aws_lambda_events::streams::{DynamoDbBatchItemFailure, DynamoDbEventResponse};
use jiff::Timestamp;
use mindmate_pipeline::ports::StreamSource;
use mindmate_pipeline::{Clock, Stage, StreamRunner};
use serde_json::Value;

use super::invocation::{Function, FunctionError, Invocation};
use super::shard::{Incoming, Shard};

/// The attribute by which the app's table is partitioned: changes of one user stay in order.
const PARTITION: &str = "PK";

/// Makes of a change of the table the envelope that the stage takes; nothing, where the change is
/// none of its concern.
pub type Translate = fn(&EventRecord) -> Option<String>;

/// A stage behind the stream of a table.
pub struct TableFunction<S> {
    shard: Shard<S>,
    translate: Translate,
}

impl<S: Stage> TableFunction<S> {
    /// A function that carries changes through the stage and puts poison aside with `aside`, which
    /// is read by nobody here.
    pub fn new(
        runner: StreamRunner<S>,
        translate: Translate,
        aside: Arc<dyn StreamSource>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self { shard: Shard { runner, aside, clock }, translate }
    }

    fn incoming(&self, record: EventRecord) -> Option<Incoming> {
        let body = (self.translate)(&record)?;
        let put_at = record.change.approximate_creation_date_time;
        Some(Incoming {
            name: format!("{} {}", record.event_source_arn.unwrap_or_default(), record.event_id),
            key: partition(&record.change.keys),
            number: record.change.sequence_number,
            put_at: Timestamp::from_second(put_at.timestamp()).unwrap_or(Timestamp::UNIX_EPOCH),
            body,
        })
    }
}

#[async_trait::async_trait]
impl<S: Stage> Function for TableFunction<S> {
    type Event = Event;
    type Answer = DynamoDbEventResponse;

    async fn invoke(
        &self,
        event: Event,
        invocation: &Invocation,
    ) -> Result<DynamoDbEventResponse, FunctionError> {
        let records = event.records.into_iter().filter_map(|record| self.incoming(record));
        let stopped = self.shard.carry(records.collect(), invocation).await?;
        let mut response = DynamoDbEventResponse::default();
        if let Some(number) = stopped {
            let mut failure = DynamoDbBatchItemFailure::default();
            failure.item_identifier = Some(number);
            response.batch_item_failures.push(failure);
        }
        Ok(response)
    }
}

/// The partition that a change lies in; where the table has no such attribute, the item itself.
fn partition(keys: &impl serde::Serialize) -> String {
    match serde_json::to_value(keys) {
        Ok(keys) => keys.get(PARTITION).map_or_else(|| keys.to_string(), Value::to_string),
        // Then all of the batch is in one order, which holds up more and loses nothing.
        Err(_) => String::new(),
    }
}
