//! A Kinesis stream, read by one consumer group without Lambda: for workers.
//!
//! All shards are read as one stream, whose sequences count the records that the group has done.
//! Records of a key lie in one shard and come in its order; a shard that was split or merged is
//! read to its end before its children are. The checkpoint (the count, and each shard's last
//! sequence number) is one item of the table of runs. It moves only from where it stood when the
//! records were read: of two consumers of the same group, the slower does its batch for nothing.

mod checkpoint;
mod shards;

use async_trait::async_trait;
use aws_sdk_kinesis::Client;
use mindmate_pipeline::PortResult;
use mindmate_pipeline::ports::{DeadLetterCause, Sequence, StreamRecord, StreamSource};
use tokio::sync::Mutex;

use self::checkpoint::{Checkpoint, Checkpoints};
use self::shards::{Found, Shards};
use crate::aside::Aside;
use crate::table::Table;

/// A stream, seen by one consumer group.
pub(crate) struct KinesisStream {
    checkpoints: Checkpoints,
    aside: Aside,
    /// One call at a time: iterators are used once.
    state: Mutex<State>,
}

struct State {
    shards: Shards,
    /// Where the checkpoint stood at the last read.
    begun: Checkpoint,
    /// What that read gave, in order: the first has the sequence behind the checkpoint's.
    given: Vec<Found>,
}

impl KinesisStream {
    pub(crate) fn new(client: Client, stream: &str, consumer: &str, aside: Aside) -> Self {
        let runs: Table = aside.runs.clone();
        Self {
            checkpoints: Checkpoints::new(runs, stream, consumer),
            aside,
            state: Mutex::new(State {
                shards: Shards::new(client, stream),
                begun: Checkpoint::default(),
                given: Vec::new(),
            }),
        }
    }
}

#[async_trait]
impl StreamSource for KinesisStream {
    async fn read(&self, max: usize) -> PortResult<Vec<StreamRecord>> {
        let mut state = self.state.lock().await;
        let begun = self.checkpoints.load().await?;
        let given = state.shards.read(&begun, max).await?;
        let records = (begun.count + 1..).zip(&given);
        let records = records.map(|(count, found)| StreamRecord {
            sequence: Sequence(count),
            key: found.key.clone(),
            put_at: found.put_at,
            body: found.body.clone(),
        });
        let records = records.collect();
        (state.begun, state.given) = (begun, given);
        Ok(records)
    }

    async fn checkpoint(&self, up_to: Sequence) -> PortResult<()> {
        let mut state = self.state.lock().await;
        let done = up_to.0.saturating_sub(state.begun.count);
        let done = usize::try_from(done).unwrap_or(usize::MAX).min(state.given.len());
        if done == 0 {
            return Ok(());
        }
        let mut next = state.begun.clone();
        for found in state.given.drain(..done) {
            next.count += 1;
            next.shards.insert(found.shard, found.number);
        }
        self.checkpoints.advance(&state.begun, &next).await?;
        state.begun = next;
        Ok(())
    }

    /// The shard and the sequence number, as Lambda names its records.
    fn name_of(&self, record: &StreamRecord) -> String {
        let name = self.state.try_lock().ok().and_then(|state| {
            let place = record.sequence.0.checked_sub(state.begun.count + 1)?;
            let found = state.given.get(usize::try_from(place).ok()?)?;
            Some(format!("{}:{}", found.shard, found.number))
        });
        // Nobody reads while a batch is worked on; and a count is a name, if a weaker one.
        name.unwrap_or_else(|| record.sequence.0.to_string())
    }

    async fn put_aside(&self, record: &StreamRecord, cause: &DeadLetterCause) -> PortResult<()> {
        self.aside.put(record, cause).await
    }
}
