//! SQS: a batch whose records are carried one by one.
//!
//! | a record that | is |
//! | --- | --- |
//! | is done | not answered: Lambda deletes it |
//! | may heal | hidden for its wait (full jitter), and answered: it comes again |
//! | is poison, panicked, or failed at its last attempt | in the dead-letter queue with its cause, not answered |
//! | could not be put there | answered: it comes again |
//! | was not done in time | given back at once, and answered; no failed attempt |
//! | must come again and has no id | the whole batch fails, after what is done was deleted |

mod record;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
use futures::StreamExt as _;
use jiff::Timestamp;
use mindmate_contracts::QueueName;
use mindmate_pipeline::ports::{Queue, Settlement};
use mindmate_pipeline::{Clock, Disposition, PortResult, RawDelivery, Runner, Stage};
use tracing::{info, warn};

use self::record::Record;
use super::invocation::{Function, FunctionError, Invocation, before};
use crate::config::{Config, ConfigError, Variable};
use crate::process::Process;

/// Records of a batch at the same time, unless the function says otherwise.
const CONCURRENCY: usize = 16;

/// A stage behind its queues.
pub struct QueueFunction {
    process: Arc<dyn Process>,
    queues: BTreeMap<String, Arc<dyn Queue>>,
    clock: Arc<dyn Clock>,
    concurrency: usize,
}

/// What became of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    /// Its stage is done with it.
    Done,
    /// It is in the dead-letter queue.
    DeadLettered,
    /// It comes again after a failed attempt.
    Again,
    /// It comes again, since there was no time.
    GivenBack,
}

impl QueueFunction {
    /// A function that carries records through the stage.
    pub fn new<S: Stage>(runner: Runner<S>, clock: Arc<dyn Clock>) -> Self {
        let process = Arc::new(runner);
        Self { process, queues: BTreeMap::new(), clock, concurrency: CONCURRENCY }
    }

    /// A function behind all queues that the stage consumes, by their names in the configuration.
    ///
    /// # Errors
    /// A queue of the stage that the configuration does not name.
    pub fn of_stage<S: Stage>(
        runner: Runner<S>,
        clock: Arc<dyn Clock>,
        config: &Config,
        queue: impl Fn(QueueName) -> Arc<dyn Queue>,
    ) -> Result<Self, ConfigError> {
        let names = QueueName::ALL.into_iter().filter(|name| name.consumer() == S::NAME);
        names.into_iter().try_fold(Self::new(runner, clock), |function, name| {
            let url = config.value(Variable::Queue(name))?;
            Ok(function.with_queue(queue_of_url(url), queue(name)))
        })
    }

    /// Adds a queue that its records come from, by its name on AWS. See [`queue_of_url`].
    #[must_use]
    pub fn with_queue(mut self, name: &str, queue: Arc<dyn Queue>) -> Self {
        self.queues.insert(name.to_owned(), queue);
        self
    }

    /// The same with another bound on records at the same time.
    #[must_use]
    pub fn with_concurrency(mut self, concurrency: usize) -> Self {
        self.concurrency = concurrency.max(1);
        self
    }

    async fn carry(&self, record: &Record, invocation: &Invocation) -> Fate {
        let raw =
            RawDelivery { body: &record.received.body, attempt: record.received.receive_count };
        let process = self.process.process(raw);
        let disposition = before(&*self.clock, invocation.stop_at(), process).await;
        let (settlement, fate) = match disposition {
            Some(Disposition::Ack) => return Fate::Done,
            Some(Disposition::DeadLetter { cause }) => {
                (Settlement::DeadLetter { cause }, Fate::DeadLettered)
            }
            Some(Disposition::Retry { after } | Disposition::Wait { after }) => {
                (Settlement::Release { after }, Fate::Again)
            }
            None => (Settlement::Release { after: Duration::ZERO }, Fate::GivenBack),
        };
        match self.settle(record, &settlement, invocation).await {
            Ok(()) => fate,
            // It stays hidden for the visibility timeout, and comes again after it.
            Err(reason) => {
                warn!(stage = %self.process.stage(), reason, ?fate, "a record was not settled");
                if fate == Fate::DeadLettered { Fate::Again } else { fate }
            }
        }
    }

    async fn settle(
        &self,
        record: &Record,
        settlement: &Settlement,
        invocation: &Invocation,
    ) -> Result<(), String> {
        let queue = self.queues.get(&record.queue).ok_or_else(|| {
            let known: Vec<_> = self.queues.keys().collect();
            format!("expected a record of one of {known:?}, found one of {:?}", record.queue)
        })?;
        if record.received.receipt.0.is_empty() {
            return Err("expected a record with a receipt handle, found none".to_owned());
        }
        let settled = queue.settle(&record.received, settlement);
        let settled: Option<PortResult<()>> =
            before(&*self.clock, invocation.answer_at(), settled).await;
        settled.ok_or("there was no time")?.map_err(|error| error.to_string())
    }

    /// Lambda can be told of records by their ids alone. Where one that must come again has none,
    /// all of the batch must: what is done is deleted first, so that its neighbours do not suffer.
    async fn fail(&self, records: &[(Record, Fate)], invocation: &Invocation) -> FunctionError {
        for (record, _) in records.iter().filter(|(_, fate)| *fate == Fate::Done) {
            if let Err(reason) = self.settle(record, &Settlement::Delete, invocation).await {
                warn!(stage = %self.process.stage(), reason, "a record that is done comes again");
            }
        }
        let nameless =
            records.iter().filter(|(record, fate)| record.id.is_none() && fate.is_open());
        let words = format!(
            "expected a messageId on every record, found {} without one that must come again: the whole batch is given back",
            nameless.count()
        );
        FunctionError::new("record-without-id", words)
    }
}

impl Fate {
    /// Whether the record comes again.
    fn is_open(self) -> bool {
        matches!(self, Self::Again | Self::GivenBack)
    }
}

#[async_trait::async_trait]
impl Function for QueueFunction {
    type Event = SqsEvent;
    type Answer = SqsBatchResponse;

    async fn invoke(
        &self,
        event: SqsEvent,
        invocation: &Invocation,
    ) -> Result<SqsBatchResponse, FunctionError> {
        let started = self.clock.now();
        let records: Vec<_> =
            event.records.into_iter().map(|record| Record::read(record, started)).collect();
        let work: Vec<_> = records
            .iter()
            .enumerate()
            .map(|(place, record)| async move { (place, self.carry(record, invocation).await) })
            .collect();
        let mut fates: Vec<_> =
            futures::stream::iter(work).buffer_unordered(self.concurrency).collect().await;
        fates.sort_unstable_by_key(|(place, _)| *place);
        let records: Vec<_> =
            records.into_iter().zip(fates.into_iter().map(|(_, fate)| fate)).collect();
        self.log(&records, started);
        let mut response = SqsBatchResponse::default();
        for (record, _) in records.iter().filter(|(_, fate)| fate.is_open()) {
            match &record.id {
                Some(id) => response.add_failure(id.as_str()),
                None => return Err(self.fail(&records, invocation).await),
            }
        }
        Ok(response)
    }
}

impl QueueFunction {
    fn log(&self, records: &[(Record, Fate)], started: Timestamp) {
        let count = |fate| records.iter().filter(|(_, found)| *found == fate).count();
        let took = self.clock.now().duration_since(started).unsigned_abs();
        info!(
            stage = %self.process.stage(),
            records = records.len(),
            done = count(Fate::Done),
            dead_lettered = count(Fate::DeadLettered),
            again = count(Fate::Again),
            given_back = count(Fate::GivenBack),
            took_us = took.as_micros(),
            "a batch"
        );
    }
}

/// The name of a queue, as its URL ends: records say it in their ARN.
pub fn queue_of_url(url: &str) -> &str {
    url.trim_end_matches('/').rsplit('/').next().unwrap_or(url)
}
