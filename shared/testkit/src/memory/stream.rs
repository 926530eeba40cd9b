//! Streams in memory.

use std::collections::BTreeMap;

use async_trait::async_trait;
use jiff::Timestamp;
use mindmate_contracts::StreamName;
use mindmate_pipeline::Outgoing;
use mindmate_pipeline::ports::{DeadLetterCause, PortResult, Sequence, StreamRecord, StreamSource};

use super::dead_letters::{Letter, Letters};
use super::{MemoryBackend, lock};

/// A record that was put aside, as it lies at the failure destination.
#[derive(Debug, Clone)]
pub struct Aside {
    /// The record.
    pub record: StreamRecord,
    /// The attributes of its cause.
    pub attributes: BTreeMap<String, String>,
}

/// A stream as one consumer group knows it.
type Seen = (StreamName, String);

/// All streams, with what each consumer group made of them.
#[derive(Default)]
pub(super) struct Streams {
    records: BTreeMap<StreamName, Vec<StreamRecord>>,
    checkpoints: BTreeMap<Seen, Sequence>,
    /// By the record's sequence.
    aside: BTreeMap<Seen, Letters>,
}

impl Streams {
    pub(super) fn put(&mut self, stream: StreamName, message: &Outgoing, now: Timestamp) {
        let records = self.records.entry(stream).or_default();
        // From 1, so that the checkpoint of a group that has done nothing can be 0.
        let sequence = Sequence(records.len() as u64 + 1);
        records.push(StreamRecord {
            sequence,
            key: message.key.clone(),
            put_at: now,
            body: message.body.clone(),
        });
    }

    pub(super) fn records(&self, stream: StreamName) -> Vec<StreamRecord> {
        self.records.get(&stream).cloned().unwrap_or_default()
    }

    pub(super) fn unread(&self, stream: StreamName, consumer: &str) -> usize {
        let done = self.checkpoints.get(&(stream, consumer.to_owned())).map_or(0, |done| done.0);
        let records = self.records.get(&stream).map_or(0, Vec::len);
        records.saturating_sub(usize::try_from(done).unwrap_or(usize::MAX))
    }

    pub(super) fn put_aside(&self, stream: StreamName, consumer: &str) -> Vec<Aside> {
        let aside = self.aside.get(&(stream, consumer.to_owned())).into_iter().flatten();
        aside
            .map(|(sequence, letter)| Aside {
                record: StreamRecord {
                    sequence: Sequence(*sequence),
                    key: letter.key.clone(),
                    put_at: letter.sent_at,
                    body: letter.body.clone(),
                },
                attributes: letter.attributes.clone(),
            })
            .collect()
    }

    pub(super) fn letters(&mut self, stream: StreamName, consumer: &str) -> &mut Letters {
        self.aside.entry((stream, consumer.to_owned())).or_default()
    }

    /// Whether the group has done all records.
    pub(super) fn is_read(&self, stream: StreamName, consumer: &str) -> bool {
        let done = self.checkpoints.get(&(stream, consumer.to_owned()));
        let last = self.records.get(&stream).and_then(|records| records.last());
        last.is_none_or(|last| done.is_some_and(|done| *done >= last.sequence))
    }
}

/// One stream of a [`MemoryBackend`], seen by one consumer group.
pub(super) struct MemoryStream {
    backend: MemoryBackend,
    seen: Seen,
}

impl MemoryStream {
    pub(super) fn new(backend: MemoryBackend, name: StreamName, consumer: &str) -> Self {
        Self { backend, seen: (name, consumer.to_owned()) }
    }
}

#[async_trait]
impl StreamSource for MemoryStream {
    async fn read(&self, max: usize) -> PortResult<Vec<StreamRecord>> {
        let streams = lock(&self.backend.state.streams);
        let done = streams.checkpoints.get(&self.seen).copied().unwrap_or(Sequence(0));
        let records = streams.records.get(&self.seen.0).into_iter().flatten();
        Ok(records.filter(|record| record.sequence > done).take(max).cloned().collect())
    }

    async fn checkpoint(&self, up_to: Sequence) -> PortResult<()> {
        let mut streams = lock(&self.backend.state.streams);
        let done = streams.checkpoints.entry(self.seen.clone()).or_insert(up_to);
        *done = up_to.max(*done);
        Ok(())
    }

    async fn put_aside(&self, record: &StreamRecord, cause: &DeadLetterCause) -> PortResult<()> {
        let mut streams = lock(&self.backend.state.streams);
        let aside = streams.aside.entry(self.seen.clone()).or_default();
        aside.entry(record.sequence.0).or_insert_with(|| {
            let content = (record.key.clone(), record.body.clone());
            Letter::new(content, cause.attributes(), record.put_at)
        });
        Ok(())
    }
}
