//! The shards of a stream, read behind a checkpoint.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_kinesis::Client;
use aws_sdk_kinesis::operation::get_records::GetRecordsError;
use aws_sdk_kinesis::types::{Record, Shard, ShardIteratorType};
use jiff::Timestamp;
use mindmate_pipeline::PortResult;

use super::checkpoint::Checkpoint;
use crate::error::port_error;

const PORT: &str = "kinesis";

/// A call of `GetRecords` gives at most so many.
const MOST: usize = 10_000;

/// A record, and where it was found.
pub(super) struct Found {
    pub(super) shard: String,
    pub(super) number: String,
    pub(super) key: String,
    pub(super) put_at: Timestamp,
    pub(super) body: String,
}

/// Where the next read of a shard begins, if the checkpoint is there by then.
struct Cursor {
    /// The sequence number that it lies behind.
    behind: Option<String>,
    iterator: String,
}

/// The shards of one stream.
pub(super) struct Shards {
    client: Client,
    stream: String,
    known: Vec<Shard>,
    cursors: BTreeMap<String, Cursor>,
    /// Closed shards of which nothing is left.
    finished: BTreeSet<String>,
    /// Reads so far: each begins with another shard, so that a busy one starves none.
    reads: usize,
}

impl Shards {
    pub(super) fn new(client: Client, stream: &str) -> Self {
        Self {
            client,
            stream: stream.to_owned(),
            known: Vec::new(),
            cursors: BTreeMap::new(),
            finished: BTreeSet::new(),
            reads: 0,
        }
    }

    /// The next records behind the checkpoint, shard after shard, at most `max`.
    pub(super) async fn read(&mut self, behind: &Checkpoint, max: usize) -> PortResult<Vec<Found>> {
        if self.known.is_empty() {
            self.list().await?;
        }
        let mut open = self.open();
        let first = self.reads % open.len().max(1);
        open.rotate_left(first);
        self.reads = self.reads.wrapping_add(1);
        let mut found = Vec::new();
        for shard in open {
            let left = max.saturating_sub(found.len());
            if left == 0 {
                return Ok(found);
            }
            found.extend(self.read_shard(&shard, behind.shards.get(&shard), left).await?);
        }
        if found.is_empty() {
            // On-demand streams split and merge their shards by themselves.
            self.list().await?;
        }
        Ok(found)
    }

    /// Shards that may hold records whose turn it is: not before those of the shards that they
    /// came out of.
    fn open(&self) -> Vec<String> {
        let waits = |parent: Option<&str>| {
            parent.is_some_and(|parent| {
                let known = self.known.iter().any(|shard| shard.shard_id == parent);
                known && !self.finished.contains(parent)
            })
        };
        let open = self.known.iter().filter(|shard| {
            !self.finished.contains(&shard.shard_id)
                && !waits(shard.parent_shard_id.as_deref())
                && !waits(shard.adjacent_parent_shard_id.as_deref())
        });
        open.map(|shard| shard.shard_id.clone()).collect()
    }

    async fn list(&mut self) -> PortResult<()> {
        let (mut known, mut token) = (Vec::new(), None);
        loop {
            let call = self.client.list_shards();
            let call = match token {
                None => call.stream_name(&self.stream),
                some => call.set_next_token(some),
            };
            let page = call.send().await.map_err(|error| port_error(PORT, error))?;
            known.extend(page.shards.unwrap_or_default());
            token = page.next_token;
            if token.is_none() {
                self.known = known;
                return Ok(());
            }
        }
    }

    async fn read_shard(
        &mut self,
        shard: &str,
        behind: Option<&String>,
        max: usize,
    ) -> PortResult<Vec<Found>> {
        let kept = self.cursors.remove(shard).filter(|cursor| cursor.behind.as_ref() == behind);
        let iterator = match kept {
            Some(cursor) => Some(cursor.iterator),
            None => self.iterator(shard, behind).await?,
        };
        let Some(iterator) = iterator else { return Ok(Vec::new()) };
        let limit = i32::try_from(max.min(MOST)).unwrap_or(i32::MAX);
        let read = self.client.get_records().shard_iterator(iterator).limit(limit).send().await;
        // An iterator lives five minutes; the next read takes a new one.
        let read = match read {
            Err(error)
                if error
                    .as_service_error()
                    .is_some_and(GetRecordsError::is_expired_iterator_exception) =>
            {
                return Ok(Vec::new());
            }
            read => read.map_err(|error| port_error(PORT, error))?,
        };
        let found: Vec<Found> = read.records.into_iter().map(|one| in_shard(shard, one)).collect();
        let last = found.last().map(|one| one.number.clone()).or_else(|| behind.cloned());
        match read.next_shard_iterator {
            Some(iterator) => {
                self.cursors.insert(shard.to_owned(), Cursor { behind: last, iterator });
            }
            None if found.is_empty() => {
                self.finished.insert(shard.to_owned());
            }
            None => {}
        }
        Ok(found)
    }

    async fn iterator(&self, shard: &str, behind: Option<&String>) -> PortResult<Option<String>> {
        let call = self.client.get_shard_iterator().stream_name(&self.stream).shard_id(shard);
        let call = match behind {
            Some(number) => call
                .shard_iterator_type(ShardIteratorType::AfterSequenceNumber)
                .starting_sequence_number(number),
            None => call.shard_iterator_type(ShardIteratorType::TrimHorizon),
        };
        let got = call.send().await.map_err(|error| port_error(PORT, error))?;
        Ok(got.shard_iterator)
    }
}

fn in_shard(shard: &str, record: Record) -> Found {
    let at = record.approximate_arrival_timestamp.and_then(|at| at.to_millis().ok());
    Found {
        shard: shard.to_owned(),
        number: record.sequence_number,
        key: record.partition_key.unwrap_or_default(),
        put_at: at
            .and_then(|at| Timestamp::from_millisecond(at).ok())
            .unwrap_or(Timestamp::UNIX_EPOCH),
        // Bytes that are no text are no envelope: put aside as poison. The stream keeps them.
        body: String::from_utf8_lossy(record.data.as_ref()).into_owned(),
    }
}
