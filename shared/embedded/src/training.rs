//! Whom could be learned from: a look at everybody.

use async_trait::async_trait;
use jiff::Timestamp;
use mindmate_contracts::app_table::{Item, KeyRange, Timeline};
use mindmate_domain::UserId;
use mindmate_domain::consent::StatedConsents;
use mindmate_pipeline::PortResult;
use mindmate_pipeline::ports::{TrainingPage, TrainingUser, TrainingUsers};
use rusqlite::{Connection, params};

use crate::app_table::{AppTable, each_item, profile_item, profile_of, uid_of};
use crate::error::unreadable;

/// A user as read: id, profile's item, first and last active instant in milliseconds.
type Row = (String, Option<String>, Option<(i64, i64)>);

#[async_trait]
impl TrainingUsers for AppTable {
    async fn users(
        &self,
        until: Timestamp,
        after: Option<&UserId>,
        limit: usize,
    ) -> PortResult<TrainingPage> {
        let after = after.map(|user| user.as_str().to_owned()).unwrap_or_default();
        let until = until.as_millisecond();
        let mut rows =
            self.db.read(move |connection| page(connection, &after, until, limit + 1)).await?;
        let last = rows.len() <= limit;
        rows.truncate(limit);
        let users = rows.into_iter().map(user).collect::<PortResult<_>>()?;
        Ok(TrainingPage { users, last })
    }

    async fn timeline(&self, user: &UserId) -> PortResult<Timeline> {
        let user = user.clone();
        self.db
            .read(move |connection| {
                let mut timeline = Timeline::new(user.clone());
                if let Some(uid) = uid_of(connection, &user)? {
                    each_item(connection, uid, &everything(), |sk, item| {
                        timeline.take(sk, serde_json::from_str::<Item>(item).ok().as_ref());
                    })?;
                }
                Ok(timeline)
            })
            .await
    }
}

/// The range of all keys.
fn everything() -> KeyRange {
    KeyRange { from: String::new(), to: "\u{10FFFF}".to_owned() }
}

fn page(
    connection: &Connection,
    after: &str,
    until: i64,
    limit: usize,
) -> rusqlite::Result<Vec<Row>> {
    let sql = "SELECT uid, user FROM users WHERE user > ?1 ORDER BY user LIMIT ?2";
    let mut users = connection.prepare_cached(sql)?;
    let sql = "SELECT min(active), max(active) FROM app_items WHERE uid = ?1 AND active <= ?2";
    let mut span = connection.prepare_cached(sql)?;
    let mut found = Vec::new();
    let mut rows = users.query(params![after, limit])?;
    while let Some(row) = rows.next()? {
        let uid: i64 = row.get(0)?;
        let profile = profile_item(connection, uid)?;
        let active = span.query_row(params![uid, until], |row| {
            let (first, last): (Option<i64>, Option<i64>) = (row.get(0)?, row.get(1)?);
            Ok(first.zip(last))
        })?;
        found.push((row.get(1)?, profile, active));
    }
    Ok(found)
}

fn user((id, profile, active): Row) -> PortResult<TrainingUser> {
    let instant = |millis| Timestamp::from_millisecond(millis).map_err(unreadable);
    let active = active.map(|(first, last)| Ok((instant(first)?, instant(last)?))).transpose()?;
    let profile = profile.and_then(|item| profile_of(&item));
    let consents = profile.map_or(StatedConsents::Absent, |profile| profile.consents);
    Ok(TrainingUser { user: UserId::new(&id).map_err(unreadable)?, consents, active })
}
