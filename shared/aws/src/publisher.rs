//! Sends messages to queues and streams, in as few calls as their limits allow: those of a batch of
//! deliveries together.
//!
//! A batch can be taken in part: what was not taken is sent again by itself, a few times.

mod queue;
#[cfg(feature = "kinesis")]
mod stream;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use futures::future::join_all;
use mindmate_contracts::Channel;
use mindmate_pipeline::ports::Publisher;
use mindmate_pipeline::{Outgoing, PortError, PortResult};

use crate::names::Names;
use crate::together::Together;

/// How often what was not taken is sent again.
const TRIES: usize = 4;

/// Batches that are under way at once.
const IN_FLIGHT: usize = 8;

/// The publisher.
pub(crate) struct Publish {
    pub(crate) sqs: aws_sdk_sqs::Client,
    #[cfg(feature = "kinesis")]
    pub(crate) kinesis: aws_sdk_kinesis::Client,
    pub(crate) names: Names,
    pub(crate) together: Mutex<BTreeMap<Channel, Arc<Together<Outgoing>>>>,
}

/// A message and its place in the batch that was given.
#[derive(Clone, Copy)]
struct Entry<'a> {
    place: usize,
    message: &'a Outgoing,
}

/// What became of the entries of one call, by their places in the batch that was given.
type Results = Vec<(usize, PortResult<()>)>;

#[async_trait]
impl Publisher for Publish {
    async fn publish(&self, batch: &[Outgoing]) -> Vec<PortResult<()>> {
        let mut channels: BTreeMap<Channel, Vec<usize>> = BTreeMap::new();
        for (place, message) in batch.iter().enumerate() {
            channels.entry(message.channel).or_default().push(place);
        }
        let sends = channels.into_iter().map(|(channel, places)| async move {
            let messages = places.iter().map(|place| batch[*place].clone()).collect();
            let send = |batch: Vec<Outgoing>| async move { self.send_all(channel, &batch).await };
            let results = self.together(channel).call(messages, send).await;
            places.into_iter().zip(results).collect::<Vec<_>>()
        });
        let mut results: Vec<_> = join_all(sends).await.into_iter().flatten().collect();
        results.sort_unstable_by_key(|(place, _)| *place);
        results.into_iter().map(|(_, result)| result).collect()
    }
}

impl Publish {
    fn together(&self, channel: Channel) -> Arc<Together<Outgoing>> {
        let mut together = self.together.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(together.entry(channel).or_default())
    }

    /// Sends messages of one channel, in as many calls as it takes.
    async fn send_all(&self, channel: Channel, batch: &[Outgoing]) -> Vec<PortResult<()>> {
        let entries: Vec<_> =
            batch.iter().enumerate().map(|(place, message)| Entry { place, message }).collect();
        let calls = chunks(&entries, limits_of(channel));
        let mut results: Vec<Option<PortResult<()>>> = batch.iter().map(|_| None).collect();
        for wave in calls.chunks(IN_FLIGHT) {
            let sends = wave.iter().map(|chunk| self.send(channel, chunk));
            for (place, result) in join_all(sends).await.into_iter().flatten() {
                if let Some(slot) = results.get_mut(place) {
                    *slot = Some(result);
                }
            }
        }
        let unsaid = || Err(PortError::transient("aws", "nothing was said of this message"));
        results.into_iter().map(|result| result.unwrap_or_else(unsaid)).collect()
    }

    async fn send(&self, channel: Channel, entries: &[Entry<'_>]) -> Results {
        match channel {
            Channel::Queue(queue) => {
                let Some(urls) = self.names.queues.get(&queue) else {
                    let words = format!("expected the URL of {}, found none", queue.name());
                    return failed(entries, &|| PortError::transient("sqs", words.clone()));
                };
                queue::send(&self.sqs, &urls.queue, entries).await
            }
            #[cfg(feature = "kinesis")]
            Channel::Stream(stream) => {
                let Some(target) = self.names.streams.get(&stream) else {
                    let words = format!("expected the name of {stream}, found none");
                    return failed(entries, &|| PortError::transient("kinesis", words.clone()));
                };
                stream::put(&self.kinesis, &target.name, entries).await
            }
            #[cfg(not(feature = "kinesis"))]
            Channel::Stream(stream) => {
                let words = format!("{stream}: this program was built without Kinesis");
                failed(entries, &|| PortError::permanent("kinesis", "not-built", words.clone()))
            }
        }
    }
}

/// The same failure for all.
fn failed(entries: &[Entry<'_>], error: &dyn Fn() -> PortError) -> Results {
    entries.iter().map(|entry| (entry.place, Err(error()))).collect()
}

/// What one call takes.
#[derive(Clone, Copy)]
struct Limits {
    entries: usize,
    bytes: usize,
}

fn limits_of(channel: Channel) -> Limits {
    match channel {
        Channel::Queue(_) => queue::LIMITS,
        #[cfg(feature = "kinesis")]
        Channel::Stream(_) => stream::LIMITS,
        #[cfg(not(feature = "kinesis"))]
        Channel::Stream(_) => queue::LIMITS,
    }
}

/// Entries in order, in parts that one call takes each.
fn chunks<'a>(entries: &[Entry<'a>], limits: Limits) -> Vec<Vec<Entry<'a>>> {
    let mut chunks: Vec<Vec<Entry<'a>>> = Vec::new();
    let mut bytes = 0;
    for entry in entries {
        let message = entry.message;
        let beside = message.attributes.iter().map(|(name, value)| name.len() + value.len());
        let size = message.body.len() + message.key.len() + beside.sum::<usize>();
        match chunks.last_mut() {
            Some(chunk) if chunk.len() < limits.entries && bytes + size <= limits.bytes => {
                chunk.push(*entry);
                bytes += size;
            }
            _ => {
                chunks.push(vec![*entry]);
                bytes = size;
            }
        }
    }
    chunks
}

#[cfg(test)]
mod tests {
    use mindmate_contracts::QueueName;

    use super::*;

    #[test]
    fn a_call_takes_no_more_entries_and_bytes_than_its_limits() {
        let channel = Channel::Queue(QueueName::Scoring);
        let message =
            |bytes| Outgoing::new(channel, String::new(), String::new(), "x".repeat(bytes));
        let messages: Vec<_> = [4, 4, 4, 9, 1, 1, 1, 1].map(message).into();
        let entries: Vec<_> =
            messages.iter().enumerate().map(|(place, message)| Entry { place, message }).collect();
        let found = chunks(&entries, Limits { entries: 3, bytes: 8 });
        let places: Vec<Vec<usize>> =
            found.iter().map(|chunk| chunk.iter().map(|entry| entry.place).collect()).collect();
        assert_eq!(places, [vec![0, 1], vec![2], vec![3], vec![4, 5, 6], vec![7]]);
    }
}
