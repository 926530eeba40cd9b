//! Kinesis: batches of a shard.

use std::sync::Arc;

use aws_lambda_events::kinesis::{KinesisEvent, KinesisEventRecord};
use aws_lambda_events::streams::KinesisEventResponse;
use jiff::Timestamp;
use mindmate_pipeline::ports::StreamSource;
use mindmate_pipeline::{Clock, Stage, StreamRunner};

use super::invocation::{Function, FunctionError, Invocation};
use super::shard::{Incoming, Shard};

/// A stage behind a Kinesis stream.
pub struct KinesisFunction<S>(Shard<S>);

impl<S: Stage> KinesisFunction<S> {
    /// A function that carries records through the stage and puts poison aside with `aside`, which
    /// is read by nobody here.
    pub fn new(
        runner: StreamRunner<S>,
        aside: Arc<dyn StreamSource>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self(Shard { runner, aside, clock })
    }
}

#[async_trait::async_trait]
impl<S: Stage> Function for KinesisFunction<S> {
    type Event = KinesisEvent;
    type Answer = KinesisEventResponse;

    async fn invoke(
        &self,
        event: KinesisEvent,
        invocation: &Invocation,
    ) -> Result<KinesisEventResponse, FunctionError> {
        let records = event.records.into_iter().map(incoming).collect();
        let stopped = self.0.carry(records, invocation).await?;
        let mut response = KinesisEventResponse::default();
        response.set_failures(stopped);
        Ok(response)
    }
}

fn incoming(record: KinesisEventRecord) -> Incoming {
    let put_at = record.kinesis.approximate_arrival_timestamp.0;
    let number = record.kinesis.sequence_number;
    Incoming {
        // The event's id is the shard's and the sequence number.
        name: record.event_id.unwrap_or_else(|| number.clone()),
        number: Some(number),
        key: record.kinesis.partition_key,
        put_at: Timestamp::from_millisecond(put_at.timestamp_millis())
            .unwrap_or(Timestamp::UNIX_EPOCH),
        // Bytes that are no text are no envelope: put aside as poison. The stream keeps them.
        body: String::from_utf8_lossy(&record.kinesis.data.0).into_owned(),
    }
}
