//! SQS, seen by a consumer.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use async_trait::async_trait;
use aws_sdk_sqs::Client;
use aws_sdk_sqs::config::Builder;
use aws_sdk_sqs::error::SdkError;
use aws_sdk_sqs::types::{
    DeleteMessageBatchRequestEntry, Message, MessageAttributeValue, MessageSystemAttributeName,
    MessageSystemAttributeNameForSends as SystemAttribute, MessageSystemAttributeValue,
    QueueAttributeName,
};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use futures::future::join_all;
use jiff::Timestamp;
use mindmate_pipeline::PortResult;
use mindmate_pipeline::ports::{
    CAUSE_ATTRIBUTES, DeadLetterCause, FIRST_DEAD_LETTERED_AT, PortError, Queue, QueueDepth,
    REPLAY_ID, REPLAYS, Receipt, Received, Settlement, TRACE_HEADER, with_cause,
};

use crate::clients::{ATTEMPT, timeouts};
use crate::error::port_error;
use crate::names::QueueUrls;
use crate::together::Together;

const PORT: &str = "sqs";

/// Most messages in one receive.
pub(crate) const BATCH: usize = 10;

/// The longest wait for a message.
const LONGEST_WAIT: Duration = Duration::from_secs(20);

/// The longest time that a message can stay hidden.
pub(crate) const LONGEST_HIDDEN: Duration = Duration::from_hours(12);

/// How long a message is hidden while it is put aside: longer than the calls of that may take.
const WHILE_BURIED: Duration = Duration::from_mins(1);

/// Most attributes of a message.
const ATTRIBUTES: usize = 10;

/// Most characters of an attribute's value: SQS counts attributes as part of the message.
const ATTRIBUTE_CHARS: usize = 1_000;

/// Codes that say that a receipt is no longer valid: the message came again elsewhere.
pub(crate) const STALE: [&str; 4] = [
    "ReceiptHandleIsInvalid",
    "MessageNotInflight",
    "InvalidParameterValue",
    "AWS.SimpleQueueService.MessageNotInflight",
];

/// One queue and its dead-letter queue.
pub(crate) struct SqsQueue {
    client: Client,
    urls: QueueUrls,
    deletions: Together<Receipt>,
}

impl SqsQueue {
    pub(crate) fn new(client: Client, urls: QueueUrls) -> Self {
        Self { client, urls, deletions: Together::default() }
    }

    /// Says whether the receipt is still valid.
    async fn hide(&self, receipt: &Receipt, hidden: Duration) -> PortResult<bool> {
        let changed = self
            .client
            .change_message_visibility()
            .queue_url(&self.urls.queue)
            .receipt_handle(&receipt.0)
            .visibility_timeout(seconds(hidden.min(LONGEST_HIDDEN)))
            .send()
            .await;
        unless_stale(changed)
    }

    /// A receipt that is no longer valid deletes nothing.
    async fn delete(&self, receipt: &Receipt) -> PortResult<()> {
        let call = |receipts: Vec<Receipt>| async move { self.delete_all(&receipts).await };
        let results = self.deletions.call(vec![receipt.clone()], call).await;
        results.into_iter().collect()
    }

    async fn delete_all(&self, receipts: &[Receipt]) -> Vec<PortResult<()>> {
        let calls = receipts.chunks(BATCH).map(|receipts| self.delete_batch(receipts));
        join_all(calls).await.into_iter().flatten().collect()
    }

    async fn delete_batch(&self, receipts: &[Receipt]) -> Vec<PortResult<()>> {
        let entries = receipts.iter().enumerate().map(|(place, receipt)| {
            DeleteMessageBatchRequestEntry::builder()
                .id(place.to_string())
                .receipt_handle(&receipt.0)
                .build()
                .map_err(|error| PortError::permanent(PORT, "aws-refused", error))
        });
        let deleted = match entries.collect::<PortResult<Vec<_>>>() {
            Ok(entries) => {
                let call = self.client.delete_message_batch().queue_url(&self.urls.queue);
                let call = call.set_entries(Some(entries)).send().await;
                call.map_err(|error| port_error(PORT, error))
            }
            Err(error) => Err(error),
        };
        match deleted {
            Err(error) => receipts.iter().map(|_| Err(error.again())).collect(),
            Ok(answer) => {
                let mut results: Vec<PortResult<()>> = receipts.iter().map(|_| Ok(())).collect();
                for failed in answer.failed.iter().filter(|one| !STALE.contains(&one.code.as_str()))
                {
                    let place = failed.id.parse::<usize>().ok();
                    if let Some(result) = place.and_then(|place| results.get_mut(place)) {
                        *result = Err(PortError::transient(PORT, failed.code.clone()));
                    }
                }
                results
            }
        }
    }

    async fn bury(&self, letter: &DeadLetter<'_>) -> PortResult<()> {
        let Some(dead) = &self.urls.dead else {
            let words = "expected the URL of the dead-letter queue, found none";
            return Err(PortError::transient(PORT, words));
        };
        let Beside { own, system } = beside(&with_cause(letter.came_with, letter.cause))?;
        let send = self.client.send_message().queue_url(dead).message_body(letter.body);
        let send = send.set_message_attributes(own).set_message_system_attributes(system);
        send.send().await.map(drop).map_err(|error| port_error(PORT, error))
    }

    async fn attributes(
        &self,
        url: &str,
        names: &[QueueAttributeName],
    ) -> PortResult<BTreeMap<QueueAttributeName, u64>> {
        let found = self
            .client
            .get_queue_attributes()
            .queue_url(url)
            .set_attribute_names(Some(names.to_vec()))
            .send()
            .await
            .map_err(|error| port_error(PORT, error))?;
        let found = found.attributes.unwrap_or_default();
        Ok(found
            .into_iter()
            .filter_map(|(name, value)| Some((name, value.parse().ok()?)))
            .collect())
    }
}

/// A message on its way to the dead-letter queue.
struct DeadLetter<'a> {
    body: &'a str,
    came_with: &'a BTreeMap<String, String>,
    cause: &'a DeadLetterCause,
}

#[async_trait]
impl Queue for SqsQueue {
    async fn receive(&self, max: usize, wait: Duration) -> PortResult<Vec<Received>> {
        let wait = wait.min(LONGEST_WAIT);
        let limit = wait + ATTEMPT;
        let patient = Builder::default().timeout_config(timeouts(limit, limit + ATTEMPT));
        let most = i32::try_from(max.clamp(1, BATCH)).unwrap_or(1);
        let received = self
            .client
            .receive_message()
            .queue_url(&self.urls.queue)
            .max_number_of_messages(most)
            .wait_time_seconds(seconds(wait))
            .message_system_attribute_names(MessageSystemAttributeName::ApproximateReceiveCount)
            .message_system_attribute_names(MessageSystemAttributeName::SentTimestamp)
            .message_system_attribute_names(MessageSystemAttributeName::AwsTraceHeader)
            .message_attribute_names("All")
            .customize()
            .config_override(patient)
            .send()
            .await
            .map_err(|error| port_error(PORT, error))?;
        Ok(received.messages.unwrap_or_default().into_iter().filter_map(read).collect())
    }

    async fn extend(&self, receipt: &Receipt, hidden: Duration) -> PortResult<()> {
        self.hide(receipt, hidden).await.map(drop)
    }

    async fn settle(&self, message: &Received, settlement: &Settlement) -> PortResult<()> {
        let receipt = &message.receipt;
        match settlement {
            Settlement::Delete => self.delete(receipt).await,
            Settlement::Release { after } => self.hide(receipt, *after).await.map(drop),
            // Sent before it is deleted: between the two it is in both, never in none. Hidden
            // before it is sent: it does not come again meanwhile, and a receipt that is no longer
            // valid is noticed while nothing is sent yet.
            Settlement::DeadLetter { cause } => {
                if !self.hide(receipt, WHILE_BURIED).await? {
                    // Nothing was put aside: whoever believes it was would delete the message.
                    let words = "the receipt is no longer valid: the message comes again";
                    return Err(PortError::transient(PORT, words));
                }
                let (body, came_with) = (&message.body, &message.attributes);
                self.bury(&DeadLetter { body, came_with, cause }).await?;
                self.delete(receipt).await
            }
        }
    }

    async fn depth(&self) -> PortResult<QueueDepth> {
        use QueueAttributeName as Name;
        let visible = Name::ApproximateNumberOfMessages;
        let in_flight = Name::ApproximateNumberOfMessagesNotVisible;
        let delayed = Name::ApproximateNumberOfMessagesDelayed;
        let names = [visible.clone(), in_flight.clone(), delayed.clone()];
        let found = self.attributes(&self.urls.queue, &names).await?;
        let dead = match &self.urls.dead {
            Some(url) => self.attributes(url, &names).await?.values().sum(),
            None => 0,
        };
        let of = |name| found.get(&name).copied().unwrap_or_default();
        Ok(QueueDepth {
            visible: of(visible),
            in_flight: of(in_flight),
            delayed: of(delayed),
            dead,
        })
    }
}

/// A message as received. One without receipt or body, which SQS never sends, is left to come
/// again.
fn read(message: Message) -> Option<Received> {
    let system = message.attributes.unwrap_or_default();
    let number = |name| system.get(&name)?.parse().ok();
    let sent: Option<i64> = number(MessageSystemAttributeName::SentTimestamp);
    let count: Option<i64> = number(MessageSystemAttributeName::ApproximateReceiveCount);
    let trace = system.get(&MessageSystemAttributeName::AwsTraceHeader);
    let trace = trace.map(|trace| (TRACE_HEADER.to_owned(), trace.clone()));
    let attributes = message.message_attributes.unwrap_or_default().into_iter();
    Some(Received {
        receipt: Receipt(message.receipt_handle?),
        receive_count: count.and_then(|count| u32::try_from(count).ok()).unwrap_or(1),
        sent_at: sent
            .and_then(|at| Timestamp::from_millisecond(at).ok())
            .unwrap_or(Timestamp::UNIX_EPOCH),
        body: message.body?,
        attributes: attributes
            .filter_map(|(name, value)| Some((name, value.string_value?)))
            .chain(trace)
            .collect(),
    })
}

/// What travels beside a body.
pub(crate) struct Beside {
    pub(crate) own: Option<HashMap<String, MessageAttributeValue>>,
    pub(crate) system: Option<HashMap<SystemAttribute, MessageSystemAttributeValue>>,
}

/// Attributes as SQS takes them: at most ten, and the trace apart. What there is no room for is
/// left behind; a cause and what tells of replays go first.
pub(crate) fn beside(attributes: &BTreeMap<String, String>) -> PortResult<Beside> {
    let mut own: Vec<_> = attributes.iter().filter(|(name, _)| *name != TRACE_HEADER).collect();
    let first = [REPLAY_ID, REPLAYS, FIRST_DEAD_LETTERED_AT];
    own.sort_by_key(|(name, _)| {
        !CAUSE_ATTRIBUTES.contains(&name.as_str()) && !first.contains(&name.as_str())
    });
    own.truncate(ATTRIBUTES);
    let own = own.into_iter().map(|(name, value)| Ok((name.clone(), attribute(value)?)));
    let own: HashMap<_, _> = own.collect::<PortResult<_>>()?;
    let trace = attributes.get(TRACE_HEADER).map(|trace| {
        let value = MessageSystemAttributeValue::builder().data_type("String").string_value(trace);
        let value = value.build();
        value.map_err(|error| PortError::permanent(PORT, "aws-refused", error))
    });
    let system =
        trace.transpose()?.map(|trace| HashMap::from([(SystemAttribute::AwsTraceHeader, trace)]));
    Ok(Beside { own: (!own.is_empty()).then_some(own), system })
}

pub(crate) fn attribute(value: &str) -> PortResult<MessageAttributeValue> {
    // An empty value is refused by SQS.
    let value: String = value.chars().take(ATTRIBUTE_CHARS).collect();
    let value = if value.is_empty() { "-".to_owned() } else { value };
    MessageAttributeValue::builder()
        .data_type("String")
        .string_value(value)
        .build()
        .map_err(|error| PortError::permanent(PORT, "aws-refused", error))
}

/// Whole seconds, rounded up, so that nothing shows before its time.
pub(crate) fn seconds(duration: Duration) -> i32 {
    let up = u64::from(duration.subsec_nanos() > 0);
    i32::try_from(duration.as_secs() + up).unwrap_or(i32::MAX)
}

/// Whether the receipt was still valid.
fn unless_stale<T, E, R>(result: Result<T, SdkError<E, R>>) -> PortResult<bool>
where
    E: ProvideErrorMetadata,
{
    match result {
        Ok(_) => Ok(true),
        Err(SdkError::ServiceError(context))
            if context.err().code().is_some_and(|code| STALE.contains(&code)) =>
        {
            Ok(false)
        }
        Err(error) => Err(port_error(PORT, error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A message that is given up again keeps its cause, whatever came with it.
    #[test]
    fn of_too_many_attributes_the_cause_and_the_replay_are_kept() {
        let mut attributes: BTreeMap<_, _> =
            (0..9).map(|n| (format!("a{n}"), n.to_string())).collect();
        let kept = CAUSE_ATTRIBUTES.into_iter().chain([REPLAY_ID, REPLAYS, FIRST_DEAD_LETTERED_AT]);
        let kept: Vec<&str> = kept.collect();
        attributes.extend(kept.iter().map(|name| ((*name).to_owned(), "x".to_owned())));
        attributes.insert(TRACE_HEADER.to_owned(), "Root=1".to_owned());
        let Beside { own, system } = beside(&attributes).unwrap();
        let own = own.unwrap();
        assert_eq!(own.len(), ATTRIBUTES);
        assert!(kept.iter().all(|name| own.contains_key(*name)));
        assert!(!own.contains_key(TRACE_HEADER));
        let trace = &system.unwrap()[&SystemAttribute::AwsTraceHeader];
        assert_eq!(trace.string_value.as_deref(), Some("Root=1"));
    }
}
