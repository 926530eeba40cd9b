//! A machine: it receives, has its stages process, keeps messages hidden meanwhile, and settles, as
//! the host's consumers do; and it can die anywhere.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use futures::future::{Either, select};
use jiff::{SignedDuration, Timestamp};
use mindmate_contracts::{QueueName, StreamName};
use mindmate_pipeline::ports::{Ports, Queue, Received, Settlement, StreamSource};
use mindmate_pipeline::{
    BatchResult, Chance, Clock, Disposition, PortResult, RawDelivery, RetryPolicy, Runner, Stage,
    StreamRunner,
};
use mindmate_testkit::MemoryBackend;

use crate::broken::Broken;
use crate::executor::{Owner, Spawner, below};
use crate::log::Log;
use crate::stages;

/// Most messages of one receive.
const BATCH: usize = 10;

/// Carries a message through a stage, whatever that is.
#[async_trait]
pub(crate) trait Process: Send + Sync {
    async fn process(&self, raw: RawDelivery<'_>) -> Disposition;
}

#[async_trait]
impl<S: Stage> Process for Runner<S> {
    async fn process(&self, raw: RawDelivery<'_>) -> Disposition {
        Runner::process(self, raw).await
    }
}

/// Carries a batch of records through a stage.
#[async_trait]
pub(crate) trait Step: Send + Sync {
    async fn step(&self, source: &dyn StreamSource, max: usize) -> PortResult<BatchResult>;
}

#[async_trait]
impl<S: Stage> Step for StreamRunner<S> {
    async fn step(&self, source: &dyn StreamSource, max: usize) -> PortResult<BatchResult> {
        StreamRunner::step(self, source, max).await
    }
}

/// What a machine is made of.
#[derive(Clone)]
pub(crate) struct Build {
    pub(crate) number: usize,
    pub(crate) ports: Ports,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) chance: Arc<dyn Chance>,
    pub(crate) backend: MemoryBackend,
    pub(crate) log: Log,
    pub(crate) spawner: Spawner,
    pub(crate) places: usize,
    pub(crate) visibility: Duration,
    pub(crate) broken: Option<Broken>,
}

struct Machine {
    build: Build,
    busy: AtomicUsize,
    policy: RetryPolicy,
}

struct QueueConsumer {
    name: QueueName,
    queue: Arc<dyn Queue>,
    process: Arc<dyn Process>,
}

/// Starts a machine: all of its tasks, anew.
pub(crate) fn start(build: Build) {
    let (number, spawner) = (build.number, build.spawner.clone());
    build.log.trace().tell("start", &format!("machine {number}"));
    let stages = stages::on(&build);
    let channels = Arc::clone(&build.ports.channels);
    let queues: Vec<_> = stages
        .queues
        .into_iter()
        .map(|(name, process)| {
            Arc::new(QueueConsumer { name, queue: channels.queue(name), process })
        })
        .collect();
    let machine =
        Arc::new(Machine { build, busy: AtomicUsize::new(0), policy: RetryPolicy::default() });
    for (name, stage, step) in stages.streams {
        let source = channels.stream(name, stage.name());
        let machine = Arc::clone(&machine);
        spawner.spawn(Owner::Machine(number), async move {
            machine.follow(name, stage.name(), &*source, &*step).await;
        });
    }
    spawner.spawn(Owner::Machine(number), machine.consume(queues));
}

impl Machine {
    /// Receives from all queues, in a drawn order, while there is room.
    async fn consume(self: Arc<Self>, queues: Vec<Arc<QueueConsumer>>) {
        let mut failures = 0;
        loop {
            let heard = self.build.log.rung();
            let mut is_idle = true;
            let first = below(&*self.build.chance, queues.len()).unwrap_or(0);
            for place in 0..queues.len() {
                let consumer = &queues[(first + place) % queues.len()];
                let room = self.build.places - self.busy.load(Ordering::SeqCst);
                if room == 0 || self.build.backend.depth(consumer.name).visible == 0 {
                    continue;
                }
                is_idle = false;
                let max = 1 + below(&*self.build.chance, room.min(BATCH)).unwrap_or(0);
                if let Ok(received) = consumer.queue.receive(max, Duration::ZERO).await {
                    failures = 0;
                    for message in received {
                        self.begin(consumer, message);
                    }
                } else {
                    failures += 1;
                    let wait = self.policy.interval(failures);
                    self.build.clock.sleep(wait).await;
                }
            }
            if is_idle {
                self.until_something_comes(&queues, heard).await;
            }
        }
    }

    fn begin(self: &Arc<Self>, consumer: &Arc<QueueConsumer>, message: Received) {
        self.busy.fetch_add(1, Ordering::SeqCst);
        let (machine, consumer) = (Arc::clone(self), Arc::clone(consumer));
        self.build.spawner.spawn(Owner::Machine(self.build.number), async move {
            machine.deliver(&consumer, &message).await;
            machine.busy.fetch_sub(1, Ordering::SeqCst);
            machine.build.log.ring();
        });
    }

    async fn until_something_comes(&self, queues: &[Arc<QueueConsumer>], heard: u64) {
        let rung = std::pin::pin!(self.build.log.rung_after(heard));
        let now = self.build.log.time().now();
        let has_room = self.busy.load(Ordering::SeqCst) < self.build.places;
        let next = |consumer: &Arc<QueueConsumer>| self.build.backend.next_visible(consumer.name);
        let next = queues.iter().filter_map(next).filter(|next| has_room || *next > now).min();
        match next {
            Some(next) => {
                let tick = SignedDuration::from_millis(1);
                let next: Timestamp = next.max(crate::clock::later(now, tick));
                let sleep = std::pin::pin!(self.build.log.time().sleep_until(next));
                select(rung, sleep).await;
            }
            None => rung.await,
        }
    }

    async fn deliver(&self, consumer: &QueueConsumer, message: &Received) {
        let Build { log, broken, .. } = &self.build;
        log.begin();
        if *broken == Some(Broken::AcksFirst) {
            self.settle(consumer, message, &Settlement::Delete).await;
        }
        let raw = RawDelivery { body: &message.body, attempt: message.receive_count };
        let disposition = self.while_extending(consumer, message, raw).await;
        log.count(match &disposition {
            Disposition::Ack => "done",
            Disposition::Retry { .. } | Disposition::Wait { .. } => "given back for another try",
            Disposition::DeadLetter { .. } => "dead-lettered",
        });
        if let Disposition::DeadLetter { cause } = &disposition {
            log.count(format!("dead-lettered: {}", cause.code));
        }
        let settlement = Broken::settlement(*broken, disposition.into());
        self.settle(consumer, message, &settlement).await;
    }

    /// A message that cannot be settled comes again.
    async fn settle(&self, consumer: &QueueConsumer, message: &Received, what: &Settlement) {
        if consumer.queue.settle(message, what).await.is_err() {
            self.build.log.count("acknowledgement lost");
        }
    }

    /// Keeps the message hidden while its stage works on it.
    async fn while_extending(
        &self,
        consumer: &QueueConsumer,
        message: &Received,
        raw: RawDelivery<'_>,
    ) -> Disposition {
        let mut work = consumer.process.process(raw);
        let visibility = self.build.visibility;
        loop {
            match select(work, self.build.clock.sleep(visibility / 2)).await {
                Either::Left((disposition, _)) => return disposition,
                Either::Right(((), still)) => work = still,
            }
            if consumer.queue.extend(&message.receipt, visibility).await.is_err() {
                self.build.log.count("extension lost");
            }
        }
    }

    /// Follows a stream, batch by batch.
    async fn follow(
        &self,
        name: StreamName,
        consumer: &str,
        source: &dyn StreamSource,
        step: &dyn Step,
    ) {
        let mut failures = 0;
        loop {
            let heard = self.build.log.rung();
            if self.build.backend.unread(name, consumer) == 0 {
                self.build.log.rung_after(heard).await;
                continue;
            }
            self.build.log.begin();
            let max = 1 + below(&*self.build.chance, 20).unwrap_or(0);
            match step.step(source, max).await {
                Ok(BatchResult::Stopped { after, .. }) => {
                    self.build.log.count("stream stopped at a record");
                    self.build.clock.sleep(after).await;
                }
                Ok(BatchResult::Done(_) | BatchResult::Empty) => failures = 0,
                Err(_) => {
                    failures += 1;
                    self.build.clock.sleep(self.policy.interval(failures)).await;
                }
            }
        }
    }
}
