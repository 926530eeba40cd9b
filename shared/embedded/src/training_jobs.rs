//! What became of each training.

use async_trait::async_trait;
use mindmate_pipeline::ports::{TrainingJob, TrainingJobs};
use mindmate_pipeline::{PortError, PortResult};
use rusqlite::{OptionalExtension as _, params};

use crate::db::Db;

const PORT: &str = "sqlite";

/// The trainings in the embedded file.
pub(crate) struct SqliteTrainingJobs(pub(crate) Db);

#[async_trait]
impl TrainingJobs for SqliteTrainingJobs {
    async fn put(&self, job: &TrainingJob) -> PortResult<()> {
        let body = serde_json::to_string(job)
            .map_err(|error| PortError::permanent(PORT, "not-json", error))?;
        let (id, at) = (job.job_id.clone(), job.at.as_millisecond());
        self.0
            .write(move |connection| {
                let sql = "INSERT OR REPLACE INTO training_jobs (id, at, body) VALUES (?1, ?2, ?3)";
                connection.execute(sql, params![id, at, body]).map(drop)
            })
            .await
    }

    async fn job(&self, id: &str) -> PortResult<Option<TrainingJob>> {
        let id = id.to_owned();
        let body = self.0.look(move |connection| {
            let sql = "SELECT body FROM training_jobs WHERE id = ?1";
            connection.query_row(sql, [id], |row| row.get::<_, String>(0)).optional()
        });
        body.await?.map(|body| read(&body)).transpose()
    }

    async fn latest(&self, limit: usize) -> PortResult<Vec<TrainingJob>> {
        let bodies = self.0.read(move |connection| {
            let sql = "SELECT body FROM training_jobs ORDER BY at DESC, id DESC LIMIT ?1";
            let mut statement = connection.prepare(sql)?;
            let bodies = statement.query_map([limit], |row| row.get::<_, String>(0))?;
            bodies.collect::<Result<Vec<_>, _>>()
        });
        bodies.await?.iter().map(|body| read(body)).collect()
    }
}

fn read(body: &str) -> PortResult<TrainingJob> {
    serde_json::from_str(body).map_err(|error| PortError::permanent(PORT, "corrupt-row", error))
}
