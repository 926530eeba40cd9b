//! Small values of an installation under their names, in a partition of the table of runs: whether
//! its users are synthetic, how long a run took.

use mindmate_pipeline::PortResult;

use crate::error::port_error;
use crate::item::{text, text_of};
use crate::ledger::{PART, RUN};
use crate::table::{PORT, Table};

/// The partition that holds them: no run has this id.
const PARTITION: &str = "settings";

const VALUE: &str = "value";

/// Keeps a value; replaces what was there.
pub(crate) async fn put(runs: &Table, name: &str, value: &str) -> PortResult<()> {
    let put = runs
        .client
        .put_item()
        .table_name(&runs.name)
        .item(RUN, text(PARTITION))
        .item(PART, text(name))
        .item(VALUE, text(value))
        .send()
        .await;
    put.map(drop).map_err(|error| port_error(PORT, error))
}

/// The value that was kept.
pub(crate) async fn get(runs: &Table, name: &str) -> PortResult<Option<String>> {
    let row = runs.get([(RUN, text(PARTITION)), (PART, text(name))]).await?;
    Ok(row.and_then(|row| text_of(&row, VALUE).map(str::to_owned)))
}
