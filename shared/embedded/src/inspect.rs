//! Looks at what lies where no consumer goes: dead letters, records put aside, a user's items; and
//! counts what there is.

use std::collections::BTreeMap;

use mindmate_contracts::app_table::Item;
use mindmate_contracts::{QueueName, StreamName};
use mindmate_domain::{UserId, Window};
use mindmate_pipeline::PortResult;
use mindmate_pipeline::ports::{Received, StreamRecord};
use rusqlite::params;

use crate::app_table::uid_of;
use crate::backend::Embedded;
use crate::error::unreadable;
use crate::queue::{attributes_of, message};
use crate::stream::record;

/// A record that a consumer group put aside.
#[derive(Debug, Clone)]
pub struct PutAside {
    /// The record.
    pub record: StreamRecord,
    /// Its cause.
    pub attributes: BTreeMap<String, String>,
}

impl Embedded {
    /// Messages of a queue's dead-letter queue, oldest first, at most `limit`.
    ///
    /// # Errors
    /// The database's.
    pub async fn dead_letters(&self, queue: QueueName, limit: usize) -> PortResult<Vec<Received>> {
        self.db
            .read(move |connection| {
                let sql = "SELECT sent_at, body, attributes, id, received
                    FROM messages JOIN message_bodies USING (id)
                    WHERE queue = ?1 AND dead = 1 ORDER BY id LIMIT ?2";
                let mut statement = connection.prepare_cached(sql)?;
                let rows = statement.query_map(params![queue.name(), limit], |row| {
                    message(row, row.get(3)?, row.get(4)?)
                })?;
                rows.collect()
            })
            .await
    }

    /// Records of a stream that a consumer group put aside, oldest first, at most `limit`.
    ///
    /// # Errors
    /// The database's.
    pub async fn put_aside(
        &self,
        stream: StreamName,
        consumer: &str,
        limit: usize,
    ) -> PortResult<Vec<PutAside>> {
        let consumer = consumer.to_owned();
        self.db
            .read(move |connection| {
                let sql = "SELECT sequence, key, put_at, body, attributes FROM stream_aside
                    WHERE stream = ?1 AND consumer = ?2 ORDER BY sequence LIMIT ?3";
                let mut statement = connection.prepare_cached(sql)?;
                let rows = statement.query_map(params![stream.name(), consumer, limit], |row| {
                    Ok(PutAside {
                        record: record(row)?,
                        attributes: attributes_of(row.get_ref(4)?.as_str()?),
                    })
                })?;
                rows.collect()
            })
            .await
    }

    /// All items of a user in the app's table, by sort key, without their keys.
    ///
    /// # Errors
    /// The database's.
    pub async fn items(&self, user: &UserId) -> PortResult<Vec<(String, Item)>> {
        let user = user.clone();
        let rows: Vec<(String, String)> = self
            .db
            .read(move |connection| {
                let Some(uid) = uid_of(connection, &user)? else {
                    return Ok(Vec::new());
                };
                let sql = "SELECT sk, item FROM app_items WHERE uid = ?1 ORDER BY sk";
                let mut statement = connection.prepare_cached(sql)?;
                let rows = statement.query_map([uid], |row| Ok((row.get(0)?, row.get(1)?)))?;
                rows.collect()
            })
            .await?;
        rows.into_iter()
            .map(|(sk, item)| Ok((sk, serde_json::from_str(&item).map_err(unreadable)?)))
            .collect()
    }
}

/// What lies in the stores, in numbers.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Totals {
    /// Assessments whose `asOf` lies in the window.
    pub assessments: u64,
    /// Of these, how many are of each level.
    pub levels: BTreeMap<String, u64>,
    /// Interventions that were made in the window, delivered or not.
    pub interventions: u64,
    /// Of these, how many are in the chat.
    pub delivered: u64,
    /// Sentiments of texts, whenever they were found.
    pub sentiments: u64,
    /// Sessions that ended in the window.
    pub sessions: u64,
    /// Messages that wait in a queue, hidden or not.
    pub waiting: u64,
    /// Messages in dead-letter queues and records that were put aside.
    pub put_aside: u64,
}

impl Embedded {
    /// Counts what lies in the stores; a window where what is counted is dated.
    ///
    /// # Errors
    /// The database's.
    pub async fn totals(&self, window: Window) -> PortResult<Totals> {
        let (after, until) = (window.after.as_millisecond(), window.until.as_millisecond());
        self.db
            .read(move |connection| {
                let within = params![after, until];
                let one = |sql: &str| connection.query_row(sql, [], |row| row.get(0));
                let windowed = |sql: &str| connection.query_row(sql, within, |row| row.get(0));
                let mut levels = connection.prepare(
                    "SELECT level, count(*) FROM assessments
                     WHERE as_of > ?1 AND as_of <= ?2 GROUP BY level",
                )?;
                let levels: BTreeMap<String, u64> = levels
                    .query_map(within, |row| Ok((row.get(0)?, row.get(1)?)))?
                    .collect::<Result<_, _>>()?;
                Ok(Totals {
                    assessments: levels.values().sum(),
                    levels,
                    interventions: windowed(
                        "SELECT count(*) FROM interventions
                         WHERE created_at > ?1 AND created_at <= ?2",
                    )?,
                    delivered: windowed(
                        "SELECT count(*) FROM interventions
                         WHERE created_at > ?1 AND created_at <= ?2 AND delivered_at IS NOT NULL",
                    )?,
                    sentiments: one("SELECT count(*) FROM app_items WHERE sk LIKE 'SENTIMENT#%'")?,
                    sessions: windowed(
                        "SELECT count(*) FROM app_items
                         WHERE sk LIKE 'SESSION#%' AND active > ?1 AND active <= ?2",
                    )?,
                    waiting: one("SELECT count(*) FROM messages WHERE dead = 0")?,
                    put_aside: one("SELECT (SELECT count(*) FROM messages WHERE dead = 1)
                              + (SELECT count(*) FROM stream_aside)")?,
                })
            })
            .await
    }
}
