//! Looks at what lies where no consumer goes: dead letters, records put aside, a user's items.

use std::collections::BTreeMap;

use mindmate_contracts::app_table::Item;
use mindmate_contracts::{QueueName, StreamName};
use mindmate_domain::UserId;
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
