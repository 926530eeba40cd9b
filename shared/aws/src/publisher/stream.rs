//! Records to a stream.

use aws_sdk_kinesis::Client;
use aws_sdk_kinesis::primitives::Blob;
use aws_sdk_kinesis::types::PutRecordsRequestEntry;
use mindmate_pipeline::{PortError, PortResult};

use super::queue::all_failed;
use super::{Entry, Limits, Results, TRIES, failed};
use crate::error::{left_undone, port_error};
use crate::pause;

const PORT: &str = "kinesis";

/// A call of `PutRecords` takes at most 500 records and 5 MiB.
pub(super) const LIMITS: Limits = Limits { entries: 500, bytes: 4 * 1024 * 1024 };

/// Puts one batch; what is not taken is put again alone.
///
/// A record that is put again may come after a later one of its key: `PutRecords` promises no
/// order. What reads the stream has to give the same result in any order, and does.
pub(super) async fn put(client: &Client, stream: &str, entries: &[Entry<'_>]) -> Results {
    let mut results = Vec::with_capacity(entries.len());
    let mut left = entries.to_vec();
    for tries in 0..TRIES {
        let records: PortResult<Vec<_>> = left.iter().map(request).collect();
        let put = match records {
            Ok(records) => {
                client.put_records().stream_name(stream).set_records(Some(records)).send().await
            }
            Err(error) => {
                let words = error.to_string();
                let refused = || PortError::permanent(PORT, "aws-refused", words.clone());
                results.extend(failed(&left, &refused));
                return results;
            }
        };
        let answer = match put {
            Ok(answer) => answer,
            Err(error) => {
                results.extend(all_failed(&left, &port_error(PORT, error)));
                return results;
            }
        };
        let mut again = Vec::new();
        for (place, entry) in left.iter().enumerate() {
            match answer.records.get(place) {
                Some(record) if record.error_code.is_none() => results.push((entry.place, Ok(()))),
                _ => again.push(*entry),
            }
        }
        if again.is_empty() {
            return results;
        }
        left = again;
        pause::before_again(tries).await;
    }
    let count = left.len();
    results.extend(failed(&left, &|| left_undone(PORT, count)));
    results
}

fn request(entry: &Entry<'_>) -> PortResult<PutRecordsRequestEntry> {
    // A key is never empty in Kinesis; without one, the event's own id spreads the records.
    let key = if entry.message.key.is_empty() { &entry.message.id } else { &entry.message.key };
    PutRecordsRequestEntry::builder()
        .data(Blob::new(entry.message.body.as_bytes()))
        .partition_key(key.as_str())
        .build()
        .map_err(|error| PortError::permanent(PORT, "aws-refused", error))
}
