//! One stream and its stage: a batch at a time, in order.

use std::sync::Arc;
#[cfg(feature = "worker")]
use std::time::Duration;

use mindmate_pipeline::ports::StreamSource;
use mindmate_pipeline::{BatchResult, PortResult, Stage, StreamRunner};

#[cfg(feature = "worker")]
use super::{Phase, Phases, Settings, Shared};

/// Records of a stream that are processed together.
const BATCH: usize = 500;

/// A stream and its stage, whatever that is.
#[async_trait::async_trait]
trait Step: Send + Sync {
    async fn step(&self) -> PortResult<BatchResult>;
}

struct Source<S> {
    source: Arc<dyn StreamSource>,
    runner: StreamRunner<S>,
}

#[async_trait::async_trait]
impl<S: Stage> Step for Source<S> {
    async fn step(&self) -> PortResult<BatchResult> {
        self.runner.step(&*self.source, BATCH).await
    }
}

/// A stream and its stage.
pub(crate) struct StreamConsumer(Box<dyn Step>);

impl StreamConsumer {
    pub(crate) fn new<S: Stage>(source: Arc<dyn StreamSource>, runner: StreamRunner<S>) -> Self {
        Self(Box::new(Source { source, runner }))
    }

    /// Processes one batch.
    #[cfg(feature = "local")]
    pub(crate) async fn step(&self) -> PortResult<BatchResult> {
        self.0.step().await
    }

    /// Consumes until it is told to stop. A batch that is given back has moved no checkpoint: it
    /// comes again.
    #[cfg(feature = "worker")]
    pub(crate) async fn run(self: Arc<Self>, shared: Shared, mut phase: Phases) -> PortResult<()> {
        let mut failures = 0_u32;
        while phase.now() == Phase::Working {
            let stepped = tokio::select! {
                stepped = self.0.step() => stepped,
                () = phase.reached(Phase::GivingBack) => break,
            };
            let wait = match stepped {
                Ok(result) => {
                    failures = 0;
                    wait_after(&result, &shared.settings)
                }
                Err(error) => {
                    failures = failures.saturating_add(1);
                    shared.bear(error, failures, &mut phase).await?;
                    Duration::ZERO
                }
            };
            if !wait.is_zero() {
                tokio::select! {
                    () = shared.clock.sleep(wait) => {}
                    () = phase.reached(Phase::Draining) => {}
                }
            }
        }
        Ok(())
    }
}

#[cfg(feature = "worker")]
fn wait_after(result: &BatchResult, settings: &Settings) -> Duration {
    match result {
        BatchResult::Done(_) => settings.busy,
        BatchResult::Stopped { after, .. } => *after,
        BatchResult::Empty => settings.idle,
    }
}
