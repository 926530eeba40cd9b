//! The worker: stages of one process that long-poll their queues and streams until they are told
//! to stop. For containers, and for a local AWS.
//!
//! What may heal (a throttle, a broken connection) is waited out with full jitter; what will not
//! (a queue that is not there) ends the worker with its error. When the end comes, nothing new is
//! taken; what is held is finished within the grace time, or given back, so that somebody else has
//! it at once and not after its visibility timeout.

mod signals;

use std::sync::Arc;
use std::time::Duration;

use mindmate_contracts::QueueName;
use mindmate_pipeline::ports::{Queue, StreamSource};
use mindmate_pipeline::{
    Chance, Clock, PortError, PortResult, RetryPolicy, Runner, Stage, StreamRunner,
};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;

pub use self::signals::signals;
pub use crate::consumer::{Observer, Settings};
use crate::consumer::{Patience, Phase, Phases, QueueConsumer, Shared, StreamConsumer};
use crate::times::StageTimes;

/// What a worker does with its queues, and how it ends.
#[derive(Debug, Clone, Copy)]
pub struct WorkerSettings {
    /// Of its queues.
    pub queues: Settings,
    /// How long it may finish what it holds. Containers are killed 30 seconds after SIGTERM.
    pub grace: Duration,
    /// The waits while the backend fails.
    pub patience: RetryPolicy,
}

impl Default for WorkerSettings {
    fn default() -> Self {
        let queues = Settings {
            concurrency: 32,
            // 6 × (function timeout + batch window), as the queues have it for the functions.
            visibility: Duration::from_secs(6 * 61),
            // The longest that SQS knows: an idle queue costs three calls a minute.
            wait: Duration::from_secs(20),
            // Kinesis allows five reads a second and shard.
            idle: Duration::from_secs(1),
            busy: Duration::from_millis(200),
        };
        Self { queues, grace: Duration::from_secs(25), patience: RetryPolicy::default() }
    }
}

/// Stages that consume until they are told to stop.
pub struct Worker {
    clock: Arc<dyn Clock>,
    settings: WorkerSettings,
    shared: Shared,
    queues: Vec<Arc<QueueConsumer>>,
    streams: Vec<Arc<StreamConsumer>>,
}

impl Worker {
    /// A worker without stages.
    pub fn new(
        clock: Arc<dyn Clock>,
        chance: Arc<dyn Chance>,
        settings: WorkerSettings,
        observer: Arc<dyn Observer>,
    ) -> Self {
        let shared = Shared {
            clock: Arc::clone(&clock),
            settings: settings.queues,
            observer,
            times: Arc::default(),
            patience: Some(Patience { policy: settings.patience, chance }),
            // A long poll that is cut off may have taken messages: they are given back instead.
            cut_polls_at: Phase::GivingBack,
            busy: Arc::default(),
        };
        Self { clock, settings, shared, queues: Vec::new(), streams: Vec::new() }
    }

    /// Adds a stage that consumes a queue.
    #[must_use]
    pub fn with_queue<S: Stage>(
        mut self,
        name: QueueName,
        queue: Arc<dyn Queue>,
        runner: Arc<Runner<S>>,
    ) -> Self {
        self.queues.push(Arc::new(QueueConsumer::new(name, queue, runner)));
        self
    }

    /// Adds a stage that consumes a stream.
    #[must_use]
    pub fn with_stream<S: Stage>(
        mut self,
        source: Arc<dyn StreamSource>,
        runner: StreamRunner<S>,
    ) -> Self {
        self.streams.push(Arc::new(StreamConsumer::new(source, runner)));
        self
    }

    /// How long the deliveries took.
    pub fn times(&self) -> &StageTimes {
        &self.shared.times
    }

    /// Consumes until `stop` says so; when it says so again, or when the grace time is over, what
    /// is still held is given back. See [`signals`]. A `stop` whose sender is gone says nothing
    /// more.
    ///
    /// # Errors
    /// A queue's or stream's that will not heal. Nothing is lost by that.
    pub async fn run(&self, mut stop: mpsc::Receiver<()>) -> Result<(), PortError> {
        let (phase, phases) = Phases::new();
        let mut tasks: JoinSet<PortResult<()>> = JoinSet::new();
        for consumer in &self.queues {
            tasks.spawn(Arc::clone(consumer).run(self.shared.clone(), phases.clone()));
        }
        for consumer in &self.streams {
            tasks.spawn(Arc::clone(consumer).run(self.shared.clone(), phases.clone()));
        }
        drop(phases);
        let mut all = std::pin::pin!(all(tasks, &phase));
        tokio::select! {
            result = &mut all => result,
            () = self.end(&phase, &mut stop) => all.await,
        }
    }

    /// Waits for the word to stop, then for the grace time or the second word.
    async fn end(&self, phase: &watch::Sender<Phase>, stop: &mut mpsc::Receiver<()>) {
        said(stop).await;
        tracing::info!(
            grace_ms = self.settings.grace.as_millis(),
            "stopping: finishing what is held"
        );
        phase.send_replace(Phase::Draining);
        tokio::select! {
            () = self.clock.sleep(self.settings.grace) => {}
            () = said(stop) => {}
        }
        tracing::warn!("stopping: giving back what is still held");
        phase.send_replace(Phase::GivingBack);
    }
}

async fn said(stop: &mut mpsc::Receiver<()>) {
    if stop.recv().await.is_none() {
        std::future::pending::<()>().await;
    }
}

/// Waits for all consumers. The first that fails lets the others finish what they hold.
async fn all(
    mut tasks: JoinSet<PortResult<()>>,
    phase: &watch::Sender<Phase>,
) -> Result<(), PortError> {
    let mut result = Ok(());
    while let Some(ended) = tasks.join_next().await {
        let ended = ended.unwrap_or_else(|error| Err(PortError::transient("worker", error)));
        if let Err(error) = &ended {
            tracing::error!(%error, "a consumer cannot go on");
            phase.send_if_modified(|now| {
                let rises = *now < Phase::Draining;
                *now = Phase::Draining.max(*now);
                rises
            });
        }
        result = result.and(ended);
    }
    result
}
