//! Writes items of an export into the app's table, and who was active into the index.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_dynamodb::types::{PutRequest, WriteRequest};
use futures::{StreamExt as _, TryStreamExt as _, stream};
use mindmate_contracts::app_table::{ExportLine, active_millis};
use mindmate_domain::UserId;
use mindmate_pipeline::PortResult;
use mindmate_pipeline::ports::PortError;

use crate::activity::{self, UserDay};
use crate::app_table::{PK, SK, partition};
use crate::error::{left_undone, port_error};
use crate::item::{Row, from_contract, text};
use crate::pause;
use crate::table::{PORT, Table};

/// Most items of one call.
const BATCH: usize = 25;

/// How often items that were not taken are sent again.
const TRIES: usize = 8;

/// Calls that are under way at once.
const IN_FLIGHT: usize = 8;

/// Imports.
pub struct Importer {
    pub(crate) app: Table,
    pub(crate) activity: Table,
}

impl Importer {
    /// Writes items; the same key replaces the earlier item, the last of the same key counts.
    /// Importing the same twice changes nothing. Gives back how many different keys there were.
    ///
    /// # Errors
    /// The table's: then some are written and some are not, and importing again writes all.
    pub async fn write(&self, lines: Vec<ExportLine>) -> PortResult<usize> {
        let mut items: BTreeMap<(UserId, String), Row> = BTreeMap::new();
        let days = days(&lines);
        for line in lines {
            let (user, sk, row) = keyed(line)?;
            items.insert((user, sk), row);
        }
        let count = items.len();
        let rows: Vec<Row> = items.into_values().collect();
        let batches: Vec<Vec<Row>> = rows.chunks(BATCH).map(<[Row]>::to_vec).collect();
        stream::iter(batches)
            .map(|batch| self.put(batch))
            .buffer_unordered(IN_FLIGHT)
            .try_collect::<()>()
            .await?;
        activity::add(&self.activity, days).await?;
        Ok(count)
    }

    /// Notes who was active when, and writes no item. Doing it twice changes nothing. Gives back how
    /// many items made somebody active.
    ///
    /// # Errors
    /// The table's: then doing it again notes all.
    pub async fn index(&self, lines: &[ExportLine]) -> PortResult<usize> {
        let days = days(lines);
        let count = days.values().map(BTreeSet::len).sum();
        activity::add(&self.activity, days).await?;
        Ok(count)
    }

    async fn put(&self, rows: Vec<Row>) -> PortResult<()> {
        let requests: PortResult<Vec<WriteRequest>> = rows.into_iter().map(request).collect();
        let mut left = requests?;
        for tries in 0..TRIES {
            let written = self
                .app
                .client
                .batch_write_item()
                .request_items(&self.app.name, left)
                .send()
                .await
                .map_err(|error| port_error(PORT, error))?;
            left = written.unprocessed_items.unwrap_or_default().into_values().flatten().collect();
            if left.is_empty() {
                return Ok(());
            }
            pause::before_again(tries).await;
        }
        Err(left_undone(PORT, left.len()))
    }
}

fn days(lines: &[ExportLine]) -> BTreeMap<UserDay, BTreeSet<i64>> {
    let mut days: BTreeMap<UserDay, BTreeSet<i64>> = BTreeMap::new();
    for line in lines {
        if let Some(millis) = active_millis(&line.sk, &line.item) {
            days.entry(UserDay::new(&line.user, millis)).or_default().insert(millis);
        }
    }
    days
}

fn request(row: Row) -> PortResult<WriteRequest> {
    let put = PutRequest::builder().set_item(Some(row)).build();
    let put = put.map_err(|error| PortError::permanent(PORT, "aws-refused", error))?;
    Ok(WriteRequest::builder().put_request(put).build())
}

pub(crate) fn keyed(line: ExportLine) -> PortResult<(UserId, String, Row)> {
    let ExportLine { user, sk, item } = line;
    let Some(mut row) = from_contract(item) else {
        let words = "expected binary attributes in base64, found others";
        return Err(PortError::permanent(PORT, "aws-refused", words));
    };
    row.insert(PK.to_owned(), text(partition(&user)));
    row.insert(SK.to_owned(), text(sk.as_str()));
    Ok((user, sk, row))
}
