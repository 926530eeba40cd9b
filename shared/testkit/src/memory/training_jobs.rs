//! What became of trainings, in memory.

use std::cmp::Reverse;

use async_trait::async_trait;
use mindmate_pipeline::ports::{PortResult, TrainingJob, TrainingJobs};

use super::{MemoryBackend, lock};

#[async_trait]
impl TrainingJobs for MemoryBackend {
    async fn put(&self, job: &TrainingJob) -> PortResult<()> {
        let mut jobs = lock(&self.state.training_jobs);
        jobs.retain(|known| known.job_id != job.job_id);
        jobs.push(job.clone());
        Ok(())
    }

    async fn job(&self, id: &str) -> PortResult<Option<TrainingJob>> {
        Ok(lock(&self.state.training_jobs).iter().find(|job| job.job_id == id).cloned())
    }

    async fn latest(&self, limit: usize) -> PortResult<Vec<TrainingJob>> {
        let mut jobs = lock(&self.state.training_jobs).clone();
        jobs.sort_by_key(|job| Reverse((job.at, job.job_id.clone())));
        jobs.truncate(limit);
        Ok(jobs)
    }
}
