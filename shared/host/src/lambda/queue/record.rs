//! One record of an SQS event, as a received message.

use std::collections::{BTreeMap, HashMap};

use aws_lambda_events::sqs::{SqsMessage, SqsMessageAttribute};
use jiff::Timestamp;
use mindmate_pipeline::ports::{Receipt, Received, TRACE_HEADER};

/// A record.
pub(super) struct Record {
    /// What Lambda can be told of it by.
    pub(super) id: Option<String>,
    /// The name of its queue; empty where the record does not say.
    pub(super) queue: String,
    /// The message; with an empty receipt where the record has none.
    pub(super) received: Received,
}

impl Record {
    pub(super) fn read(message: SqsMessage, now: Timestamp) -> Self {
        let arn = message.event_source_arn.unwrap_or_default();
        let queue = arn.rsplit(':').next().unwrap_or_default().to_owned();
        let received = Received {
            receipt: Receipt(message.receipt_handle.unwrap_or_default()),
            receive_count: receive_count(&message.attributes),
            sent_at: sent_at(&message.attributes).unwrap_or(now),
            // Nothing where there is no body: no envelope, so that it is dead-lettered as poison.
            body: message.body.unwrap_or_default(),
            attributes: texts(message.message_attributes, &message.attributes),
        };
        // An empty id would read as "the whole batch has failed".
        Self { id: message.message_id.filter(|id| !id.is_empty()), queue, received }
    }
}

/// How often it was received. Where the record does not say, this counts as the first time: then
/// it is tried again, never given up too soon, and the redrive policy is the backstop.
fn receive_count(attributes: &HashMap<String, String>) -> u32 {
    let count = attributes.get("ApproximateReceiveCount").and_then(|count| count.parse().ok());
    count.filter(|count| *count > 0).unwrap_or(1)
}

fn sent_at(attributes: &HashMap<String, String>) -> Option<Timestamp> {
    let millis = attributes.get("SentTimestamp")?.parse().ok()?;
    Timestamp::from_millisecond(millis).ok()
}

/// What came beside the body; the trace is an attribute of the system.
fn texts(
    attributes: HashMap<String, SqsMessageAttribute>,
    system: &HashMap<String, String>,
) -> BTreeMap<String, String> {
    let texts = attributes.into_iter().filter_map(|(name, one)| Some((name, one.string_value?)));
    let trace = system.get_key_value(TRACE_HEADER);
    texts.chain(trace.map(|(name, trace)| (name.clone(), trace.clone()))).collect()
}
