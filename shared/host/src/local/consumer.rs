//! One queue and its stage: receives while there is room, processes at the same time, settles.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use mindmate_contracts::QueueName;
use mindmate_domain::StageName;
use mindmate_pipeline::ports::{Queue, Received, Settlement};
use mindmate_pipeline::{Disposition, PortResult, RawDelivery, Runner, Stage};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;

use super::Shared;

/// How long a receive waits for a message.
const WAIT: Duration = Duration::from_secs(1);

/// Most messages of one receive.
const BATCH: usize = 10;

/// A stage, whatever its input.
#[async_trait::async_trait]
trait Process: Send + Sync {
    fn stage(&self) -> StageName;
    async fn process(&self, raw: RawDelivery<'_>) -> Disposition;
}

#[async_trait::async_trait]
impl<S: Stage> Process for Runner<S> {
    fn stage(&self) -> StageName {
        S::NAME
    }

    async fn process(&self, raw: RawDelivery<'_>) -> Disposition {
        Runner::process(self, raw).await
    }
}

/// A queue and its stage.
pub(super) struct Consumer {
    name: QueueName,
    queue: Arc<dyn Queue>,
    process: Arc<dyn Process>,
}

impl Consumer {
    pub(super) fn new<S: Stage>(
        name: QueueName,
        queue: Arc<dyn Queue>,
        runner: Arc<Runner<S>>,
    ) -> Self {
        Self { name, queue, process: runner }
    }

    pub(super) fn queue(&self) -> &dyn Queue {
        &*self.queue
    }

    /// Consumes until it is told to stop; then finishes what it holds.
    pub(super) async fn run(
        self: Arc<Self>,
        shared: Shared,
        mut stopped: watch::Receiver<bool>,
    ) -> PortResult<()> {
        let room = Arc::new(Semaphore::new(shared.settings.concurrency));
        let mut deliveries = JoinSet::new();
        loop {
            // Room first: what is received is worked on at once, never held in line.
            let free = room.available_permits().clamp(1, BATCH);
            let wanted = u32::try_from(free).unwrap_or(1);
            let room_taken = tokio::select! {
                taken = Arc::clone(&room).acquire_many_owned(wanted) => taken,
                _ = stopped.wait_for(|stop| *stop) => break,
            };
            let Ok(mut room_taken) = room_taken else {
                break;
            };
            let received = tokio::select! {
                received = self.queue.receive(free, WAIT) => received?,
                _ = stopped.wait_for(|stop| *stop) => break,
            };
            shared.busy.fetch_add(received.len(), Ordering::SeqCst);
            for message in received {
                let place = room_taken.split(1);
                let (consumer, shared) = (Arc::clone(&self), shared.clone());
                deliveries.spawn(async move {
                    let settled = consumer.deliver(&shared, &message).await;
                    shared.busy.fetch_sub(1, Ordering::SeqCst);
                    drop(place);
                    settled
                });
            }
            while let Some(ended) = deliveries.try_join_next() {
                ended.map_err(|error| self.lost(error))??;
            }
        }
        while let Some(ended) = deliveries.join_next().await {
            ended.map_err(|error| self.lost(error))??;
        }
        Ok(())
    }

    fn lost(&self, error: tokio::task::JoinError) -> mindmate_pipeline::PortError {
        mindmate_pipeline::PortError::transient(self.name.name(), error)
    }

    async fn deliver(&self, shared: &Shared, message: &Received) -> PortResult<()> {
        let started = shared.clock.now();
        let raw = RawDelivery { body: &message.body, attempt: message.receive_count };
        let disposition = self.while_extending(shared, message, self.process.process(raw)).await?;
        let stage = self.process.stage();
        shared.observer.ended(stage, &disposition);
        self.queue.settle(&message.receipt, &Settlement::from(disposition)).await?;
        let took = shared.clock.now().duration_since(started).unsigned_abs();
        shared.times.record(stage, took);
        Ok(())
    }

    /// Keeps the message hidden while its stage works on it.
    async fn while_extending(
        &self,
        shared: &Shared,
        message: &Received,
        work: impl Future<Output = Disposition>,
    ) -> PortResult<Disposition> {
        let mut work = std::pin::pin!(work);
        let visibility = shared.settings.visibility;
        loop {
            tokio::select! {
                disposition = &mut work => return Ok(disposition),
                () = shared.clock.sleep(visibility / 2) => {
                    self.queue.extend(&message.receipt, visibility).await?;
                }
            }
        }
    }
}
