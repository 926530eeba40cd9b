//! Carries a batch of stream records through a stage, in order by key.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};
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
    /// How often each record that holds up the stream has failed, by its name.
    failures: Mutex<HashMap<String, u32>>,
}

impl<S: Stage> StreamRunner<S> {
    /// Wraps the stage's runner.
    pub fn new(runner: Runner<S>) -> Self {
        Self { runner, failures: Mutex::new(HashMap::new()) }
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
            let attempt = self.failures_of(source, record).saturating_add(1);
            let raw = RawDelivery { body: &record.body, attempt };
            match self.runner.process(raw).await {
                Disposition::Ack => {}
                Disposition::Retry { after } => {
                    self.failures().insert(source.name_of(record), attempt);
                    return Ok(Some((record.sequence, after)));
                }
                Disposition::Wait { after } => return Ok(Some((record.sequence, after))),
                Disposition::DeadLetter { cause } => source.put_aside(record, &cause).await?,
            }
            if attempt > 1 {
                self.failures().remove(&source.name_of(record));
            }
        }
        Ok(None)
    }

    fn failures_of(&self, source: &dyn StreamSource, record: &StreamRecord) -> u32 {
        let failures = self.failures();
        // Mostly nothing has failed: then no name is made.
        if failures.is_empty() {
            return 0;
        }
        failures.get(&source.name_of(record)).copied().unwrap_or(0)
    }

    fn failures(&self) -> MutexGuard<'_, HashMap<String, u32>> {
        self.failures.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
