//! Batches to a queue.

use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::{BatchResultErrorEntry, SendMessageBatchRequestEntry};
use mindmate_pipeline::{LONGEST_DELAY, PortError, PortResult};

use super::{Entry, Limits, Results, TRIES, failed};
use crate::error::{left_undone, port_error};
use crate::pause;
use crate::queue::{Beside, beside};

const PORT: &str = "sqs";

/// A batch of SQS has at most ten messages, and 256 KiB with all that is around them.
pub(super) const LIMITS: Limits = Limits { entries: 10, bytes: 240 * 1024 };

/// Sends one batch; what is not taken is sent again alone.
pub(super) async fn send(client: &Client, url: &str, entries: &[Entry<'_>]) -> Results {
    let mut results = Vec::with_capacity(entries.len());
    let mut left = entries.to_vec();
    for tries in 0..TRIES {
        let batch: PortResult<Vec<_>> = left.iter().map(request).collect();
        let sent = match batch {
            Ok(batch) => {
                client.send_message_batch().queue_url(url).set_entries(Some(batch)).send().await
            }
            Err(error) => {
                let words = error.to_string();
                let refused = || PortError::permanent(PORT, "aws-refused", words.clone());
                results.extend(failed(&left, &refused));
                return results;
            }
        };
        let answer = match sent {
            Ok(answer) => answer,
            Err(error) => {
                results.extend(all_failed(&left, &port_error(PORT, error)));
                return results;
            }
        };
        results.extend(
            answer.successful.iter().filter_map(|one| Some((one.id.parse().ok()?, Ok(())))),
        );
        results.extend(answer.failed.iter().filter_map(refusal));
        left.retain(|entry| !results.iter().any(|(place, _)| *place == entry.place));
        if left.is_empty() {
            return results;
        }
        pause::before_again(tries).await;
    }
    let count = left.len();
    results.extend(failed(&left, &|| left_undone(PORT, count)));
    results
}

fn request(entry: &Entry<'_>) -> PortResult<SendMessageBatchRequestEntry> {
    let Beside { own, system } = beside(&entry.message.attributes)?;
    SendMessageBatchRequestEntry::builder()
        .id(entry.place.to_string())
        .set_message_attributes(own)
        .set_message_system_attributes(system)
        .message_body(entry.message.body.as_str())
        .set_delay_seconds(delay(entry))
        .build()
        .map_err(|error| PortError::permanent(PORT, "aws-refused", error))
}

/// In whole seconds: rather a moment too late than too early.
fn delay(entry: &Entry<'_>) -> Option<i32> {
    let delay = entry.message.delay;
    let seconds = delay.as_secs() + u64::from(delay.subsec_nanos() > 0);
    (seconds > 0).then(|| i32::try_from(seconds.min(LONGEST_DELAY.as_secs())).unwrap_or(0))
}

/// A message that no later try makes right.
fn refusal(one: &BatchResultErrorEntry) -> Option<(usize, PortResult<()>)> {
    let error = PortError::permanent(PORT, "aws-refused", one.code.clone());
    one.sender_fault.then_some((one.id.parse().ok()?, Err(error)))
}

/// An error of a call, for each of its entries.
pub(super) fn all_failed(entries: &[Entry<'_>], error: &PortError) -> Results {
    failed(entries, &|| error.again())
}
