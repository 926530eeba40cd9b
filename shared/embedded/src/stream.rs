//! Streams with order by key and checkpoints: one shard, in order altogether.

use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;
use mindmate_contracts::StreamName;
use mindmate_pipeline::PortResult;
use mindmate_pipeline::ports::{DeadLetterCause, Sequence, StreamRecord, StreamSource};
use rusqlite::{Row, params};

use crate::db::Db;
use crate::queue::json;

/// A stream, seen by one consumer group.
pub(crate) struct SqliteStream {
    db: Db,
    stream: &'static str,
    consumer: Arc<str>,
}

impl SqliteStream {
    pub(crate) fn new(db: Db, stream: StreamName, consumer: &str) -> Self {
        Self { db, stream: stream.name(), consumer: consumer.into() }
    }
}

/// A record of `sequence, key, put_at, body`.
pub(crate) fn record(row: &Row<'_>) -> rusqlite::Result<StreamRecord> {
    let put_at: i64 = row.get(2)?;
    Ok(StreamRecord {
        sequence: Sequence(row.get(0)?),
        key: row.get(1)?,
        put_at: Timestamp::from_millisecond(put_at).unwrap_or(Timestamp::UNIX_EPOCH),
        body: row.get(3)?,
    })
}

#[async_trait]
impl StreamSource for SqliteStream {
    async fn read(&self, max: usize) -> PortResult<Vec<StreamRecord>> {
        let (stream, consumer) = (self.stream, Arc::clone(&self.consumer));
        self.db
            .look(move |connection| {
                // A writer commits its records in order, so that no sequence appears late.
                let sql = "SELECT sequence, key, put_at, body FROM stream_records
                    WHERE sequence > coalesce((SELECT sequence FROM stream_checkpoints
                                               WHERE stream = ?1 AND consumer = ?2), 0)
                      AND stream = ?1
                    ORDER BY sequence LIMIT ?3";
                let mut statement = connection.prepare_cached(sql)?;
                let rows = statement.query_map(params![stream, consumer, max], record)?;
                rows.collect()
            })
            .await
    }

    async fn checkpoint(&self, up_to: Sequence) -> PortResult<()> {
        let (stream, consumer) = (self.stream, Arc::clone(&self.consumer));
        self.db
            .note(move |connection| {
                let sql = "INSERT INTO stream_checkpoints (stream, consumer, sequence)
                    VALUES (?1, ?2, ?3) ON CONFLICT DO UPDATE
                    SET sequence = max(sequence, excluded.sequence)";
                let mut statement = connection.prepare_cached(sql)?;
                statement.execute(params![stream, consumer, up_to.0])?;
                Ok(())
            })
            .await
    }

    async fn put_aside(&self, record: &StreamRecord, cause: &DeadLetterCause) -> PortResult<()> {
        let (stream, consumer) = (self.stream, Arc::clone(&self.consumer));
        let record = record.clone();
        let attributes = json(&cause.attributes());
        self.db
            .write(move |connection| {
                let sql = "INSERT INTO stream_aside
                    (stream, consumer, sequence, key, put_at, body, attributes)
                    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT DO NOTHING";
                let mut statement = connection.prepare_cached(sql)?;
                statement.execute(params![
                    stream,
                    consumer,
                    record.sequence.0,
                    record.key,
                    record.put_at.as_millisecond(),
                    record.body,
                    attributes
                ])?;
                Ok(())
            })
            .await
    }
}
