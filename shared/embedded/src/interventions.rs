//! Interventions, each written with its audit event and the user's guard in one transaction.

use async_trait::async_trait;
use jiff::Timestamp;
use mindmate_domain::intervention::{DeliveryStatus, Guard, Intervention};
use mindmate_domain::{InterventionId, UserId};
use mindmate_pipeline::PortResult;
use mindmate_pipeline::ports::{Decision, InterventionStore, StoredIntervention};
use rusqlite::{Connection, OptionalExtension as _, Row, params};

use crate::app_table::{ensure_user, uid_of};
use crate::audit;
use crate::db::Db;
use crate::error::unreadable;

/// Interventions in the embedded file.
pub(crate) struct Interventions {
    db: Db,
}

/// Body and instant of delivery, as stored.
type Stored = (String, Option<i64>);

/// What became of a decision, before its body is read.
enum Decided {
    Written,
    Existing(Stored),
    GuardMoved,
}

impl Interventions {
    pub(crate) fn new(db: Db) -> Self {
        Self { db }
    }
}

fn columns(row: &Row<'_>) -> rusqlite::Result<Stored> {
    Ok((row.get(0)?, row.get(1)?))
}

fn by_id(connection: &Connection, id: &str) -> rusqlite::Result<Option<Stored>> {
    let sql = "SELECT body, delivered_at FROM interventions WHERE id = ?1";
    connection.prepare_cached(sql)?.query_row([id], columns).optional()
}

fn guard_of(connection: &Connection, uid: i64) -> rusqlite::Result<Option<String>> {
    let sql = "SELECT guard FROM guards WHERE uid = ?1";
    connection.prepare_cached(sql)?.query_row([uid], |row| row.get(0)).optional()
}

fn read((body, delivered_at): Stored) -> PortResult<StoredIntervention> {
    let intervention: Intervention = serde_json::from_str(&body).map_err(unreadable)?;
    let status = match delivered_at {
        None => DeliveryStatus::Pending,
        Some(at) => {
            DeliveryStatus::Delivered { at: Timestamp::from_millisecond(at).map_err(unreadable)? }
        }
    };
    Ok(StoredIntervention { intervention, status })
}

#[async_trait]
impl InterventionStore for Interventions {
    async fn get(&self, id: &InterventionId) -> PortResult<Option<StoredIntervention>> {
        let id = id.as_str().to_owned();
        self.db.look(move |connection| by_id(connection, &id)).await?.map(read).transpose()
    }

    async fn guard(&self, user: &UserId) -> PortResult<Option<Guard>> {
        let user = user.clone();
        let guard = self
            .db
            .look(move |connection| match uid_of(connection, &user)? {
                Some(uid) => guard_of(connection, uid),
                None => Ok(None),
            })
            .await?;
        guard.map(|guard| serde_json::from_str(&guard).map_err(unreadable)).transpose()
    }

    async fn decide(
        &self,
        intervention: &Intervention,
        new_guard: Guard,
        seen: Option<Guard>,
    ) -> PortResult<Decision> {
        let intervention = intervention.clone();
        let body = serde_json::to_string(&intervention).map_err(unreadable)?;
        let new_guard = serde_json::to_string(&new_guard).map_err(unreadable)?;
        let seen =
            seen.map(|guard| serde_json::to_string(&guard).map_err(unreadable)).transpose()?;
        let decided = self
            .db
            .write(move |connection| {
                if let Some(existing) = by_id(connection, intervention.id().as_str())? {
                    return Ok(Decided::Existing(existing));
                }
                let uid = ensure_user(connection, intervention.user())?;
                if guard_of(connection, uid)? != seen {
                    return Ok(Decided::GuardMoved);
                }
                write(connection, uid, &intervention, &body, &new_guard)?;
                Ok(Decided::Written)
            })
            .await?;
        Ok(match decided {
            Decided::Written => Decision::Written,
            Decided::GuardMoved => Decision::GuardMoved,
            Decided::Existing(stored) => Decision::Existing(Box::new(read(stored)?)),
        })
    }

    async fn delivered(&self, id: &InterventionId, at: Timestamp) -> PortResult<()> {
        let (id, at) = (id.as_str().to_owned(), at.as_millisecond());
        self.db
            .write(move |connection| {
                let sql = "UPDATE interventions SET delivered_at = ?2
                    WHERE id = ?1 AND delivered_at IS NULL";
                connection.prepare_cached(sql)?.execute(params![id, at])?;
                Ok(())
            })
            .await
    }

    async fn latest(&self, user: &UserId, limit: usize) -> PortResult<Vec<StoredIntervention>> {
        let user = user.clone();
        let rows: Vec<Stored> = self
            .db
            .read(move |connection| {
                let Some(uid) = uid_of(connection, &user)? else {
                    return Ok(Vec::new());
                };
                let sql = "SELECT body, delivered_at FROM interventions WHERE uid = ?1
                    ORDER BY created_at DESC, id LIMIT ?2";
                let mut statement = connection.prepare_cached(sql)?;
                let rows = statement.query_map(params![uid, limit], columns)?;
                rows.collect()
            })
            .await?;
        rows.into_iter().map(read).collect()
    }
}

fn write(
    connection: &Connection,
    uid: i64,
    intervention: &Intervention,
    body: &str,
    guard: &str,
) -> rusqlite::Result<()> {
    let created_at = intervention.created_at().as_millisecond();
    connection
        .prepare_cached(
            "INSERT INTO interventions (id, uid, created_at, body) VALUES (?1, ?2, ?3, ?4)",
        )?
        .execute(params![intervention.id().as_str(), uid, created_at, body])?;
    connection
        .prepare_cached(
            "INSERT INTO guards (uid, guard) VALUES (?1, ?2)
             ON CONFLICT DO UPDATE SET guard = excluded.guard",
        )?
        .execute(params![uid, guard])?;
    audit::append(connection, intervention.audit())
}
