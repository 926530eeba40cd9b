//! Dead letters: messages of a queue that are marked dead, and records of a stream that its own
//! consumer put aside.
//!
//! | what | how it is known |
//! | --- | --- |
//! | an order | by when it was sent: the row's id, or the record's sequence |
//! | a hold | `held`, until `visible_at`; the receipt names the row and counts the holds |
//! | the end of a letter | it is removed, never anything else: the file forgets nothing |

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use mindmate_contracts::Channel;
use mindmate_pipeline::ports::{
    Causes, Content, DeadLetter, DeadLetters, LetterPage, NO_CAUSE, Place, Receipt, Source,
    Standing, UNREADABLE,
};
use mindmate_pipeline::{Clock, PortResult};
use rusqlite::{Connection, Row, params};

use crate::db::Db;
use crate::queue::{UNREADABLE_ATTRIBUTES, attributes_of, millis, parse};

/// The dead letters of one queue or stream.
pub(crate) struct SqliteDeadLetters {
    db: Db,
    clock: Arc<dyn Clock>,
    sql: Arc<Sql>,
    name: &'static str,
}

impl SqliteDeadLetters {
    pub(crate) fn new(db: Db, clock: Arc<dyn Clock>, of: Channel) -> Self {
        Self { db, clock, sql: Arc::new(Sql::of(of)), name: of.name() }
    }

    fn now(&self) -> i64 {
        self.clock.now().as_millisecond()
    }

    /// Changes rows by their receipts, all in one transaction, and says which there were.
    async fn change(
        &self,
        receipts: Vec<Receipt>,
        change: impl Fn(&Connection, &Sql, &str, i64, u32) -> rusqlite::Result<bool> + Send + 'static,
    ) -> PortResult<Vec<bool>> {
        let (sql, name) = (Arc::clone(&self.sql), self.name);
        self.db
            .write(move |connection| {
                let each = receipts.iter().map(|receipt| match parse(receipt) {
                    Some((id, received)) => change(connection, &sql, name, id, received),
                    None => Ok(false),
                });
                each.collect()
            })
            .await
    }
}

#[async_trait]
impl DeadLetters for SqliteDeadLetters {
    async fn standing(&self) -> PortResult<Standing> {
        let (sql, name, now) = (Arc::clone(&self.sql), self.name, self.now());
        self.db
            .read(move |connection| {
                let mut statement = connection.prepare_cached(&sql.standing)?;
                statement.query_row(params![name, now], |row| {
                    Ok(Standing { visible: row.get(0)?, held: row.get(1)?, retention: None })
                })
            })
            .await
    }

    async fn end(&self) -> PortResult<Option<Place>> {
        let (sql, name) = (Arc::clone(&self.sql), self.name);
        let last: u64 = self
            .db
            .read(move |connection| {
                connection.prepare_cached(&sql.end)?.query_row([name], |row| row.get(0))
            })
            .await?;
        Ok(Some(Place(last)))
    }

    async fn browse(&self, after: Option<Place>, max: usize) -> PortResult<LetterPage> {
        let after = after.map_or(0, |place| place.0);
        let (sql, name, now) = (Arc::clone(&self.sql), self.name, self.now());
        let rows: Vec<(u64, DeadLetter)> = self
            .db
            .read(move |connection| {
                let mut statement = connection.prepare_cached(&sql.browse)?;
                let rows = statement.query_map(params![name, after, now, max], letter)?;
                rows.collect()
            })
            .await?;
        let last = rows.last().map(|(id, _)| Place(*id));
        let next = last.filter(|_| rows.len() == max);
        let letters = rows.into_iter().map(|(_, letter)| letter).collect();
        Ok(LetterPage { letters, next, cut_short: false })
    }

    async fn hold(
        &self,
        letters: &[DeadLetter],
        hold: Duration,
    ) -> PortResult<Vec<Option<Receipt>>> {
        let now = self.now();
        let until = now.saturating_add(millis(hold));
        let receipts: Vec<_> = letters.iter().map(|letter| letter.receipt.clone()).collect();
        let changed = self.change(receipts, move |connection, sql, name, id, received| {
            let row = params![name, id, received, now, until];
            Ok(connection.prepare_cached(&sql.hold)?.execute(row)? == 1)
        });
        let each = letters.iter().zip(changed.await?);
        let receipt = |(letter, is_ours): (&DeadLetter, bool)| {
            is_ours.then(|| after_hold(&letter.receipt))?
        };
        Ok(each.map(receipt).collect())
    }

    async fn release(&self, held: &[Receipt]) -> PortResult<()> {
        let now = self.now();
        let released = self.change(held.to_vec(), move |connection, sql, name, id, received| {
            let row = params![name, id, received, now];
            Ok(connection.prepare_cached(&sql.release)?.execute(row)? == 1)
        });
        released.await.map(drop)
    }

    async fn remove(&self, held: &[Receipt]) -> Vec<PortResult<bool>> {
        let removed = self.change(held.to_vec(), |connection, sql, name, id, received| {
            let row = params![name, id, received];
            let removed = connection.prepare_cached(&sql.remove)?.execute(row)? == 1;
            if let (true, Some(body)) = (removed, sql.remove_body) {
                connection.prepare_cached(body)?.execute([id])?;
            }
            Ok(removed)
        });
        match removed.await {
            Ok(removed) => removed.into_iter().map(Ok).collect(),
            Err(error) => held.iter().map(|_| Err(error.again())).collect(),
        }
    }

    /// Looking holds nothing here.
    async fn end_look(&self) -> PortResult<()> {
        Ok(())
    }

    async fn source(&self) -> PortResult<Source> {
        let (sql, name, now) = (Arc::clone(&self.sql), self.name, self.now());
        self.db
            .read(move |connection| {
                let mut statement = connection.prepare_cached(&sql.busy)?;
                let busy = statement.query_row(params![name, now], |row| row.get(0))?;
                Ok(if busy { Source::Busy } else { Source::Drained })
            })
            .await
    }

    /// All of them, whatever the sample.
    async fn causes(&self, _: usize) -> PortResult<Causes> {
        let (sql, name) = (Arc::clone(&self.sql), self.name);
        self.db
            .read(move |connection| {
                let mut causes = Causes::default();
                let mut statement = connection.prepare_cached(&sql.causes)?;
                let mut rows = statement.query([name])?;
                while let Some(row) = rows.next()? {
                    let stage: Option<String> = row.get(0)?;
                    let code: Option<String> = row.get(1)?;
                    let code = code.unwrap_or_else(|| NO_CAUSE.to_owned());
                    let (count, oldest): (u64, i64) = (row.get(2)?, row.get(3)?);
                    causes.counts.insert((stage.unwrap_or_default(), code), count);
                    causes.looked_at += count;
                    let oldest = instant(oldest);
                    causes.oldest =
                        Some(causes.oldest.map_or(oldest, |seen: Timestamp| seen.min(oldest)));
                }
                Ok(causes)
            })
            .await
    }
}

/// The receipt of a hold that began with this one.
fn after_hold(receipt: &Receipt) -> Option<Receipt> {
    let (id, received) = parse(receipt)?;
    Some(Receipt(format!("{id}/{}", received + 1)))
}

fn instant(milliseconds: i64) -> Timestamp {
    Timestamp::from_millisecond(milliseconds).unwrap_or(Timestamp::UNIX_EPOCH)
}

/// A letter of `id, received, sent_at, key, body, attributes`.
fn letter(row: &Row<'_>) -> rusqlite::Result<(u64, DeadLetter)> {
    let (id, received): (u64, u32) = (row.get(0)?, row.get(1)?);
    let attributes: Option<String> = row.get(5)?;
    let mut attributes: BTreeMap<_, _> =
        attributes.map(|text| attributes_of(&text)).unwrap_or_default();
    if attributes.contains_key(UNREADABLE_ATTRIBUTES) {
        attributes.insert("code".to_owned(), UNREADABLE.to_owned());
    }
    let letter = DeadLetter {
        receipt: Receipt(format!("{id}/{received}")),
        place: Some(Place(id)),
        contents: vec![Content { key: row.get(3)?, body: row.get(4)? }],
        lost: None,
        attributes,
        sent_at: instant(row.get(2)?),
        expires_at: None,
    };
    Ok((id, letter))
}

/// The statements. Of each the first parameter is the queue or stream.
struct Sql {
    standing: String,
    end: String,
    browse: String,
    hold: String,
    release: String,
    remove: String,
    /// By the id of the row.
    remove_body: Option<&'static str>,
    busy: String,
    causes: String,
}

impl Sql {
    fn of(of: Channel) -> Self {
        match of {
            Channel::Queue(_) => Self::of_queue(),
            Channel::Stream(stream) => Self::of_stream(stream.consumer().name()),
        }
    }

    fn of_queue() -> Self {
        let mut sql = Self::over("messages", "id", "queue = ?1 AND dead = 1");
        "SELECT id, received, sent_at, '', body, attributes
         FROM messages JOIN message_bodies USING (id)
         WHERE queue = ?1 AND dead = 1 AND id > ?2 AND (held = 0 OR visible_at <= ?3)
         ORDER BY id LIMIT ?4"
            .clone_into(&mut sql.browse);
        // What was just sent may get the id behind the last of all messages, dead or not.
        "SELECT coalesce(max(id), 0) FROM messages WHERE ?1 != ''".clone_into(&mut sql.end);
        sql.remove_body = Some("DELETE FROM message_bodies WHERE id = ?1");
        "SELECT EXISTS (SELECT 1 FROM messages
         WHERE queue = ?1 AND dead = 0 AND (visible_at <= ?2 OR held + received > 0))"
            .clone_into(&mut sql.busy);
        sql.causes =
            causes_of("messages JOIN message_bodies USING (id)", "dead = 1 AND queue", "sent_at");
        sql
    }

    /// The consumer is a stage's name: nothing that anybody could have typed.
    fn of_stream(consumer: &str) -> Self {
        let own = format!("stream = ?1 AND consumer = '{consumer}'");
        let mut sql = Self::over("stream_aside", "sequence", &own);
        sql.browse = format!(
            "SELECT sequence, received, put_at, key, body, attributes FROM stream_aside
             WHERE {own} AND sequence > ?2 AND (held = 0 OR visible_at <= ?3)
             ORDER BY sequence LIMIT ?4"
        );
        "SELECT coalesce(max(sequence), 0) FROM stream_records WHERE stream = ?1"
            .clone_into(&mut sql.end);
        sql.busy = format!(
            "SELECT EXISTS (SELECT 1 FROM stream_records WHERE stream = ?1 AND ?2 > 0
             AND sequence > coalesce((SELECT sequence FROM stream_checkpoints WHERE {own}), 0))"
        );
        let own = format!("consumer = '{consumer}' AND stream");
        sql.causes = causes_of("stream_aside", &own, "put_at");
        sql
    }

    /// What messages and records have in common.
    fn over(table: &str, id: &str, own: &str) -> Self {
        let one = format!("{own} AND {id} = ?2 AND received = ?3");
        Self {
            standing: format!(
                "SELECT count(*) FILTER (WHERE held = 0 OR visible_at <= ?2),
                 count(*) FILTER (WHERE held = 1 AND visible_at > ?2) FROM {table} WHERE {own}"
            ),
            end: String::new(),
            browse: String::new(),
            hold: format!(
                "UPDATE {table} SET held = 1, received = received + 1, visible_at = ?5
                 WHERE {one} AND (held = 0 OR visible_at <= ?4)"
            ),
            release: format!(
                "UPDATE {table} SET held = 0, visible_at = ?4 WHERE {one} AND held = 1"
            ),
            remove: format!("DELETE FROM {table} WHERE {one} AND held = 1"),
            remove_body: None,
            busy: String::new(),
            causes: String::new(),
        }
    }
}

/// Attributes that are no JSON fail every function that reads JSON, and with it the whole statement:
/// a `CASE` looks first, so that one such letter hides no other.
fn causes_of(table: &str, own: &str, sent_at: &str) -> String {
    format!(
        "SELECT
         CASE WHEN attributes IS NULL OR NOT json_valid(attributes) THEN NULL
              WHEN json_type(attributes, '$.stage') = 'text'
              THEN json_extract(attributes, '$.stage') END,
         CASE WHEN attributes IS NULL THEN NULL
              WHEN NOT json_valid(attributes) THEN '{UNREADABLE}'
              WHEN json_type(attributes) <> 'object' THEN '{UNREADABLE}'
              WHEN json_type(attributes, '$.code') <> 'text' THEN '{UNREADABLE}'
              ELSE json_extract(attributes, '$.code') END,
         count(*), min({sent_at}) FROM {table} WHERE {own} = ?1 GROUP BY 1, 2"
    )
}
