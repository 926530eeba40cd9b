//! Queues with SQS's semantics.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use mindmate_contracts::QueueName;
use mindmate_pipeline::ports::{Queue, QueueDepth, Receipt, Received, Settlement, with_cause};
use mindmate_pipeline::{Clock, PortResult};
use rusqlite::{Connection, Row, params};
use tokio::sync::Notify;

use crate::backend::{Embedded, Options};
use crate::db::Db;

/// Most messages in one receive, as in SQS.
const BATCH: usize = 10;

/// How often a waiting consumer looks for messages of other processes, and for delayed ones.
const TICK: Duration = Duration::from_millis(25);

/// One queue and its dead-letter queue.
pub(crate) struct SqliteQueue {
    db: Db,
    clock: Arc<dyn Clock>,
    options: Options,
    name: &'static str,
    sent: Arc<Notify>,
}

impl SqliteQueue {
    pub(crate) fn new(backend: &Embedded, name: QueueName, sent: Arc<Notify>) -> Self {
        Self {
            db: backend.db.clone(),
            clock: Arc::clone(&backend.clock),
            options: backend.options,
            name: name.name(),
            sent,
        }
    }

    /// A look that takes nothing, beside the writer: an empty queue costs no commit.
    async fn has_ready(&self) -> PortResult<bool> {
        let (name, now) = (self.name, self.clock.now().as_millisecond());
        self.db
            .look(move |connection| {
                let sql = "SELECT EXISTS (SELECT 1 FROM messages
                    WHERE queue = ?1 AND dead = 0 AND visible_at <= ?2)";
                connection.prepare_cached(sql)?.query_row(params![name, now], |row| row.get(0))
            })
            .await
    }

    async fn take(&self, max: usize) -> PortResult<Vec<Received>> {
        let (name, now) = (self.name, self.clock.now().as_millisecond());
        let hidden_until = now + millis(self.options.visibility);
        let most = self.options.max_receive_count;
        self.db
            .note(move |connection| receive(connection, name, now, hidden_until, most, max))
            .await
    }
}

#[async_trait]
impl Queue for SqliteQueue {
    async fn receive(&self, max: usize, wait: Duration) -> PortResult<Vec<Received>> {
        let started = self.clock.now();
        loop {
            // Registered before the look, so that a message sent after it is not missed.
            let sent = self.sent.notified();
            if self.has_ready().await? {
                let received = self.take(max.clamp(1, BATCH)).await?;
                if !received.is_empty() {
                    return Ok(received);
                }
            }
            let waited = self.clock.now().duration_since(started).unsigned_abs();
            let Some(left) = wait.checked_sub(waited).filter(|left| !left.is_zero()) else {
                return Ok(Vec::new());
            };
            tokio::select! {
                () = sent => {}
                () = self.clock.sleep(left.min(TICK)) => {}
            }
        }
    }

    async fn extend(&self, receipt: &Receipt, hidden: Duration) -> PortResult<()> {
        let until = self.clock.now().as_millisecond() + millis(hidden);
        self.change(receipt, move |connection, id, received| {
            let sql = "UPDATE messages SET visible_at = ?3
                WHERE id = ?1 AND received = ?2 AND dead = 0 AND held = 1";
            connection.prepare_cached(sql)?.execute(params![id, received, until])?;
            Ok(())
        })
        .await
    }

    async fn settle(&self, message: &Received, settlement: &Settlement) -> PortResult<()> {
        let (receipt, now) = (&message.receipt, self.clock.now().as_millisecond());
        match settlement {
            Settlement::Delete => self.change(receipt, delete).await,
            Settlement::Release { after } => {
                let at = now + millis(*after);
                self.change(receipt, move |connection, id, received| {
                    let sql = "UPDATE messages SET visible_at = ?3, held = 0
                        WHERE id = ?1 AND received = ?2 AND dead = 0";
                    connection.prepare_cached(sql)?.execute(params![id, received, at])?;
                    Ok(())
                })
                .await
            }
            Settlement::DeadLetter { cause } => {
                let attributes = json(&with_cause(&message.attributes, cause));
                self.change(receipt, move |connection, id, received| {
                    let sql = "UPDATE messages SET dead = 1, held = 0, visible_at = ?3
                        WHERE id = ?1 AND received = ?2 AND dead = 0";
                    let moved =
                        connection.prepare_cached(sql)?.execute(params![id, received, now])?;
                    if moved == 1 {
                        let sql = "UPDATE message_bodies SET attributes = ?2 WHERE id = ?1";
                        connection.prepare_cached(sql)?.execute(params![id, attributes])?;
                    }
                    Ok(())
                })
                .await
            }
        }
    }

    async fn depth(&self) -> PortResult<QueueDepth> {
        let (name, now) = (self.name, self.clock.now().as_millisecond());
        self.db
            .read(move |connection| {
                let sql = "SELECT
                    count(*) FILTER (WHERE dead = 0 AND visible_at <= ?2),
                    count(*) FILTER (WHERE dead = 0 AND visible_at > ?2 AND held + received > 0),
                    count(*) FILTER (WHERE dead = 0 AND visible_at > ?2 AND held + received = 0),
                    count(*) FILTER (WHERE dead = 1)
                    FROM messages WHERE queue = ?1";
                connection.prepare_cached(sql)?.query_row(params![name, now], |row| {
                    Ok(QueueDepth {
                        visible: row.get(0)?,
                        in_flight: row.get(1)?,
                        delayed: row.get(2)?,
                        dead: row.get(3)?,
                    })
                })
            })
            .await
    }
}

impl SqliteQueue {
    /// Changes a received message. A receipt names the message and the receive that gave it, so
    /// that one of an earlier receive changes nothing.
    async fn change(
        &self,
        receipt: &Receipt,
        mut change: impl FnMut(&Connection, i64, u32) -> rusqlite::Result<()> + Send + 'static,
    ) -> PortResult<()> {
        let Some((id, received)) = parse(receipt) else {
            return Ok(());
        };
        self.db.note(move |connection| change(connection, id, received)).await
    }
}

pub(crate) fn parse(receipt: &Receipt) -> Option<(i64, u32)> {
    let (id, received) = receipt.0.split_once('/')?;
    Some((id.parse().ok()?, received.parse().ok()?))
}

fn delete(connection: &Connection, id: i64, received: u32) -> rusqlite::Result<()> {
    let sql = "DELETE FROM messages WHERE id = ?1 AND received = ?2 AND dead = 0";
    if connection.prepare_cached(sql)?.execute(params![id, received])? == 1 {
        connection.prepare_cached("DELETE FROM message_bodies WHERE id = ?1")?.execute([id])?;
    }
    Ok(())
}

/// Takes messages that are ready; those that were received too often move to the dead-letter
/// queue instead, without a cause: nobody is left who knows it.
fn receive(
    connection: &Connection,
    queue: &str,
    now: i64,
    hidden_until: i64,
    most: u32,
    max: usize,
) -> rusqlite::Result<Vec<Received>> {
    let mut ready = connection.prepare_cached(
        "SELECT id, received FROM messages
         WHERE queue = ?1 AND dead = 0 AND visible_at <= ?2 ORDER BY visible_at, id LIMIT ?3",
    )?;
    let mut redrive =
        connection.prepare_cached("UPDATE messages SET dead = 1, held = 0 WHERE id = ?1")?;
    let mut hold = connection.prepare_cached(
        "UPDATE messages SET held = 1, received = received + 1, visible_at = ?2 WHERE id = ?1",
    )?;
    let mut body = connection
        .prepare_cached("SELECT sent_at, body, attributes FROM message_bodies WHERE id = ?1")?;
    let mut taken = Vec::with_capacity(max);
    loop {
        let wanted = max - taken.len();
        let found: Vec<(i64, u32)> = ready
            .query_map(params![queue, now, wanted], |row| Ok((row.get(0)?, row.get(1)?)))?
            .collect::<Result<_, _>>()?;
        if found.is_empty() {
            return Ok(taken);
        }
        for (id, received) in found {
            if received >= most {
                redrive.execute([id])?;
            } else {
                hold.execute(params![id, hidden_until])?;
                taken.push(body.query_row([id], |row| message(row, id, received + 1))?);
            }
        }
        if taken.len() == max {
            return Ok(taken);
        }
    }
}

pub(crate) fn message(row: &Row<'_>, id: i64, receive_count: u32) -> rusqlite::Result<Received> {
    let sent_at: i64 = row.get(0)?;
    let attributes: Option<String> = row.get(2)?;
    Ok(Received {
        receipt: Receipt(format!("{id}/{receive_count}")),
        receive_count,
        sent_at: Timestamp::from_millisecond(sent_at).unwrap_or(Timestamp::UNIX_EPOCH),
        body: row.get(1)?,
        attributes: attributes.map(|text| attributes_of(&text)).unwrap_or_default(),
    })
}

/// Carries attributes that are no map of strings, as they are stored.
pub(crate) const UNREADABLE_ATTRIBUTES: &str = "unreadableAttributes";

/// Attributes as stored. They are written by [`json`] alone, so that they read unless somebody else
/// wrote into the file.
pub(crate) fn attributes_of(text: &str) -> BTreeMap<String, String> {
    serde_json::from_str(text)
        .unwrap_or_else(|_| BTreeMap::from([(UNREADABLE_ATTRIBUTES.to_owned(), text.to_owned())]))
}

/// A map of strings in JSON.
pub(crate) fn json(attributes: &BTreeMap<String, String>) -> String {
    let object: serde_json::Map<_, _> =
        attributes.iter().map(|(name, value)| (name.clone(), value.clone().into())).collect();
    serde_json::Value::Object(object).to_string()
}

/// Whole milliseconds, rounded up, so that nothing shows before its time.
pub(crate) fn millis(duration: Duration) -> i64 {
    let exact = SignedDuration::try_from(duration).unwrap_or(SignedDuration::MAX);
    let whole = exact.as_millis();
    let up = i64::from(exact.subsec_nanos() % 1_000_000 != 0);
    i64::try_from(whole).unwrap_or(i64::MAX / 4).min(i64::MAX / 4) + up
}
