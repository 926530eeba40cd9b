//! Days of the model that serves.

use async_trait::async_trait;
use mindmate_pipeline::ports::{ModelDay, ModelDays};
use mindmate_pipeline::{PortError, PortResult};
use rusqlite::params;

use crate::db::Db;

const PORT: &str = "sqlite";

/// The days in the embedded file.
pub(crate) struct SqliteModelDays(pub(crate) Db);

#[async_trait]
impl ModelDays for SqliteModelDays {
    async fn put(&self, day: &ModelDay) -> PortResult<()> {
        let body = serde_json::to_string(day)
            .map_err(|error| PortError::permanent(PORT, "not-json", error))?;
        let day = day.day.to_string();
        self.0
            .write(move |connection| {
                let sql = "INSERT OR REPLACE INTO model_days (day, body) VALUES (?1, ?2)";
                connection.execute(sql, params![day, body]).map(drop)
            })
            .await
    }

    async fn latest(&self, limit: usize) -> PortResult<Vec<ModelDay>> {
        let bodies = self.0.read(move |connection| {
            let sql = "SELECT body FROM model_days ORDER BY day DESC LIMIT ?1";
            let mut statement = connection.prepare(sql)?;
            let bodies = statement.query_map([limit], |row| row.get::<_, String>(0))?;
            bodies.collect::<Result<Vec<_>, _>>()
        });
        bodies.await?.iter().map(|body| read(body)).collect()
    }
}

fn read(body: &str) -> PortResult<ModelDay> {
    serde_json::from_str(body).map_err(|error| PortError::permanent(PORT, "corrupt-row", error))
}
