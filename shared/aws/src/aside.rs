//! Where a stream's poison goes: an SQS queue, which the stream's mapping uses as its failure
//! destination too.

use async_trait::async_trait;
use aws_sdk_sqs::Client;
use aws_smithy_types::base64;
use jiff::Timestamp;
use mindmate_domain::instant::key_form;
use mindmate_domain::pseudonym::hex;
use mindmate_pipeline::PortResult;
use mindmate_pipeline::ports::{DeadLetterCause, PortError, Sequence, StreamRecord, StreamSource};
use sha2::{Digest, Sha256};

use crate::error::port_error;
use crate::item::{Row, text};
use crate::ledger::{PART, RUN};
use crate::queue::attribute;
use crate::table::Table;

const PORT: &str = "sqs";

/// The attributes that keep a record whole, beside those of its cause.
pub(crate) const KEY: &str = "recordKey";
pub(crate) const PUT_AT: &str = "putAt";
pub(crate) const ENCODING: &str = "bodyEncoding";

/// The failure destination of one consumer group of a stream.
///
/// It remembers in the table of runs what lies there, since a standard queue takes everything
/// twice. Sent before it is remembered: where that fails a record lies there twice, which is better
/// than not at all.
#[derive(Clone)]
pub(crate) struct Aside {
    pub(crate) client: Client,
    pub(crate) url: String,
    pub(crate) runs: Table,
    pub(crate) partition: String,
}

impl Aside {
    pub(crate) fn partition(stream: &str, consumer: &str) -> String {
        format!("aside#{stream}#{consumer}")
    }

    pub(crate) async fn put(
        &self,
        record: &StreamRecord,
        cause: &DeadLetterCause,
    ) -> PortResult<()> {
        let name = name(record.put_at, &record.key, &record.body);
        let keys = [(RUN, text(self.partition.as_str())), (PART, text(name))];
        // Where the memory cannot be asked the record goes aside all the same: it may be that very
        // table that is down, and the stream goes on.
        if let Ok(Some(_)) = self.runs.get(keys.clone()).await {
            return Ok(());
        }
        let (body, encoding) = body(record);
        let mut send = self.client.send_message().queue_url(&self.url).message_body(body);
        let of_record = [
            (KEY, record.key.clone()),
            (PUT_AT, key_form(record.put_at)),
            (ENCODING, encoding.to_owned()),
        ];
        let of_record = of_record.map(|(name, value)| (name.to_owned(), value));
        for (name, value) in cause.attributes().into_iter().chain(of_record) {
            send = send.message_attributes(name, attribute(&value)?);
        }
        send.send().await.map_err(|error| port_error(PORT, error))?;
        let row = Row::from(keys.map(|(name, value)| (name.to_owned(), value)));
        if let Err(error) = self.runs.put_new(row, RUN).await {
            tracing::warn!(%error, "a record was put aside and not remembered: it may lie there twice");
        }
        Ok(())
    }

    /// Forgets that the record of this name lies here: before it is taken away, so that the same
    /// record is put here again should it fail once more.
    #[cfg(feature = "kinesis")]
    pub(crate) async fn forget(&self, name: &str) -> PortResult<()> {
        self.runs.remove([(RUN, text(self.partition.as_str())), (PART, text(name))]).await
    }
}

/// The body that [`body`] made; `None` where it is none that it makes.
#[cfg(feature = "kinesis")]
pub(crate) fn decoded(body: String, encoding: &str) -> Option<String> {
    match encoding {
        "text" => Some(body),
        "base64" if body == "=" => Some(String::new()),
        "base64" => String::from_utf8(base64::decode(body).ok()?).ok(),
        _ => None,
    }
}

/// The record's body as SQS takes it: it refuses an empty one and most control characters, which a
/// stream carries.
fn body(record: &StreamRecord) -> (String, &'static str) {
    let is_clean = |c: char| matches!(c, '\t' | '\n' | '\r') || (c >= ' ' && !is_refused(c));
    if !record.body.is_empty() && record.body.chars().all(is_clean) {
        return (record.body.clone(), "text");
    }
    // An empty body is one padding character, which decodes to nothing.
    let encoded = base64::encode(record.body.as_bytes());
    (if encoded.is_empty() { "=".to_owned() } else { encoded }, "base64")
}

/// Not in the characters of XML, by which SQS goes.
fn is_refused(c: char) -> bool {
    matches!(c, '\u{FFFE}' | '\u{FFFF}')
}

/// The same for the same record, wherever and whenever it is read.
pub(crate) fn name(put_at: Timestamp, key: &str, body: &str) -> String {
    let hash = Sha256::new()
        .chain_update(put_at.as_millisecond().to_be_bytes())
        .chain_update(key)
        .chain_update([0])
        .chain_update(body);
    hex(&hash.finalize())
}

/// For a function: Lambda reads the stream and keeps its checkpoints.
#[async_trait]
impl StreamSource for Aside {
    async fn read(&self, _: usize) -> PortResult<Vec<StreamRecord>> {
        Err(not_here())
    }

    async fn checkpoint(&self, _: Sequence) -> PortResult<()> {
        Err(not_here())
    }

    async fn put_aside(&self, record: &StreamRecord, cause: &DeadLetterCause) -> PortResult<()> {
        self.put(record, cause).await
    }
}

fn not_here() -> PortError {
    let words =
        "this side of the stream only puts aside: Lambda reads it and keeps its checkpoints";
    PortError::permanent(PORT, "not-a-reader", words)
}
