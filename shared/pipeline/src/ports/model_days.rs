//! What each day's look at the model that serves came to.

use async_trait::async_trait;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::PortResult;

/// One day's look at what serves (R7.2, R7.7). It names no person.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ModelDay {
    /// The date, in UTC, of the instant up to which was looked.
    pub day: Date,
    /// When that was written down.
    pub at: Timestamp,
    /// The version of the model that was looked at, or of the rules where they serve.
    pub scorer: String,
    /// What it came to, in one word, as the report has it.
    pub verdict: String,
    /// Whether a new model is asked for (R7.3).
    pub asks_for_training: bool,
    /// The verdict for which a training started by itself on this day.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub training_started_for: Option<String>,
    /// The whole report, as the monitor writes it.
    pub report: serde_json::Value,
}

/// The days: one row each, for a dashboard.
#[async_trait]
pub trait ModelDays: Send + Sync {
    /// Writes a day down, durably; what was known of it is replaced.
    async fn put(&self, day: &ModelDay) -> PortResult<()>;

    /// At most so many, the latest day first.
    async fn latest(&self, limit: usize) -> PortResult<Vec<ModelDay>>;
}
