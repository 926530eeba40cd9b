//! Consumers of queues and streams, as the local host and the worker share them: bounded, with a
//! heartbeat, and with an orderly end.

mod queue;
mod stream;

use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::time::Duration;

use mindmate_domain::StageName;
use mindmate_pipeline::{Chance, Clock, Disposition, PortError, PortResult, RetryPolicy};
use tokio::sync::watch;

pub(crate) use self::queue::QueueConsumer;
pub(crate) use self::stream::StreamConsumer;
use crate::times::StageTimes;

/// Failures in a row after which it is an error: what lasts so long wants a human.
const LASTING: u32 = 4;

/// What consumers do with their queues.
#[derive(Debug, Clone, Copy)]
pub struct Settings {
    /// Deliveries of one queue at the same time.
    pub concurrency: usize,
    /// The queues' visibility timeout: a delivery that lasts longer than half of it is extended.
    pub visibility: Duration,
    /// How long a receive waits for a message.
    pub wait: Duration,
    /// How long a stream that had nothing is left alone.
    pub idle: Duration,
    /// How long one that had something is: what comes meanwhile is read together.
    pub busy: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            concurrency: 64,
            visibility: Duration::from_mins(1),
            wait: Duration::from_secs(1),
            idle: Duration::from_millis(20),
            busy: Duration::ZERO,
        }
    }
}

/// Sees each delivery end: for progress bars.
pub trait Observer: Send + Sync {
    /// A delivery of this stage ended so.
    fn ended(&self, stage: StageName, disposition: &Disposition);
}

/// Sees nothing.
impl Observer for () {
    fn ended(&self, _: StageName, _: &Disposition) {}
}

/// How far the end has come. It only ever rises.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Phase {
    /// There is none in sight.
    Working,
    /// Nothing new is taken; what is held is finished.
    Draining,
    /// What is held is given back.
    GivingBack,
}

/// How a host waits out what may heal.
#[derive(Clone)]
pub(crate) struct Patience {
    /// The waits.
    pub(crate) policy: RetryPolicy,
    /// Their jitter.
    pub(crate) chance: Arc<dyn Chance>,
}

/// What all consumers of a host share.
#[derive(Clone)]
pub(crate) struct Shared {
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) settings: Settings,
    pub(crate) observer: Arc<dyn Observer>,
    pub(crate) times: Arc<StageTimes>,
    /// Without it a backend's failure ends the host: somebody stands before it.
    pub(crate) patience: Option<Patience>,
    /// A receive that runs when this phase comes is cut off. One that is cut off may have taken
    /// messages that nobody gives back.
    pub(crate) cut_polls_at: Phase,
    /// Deliveries that are being processed or settled.
    pub(crate) busy: Arc<AtomicUsize>,
}

impl Shared {
    /// Waits before a call is made again that has failed so often; gives the error back where
    /// that ends the host.
    async fn bear(&self, error: PortError, failures: u32, phase: &mut Phases) -> PortResult<()> {
        let asked = match &error {
            PortError::Transient { retry_after, .. } => *retry_after,
            PortError::Outage { .. } => None,
            PortError::Permanent { .. } => return Err(error),
        };
        let Some(patience) = &self.patience else { return Err(error) };
        let wait = patience.policy.wait(failures, asked, &*patience.chance);
        let wait_ms = wait.as_millis();
        // Who only hears of errors is told of what lasts, less and less often.
        if failures >= LASTING && failures.is_power_of_two() {
            tracing::error!(%error, failures, wait_ms, "the backend keeps failing; waiting");
        } else {
            tracing::warn!(%error, failures, wait_ms, "the backend failed; waiting");
        }
        tokio::select! {
            () = self.clock.sleep(wait) => {}
            () = phase.reached(Phase::Draining) => {}
        }
        Ok(())
    }

    /// What one message's call to the backend came to: the message comes again by itself, so that
    /// a patient host goes on.
    fn shrug(&self, called: PortResult<()>, what: &'static str) -> PortResult<()> {
        match (called, &self.patience) {
            (Err(error), Some(_)) => {
                tracing::warn!(%error, what, "a message could not be looked after; it comes again");
                Ok(())
            }
            (called, _) => called,
        }
    }
}

/// The phase as a consumer sees it.
#[derive(Clone)]
pub(crate) struct Phases(watch::Receiver<Phase>);

impl Phases {
    pub(crate) fn new() -> (watch::Sender<Phase>, Self) {
        let (sender, receiver) = watch::channel(Phase::Working);
        (sender, Self(receiver))
    }

    fn now(&self) -> Phase {
        *self.0.borrow()
    }

    /// Returns when this phase has come. A host that is gone has ended.
    async fn reached(&mut self, phase: Phase) {
        let reached = self.0.wait_for(|now| *now >= phase).await;
        drop(reached);
    }
}
