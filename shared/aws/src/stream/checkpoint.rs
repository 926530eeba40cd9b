//! How far a consumer group has come.

use std::collections::BTreeMap;

use mindmate_pipeline::PortResult;
use serde::{Deserialize, Serialize};

use crate::item::{number, read, row, text};
use crate::ledger::{PART, RUN};
use crate::table::{PORT, Table, held};

/// The one part of its partition.
const POSITION: &str = "position";

const COUNT: &str = "count";

/// How far a group has come.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(super) struct Checkpoint {
    /// Records that are done, of all shards.
    pub(super) count: u64,
    /// By shard, the sequence number of the last one that is done.
    pub(super) shards: BTreeMap<String, String>,
}

/// The checkpoint of one group, stored.
pub(super) struct Checkpoints {
    runs: Table,
    partition: String,
}

impl Checkpoints {
    pub(super) fn new(runs: Table, stream: &str, consumer: &str) -> Self {
        Self { runs, partition: format!("checkpoint#{stream}#{consumer}") }
    }

    pub(super) async fn load(&self) -> PortResult<Checkpoint> {
        let key = [(RUN, text(self.partition.as_str())), (PART, text(POSITION))];
        let item = self.runs.get(key).await?;
        Ok(item.map(|item| read(PORT, item)).transpose()?.unwrap_or_default())
    }

    /// Moves it, unless somebody else of the group has moved it since `from` was read.
    pub(super) async fn advance(&self, from: &Checkpoint, to: &Checkpoint) -> PortResult<()> {
        let keys = [(RUN, text(self.partition.as_str())), (PART, text(POSITION))];
        let put = self.runs.client.put_item().table_name(&self.runs.name);
        let put =
            put.set_item(Some(row(PORT, to, keys)?)).expression_attribute_names("#count", COUNT);
        let put = if from.count == 0 {
            put.condition_expression("attribute_not_exists(#count)")
        } else {
            put.condition_expression("#count = :from")
                .expression_attribute_values(":from", number(from.count))
        };
        held(put.send().await.map(drop)).map(drop)
    }
}
