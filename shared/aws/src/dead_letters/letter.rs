//! The letter that a message is. Pure.

use std::collections::BTreeMap;

use aws_sdk_sqs::types::{Message, MessageSystemAttributeName};
use jiff::Timestamp;
use mindmate_contracts::{Channel, StreamName};
use mindmate_domain::instant::parse;
use mindmate_pipeline::ports::{Content, DeadLetter, Receipt, TRACE_HEADER};

use super::given_up::GivenUp;
use crate::aside;

/// Why a change of the app's table is not played back.
const ONLY_THE_TABLE: &str = "only the app's table itself can write into its stream: the next \
    daily run assesses this user from what the table holds; until then look with `mindmate show`";

/// Why a letter of a stream that nobody of ours wrote is not played back.
const UNREADABLE: &str =
    "neither a record that was put aside nor a report of Lambda: there is nothing to send";

/// A letter, and what Lambda gave up where that is still to be fetched.
pub(super) struct Shown {
    pub(super) letter: DeadLetter,
    pub(super) given_up: Option<GivenUp>,
}

/// The letter of a message; `None` of one without receipt or body, which SQS never sends.
pub(super) fn read(of: Channel, message: Message) -> Option<Shown> {
    let (handle, body) = (message.receipt_handle?, message.body?);
    let system = message.attributes.unwrap_or_default();
    let given = message.message_attributes.unwrap_or_default().into_iter();
    let mut attributes: BTreeMap<String, String> =
        given.filter_map(|(name, value)| Some((name, value.string_value?))).collect();
    if let Some(trace) = system.get(&MessageSystemAttributeName::AwsTraceHeader) {
        attributes.insert(TRACE_HEADER.to_owned(), trace.clone());
    }
    let sent = system.get(&MessageSystemAttributeName::SentTimestamp);
    let sent = sent.and_then(|at| Timestamp::from_millisecond(at.parse().ok()?).ok());
    let letter = DeadLetter {
        receipt: receipt("", &handle),
        place: None,
        contents: Vec::new(),
        lost: None,
        attributes,
        sent_at: sent.unwrap_or(Timestamp::UNIX_EPOCH),
        expires_at: None,
    };
    Some(match of {
        Channel::Queue(_) => {
            let contents = vec![Content { key: String::new(), body }];
            Shown { letter: DeadLetter { contents, ..letter }, given_up: None }
        }
        Channel::Stream(stream) => of_stream(stream, letter, &handle, body),
    })
}

fn of_stream(stream: StreamName, mut letter: DeadLetter, handle: &str, body: String) -> Shown {
    let of_record = [aside::KEY, aside::PUT_AT, aside::ENCODING];
    let [key, put_at, encoding] = of_record.map(|name| letter.attributes.remove(name));
    let mut given_up = None;
    if let (Some(key), Some(encoding)) = (key, encoding) {
        match aside::decoded(body, &encoding) {
            Some(body) => {
                if let Some(put_at) = put_at.and_then(|at| parse(&at).ok()) {
                    letter.receipt = receipt(&aside::name(put_at, &key, &body), handle);
                }
                letter.contents = vec![Content { key, body }];
            }
            None => letter.lost = Some(UNREADABLE.to_owned()),
        }
    } else if let Some(report) = GivenUp::parse(&body) {
        letter.attributes.extend(report.attributes(stream));
        given_up = Some(report);
    } else {
        letter.lost = Some(UNREADABLE.to_owned());
    }
    if stream == StreamName::AppTable {
        given_up = None;
        letter.lost = Some(ONLY_THE_TABLE.to_owned());
    }
    Shown { letter, given_up }
}

/// A letter is held by the handle of SQS; the name of the record that is remembered stands before
/// it.
fn receipt(record: &str, handle: &str) -> Receipt {
    Receipt(format!("{record} {handle}"))
}

/// What SQS knows a letter by.
pub(super) fn handle(receipt: &Receipt) -> &str {
    receipt.0.split_once(' ').map_or(receipt.0.as_str(), |(_, handle)| handle)
}

/// What a record that was put aside is remembered by.
pub(super) fn record_name(receipt: &Receipt) -> Option<&str> {
    receipt.0.split_once(' ').map(|(name, _)| name).filter(|name| !name.is_empty())
}

#[cfg(test)]
mod tests {
    use aws_sdk_sqs::types::MessageAttributeValue;

    use super::*;

    fn letter(stream: StreamName, attributes: &[(&str, &str)], body: &str) -> Shown {
        let mut message = Message::builder().receipt_handle("h/1").body(body);
        for (name, value) in attributes {
            let value = MessageAttributeValue::builder().data_type("String").string_value(*value);
            message = message.message_attributes(*name, value.build().unwrap());
        }
        read(Channel::Stream(stream), message.build()).unwrap()
    }

    const OF_RECORD: [(&str, &str); 3] =
        [("recordKey", "a"), ("putAt", "2026-11-22T06:00:00.250Z"), ("bodyEncoding", "base64")];

    #[test]
    fn a_record_that_was_put_aside_is_the_record_again() {
        let shown = letter(StreamName::Outcomes, &OF_RECORD, "AHg=").letter;
        let content = Content { key: "a".to_owned(), body: "\0x".to_owned() };
        assert_eq!((shown.contents, shown.lost), (vec![content], None));
        let put_at = parse("2026-11-22T06:00:00.250Z").unwrap();
        assert_eq!(record_name(&shown.receipt), Some(&*aside::name(put_at, "a", "\0x")));
        assert_eq!(handle(&shown.receipt), "h/1");
        assert!(shown.attributes.is_empty());
    }

    /// The table alone writes into its stream.
    #[test]
    fn a_change_of_the_apps_table_is_not_played_back() {
        assert!(letter(StreamName::AppTable, &OF_RECORD, "AHg=").letter.lost.is_some());
    }

    #[test]
    fn what_lambda_gave_up_says_so() {
        let body = r#"{"requestContext":{"requestId":"x","functionArn":"y",
            "condition":"RetryAttemptsExhausted","approximateInvokeCount":4},"version":"1.0",
            "timestamp":"2026-11-22T06:00:00.250Z","KinesisBatchInfo":{"shardId":"s",
            "startSequenceNumber":"1","endSequenceNumber":"2","batchSize":2,"streamArn":"z"}}"#;
        let shown = letter(StreamName::Outcomes, &[], body);
        assert!(shown.given_up.is_some());
        let letter = shown.letter;
        assert_eq!((letter.code(), letter.attempts()), ("lambda-gave-up", Some(4)));
        assert_eq!(letter.cause(), Some("RetryAttemptsExhausted"));
        assert_eq!(letter.dead_lettered_at(), parse("2026-11-22T06:00:00.250Z").unwrap());
        assert_eq!(record_name(&letter.receipt), None);
    }

    #[test]
    fn what_nobody_of_ours_wrote_is_unplayable() {
        let shown = letter(StreamName::Outcomes, &[], "{}");
        assert!(shown.given_up.is_none() && shown.letter.lost.is_some());
    }
}
