//! What became of each training: a row for each, with its whole under `job` and, for people who look at the
//! table, its status, time and model beside it.

use async_trait::async_trait;
use mindmate_pipeline::PortResult;
use mindmate_pipeline::ports::{PortError, TrainingJob, TrainingJobs};

use crate::error::port_error;
use crate::item::{Row, text, text_of};
use crate::table::{PORT, Table};

const ID: &str = "jobId";
const JOB: &str = "job";

/// The trainings in their table.
pub(crate) struct JobTable(pub(crate) Table);

#[async_trait]
impl TrainingJobs for JobTable {
    async fn put(&self, job: &TrainingJob) -> PortResult<()> {
        let whole = serde_json::to_string(job)
            .map_err(|error| PortError::permanent(PORT, "not-json", error))?;
        let put = self.0.client.put_item().table_name(&self.0.name);
        let put = put
            .item(ID, text(&job.job_id))
            .item(JOB, text(&whole))
            .item("status", text(job.status.name()))
            .item("at", text(job.at.to_string()));
        let put = match &job.model {
            Some(model) => put.item("model", text(model.as_str())),
            None => put,
        };
        put.send().await.map(drop).map_err(|error| port_error(PORT, error))
    }

    async fn job(&self, id: &str) -> PortResult<Option<TrainingJob>> {
        let row = self.0.get([(ID, text(id))]).await?;
        row.map(|row| read(&row)).transpose()
    }

    async fn latest(&self, limit: usize) -> PortResult<Vec<TrainingJob>> {
        let scan = self.0.client.scan().table_name(&self.0.name).consistent_read(true);
        let mut rows = scan.into_paginator().items().send();
        let mut jobs = Vec::new();
        while let Some(row) = rows.next().await {
            jobs.push(read(&row.map_err(|error| port_error(PORT, error))?)?);
        }
        jobs.sort_by(|a, b| (b.at, &b.job_id).cmp(&(a.at, &a.job_id)));
        jobs.truncate(limit);
        Ok(jobs)
    }
}

fn read(row: &Row) -> PortResult<TrainingJob> {
    let whole = text_of(row, JOB).unwrap_or_default();
    serde_json::from_str(whole).map_err(|error| PortError::permanent(PORT, "corrupt-row", error))
}
