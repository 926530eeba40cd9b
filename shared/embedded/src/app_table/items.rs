//! Single items of the app's table.

use async_trait::async_trait;
use mindmate_contracts::app_table::{Item, encode};
use mindmate_domain::UserId;
use mindmate_domain::app::AppItem;
use mindmate_pipeline::PortResult;
use mindmate_pipeline::changes::changed;
use mindmate_pipeline::ports::{AppItems, FoundItem};
use rusqlite::{OptionalExtension as _, params};

use super::import::{Imported, put, stored};
use super::{AppTable, ensure_user, text_or_none, uid_of};
use crate::publisher::send;

#[async_trait]
impl AppItems for AppTable {
    async fn item(&self, user: &UserId, sk: &str) -> PortResult<Option<FoundItem>> {
        let (user, sk) = (user.clone(), sk.to_owned());
        let found = self
            .db
            .read(move |connection| {
                let Some(uid) = uid_of(connection, &user)? else {
                    return Ok(None);
                };
                let sql = "SELECT item FROM app_items WHERE uid = ?1 AND sk = ?2";
                let mut statement = connection.prepare_cached(sql)?;
                let item = |row: &rusqlite::Row<'_>| text_or_none(row).map(str::to_owned);
                statement.query_row(params![uid, sk], item).optional()
            })
            .await?;
        Ok(found.map(|item| match serde_json::from_str::<Item>(&item) {
            Ok(item) => FoundItem::Item(item),
            Err(_) => FoundItem::Unreadable,
        }))
    }

    async fn put(&self, user: &UserId, item: &AppItem) -> PortResult<()> {
        let (sk, item) = encode(user, item);
        let row = stored(&sk, item).map_err(crate::error::unreadable)?;
        let now = self.clock.now();
        let change = changed(user, &sk, now, false)?;
        let user = user.clone();
        self.db
            .write(move |connection| {
                let uid = ensure_user(connection, &user)?;
                let mut imported = Imported::default();
                put(connection, uid, (&sk, &row), &mut imported)?;
                if imported.unchanged == 0 {
                    send(connection, &change, now.as_millisecond())?;
                }
                Ok(())
            })
            .await
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
