//! The local host: all stages as tasks of one process, with bounded concurrency, until their
//! queues and streams are empty.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use mindmate_contracts::QueueName;
use mindmate_pipeline::ports::{Queue, StreamSource};
use mindmate_pipeline::{BatchResult, Clock, PortError, PortResult, Runner, Stage, StreamRunner};
use tokio::task::JoinSet;

pub use crate::consumer::{Observer, Settings};
use crate::consumer::{Phase, Phases, QueueConsumer, Shared, StreamConsumer};
use crate::times::StageTimes;

/// How soon the host looks for the first time whether all is done: a step of a simulated day is over at once. Each later wait is
/// twice as long.
const FIRST_LOOK: Duration = Duration::from_millis(1);

/// How often it looks in the end: what streams bring meanwhile is read, and written, together.
const LOOK: Duration = Duration::from_millis(20);

/// All stages of one process.
pub struct LocalHost {
    clock: Arc<dyn Clock>,
    settings: Settings,
    observer: Arc<dyn Observer>,
    times: Arc<StageTimes>,
    consumers: Vec<Arc<QueueConsumer>>,
    streams: Vec<StreamConsumer>,
}

impl LocalHost {
    /// A host without stages. `clock` is the machine's, even in a historical run.
    pub fn new(clock: Arc<dyn Clock>, settings: Settings, observer: Arc<dyn Observer>) -> Self {
        let (consumers, streams) = (Vec::new(), Vec::new());
        Self { clock, settings, observer, times: Arc::default(), consumers, streams }
    }

    /// Adds a stage that consumes a queue.
    #[must_use]
    pub fn with_queue<S: Stage>(
        mut self,
        name: QueueName,
        queue: Arc<dyn Queue>,
        runner: Arc<Runner<S>>,
    ) -> Self {
        self.consumers.push(Arc::new(QueueConsumer::new(name, queue, runner)));
        self
    }

    /// Adds a stage that consumes a stream.
    #[must_use]
    pub fn with_stream<S: Stage>(
        mut self,
        source: Arc<dyn StreamSource>,
        runner: StreamRunner<S>,
    ) -> Self {
        self.streams.push(StreamConsumer::new(source, runner));
        self
    }

    /// How long the deliveries took.
    pub fn times(&self) -> &StageTimes {
        &self.times
    }

    /// Runs the stages until every queue is drained and every stream is read to its end.
    ///
    /// # Errors
    /// What a queue or stream says to receiving or settling: the backend is down or full. Nothing
    /// is lost by that; the same run goes on when it is started again.
    pub async fn drain(&self) -> Result<(), PortError> {
        let shared = Shared {
            clock: Arc::clone(&self.clock),
            settings: self.settings,
            observer: Arc::clone(&self.observer),
            times: Arc::clone(&self.times),
            patience: None,
            // When a drained host stops, no message is on its way.
            cut_polls_at: Phase::Draining,
            busy: Arc::default(),
        };
        let (stop, phases) = Phases::new();
        let mut tasks = JoinSet::new();
        for consumer in &self.consumers {
            tasks.spawn(Arc::clone(consumer).run(shared.clone(), phases.clone()));
        }
        let mut result = tokio::select! {
            done = self.until_drained(&shared.busy) => done,
            failed = first_failure(&mut tasks) => Err(failed),
        };
        stop.send_replace(Phase::Draining);
        while let Some(ended) = tasks.join_next().await {
            let ended = ended.unwrap_or_else(|error| Err(PortError::transient("host", error)));
            result = result.and(ended);
        }
        result
    }

    async fn until_drained(&self, busy: &AtomicUsize) -> PortResult<()> {
        let mut wait = FIRST_LOOK;
        loop {
            let streams_idle = self.step_streams().await?;
            if busy.load(Ordering::SeqCst) == 0
                && streams_idle
                && self.queues_drained().await?
                // What was read before the queues were looked at may have been put since.
                && self.step_streams().await?
            {
                return Ok(());
            }
            self.clock.sleep(wait).await;
            wait = LOOK.min(wait * 2);
        }
    }

    /// Takes a step of each stream; says whether there was nothing to do.
    async fn step_streams(&self) -> PortResult<bool> {
        let mut idle = true;
        for stream in &self.streams {
            loop {
                match stream.step().await? {
                    BatchResult::Empty => break,
                    BatchResult::Done(_) => idle = false,
                    BatchResult::Stopped { after, .. } => {
                        idle = false;
                        self.clock.sleep(after).await;
                        break;
                    }
                }
            }
        }
        Ok(idle)
    }

    async fn queues_drained(&self) -> PortResult<bool> {
        for consumer in &self.consumers {
            if !consumer.queue().depth().await?.is_drained() {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

/// Waits for a consumer to fail; those that end well are none of its concern.
async fn first_failure(tasks: &mut JoinSet<PortResult<()>>) -> PortError {
    while let Some(ended) = tasks.join_next().await {
        match ended {
            Ok(Ok(())) => {}
            Ok(Err(error)) => return error,
            Err(error) => return PortError::transient("host", error),
        }
    }
    std::future::pending().await
}
