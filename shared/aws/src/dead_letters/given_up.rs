//! What Lambda says of records of a stream that it gave up. It keeps no records: they are fetched
//! from Kinesis, as long as that has them.

use std::collections::BTreeMap;

use aws_sdk_kinesis::Client;
use aws_sdk_kinesis::types::{Record, ShardIteratorType};
use mindmate_contracts::StreamName;
use mindmate_domain::instant::{key_form, parse};
use mindmate_pipeline::ports::{Content, DeadLetter};
use serde::Deserialize;

use crate::error::port_error;

/// The code of such a letter.
const CODE: &str = "lambda-gave-up";

/// Most calls for the records of one letter: a batch is no longer.
const MOST_READS: usize = 20;

const GONE: &str = "the stream no longer has these records: what they told is made up for by the \
    next daily run, where anything can make up for it";

/// Lambda's report, as far as we read it.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct GivenUp {
    request_context: RequestContext,
    timestamp: Option<String>,
    #[serde(rename = "KinesisBatchInfo")]
    kinesis: Option<Batch>,
    #[serde(rename = "DDBStreamBatchInfo")]
    table: Option<Batch>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct RequestContext {
    condition: String,
    approximate_invoke_count: Option<u32>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Batch {
    shard_id: String,
    start_sequence_number: String,
    end_sequence_number: String,
}

impl GivenUp {
    /// The report that a body is, if it is one.
    pub(super) fn parse(body: &str) -> Option<Self> {
        let report: Self = serde_json::from_str(body).ok()?;
        (report.kinesis.is_some() || report.table.is_some()).then_some(report)
    }

    /// As a stage writes them.
    pub(super) fn attributes(&self, stream: StreamName) -> BTreeMap<String, String> {
        let attempts = self.request_context.approximate_invoke_count;
        let at = self.timestamp.as_ref().and_then(|at| parse(at).ok()).map(key_form);
        let attributes = [
            ("stage", Some(stream.consumer().name().to_owned())),
            ("code", Some(CODE.to_owned())),
            ("cause", Some(self.request_context.condition.clone())),
            ("attempts", attempts.map(|count| count.to_string())),
            ("deadLetteredAt", at),
        ];
        let known = attributes.into_iter();
        known.filter_map(|(name, value)| Some((name.to_owned(), value?))).collect()
    }

    /// Fetches the records into the letter, or says why it holds none.
    pub(super) async fn fetch(&self, client: &Client, stream: &str, letter: &mut DeadLetter) {
        let Some(batch) = &self.kinesis else {
            letter.lost = Some(GONE.to_owned());
            return;
        };
        match batch.records(client, stream).await {
            Ok(Some(contents)) => letter.contents = contents,
            Ok(None) => letter.lost = Some(GONE.to_owned()),
            Err(words) => letter.lost = Some(words),
        }
    }
}

impl Batch {
    /// All of its records; `None` where the stream no longer has each of them.
    async fn records(&self, client: &Client, stream: &str) -> Result<Option<Vec<Content>>, String> {
        let iterator = client
            .get_shard_iterator()
            .stream_name(stream)
            .shard_id(&self.shard_id)
            .shard_iterator_type(ShardIteratorType::AtSequenceNumber)
            .starting_sequence_number(&self.start_sequence_number)
            .send()
            .await;
        let mut iterator = match iterator {
            Ok(found) => found.shard_iterator,
            Err(error) => {
                let is_gone = error.as_service_error().is_some_and(|error| {
                    error.is_resource_not_found_exception() || error.is_invalid_argument_exception()
                });
                return if is_gone { Ok(None) } else { Err(for_now(&port_error(PORT, error))) };
            }
        };
        let mut records = Vec::new();
        for _ in 0..MOST_READS {
            let Some(from) = iterator.take() else { break };
            let read = client.get_records().shard_iterator(from).send().await;
            let read = read.map_err(|error| for_now(&port_error(PORT, error)))?;
            for record in read.records {
                if number(&record.sequence_number) > number(&self.end_sequence_number) {
                    return Ok(self.whole(records));
                }
                records.push(record);
            }
            if records.last().is_some_and(|last| last.sequence_number == self.end_sequence_number) {
                break;
            }
            iterator = read.next_shard_iterator;
        }
        Ok(self.whole(records))
    }

    /// The contents, where first and last are there: a stream forgets its oldest records first.
    fn whole(&self, records: Vec<Record>) -> Option<Vec<Content>> {
        let first = records.first().map(|record| record.sequence_number.as_str());
        let last = records.last().map(|record| record.sequence_number.as_str());
        let is_whole =
            first == Some(&self.start_sequence_number) && last == Some(&self.end_sequence_number);
        let content = |record: Record| Content {
            key: record.partition_key.unwrap_or_default(),
            body: String::from_utf8_lossy(record.data.as_ref()).into_owned(),
        };
        is_whole.then(|| records.into_iter().map(content).collect())
    }
}

const PORT: &str = "kinesis";

fn for_now(error: &mindmate_pipeline::PortError) -> String {
    format!("its records could not be read from the stream ({error}): look again later")
}

/// Sequence numbers are decimal numbers of any length.
fn number(sequence: &str) -> (usize, &str) {
    let digits = sequence.trim_start_matches('0');
    (digits.len(), digits)
}
