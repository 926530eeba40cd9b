//! A batch of one shard of a stream: in order by key, up to the first record that may heal.
//!
//! | a record that | is |
//! | --- | --- |
//! | is done, and all before it | passed: the shard goes on behind it |
//! | may heal | answered by its sequence number: it and all after it come again |
//! | is poison, or failed at its last attempt | put aside with its cause; the shard goes on |
//! | could not be put aside | answered: it comes again |
//! | was not done in time | answered; no failed attempt |
//!
//! The mapping tries again at once, so that the function itself waits before it answers: without
//! that, a throttle of a second would use up all attempts. Attempts are counted in the process,
//! which Lambda uses again for a shard; the mapping's own retries are the backstop.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use jiff::Timestamp;
use mindmate_pipeline::ports::{DeadLetterCause, Sequence, StreamRecord, StreamSource};
use mindmate_pipeline::{BatchResult, Clock, PortResult, Stage, StreamRunner};
use tracing::{info, warn};

use super::invocation::{FunctionError, Invocation, before, until};

/// Records that are in work at the same time: keys side by side, each in order.
const TOGETHER: usize = 32;

/// The longest wait before a shard is tried again.
const LONGEST_WAIT: Duration = Duration::from_secs(10);

/// A record as Lambda handed it over.
pub(super) struct Incoming {
    /// Its sequence number in the shard, if it has one.
    pub(super) number: Option<String>,
    /// The shard and the sequence number: what names it for good.
    pub(super) name: String,
    pub(super) key: String,
    pub(super) put_at: Timestamp,
    pub(super) body: String,
}

/// A stage behind a shard.
pub(super) struct Shard<S> {
    pub(super) runner: StreamRunner<S>,
    /// Where poison is put aside.
    pub(super) aside: Arc<dyn StreamSource>,
    pub(super) clock: Arc<dyn Clock>,
}

impl<S: Stage> Shard<S> {
    /// Carries the batch; gives the sequence number at which the shard goes on, where that is in
    /// the batch.
    pub(super) async fn carry(
        &self,
        records: Vec<Incoming>,
        invocation: &Invocation,
    ) -> Result<Option<String>, FunctionError> {
        let started = self.clock.now();
        let batch = Batch { records, done: AtomicUsize::new(0), aside: &*self.aside };
        let stopped = self.until_stopped(&batch, invocation).await;
        let took = self.clock.now().duration_since(started).unsigned_abs();
        info!(
            stage = %S::NAME,
            records = batch.records.len(),
            done = stopped.unwrap_or(batch.records.len()),
            took_us = took.as_micros(),
            "a batch of a shard"
        );
        match stopped.map(|place| &batch.records[place].number) {
            None => Ok(None),
            Some(Some(number)) => Ok(Some(number.clone())),
            Some(None) => Err(FunctionError::new(
                "record-without-sequence-number",
                "expected a sequenceNumber on every record, found one without that must come again: the whole batch is given back",
            )),
        }
    }

    /// The place of the first record that is not done.
    async fn until_stopped(&self, batch: &Batch<'_>, invocation: &Invocation) -> Option<usize> {
        loop {
            let step = self.runner.step(batch, TOGETHER);
            match before(&*self.clock, invocation.stop_at(), step).await {
                Some(Ok(BatchResult::Empty)) => return None,
                Some(Ok(BatchResult::Done(_))) => {}
                Some(Ok(BatchResult::Stopped { after, .. })) => {
                    self.wait(after, invocation).await;
                    return batch.next();
                }
                Some(Err(error)) => {
                    warn!(stage = %S::NAME, %error, "the shard is held up");
                    // The mapping tries again at once, and what failed is not mended by then.
                    self.wait(LONGEST_WAIT, invocation).await;
                    return batch.next();
                }
                None => return batch.next(),
            }
        }
    }

    async fn wait(&self, after: Duration, invocation: &Invocation) {
        let now = self.clock.now();
        let end = now.checked_add(after.min(LONGEST_WAIT)).unwrap_or(now);
        until(&*self.clock, end.min(invocation.stop_at())).await;
    }
}

/// The batch as a stream that begins where it is not done. Its sequences are places from 1.
struct Batch<'a> {
    records: Vec<Incoming>,
    /// How many, from the first on, are done.
    done: AtomicUsize,
    aside: &'a dyn StreamSource,
}

impl Batch<'_> {
    /// The place of the first record that is not done.
    fn next(&self) -> Option<usize> {
        let done = self.done.load(Ordering::SeqCst);
        (done < self.records.len()).then_some(done)
    }

    fn incoming(&self, record: &StreamRecord) -> Option<&Incoming> {
        let place = usize::try_from(record.sequence.0).ok()?.checked_sub(1)?;
        self.records.get(place)
    }
}

#[async_trait::async_trait]
impl StreamSource for Batch<'_> {
    async fn read(&self, max: usize) -> PortResult<Vec<StreamRecord>> {
        let done = self.done.load(Ordering::SeqCst);
        let records = (1..).zip(&self.records).skip(done).take(max);
        let records = records.map(|(place, record)| StreamRecord {
            sequence: Sequence(place),
            key: record.key.clone(),
            put_at: record.put_at,
            body: record.body.clone(),
        });
        Ok(records.collect())
    }

    /// In this batch alone: Lambda keeps the checkpoint.
    async fn checkpoint(&self, up_to: Sequence) -> PortResult<()> {
        let done = usize::try_from(up_to.0).unwrap_or(usize::MAX).min(self.records.len());
        self.done.fetch_max(done, Ordering::SeqCst);
        Ok(())
    }

    fn name_of(&self, record: &StreamRecord) -> String {
        self.incoming(record).map(|incoming| incoming.name.clone()).unwrap_or_default()
    }

    async fn put_aside(&self, record: &StreamRecord, cause: &DeadLetterCause) -> PortResult<()> {
        self.aside.put_aside(record, cause).await
    }
}
