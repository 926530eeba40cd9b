//! One queue and its stage: receives while there is room, processes at the same time, settles.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use mindmate_contracts::QueueName;
use mindmate_pipeline::ports::{Queue, Received, Settlement};
use mindmate_pipeline::{Disposition, PortError, PortResult, RawDelivery, Runner, Stage};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::{JoinError, JoinSet};

use super::{Phase, Phases, Shared};
use crate::process::Process;

/// Most messages of one receive.
const BATCH: usize = 10;

/// Given back at once, not after its visibility timeout: somebody else can do it now.
const GIVE_BACK: Settlement = Settlement::Release { after: Duration::ZERO };

/// A queue and its stage.
pub(crate) struct QueueConsumer {
    name: QueueName,
    queue: Arc<dyn Queue>,
    process: Arc<dyn Process>,
}

/// Deliveries on their way.
type Deliveries = JoinSet<PortResult<()>>;

impl QueueConsumer {
    pub(crate) fn new<S: Stage>(
        name: QueueName,
        queue: Arc<dyn Queue>,
        runner: Arc<Runner<S>>,
    ) -> Self {
        Self { name, queue, process: runner }
    }

    #[cfg(feature = "local")]
    pub(crate) fn queue(&self) -> &dyn Queue {
        &*self.queue
    }

    /// Consumes until it is told to stop; then finishes what it holds, or gives it back when it is
    /// told to.
    pub(crate) async fn run(self: Arc<Self>, shared: Shared, mut phase: Phases) -> PortResult<()> {
        let room = Arc::new(Semaphore::new(shared.settings.concurrency));
        let mut deliveries = Deliveries::new();
        let mut failures = 0_u32;
        while let Some((free, room_taken)) = take_room(&room, &mut phase).await {
            let polled = tokio::select! {
                polled = self.queue.receive(free, shared.settings.wait) => polled,
                () = phase.reached(shared.cut_polls_at) => break,
            };
            match polled {
                Ok(received) => {
                    failures = 0;
                    self.start(&shared, &phase, received, room_taken, &mut deliveries);
                }
                Err(error) => {
                    failures = failures.saturating_add(1);
                    shared.bear(error, failures, &mut phase).await?;
                }
            }
            while let Some(ended) = deliveries.try_join_next() {
                self.ended(ended)?;
            }
        }
        while let Some(ended) = deliveries.join_next().await {
            self.ended(ended)?;
        }
        Ok(())
    }

    fn start(
        self: &Arc<Self>,
        shared: &Shared,
        phase: &Phases,
        received: Vec<Received>,
        mut room_taken: OwnedSemaphorePermit,
        deliveries: &mut Deliveries,
    ) {
        shared.busy.fetch_add(received.len(), Ordering::SeqCst);
        for message in received {
            let place = room_taken.split(1);
            let (consumer, shared, phase) = (Arc::clone(self), shared.clone(), phase.clone());
            deliveries.spawn(async move {
                let settled = consumer.deliver(&shared, phase, &message).await;
                shared.busy.fetch_sub(1, Ordering::SeqCst);
                drop(place);
                settled
            });
        }
    }

    fn ended(&self, ended: Result<PortResult<()>, JoinError>) -> PortResult<()> {
        ended.map_err(|error| PortError::transient(self.name.name(), error))?
    }

    async fn deliver(
        &self,
        shared: &Shared,
        mut phase: Phases,
        message: &Received,
    ) -> PortResult<()> {
        // A poll that was on its way when the end came: what it brought is not begun.
        if phase.now() > Phase::Working {
            return self.settle(shared, message, &GIVE_BACK).await;
        }
        let started = shared.clock.now();
        let raw = RawDelivery { body: &message.body, attempt: message.receive_count };
        let disposition = tokio::select! {
            disposition = self.while_extending(shared, message, self.process.process(raw)) => {
                disposition?
            }
            () = phase.reached(Phase::GivingBack) => {
                return self.settle(shared, message, &GIVE_BACK).await;
            }
        };
        let stage = self.process.stage();
        shared.observer.ended(stage, &disposition);
        self.settle(shared, message, &Settlement::from(disposition)).await?;
        let took = shared.clock.now().duration_since(started).unsigned_abs();
        shared.times.record(stage, took);
        Ok(())
    }

    async fn settle(
        &self,
        shared: &Shared,
        message: &Received,
        settlement: &Settlement,
    ) -> PortResult<()> {
        shared.shrug(self.queue.settle(message, settlement).await, "settling")
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
                    let extended = self.queue.extend(&message.receipt, visibility).await;
                    shared.shrug(extended, "extending")?;
                }
            }
        }
    }
}

/// Room first: what is received is worked on at once, never held in line. None when the end comes.
async fn take_room(
    room: &Arc<Semaphore>,
    phase: &mut Phases,
) -> Option<(usize, OwnedSemaphorePermit)> {
    let free = room.available_permits().clamp(1, BATCH);
    let wanted = u32::try_from(free).unwrap_or(1);
    if phase.now() > Phase::Working {
        return None;
    }
    tokio::select! {
        taken = Arc::clone(room).acquire_many_owned(wanted) => Some((free, taken.ok()?)),
        () = phase.reached(Phase::Draining) => None,
    }
}
