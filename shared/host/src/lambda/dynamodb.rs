//! DynamoDB Streams: batches of a shard.

use std::sync::Arc;

use aws_lambda_events::dynamodb::{Event, EventRecord};
use aws_lambda_events::streams::{DynamoDbBatchItemFailure, DynamoDbEventResponse};
use jiff::Timestamp;
use mindmate_contracts::app_table::USER_PREFIX;
use mindmate_domain::UserId;
use mindmate_pipeline::changes::changed;
use mindmate_pipeline::ports::StreamSource;
use mindmate_pipeline::{Clock, Stage, StreamRunner};
use serde_json::Value;
use tracing::warn;

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

/// The change of an item of the app's table: its key, and when the table noted it. Nothing of what
/// was written goes along. A key that is none of this table's is passed over, in words.
pub fn app_item_changed(record: &EventRecord) -> Option<String> {
    let keys = serde_json::to_value(&record.change.keys).ok()?;
    let user = key(&keys, PARTITION).and_then(|key| key.strip_prefix(USER_PREFIX));
    let user = user.and_then(|id| UserId::new(id).ok());
    let (Some(user), Some(sk)) = (user, key(&keys, "SK")) else {
        warn!("expected the key of a user's item, found another: the change is passed over");
        return None;
    };
    let noted = noted_at(record);
    match changed(&user, sk, noted, record.event_name == "REMOVE") {
        Ok(change) => Some(change.body),
        Err(error) => {
            warn!(%error, "a change cannot be written: it is passed over");
            None
        }
    }
}

/// When the table noted it. It gives whole seconds, rounded down: what was written in this one
/// counts, so it is the next. Two changes of one second must not ask for an assessment of the same
/// instant, or the one that was made before the second change would stand for both: the number of
/// the record sets them apart, by milliseconds.
fn noted_at(record: &EventRecord) -> Timestamp {
    let second = record.change.approximate_creation_date_time.timestamp();
    let number = record.change.sequence_number.as_deref().unwrap_or_default();
    let last_digits = number.get(number.len().saturating_sub(3)..).unwrap_or_default();
    let millis: i64 = last_digits.parse().unwrap_or_default();
    let noted = second.saturating_add(1).saturating_mul(1_000).saturating_add(millis);
    Timestamp::from_millisecond(noted).unwrap_or(Timestamp::MAX)
}

/// A text of a key, in the events' form or in plain JSON.
fn key<'a>(keys: &'a Value, name: &str) -> Option<&'a str> {
    let value = keys.get(name)?;
    value.get("S").unwrap_or(value).as_str()
}

/// The partition that a change lies in; where the table has no such attribute, the item itself.
fn partition(keys: &impl serde::Serialize) -> String {
    match serde_json::to_value(keys) {
        Ok(keys) => keys.get(PARTITION).map_or_else(|| keys.to_string(), Value::to_string),
        // Then all of the batch is in one order, which holds up more and loses nothing.
        Err(_) => String::new(),
    }
}
