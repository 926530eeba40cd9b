//! Single items of the app's table.

use async_trait::async_trait;
use jiff::Timestamp;
use mindmate_contracts::app_table::{Item, encode};
use mindmate_domain::UserId;
use mindmate_domain::app::AppItem;
use mindmate_pipeline::changes::changed;
use mindmate_pipeline::ports::{AppItems, FoundItem};
use mindmate_pipeline::{Outgoing, PortResult};
use rusqlite::{Connection, OptionalExtension as _, params};

use super::import::{Imported, Row, put, stored};
use super::{AppTable, ensure_user, text_or_none, uid_of};
use crate::backend::Embedded;
use crate::publisher::send;

/// An item as the app writes it, with the change that the table notes of it.
#[derive(Debug, Clone)]
pub struct AppWrite {
    user: UserId,
    sk: String,
    row: Row,
    noted_at: Timestamp,
    change: Outgoing,
}

impl AppWrite {
    /// An item, and when the table notes it.
    ///
    /// # Errors
    /// An instant that no calendar has.
    pub fn new(user: &UserId, item: &AppItem, noted_at: Timestamp) -> PortResult<Self> {
        let (sk, item) = encode(user, item);
        let row = stored(&sk, item).map_err(crate::error::unreadable)?;
        let change = changed(user, &sk, noted_at, false)?;
        Ok(Self { user: user.clone(), sk, row, noted_at, change })
    }

    /// Writes both. An item that stands there already just so is no change.
    fn apply(&self, connection: &Connection) -> rusqlite::Result<()> {
        let uid = ensure_user(connection, &self.user)?;
        let mut imported = Imported::default();
        put(connection, uid, (&self.sk, &self.row), &mut imported)?;
        if imported.unchanged == 0 {
            send(connection, &self.change, self.noted_at.as_millisecond())?;
        }
        Ok(())
    }
}

impl Embedded {
    /// Writes items as the app does, in one transaction and in this order: each comes by the
    /// table's stream.
    ///
    /// # Errors
    /// The database's: then none of them is written.
    pub async fn write_as_app(&self, writes: Vec<AppWrite>) -> PortResult<()> {
        self.db
            .write(move |connection| writes.iter().try_for_each(|write| write.apply(connection)))
            .await
    }
}

#[async_trait]
impl AppItems for AppTable {
    async fn item(&self, user: &UserId, sk: &str) -> PortResult<Option<FoundItem>> {
        let (user, sk) = (user.clone(), sk.to_owned());
        let found = self
            .db
            .look(move |connection| {
                let Some(uid) = uid_of(connection, &user)? else {
                    return Ok(None);
                };
                let sql = "SELECT item FROM app_items WHERE uid = ?1 AND sk = ?2";
                let mut statement = connection.prepare_cached(sql)?;
                let item = |row: &rusqlite::Row<'_>| text_or_none(row, 0).map(str::to_owned);
                statement.query_row(params![uid, sk], item).optional()
            })
            .await?;
        Ok(found.map(|item| match serde_json::from_str::<Item>(&item) {
            Ok(item) => FoundItem::Item(item),
            Err(_) => FoundItem::Unreadable,
        }))
    }

    async fn put(&self, user: &UserId, item: &AppItem) -> PortResult<()> {
        let write = AppWrite::new(user, item, self.clock.now())?;
        self.db.write(move |connection| write.apply(connection)).await
    }

    async fn remove(&self, user: &UserId, sk: &str) -> PortResult<()> {
        let now = self.clock.now();
        let change = changed(user, sk, now, true)?;
        let (user, sk) = (user.clone(), sk.to_owned());
        self.db
            .write(move |connection| {
                let Some(uid) = uid_of(connection, &user)? else {
                    return Ok(());
                };
                let sql = "DELETE FROM app_items WHERE uid = ?1 AND sk = ?2";
                if connection.prepare_cached(sql)?.execute(params![uid, sk])? == 1 {
                    send(connection, &change, now.as_millisecond())?;
                }
                Ok(())
            })
            .await
    }
}
