//! Days of the model that serves, in memory.

use async_trait::async_trait;
use mindmate_pipeline::ports::{ModelDay, ModelDays, PortResult};

use super::{MemoryBackend, lock};

#[async_trait]
impl ModelDays for MemoryBackend {
    async fn put(&self, day: &ModelDay) -> PortResult<()> {
        lock(&self.state.model_days).insert(day.day, day.clone());
        Ok(())
    }

    async fn latest(&self, limit: usize) -> PortResult<Vec<ModelDay>> {
        Ok(lock(&self.state.model_days).values().rev().take(limit).cloned().collect())
    }
}
