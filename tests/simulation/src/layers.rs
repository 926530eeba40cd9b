//! The ports as they lie on each other: the memory backend, what is broken in the stores, the
//! record of what happened, poison, illness, the network's faults, and what is broken in a client.

use std::sync::Arc;

use async_trait::async_trait;
use mindmate_contracts::{Channel, QueueName, StreamName};
use mindmate_pipeline::ports::{
    ActivityIndex, AppChats, AppItems, AssessmentStore, Channels, DeadLetters, HistoryStore,
    InterventionStore, Notifier, PortResult, Ports, ProfileStore, Publisher, Queue, ReviewQueue,
    RunLedger, StreamSource, UserStates,
};
use mindmate_pipeline::{Chance, Outgoing, SeededChance};
use mindmate_testkit::{Faults, Faulty, MemoryBackend};

use crate::log::Log;

/// The bare ports.
pub(crate) fn of_memory(backend: &MemoryBackend) -> Ports {
    Ports {
        publisher: backend.publisher(),
        channels: Arc::new(MemoryChannels(backend.clone())),
        history: backend.history(),
        profiles: backend.profiles(),
        activity: backend.activity(),
        chats: backend.chats(),
        items: backend.app_items(),
        states: backend.states(),
        assessments: backend.assessments(),
        interventions: backend.interventions(),
        reviews: backend.reviews(),
        notifier: backend.notifier(),
        ledger: backend.ledger(),
        training: backend.training(),
        training_jobs: backend.training_jobs(),
        model_days: backend.model_days(),
        audit: backend.audit_log(),
    }
}

struct MemoryChannels(MemoryBackend);

impl Channels for MemoryChannels {
    fn queue(&self, name: QueueName) -> Arc<dyn Queue> {
        self.0.queue(name)
    }

    fn stream(&self, name: StreamName, consumer: &str) -> Arc<dyn StreamSource> {
        self.0.stream(name, consumer)
    }

    fn dead_letters(&self, of: Channel) -> Arc<dyn DeadLetters> {
        self.0.letters(of)
    }
}

/// The ports behind a network.
pub(crate) fn faulty(ports: Ports, faults: &Arc<Faults>) -> Ports {
    fn of<P: ?Sized>(port: Arc<P>, faults: &Arc<Faults>) -> Arc<Faulty<P>> {
        Faulty::new(port, faults)
    }
    Ports {
        publisher: of::<dyn Publisher>(ports.publisher, faults),
        channels: Arc::new(FaultyChannels(ports.channels, Arc::clone(faults))),
        history: of::<dyn HistoryStore>(ports.history, faults),
        profiles: of::<dyn ProfileStore>(ports.profiles, faults),
        activity: of::<dyn ActivityIndex>(ports.activity, faults),
        chats: of::<dyn AppChats>(ports.chats, faults),
        items: of::<dyn AppItems>(ports.items, faults),
        states: of::<dyn UserStates>(ports.states, faults),
        assessments: of::<dyn AssessmentStore>(ports.assessments, faults),
        interventions: of::<dyn InterventionStore>(ports.interventions, faults),
        reviews: of::<dyn ReviewQueue>(ports.reviews, faults),
        notifier: of::<dyn Notifier>(ports.notifier, faults),
        ledger: of::<dyn RunLedger>(ports.ledger, faults),
        training: ports.training,
        training_jobs: ports.training_jobs,
        model_days: ports.model_days,
        audit: ports.audit,
    }
}

struct FaultyChannels(Arc<dyn Channels>, Arc<Faults>);

impl Channels for FaultyChannels {
    fn queue(&self, name: QueueName) -> Arc<dyn Queue> {
        Faulty::<dyn Queue>::new(self.0.queue(name), &self.1)
    }

    fn stream(&self, name: StreamName, consumer: &str) -> Arc<dyn StreamSource> {
        Faulty::<dyn StreamSource>::new(self.0.stream(name, consumer), &self.1)
    }

    fn dead_letters(&self, of: Channel) -> Arc<dyn DeadLetters> {
        Faulty::<dyn DeadLetters>::new(self.0.dead_letters(of), &self.1)
    }
}

/// Turns some messages into those of a version that nobody takes: a sender that was deployed too
/// early.
pub(crate) struct Poison {
    inner: Arc<dyn Publisher>,
    chance: SeededChance,
    share: f64,
    log: Log,
    is_over: std::sync::atomic::AtomicBool,
}

impl Poison {
    pub(crate) fn new(inner: Arc<dyn Publisher>, seed: u64, share: f64, log: Log) -> Arc<Self> {
        let chance = SeededChance::new(seed);
        Arc::new(Self { inner, chance, share, log, is_over: false.into() })
    }

    /// The sender is what it was before.
    pub(crate) fn end(&self) {
        self.is_over.store(true, std::sync::atomic::Ordering::SeqCst);
    }
}

#[async_trait]
impl Publisher for Poison {
    async fn publish(&self, batch: &[Outgoing]) -> Vec<PortResult<()>> {
        if self.share == 0.0 || self.is_over.load(std::sync::atomic::Ordering::SeqCst) {
            return self.inner.publish(batch).await;
        }
        let batch: Vec<_> = batch
            .iter()
            .map(|message| {
                let mut message = message.clone();
                if self.chance.fraction() < self.share {
                    self.log.count("message of a version that nobody takes");
                    message.body = message.body.replacen(".v1\"", ".v9\"", 1);
                }
                message
            })
            .collect();
        self.inner.publish(&batch).await
    }
}
