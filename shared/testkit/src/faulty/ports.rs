//! The ports, wrapped.

use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use mindmate_domain::app::{AppItem, Profile};
use mindmate_domain::audit::AuditEvent;
use mindmate_domain::intervention::{Guard, Intervention, ReviewEntry, ReviewReason};
use mindmate_domain::run::Run;
use mindmate_domain::{
    AsOf, Assessment, Consents, History, InterventionId, RiskLevel, RunId, UserId, Window,
};
use mindmate_pipeline::Outgoing;
use mindmate_pipeline::ports::{
    ActivityIndex, ActivityPage, Analysis, AppChats, AppItems, AssessmentPut, AssessmentStore,
    AuditLog, ChatPut, DeadLetter, DeadLetterCause, DeadLetters, Decision, FoundItem, HistoryStore,
    InterventionStore, JobName, LetterPage, Mark, ModelPut, ModelStore, ModelVersion, Notice,
    Notifier, Page, Place, Pointer, PortResult, ProfileStore, Publisher, Queue, QueueDepth,
    Receipt, Received, ReviewQueue, RunLedger, RunStart, SentimentAnalyzer, Sequence, Settlement,
    Source, Standing, StandingPointer, StoredIntervention, StreamRecord, StreamSource, Tally,
    TextToAnalyze, UserStates,
};

use super::{Fault, Faulty, it_happened, nothing_happened, throttled};

/// Writes the methods of a port that fail as a whole.
macro_rules! faulty {
    ($port:ident { $($method:ident($($name:ident: $type:ty),*) -> $result:ty;)* }) => {
        #[async_trait]
        impl $port for Faulty<dyn $port> {
            $(async fn $method(&self, $($name: $type),*) -> PortResult<$result> {
                self.faults.around(stringify!($port), self.inner.$method($($name),*)).await
            })*
        }
    };
}

faulty!(HistoryStore {
    load(user: &UserId, as_of: AsOf, legacy: Consents) -> History;
});

faulty!(ProfileStore {
    profile(user: &UserId) -> Option<Profile>;
});

faulty!(AppItems {
    item(user: &UserId, sk: &str) -> Option<FoundItem>;
    put(user: &UserId, item: &AppItem) -> ();
    remove(user: &UserId, sk: &str) -> ();
});

faulty!(UserStates {
    state(user: &UserId, name: &str) -> Option<String>;
    put(user: &UserId, name: &str, value: &str, seen: Option<&str>, expires: Timestamp) -> bool;
});

faulty!(ActivityIndex {
    record(user: &UserId, at: Timestamp) -> ();
    active(shard: u16, shards: u16, window: Window, after: Option<&UserId>, limit: usize)
        -> ActivityPage;
});

faulty!(AppChats {
    deliver(intervention: &Intervention) -> ChatPut;
    wrote_between(user: &UserId, since: Timestamp, until: Timestamp) -> bool;
});

faulty!(AssessmentStore {
    put(assessment: &Assessment) -> AssessmentPut;
    get_many(users: &[UserId], as_of: AsOf) -> Vec<Assessment>;
    latest(user: &UserId, limit: usize) -> Vec<Assessment>;
    last_known(user: &UserId, before: AsOf) -> Option<(AsOf, RiskLevel)>;
    latest_as_of(user: &UserId) -> Option<AsOf>;
});

faulty!(InterventionStore {
    get(id: &InterventionId) -> Option<StoredIntervention>;
    guard(user: &UserId) -> Option<Guard>;
    decide(intervention: &Intervention, new_guard: Guard, seen: Option<Guard>) -> Decision;
    delivered(id: &InterventionId, at: Timestamp) -> ();
    latest(user: &UserId, limit: usize) -> Vec<StoredIntervention>;
});

faulty!(ReviewQueue {
    enter(entry: &ReviewEntry) -> ();
    open(limit: usize) -> Vec<ReviewEntry>;
    count_open() -> u64;
    acknowledge(user: &UserId, as_of: AsOf, reason: ReviewReason, by: &str, at: Timestamp) -> bool;
});

faulty!(Notifier {
    notify(notice: &Notice) -> ();
    was_sent(id: &str) -> bool;
});

faulty!(RunLedger {
    start(run: &Run) -> RunStart;
    run(id: &RunId) -> Option<Run>;
    runs() -> Vec<Run>;
    runs_since(since: AsOf) -> Vec<Run>;
    put_page(page: &Page) -> Page;
    page(run: &RunId, shard: u16, number: u32) -> Option<Page>;
    mark(marks: &[Mark]) -> ();
    tally(run: &RunId) -> Tally;
    complete(run: &RunId, at: Timestamp, summary: &str) -> ();
    summary(run: &RunId) -> Option<String>;
});

faulty!(StreamSource {
    read(max: usize) -> Vec<StreamRecord>;
    checkpoint(up_to: Sequence) -> ();
    put_aside(record: &StreamRecord, cause: &DeadLetterCause) -> ();
});

faulty!(AuditLog {
    append(event: &AuditEvent) -> ();
});

#[async_trait]
impl ModelStore for Faulty<dyn ModelStore> {
    fn place(&self) -> String {
        self.inner.place()
    }

    async fn put(&self, version: &ModelVersion, artefact: Vec<u8>) -> PortResult<ModelPut> {
        self.faults.around("ModelStore", self.inner.put(version, artefact)).await
    }

    async fn get(&self, version: &ModelVersion) -> PortResult<Option<Vec<u8>>> {
        self.faults.around("ModelStore", self.inner.get(version)).await
    }

    async fn versions(&self) -> PortResult<Vec<ModelVersion>> {
        self.faults.around("ModelStore", self.inner.versions()).await
    }

    async fn output(&self, job: &JobName, most: u64) -> PortResult<Option<Vec<u8>>> {
        self.faults.around("ModelStore", self.inner.output(job, most)).await
    }

    async fn pointer(&self) -> PortResult<Option<StandingPointer>> {
        self.faults.around("ModelStore", self.inner.pointer()).await
    }

    async fn point(&self, from: Option<&StandingPointer>, to: &Pointer) -> PortResult<bool> {
        self.faults.around("ModelStore", self.inner.point(from, to)).await
    }
}

#[async_trait]
impl DeadLetters for Faulty<dyn DeadLetters> {
    async fn standing(&self) -> PortResult<Standing> {
        self.faults.around("DeadLetters", self.inner.standing()).await
    }

    async fn end(&self) -> PortResult<Option<Place>> {
        self.faults.around("DeadLetters", self.inner.end()).await
    }

    async fn browse(&self, after: Option<Place>, max: usize) -> PortResult<LetterPage> {
        self.faults.around("DeadLetters", self.inner.browse(after, max)).await
    }

    async fn hold(
        &self,
        letters: &[DeadLetter],
        hold: Duration,
    ) -> PortResult<Vec<Option<Receipt>>> {
        self.faults.around("DeadLetters", self.inner.hold(letters, hold)).await
    }

    async fn release(&self, held: &[Receipt]) -> PortResult<()> {
        self.faults.around("DeadLetters", self.inner.release(held)).await
    }

    /// Each letter has its own fault: a batch half succeeds.
    async fn remove(&self, held: &[Receipt]) -> Vec<PortResult<bool>> {
        let mut results = Vec::with_capacity(held.len());
        for one in held {
            let remove = async {
                let removed = self.inner.remove(std::slice::from_ref(one)).await;
                removed.into_iter().next().unwrap_or(Ok(false))
            };
            results.push(self.faults.around("DeadLetters", remove).await);
        }
        results
    }

    async fn end_look(&self) -> PortResult<()> {
        self.faults.around("DeadLetters", self.inner.end_look()).await
    }

    async fn source(&self) -> PortResult<Source> {
        self.faults.around("DeadLetters", self.inner.source()).await
    }
}

#[async_trait]
impl Queue for Faulty<dyn Queue> {
    /// A message that comes twice is visible again at once, while the first consumer has it. Takes
    /// one fault for the call, then one for each message.
    async fn receive(&self, max: usize, wait: Duration) -> PortResult<Vec<Received>> {
        let received = self.faults.around("Queue", self.inner.receive(max, wait)).await?;
        for message in &received {
            if self.faults.next("Queue") == Fault::Twice {
                self.inner.extend(&message.receipt, Duration::ZERO).await?;
            }
        }
        Ok(received)
    }

    async fn extend(&self, receipt: &Receipt, hidden: Duration) -> PortResult<()> {
        self.faults.around("Queue", self.inner.extend(receipt, hidden)).await
    }

    async fn settle(&self, message: &Received, settlement: &Settlement) -> PortResult<()> {
        self.faults.around("Queue", self.inner.settle(message, settlement)).await
    }

    async fn depth(&self) -> PortResult<QueueDepth> {
        self.faults.around("Queue", self.inner.depth()).await
    }
}

#[async_trait]
impl SentimentAnalyzer for Faulty<dyn SentimentAnalyzer> {
    /// One call, one fault, which each of its texts meets.
    async fn analyze(&self, batch: &[TextToAnalyze]) -> Vec<PortResult<Analysis>> {
        const PORT: &str = "SentimentAnalyzer";
        self.faults.yield_now().await;
        self.faults.delay(PORT).await;
        let fault = if self.faults.is_down(PORT) { Fault::Before } else { self.faults.next(PORT) };
        let refusal = match fault {
            Fault::Before => Some(nothing_happened as fn(_) -> _),
            Fault::Throttled => Some(throttled as fn(_) -> _),
            _ => None,
        };
        if let Some(refusal) = refusal {
            return batch.iter().map(|_| Err(refusal(PORT))).collect();
        }
        let found = self.inner.analyze(batch).await;
        self.faults.yield_now().await;
        match fault {
            Fault::After => found.iter().map(|_| Err(it_happened(PORT))).collect(),
            _ => found,
        }
    }
}

#[async_trait]
impl Publisher for Faulty<dyn Publisher> {
    /// Each message has its own fault: a batch half succeeds.
    async fn publish(&self, batch: &[Outgoing]) -> Vec<PortResult<()>> {
        const PORT: &str = "Publisher";
        self.faults.yield_now().await;
        self.faults.delay(PORT).await;
        if self.faults.is_down(PORT) {
            return batch.iter().map(|_| Err(nothing_happened(PORT))).collect();
        }
        let mut results = Vec::with_capacity(batch.len());
        for message in batch {
            let fault = self.faults.next(PORT);
            let copies = match fault {
                Fault::Before | Fault::Throttled => 0,
                Fault::None | Fault::After => 1,
                Fault::Twice => 2,
            };
            let mut sent = Ok(());
            for _ in 0..copies {
                let one = std::slice::from_ref(message);
                sent = self.inner.publish(one).await.into_iter().collect();
                self.faults.yield_now().await;
            }
            results.push(match fault {
                Fault::Before => Err(nothing_happened(PORT)),
                Fault::Throttled => Err(throttled(PORT)),
                Fault::After => sent.and_then(|()| Err(it_happened(PORT))),
                Fault::None | Fault::Twice => sent,
            });
        }
        results
    }
}
