//! The app's table: imported, read into histories, and written to by the chat and by the stages that
//! add to it. What they write comes by the table's stream, in the same transaction; what is imported
//! does not, since nothing of it happens now.

mod import;
mod items;

use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;
use mindmate_contracts::app_table::{
    Decoded, HistoryReader, Item, KeyRange, PROFILE_SK, activity_ranges, decode, history_ranges,
    intervention_chat,
};
use mindmate_domain::app::{AppItem, Author, EventKind, Profile};
use mindmate_domain::instant::Window;
use mindmate_domain::intervention::Intervention;
use mindmate_domain::run::PageEntry;
use mindmate_domain::{AsOf, Consents, History, RiskLevel, UserId};
use mindmate_pipeline::changes::changed;
use mindmate_pipeline::ports::{
    ActivityIndex, ActivityPage, AppChats, ChatPut, HistoryStore, ProfileStore,
};
use mindmate_pipeline::{Clock, PortResult};
use rusqlite::{Connection, OptionalExtension as _, params};

pub use self::import::{ImportBatch, Imported};
use self::import::{insert_if_absent, stored};
pub use self::items::AppWrite;
use crate::db::Db;
use crate::publisher::send;

/// The app's table in the embedded file.
pub(crate) struct AppTable {
    pub(crate) db: Db,
    pub(crate) clock: Arc<dyn Clock>,
}

impl AppTable {
    pub(crate) fn new(db: Db, clock: Arc<dyn Clock>) -> Self {
        Self { db, clock }
    }
}

/// The internal number of a user who is there.
pub(crate) fn uid_of(connection: &Connection, user: &UserId) -> rusqlite::Result<Option<i64>> {
    connection
        .prepare_cached("SELECT uid FROM users WHERE user = ?1")?
        .query_row([user.as_str()], |row| row.get(0))
        .optional()
}

/// The internal number of a user, given to them where they have none.
pub(crate) fn ensure_user(connection: &Connection, user: &UserId) -> rusqlite::Result<i64> {
    if let Some(uid) = uid_of(connection, user)? {
        return Ok(uid);
    }
    let hash = mindmate_domain::run::shard_hash(user);
    connection
        .prepare_cached("INSERT INTO users (user, hash) VALUES (?1, ?2)")?
        .execute(params![user.as_str(), hash])?;
    Ok(connection.last_insert_rowid())
}

/// A user's items of a range, by sort key.
pub(crate) fn each_item(
    connection: &Connection,
    uid: i64,
    range: &KeyRange,
    mut take: impl FnMut(&str, &str),
) -> rusqlite::Result<()> {
    let sql = "SELECT sk, item FROM app_items WHERE uid = ?1 AND sk BETWEEN ?2 AND ?3";
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query(params![uid, range.from, range.to])?;
    while let Some(row) = rows.next()? {
        take(row.get_ref(0)?.as_str()?, text_or_none(row, 1)?);
    }
    Ok(())
}

/// The row's item; of one that is no text, none, which reads as an item that cannot be read.
fn text_or_none<'a>(row: &'a rusqlite::Row<'_>, column: usize) -> rusqlite::Result<&'a str> {
    Ok(row.get_ref(column)?.as_str().unwrap_or_default())
}

pub(crate) fn profile_item(connection: &Connection, uid: i64) -> rusqlite::Result<Option<String>> {
    connection
        .prepare_cached("SELECT item FROM app_items WHERE uid = ?1 AND sk = ?2")?
        .query_row(params![uid, PROFILE_SK], |row| text_or_none(row, 0).map(str::to_owned))
        .optional()
}

#[async_trait]
impl HistoryStore for AppTable {
    async fn load(&self, user: &UserId, as_of: AsOf, legacy: Consents) -> PortResult<History> {
        let user = user.clone();
        self.db
            .look(move |connection| {
                let mut reader = HistoryReader::new(user.clone(), as_of);
                let mut take = |sk: &str, item: &str| match serde_json::from_str::<Item>(item) {
                    Ok(item) => reader.take(sk, &item),
                    Err(_) => reader.take_unreadable(sk),
                };
                if let Some(uid) = uid_of(connection, &user)? {
                    if let Some(profile) = profile_item(connection, uid)? {
                        take(PROFILE_SK, &profile);
                    }
                    for range in history_ranges(as_of) {
                        each_item(connection, uid, &range, &mut take)?;
                    }
                }
                Ok(reader.finish(legacy))
            })
            .await
    }
}

#[async_trait]
impl ProfileStore for AppTable {
    async fn profile(&self, user: &UserId) -> PortResult<Option<Profile>> {
        let user = user.clone();
        let item = self
            .db
            .look(move |connection| match uid_of(connection, &user)? {
                Some(uid) => profile_item(connection, uid),
                None => Ok(None),
            })
            .await?;
        Ok(item.and_then(|item| profile_of(&item)))
    }
}

/// The profile that an item holds. One that cannot be read allows nothing, as an unreadable
/// consents block does.
pub(crate) fn profile_of(item: &str) -> Option<Profile> {
    let Ok(item) = serde_json::from_str::<Item>(item) else {
        return Some(Profile::closed());
    };
    match decode(PROFILE_SK, &item) {
        Decoded::Read(AppItem::Profile(profile), _) => Some(*profile),
        _ => None,
    }
}

#[async_trait]
impl ActivityIndex for AppTable {
    /// It is in the table.
    async fn record(&self, _: &UserId, _: Timestamp) -> PortResult<()> {
        Ok(())
    }

    async fn active(
        &self,
        shard: u16,
        shards: u16,
        window: Window,
        after: Option<&UserId>,
        limit: usize,
    ) -> PortResult<ActivityPage> {
        let after = after.map(|user| user.as_str().to_owned()).unwrap_or_default();
        let mut entries = self
            .db
            .read(move |connection| {
                active_users(connection, (shard, shards), window, &after, limit + 1)
            })
            .await?;
        let last = entries.len() <= limit;
        entries.truncate(limit);
        Ok(ActivityPage { entries, last })
    }
}

/// Walks the shard's users by id and keeps those with an active item in the window. The item's
/// own instant decides; the range of keys only bounds the search.
fn active_users(
    connection: &Connection,
    (shard, shards): (u16, u16),
    window: Window,
    after: &str,
    limit: usize,
) -> rusqlite::Result<Vec<PageEntry>> {
    let ranges = activity_ranges(window);
    let mut users = connection.prepare_cached(
        "SELECT uid, user FROM users INDEXED BY users_by_id
         WHERE user > ?1 AND hash % ?2 = ?3 ORDER BY user",
    )?;
    // A window is open at its start; milliseconds suffice, since an item's instant is stored
    // rounded up to the next one.
    let mut active = connection.prepare_cached(
        "SELECT EXISTS (SELECT 1 FROM app_items
         WHERE uid = ?1 AND sk BETWEEN ?2 AND ?3 AND active > ?4 AND active <= ?5)",
    )?;
    let mut last_level = connection.prepare_cached(
        "SELECT level FROM assessments WHERE uid = ?1 AND as_of < ?2 ORDER BY as_of DESC LIMIT 1",
    )?;
    let (from, to) = (window.after.as_millisecond(), window.until.as_millisecond());
    let mut found = Vec::new();
    let mut rows = users.query(params![after, shards, shard])?;
    while let Some(row) = rows.next()? {
        let uid: i64 = row.get(0)?;
        let mut is_active = false;
        for range in &ranges {
            is_active =
                active.query_row(params![uid, range.from, range.to, from, to], |row| row.get(0))?;
            if is_active {
                break;
            }
        }
        let Ok(user) = UserId::new(row.get_ref(1)?.as_str()?) else {
            continue;
        };
        if !is_active {
            continue;
        }
        let level: Option<String> =
            last_level.query_row(params![uid, to], |row| row.get(0)).optional()?;
        let last_level = level.and_then(|name| RiskLevel::from_name(&name));
        found.push(PageEntry { user, last_level });
        if found.len() == limit {
            break;
        }
    }
    Ok(found)
}

#[async_trait]
impl AppChats for AppTable {
    async fn deliver(&self, intervention: &Intervention) -> PortResult<ChatPut> {
        let user = intervention.user().clone();
        let (sk, item) = intervention_chat(intervention);
        let row = stored(&sk, item).map_err(crate::error::unreadable)?;
        let now = self.clock.now();
        let change = changed(&user, &sk, now, false)?;
        self.db
            .write(move |connection| {
                let uid = ensure_user(connection, &user)?;
                let put = insert_if_absent(connection, uid, (&sk, &row))?;
                if put {
                    send(connection, &change, now.as_millisecond())?;
                }
                Ok(if put { ChatPut::Put } else { ChatPut::AlreadyThere })
            })
            .await
    }

    async fn wrote_between(
        &self,
        user: &UserId,
        since: Timestamp,
        until: Timestamp,
    ) -> PortResult<bool> {
        let user = user.clone();
        let window = Window { after: since, until };
        self.db
            .look(move |connection| {
                let Some(uid) = uid_of(connection, &user)? else {
                    return Ok(false);
                };
                let mut wrote = false;
                for range in activity_ranges(window) {
                    if range.from.starts_with("CHAT#") {
                        each_item(connection, uid, &range, |sk, item| {
                            wrote |= is_own_chat_in(sk, item, window);
                        })?;
                    }
                }
                Ok(wrote)
            })
            .await
    }
}

fn is_own_chat_in(sk: &str, item: &str, window: Window) -> bool {
    let Ok(item) = serde_json::from_str::<Item>(item) else {
        return false;
    };
    match decode(sk, &item) {
        Decoded::Read(AppItem::Event(event), _) => {
            let own = matches!(event.kind, EventKind::Chat { author: Author::User, .. });
            own && window.contains(event.at)
        }
        _ => false,
    }
}
