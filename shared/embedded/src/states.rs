//! Small states of users.

use async_trait::async_trait;
use jiff::Timestamp;
use mindmate_domain::UserId;
use mindmate_pipeline::PortResult;
use mindmate_pipeline::ports::UserStates;
use rusqlite::{OptionalExtension as _, params};

use crate::app_table::{ensure_user, uid_of};
use crate::db::Db;

/// The states in the embedded file.
pub(crate) struct States(pub(crate) Db);

#[async_trait]
impl UserStates for States {
    async fn state(&self, user: &UserId, name: &str) -> PortResult<Option<String>> {
        let (user, name) = (user.clone(), name.to_owned());
        self.0
            .look(move |connection| {
                let Some(uid) = uid_of(connection, &user)? else {
                    return Ok(None);
                };
                let sql = "SELECT value FROM user_states WHERE uid = ?1 AND name = ?2";
                let mut statement = connection.prepare_cached(sql)?;
                statement.query_row(params![uid, name], |row| row.get(0)).optional()
            })
            .await
    }

    async fn put(
        &self,
        user: &UserId,
        name: &str,
        value: &str,
        seen: Option<&str>,
        expires: Timestamp,
    ) -> PortResult<bool> {
        let (user, name, value) = (user.clone(), name.to_owned(), value.to_owned());
        let (seen, expires) = (seen.map(str::to_owned), expires.as_millisecond());
        self.0
            .write(move |connection| {
                let uid = ensure_user(connection, &user)?;
                let written = if let Some(seen) = &seen {
                    let sql = "UPDATE user_states SET value = ?3, expires_at = ?4
                        WHERE uid = ?1 AND name = ?2 AND value = ?5";
                    let mut statement = connection.prepare_cached(sql)?;
                    statement.execute(params![uid, name, value, expires, seen])?
                } else {
                    let sql = "INSERT INTO user_states (uid, name, value, expires_at)
                        VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING";
                    let mut statement = connection.prepare_cached(sql)?;
                    statement.execute(params![uid, name, value, expires])?
                };
                Ok(written == 1)
            })
            .await
    }
}
