//! Sends messages to queues and streams.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use mindmate_contracts::{Channel, QueueName};
use mindmate_pipeline::ports::Publisher;
use mindmate_pipeline::{Clock, Outgoing, PortResult};
use rusqlite::{Connection, params};
use tokio::sync::Notify;

use crate::db::Db;
use crate::queue::json;

/// Wakes the consumers of this process that wait for a queue.
#[derive(Default)]
pub(crate) struct Signals(Mutex<HashMap<QueueName, Arc<Notify>>>);

impl Signals {
    pub(crate) fn of(&self, queue: QueueName) -> Arc<Notify> {
        let mut signals = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(signals.entry(queue).or_default())
    }
}

/// The publisher.
pub(crate) struct Publish {
    db: Db,
    clock: Arc<dyn Clock>,
    signals: Arc<Signals>,
}

impl Publish {
    pub(crate) fn new(db: Db, clock: Arc<dyn Clock>, signals: Arc<Signals>) -> Self {
        Self { db, clock, signals }
    }
}

#[async_trait]
impl Publisher for Publish {
    /// All or nothing here, though callers must not count on that: SQS is not so kind.
    async fn publish(&self, batch: &[Outgoing]) -> Vec<PortResult<()>> {
        let now = self.clock.now().as_millisecond();
        let messages = batch.to_vec();
        let sent = self
            .db
            .write(move |connection| {
                messages.iter().try_for_each(|message| send(connection, message, now))
            })
            .await;
        match sent {
            Ok(()) => {
                for message in batch {
                    if let Channel::Queue(queue) = message.channel {
                        self.signals.of(queue).notify_waiters();
                    }
                }
                batch.iter().map(|_| Ok(())).collect()
            }
            Err(error) => batch.iter().map(|_| Err(error.again())).collect(),
        }
    }
}

/// Writes a message or record, in whatever transaction there is.
pub(crate) fn send(connection: &Connection, message: &Outgoing, now: i64) -> rusqlite::Result<()> {
    match message.channel {
        Channel::Queue(queue) => {
            let sql = "INSERT INTO messages (queue, visible_at) VALUES (?1, ?2)";
            let delay = i64::try_from(message.delay.as_millis()).unwrap_or(i64::MAX);
            let visible_at = now.saturating_add(delay);
            connection.prepare_cached(sql)?.execute(params![queue.name(), visible_at])?;
            let id = connection.last_insert_rowid();
            let sql = "INSERT INTO message_bodies (id, event_id, sent_at, body, attributes)
                VALUES (?1, ?2, ?3, ?4, ?5)";
            let attributes = (!message.attributes.is_empty()).then(|| json(&message.attributes));
            let row = params![id, message.id, now, message.body, attributes];
            connection.prepare_cached(sql)?.execute(row)?;
        }
        Channel::Stream(stream) => {
            let sql = "INSERT INTO stream_records (stream, key, put_at, body)
                VALUES (?1, ?2, ?3, ?4)";
            connection.prepare_cached(sql)?.execute(params![
                stream.name(),
                message.key,
                now,
                message.body
            ])?;
        }
    }
    Ok(())
}
