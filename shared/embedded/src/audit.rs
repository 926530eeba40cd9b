//! The audit trail: append-only, each row's hash over the one before it.

use async_trait::async_trait;
use mindmate_domain::audit::AuditEvent;
use mindmate_domain::pseudonym::hex;
use mindmate_pipeline::PortResult;
use mindmate_pipeline::ports::AuditLog;
use rusqlite::{Connection, OptionalExtension as _, params};
use sha2::{Digest, Sha256};

use crate::backend::Embedded;
use crate::db::Db;

/// What the first row's hash covers in place of an earlier one.
const ROOT: &str = "mindmate-audit-1";

/// Rows that are verified in one look.
const LOOK: usize = 5_000;

/// One row of the trail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditRow {
    /// From 1, without gaps.
    pub number: u64,
    /// The event in JSON.
    pub event: String,
    /// Hash over the row before it and this event.
    pub hash: String,
}

/// Where the trail is broken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AuditBreak {
    /// A row is not what was written.
    #[error("row {number} of the audit trail, or one before it, was changed")]
    Changed {
        /// The first row that does not fit.
        number: u64,
    },
    /// A row is gone.
    #[error("row {number} of the audit trail is missing")]
    Missing {
        /// The first that is.
        number: u64,
    },
}

fn link(before: &str, event: &str) -> String {
    hex(&Sha256::new().chain_update(before).chain_update([0]).chain_update(event).finalize())
}

/// Appends an event, inside the transaction of the act that it tells of.
pub(crate) fn append(connection: &Connection, event: &AuditEvent) -> rusqlite::Result<()> {
    let event = serde_json::to_string(event)
        .map_err(|error| rusqlite::Error::ToSqlConversionFailure(Box::new(error)))?;
    let sql = "SELECT hash FROM audit ORDER BY number DESC LIMIT 1";
    let before: Option<String> =
        connection.prepare_cached(sql)?.query_row([], |row| row.get(0)).optional()?;
    let hash = link(before.as_deref().unwrap_or(ROOT), &event);
    let sql = "INSERT INTO audit (event, hash) VALUES (?1, ?2)";
    connection.prepare_cached(sql)?.execute(params![event, hash])?;
    Ok(())
}

/// The trail, to append to.
pub(crate) struct Trail(pub(crate) Db);

#[async_trait]
impl AuditLog for Trail {
    async fn append(&self, event: &AuditEvent) -> PortResult<()> {
        let event = event.clone();
        self.0.write(move |connection| append(connection, &event)).await
    }
}

impl Embedded {
    /// Rows of the trail after a number, at most `limit`.
    ///
    /// # Errors
    /// The database's.
    pub async fn audit_rows(&self, after: u64, limit: usize) -> PortResult<Vec<AuditRow>> {
        self.db
            .read(move |connection| {
                let sql = "SELECT number, event, hash FROM audit
                    WHERE number > ?1 ORDER BY number LIMIT ?2";
                let mut statement = connection.prepare_cached(sql)?;
                let rows = statement.query_map(params![after, limit], |row| {
                    Ok(AuditRow { number: row.get(0)?, event: row.get(1)?, hash: row.get(2)? })
                })?;
                rows.collect()
            })
            .await
    }

    /// Reads the whole trail and says how many rows hold together, or where they do not.
    ///
    /// A chain cannot show that its last rows were cut off: keep the count and the last hash
    /// elsewhere to see that.
    ///
    /// # Errors
    /// The database's.
    pub async fn verify_audit(&self) -> PortResult<Result<u64, AuditBreak>> {
        let (mut count, mut before) = (0, ROOT.to_owned());
        loop {
            let rows = self.audit_rows(count, LOOK).await?;
            if rows.is_empty() {
                return Ok(Ok(count));
            }
            for row in rows {
                if row.number != count + 1 {
                    return Ok(Err(AuditBreak::Missing { number: count + 1 }));
                }
                if row.hash != link(&before, &row.event) {
                    return Ok(Err(AuditBreak::Changed { number: row.number }));
                }
                (count, before) = (row.number, row.hash);
            }
        }
    }
}
