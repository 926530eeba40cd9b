//! Assessments under their key.

use async_trait::async_trait;
use jiff::Timestamp;
use mindmate_domain::assessment::Method;
use mindmate_domain::{AsOf, Assessment, RiskLevel, UserId};
use mindmate_pipeline::PortResult;
use mindmate_pipeline::ports::{AssessmentPut, AssessmentStore};
use rusqlite::{OptionalExtension as _, params};

use crate::app_table::{ensure_user, uid_of};
use crate::db::Db;
use crate::error::unreadable;

/// Assessments in the embedded file.
pub(crate) struct Assessments {
    db: Db,
}

impl Assessments {
    pub(crate) fn new(db: Db) -> Self {
        Self { db }
    }
}

/// An instant of a key, as stored.
pub(crate) fn stored_as_of(as_of: AsOf) -> i64 {
    as_of.instant().as_millisecond()
}

/// The same, read.
pub(crate) fn as_of_from(stored: i64) -> rusqlite::Result<AsOf> {
    Timestamp::from_millisecond(stored)
        .ok()
        .and_then(|at| AsOf::new(at).ok())
        .ok_or(rusqlite::Error::IntegralValueOutOfRange(0, stored))
}

#[async_trait]
impl AssessmentStore for Assessments {
    async fn put(&self, assessment: &Assessment) -> PortResult<AssessmentPut> {
        let body = serde_json::to_string(assessment).map_err(unreadable)?;
        let (user, as_of) = (assessment.user.clone(), stored_as_of(assessment.as_of));
        let (level, method) = (assessment.level.name(), assessment.method.name());
        let (historical, expires_at) =
            (assessment.historical, assessment.expires_at.as_millisecond());
        let existing: Option<String> = self
            .db
            .note(move |connection| {
                let uid = ensure_user(connection, &user)?;
                let sql = "SELECT body FROM assessments WHERE uid = ?1 AND as_of = ?2";
                let mut found = connection.prepare_cached(sql)?;
                let existing = found.query_row(params![uid, as_of], |row| row.get(0)).optional()?;
                if existing.is_none() {
                    let sql = "INSERT INTO assessments
                        (uid, as_of, level, method, historical, expires_at, body)
                        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
                    connection.prepare_cached(sql)?.execute(params![
                        uid, as_of, level, method, historical, expires_at, body
                    ])?;
                }
                Ok(existing)
            })
            .await?;
        match existing {
            None => Ok(AssessmentPut::Written),
            Some(body) => {
                let existing = serde_json::from_str(&body).map_err(unreadable)?;
                Ok(AssessmentPut::Existing(Box::new(existing)))
            }
        }
    }

    async fn get_many(&self, users: &[UserId], as_of: AsOf) -> PortResult<Vec<Assessment>> {
        let (users, as_of) = (users.to_vec(), stored_as_of(as_of));
        let bodies: Vec<String> = self
            .db
            .read(move |connection| {
                let mut statement = connection.prepare_cached(
                    "SELECT body FROM assessments WHERE as_of = ?2
                     AND uid = (SELECT uid FROM users WHERE user = ?1)",
                )?;
                let mut bodies = Vec::with_capacity(users.len());
                for user in &users {
                    let row = params![user.as_str(), as_of];
                    bodies.extend(statement.query_row(row, |row| row.get(0)).optional()?);
                }
                Ok(bodies)
            })
            .await?;
        read_all(&bodies)
    }

    async fn latest(&self, user: &UserId, limit: usize) -> PortResult<Vec<Assessment>> {
        let user = user.clone();
        let bodies: Vec<String> = self
            .db
            .look(move |connection| {
                let Some(uid) = uid_of(connection, &user)? else {
                    return Ok(Vec::new());
                };
                let sql = "SELECT body FROM assessments WHERE uid = ?1
                    ORDER BY as_of DESC LIMIT ?2";
                let mut statement = connection.prepare_cached(sql)?;
                let rows = statement.query_map(params![uid, limit], |row| row.get(0))?;
                rows.collect()
            })
            .await?;
        read_all(&bodies)
    }

    async fn last_known(
        &self,
        user: &UserId,
        before: AsOf,
    ) -> PortResult<Option<(AsOf, RiskLevel)>> {
        let (user, before) = (user.clone(), stored_as_of(before));
        self.db
            .look(move |connection| {
                let Some(uid) = uid_of(connection, &user)? else {
                    return Ok(None);
                };
                let sql = "SELECT as_of, level FROM assessments
                    WHERE uid = ?1 AND as_of < ?2 AND level <> ?3 AND method <> ?4
                    ORDER BY as_of DESC LIMIT 1";
                let (unknown, carried) = (RiskLevel::Unknown.name(), Method::LastKnown.name());
                let mut statement = connection.prepare_cached(sql)?;
                let row = statement
                    .query_row(params![uid, before, unknown, carried], |row| {
                        Ok((as_of_from(row.get(0)?)?, row.get::<_, String>(1)?))
                    })
                    .optional()?;
                Ok(row.and_then(|(as_of, level)| Some((as_of, RiskLevel::from_name(&level)?))))
            })
            .await
    }

    async fn latest_as_of(&self, user: &UserId) -> PortResult<Option<AsOf>> {
        let user = user.clone();
        self.db
            .look(move |connection| {
                let Some(uid) = uid_of(connection, &user)? else {
                    return Ok(None);
                };
                let sql = "SELECT max(as_of) FROM assessments WHERE uid = ?1";
                let latest: Option<i64> =
                    connection.prepare_cached(sql)?.query_row([uid], |row| row.get(0))?;
                latest.map(as_of_from).transpose()
            })
            .await
    }
}

fn read_all(bodies: &[String]) -> PortResult<Vec<Assessment>> {
    bodies.iter().map(|body| serde_json::from_str(body).map_err(unreadable)).collect()
}
