//! What humans look at: the review queue, and notices to those on duty.

use async_trait::async_trait;
use jiff::Timestamp;
use mindmate_domain::audit::{AuditAction, AuditEvent};
use mindmate_domain::intervention::{ReviewEntry, ReviewReason};
use mindmate_domain::{AsOf, UserId};
use mindmate_pipeline::PortResult;
use mindmate_pipeline::ports::{Notice, Notifier, ReviewQueue};
use rusqlite::params;

use crate::app_table::{ensure_user, uid_of};
use crate::assessments::stored_as_of;
use crate::audit;
use crate::backend::Embedded;
use crate::db::Db;
use crate::error::unreadable;

/// Reviews and notices in the embedded file.
pub(crate) struct Reviews {
    db: Db,
}

impl Reviews {
    pub(crate) fn new(db: Db) -> Self {
        Self { db }
    }
}

#[async_trait]
impl ReviewQueue for Reviews {
    async fn enter(&self, entry: &ReviewEntry) -> PortResult<()> {
        let body = serde_json::to_string(entry).map_err(unreadable)?;
        let (user, as_of) = (entry.user.clone(), stored_as_of(entry.as_of));
        let (reason, rank) = (entry.reason.name(), entry.rank());
        let due_at = entry.due_at.as_millisecond();
        self.db
            .write(move |connection| {
                let uid = ensure_user(connection, &user)?;
                let sql = "INSERT INTO reviews (uid, as_of, reason, rank, due_at, body)
                    VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT DO NOTHING";
                let mut statement = connection.prepare_cached(sql)?;
                statement.execute(params![uid, as_of, reason, rank, due_at, body])?;
                Ok(())
            })
            .await
    }

    async fn open(&self, limit: usize) -> PortResult<Vec<ReviewEntry>> {
        let bodies: Vec<String> = self
            .db
            .read(move |connection| {
                let sql = "SELECT body FROM reviews WHERE acknowledged_at IS NULL
                    ORDER BY rank, due_at, uid, as_of, reason LIMIT ?1";
                let mut statement = connection.prepare_cached(sql)?;
                let rows = statement.query_map([limit], |row| row.get(0))?;
                rows.collect()
            })
            .await?;
        bodies.iter().map(|body| serde_json::from_str(body).map_err(unreadable)).collect()
    }

    async fn count_open(&self) -> PortResult<u64> {
        self.db
            .read(|connection| {
                let sql = "SELECT count(*) FROM reviews WHERE acknowledged_at IS NULL";
                connection.prepare_cached(sql)?.query_row([], |row| row.get(0))
            })
            .await
    }

    async fn acknowledge(
        &self,
        user: &UserId,
        as_of: AsOf,
        reason: ReviewReason,
        by: &str,
        at: Timestamp,
    ) -> PortResult<bool> {
        let action = AuditAction::ReviewAcknowledged;
        let subject = format!("{as_of}/{}", reason.name());
        let event = AuditEvent::upon(user.clone(), by, action, subject, at);
        let (as_of, user) = (stored_as_of(as_of), user.clone());
        self.db
            .write(move |connection| {
                let Some(uid) = uid_of(connection, &user)? else {
                    return Ok(false);
                };
                let sql = "UPDATE reviews SET acknowledged_at = ?4, acknowledged_by = ?5
                    WHERE uid = ?1 AND as_of = ?2 AND reason = ?3 AND acknowledged_at IS NULL";
                let at = event.at.as_millisecond();
                let row = params![uid, as_of, reason.name(), at, event.actor];
                let was_open = connection.prepare_cached(sql)?.execute(row)? == 1;
                if was_open {
                    audit::append(connection, &event)?;
                }
                Ok(was_open)
            })
            .await
    }
}

#[async_trait]
impl Notifier for Reviews {
    async fn notify(&self, notice: &Notice) -> PortResult<()> {
        let notice = notice.clone();
        self.db
            .write(move |connection| {
                let sql = "INSERT INTO notices (id, at, text) VALUES (?1, ?2, ?3)
                    ON CONFLICT DO NOTHING";
                let row = params![notice.id, notice.at.as_millisecond(), notice.text];
                connection.prepare_cached(sql)?.execute(row)?;
                Ok(())
            })
            .await
    }

    async fn was_sent(&self, id: &str) -> PortResult<bool> {
        let id = id.to_owned();
        self.db
            .read(move |connection| {
                let sql = "SELECT EXISTS (SELECT 1 FROM notices WHERE id = ?1)";
                connection.prepare_cached(sql)?.query_row([id], |row| row.get(0))
            })
            .await
    }
}

impl Embedded {
    /// The notices, latest first, at most `limit`.
    ///
    /// # Errors
    /// The database's.
    pub async fn notices(&self, limit: usize) -> PortResult<Vec<Notice>> {
        self.db
            .read(move |connection| {
                let sql = "SELECT id, at, text FROM notices ORDER BY at DESC, id LIMIT ?1";
                let mut statement = connection.prepare_cached(sql)?;
                let rows = statement.query_map([limit], |row| {
                    let at: i64 = row.get(1)?;
                    Ok(Notice {
                        id: row.get(0)?,
                        at: Timestamp::from_millisecond(at).unwrap_or(Timestamp::UNIX_EPOCH),
                        text: row.get(2)?,
                    })
                })?;
                rows.collect()
            })
            .await
    }
}
