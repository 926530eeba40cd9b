//! Days of the model that serves: a partition of their own in the table of runs, by date, with the whole
//! under `body` and, for people who look at the table, what it came to beside it.

use async_trait::async_trait;
use mindmate_pipeline::PortResult;
use mindmate_pipeline::ports::{ModelDay, ModelDays, PortError};

use crate::error::port_error;
use crate::item::{Row, text, text_of};
use crate::ledger::{PART, RUN};
use crate::table::{PORT, Table, rows};

/// The partition. No run has this id: theirs have a date in them.
const DAYS: &str = "model-days";

const BODY: &str = "body";

/// The days in the table of runs.
pub(crate) struct DayRows(pub(crate) Table);

#[async_trait]
impl ModelDays for DayRows {
    async fn put(&self, day: &ModelDay) -> PortResult<()> {
        let body = serde_json::to_string(day)
            .map_err(|error| PortError::permanent(PORT, "not-json", error))?;
        let put = self.0.client.put_item().table_name(&self.0.name);
        let put = put
            .item(RUN, text(DAYS))
            .item(PART, text(day.day.to_string()))
            .item(BODY, text(body))
            .item("model", text(&day.scorer))
            .item("verdict", text(&day.verdict));
        put.send().await.map(drop).map_err(|error| port_error(PORT, error))
    }

    async fn latest(&self, limit: usize) -> PortResult<Vec<ModelDay>> {
        let query = self
            .0
            .query()
            .key_condition_expression("#run = :days")
            .expression_attribute_names("#run", RUN)
            .expression_attribute_values(":days", text(DAYS))
            .consistent_read(true)
            .scan_index_forward(false);
        // A page of a query has at least one row.
        let most = i32::try_from(limit).unwrap_or(i32::MAX).max(1);
        rows(query.limit(most), limit).await?.iter().map(read).collect()
    }
}

fn read(row: &Row) -> PortResult<ModelDay> {
    let body = text_of(row, BODY).unwrap_or_default();
    serde_json::from_str(body).map_err(|error| PortError::permanent(PORT, "corrupt-row", error))
}
