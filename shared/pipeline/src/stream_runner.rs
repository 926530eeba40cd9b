//! Carries a batch of stream records through a stage, in order by key.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use futures::StreamExt as _;
use futures::stream::FuturesUnordered;

use crate::ports::{PortResult, Sequence, StreamRecord, StreamSource};
use crate::runner::{Disposition, RawDelivery, Runner};
use crate::stage::Stage;

/// What became of a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BatchResult {
    /// All of it is done, up to here.
    Done(Sequence),
    /// It stopped at a record that is to be tried again.
    Stopped {
        /// The lowest failed sequence: everything before it is done.
        at: Sequence,
        /// How long to wait.
        after: Duration,
    },
    /// There was nothing.
    Empty,
}

/// Carries records through one stage. Records of one key are processed one after another, those of
/// different keys at the same time. A record that fails for good is put aside and its key goes on;
/// one that may heal holds up its key, and the checkpoint, until it does or is given up.
pub struct StreamRunner<S> {
    runner: Runner<S>,
    /// How often each record that holds up the stream was tried.
    attempts: Mutex<HashMap<Sequence, u32>>,
}

impl<S: Stage> StreamRunner<S> {
    /// Wraps the stage's runner.
    pub fn new(runner: Runner<S>) -> Self {
        Self { runner, attempts: Mutex::new(HashMap::new()) }
    }

    /// Reads the next records, processes them and moves the checkpoint.
    ///
    /// # Errors
    /// What the stream says to reading, putting aside or moving the checkpoint.
    pub async fn step(&self, source: &dyn StreamSource, max: usize) -> PortResult<BatchResult> {
        let records = source.read(max).await?;
        let result = self.process(source, &records).await?;
        crate::crash::point("run-report.before-checkpoint");
        match &result {
            BatchResult::Done(last) => source.checkpoint(*last).await?,
            BatchResult::Stopped { at, .. } => {
                let before = records.iter().map(|record| record.sequence).rfind(|seq| seq < at);
                if let Some(last) = before {
                    source.checkpoint(last).await?;
                }
            }
            BatchResult::Empty => {}
        }
        Ok(result)
    }

    async fn process(
        &self,
        source: &dyn StreamSource,
        records: &[StreamRecord],
    ) -> PortResult<BatchResult> {
        let Some(last) = records.last() else {
            return Ok(BatchResult::Empty);
        };
        let mut by_key: BTreeMap<&str, Vec<&StreamRecord>> = BTreeMap::new();
        for record in records {
            by_key.entry(&record.key).or_default().push(record);
        }
        let mut keys: FuturesUnordered<_> =
            by_key.into_values().map(|records| self.process_key(source, records)).collect();
        let mut stopped: Option<(Sequence, Duration)> = None;
        while let Some(result) = keys.next().await {
            if let Some(found) = result?
                && stopped.is_none_or(|(lowest, _)| found.0 < lowest)
            {
                stopped = Some(found);
            }
        }
        Ok(match stopped {
            None => BatchResult::Done(last.sequence),
            Some((at, after)) => BatchResult::Stopped { at, after },
        })
    }

    /// Processes the records of one key in order; gives the one at which it stopped.
    async fn process_key(
        &self,
        source: &dyn StreamSource,
        records: Vec<&StreamRecord>,
    ) -> PortResult<Option<(Sequence, Duration)>> {
        for record in records {
            let attempt = self.next_attempt(record.sequence);
            let raw = RawDelivery { body: &record.body, attempt };
            match self.runner.process(raw).await {
                Disposition::Ack => {}
                Disposition::Retry { after } => return Ok(Some((record.sequence, after))),
                Disposition::DeadLetter { cause } => source.put_aside(record, &cause).await?,
            }
            self.forget(record.sequence);
        }
        Ok(None)
    }

    fn next_attempt(&self, sequence: Sequence) -> u32 {
        let mut attempts = self.attempts.lock().unwrap_or_else(PoisonError::into_inner);
        let attempt = attempts.entry(sequence).or_insert(0);
        *attempt += 1;
        *attempt
    }

    fn forget(&self, sequence: Sequence) {
        self.attempts.lock().unwrap_or_else(PoisonError::into_inner).remove(&sequence);
    }
}
