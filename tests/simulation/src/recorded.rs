//! The ports nearest to the stores: they write down what happened, and ring the bell.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use mindmate_contracts::{Channel, QueueName, StreamName};
use mindmate_domain::app::AppItem;
use mindmate_domain::intervention::{Guard, Intervention};
use mindmate_domain::run::Run;
use mindmate_domain::{Assessment, InterventionId, RunId, UserId};
use mindmate_pipeline::Outgoing;
use mindmate_pipeline::ports::{
    AppChats, AppItems, AssessmentPut, AssessmentStore, Channels, ChatPut, DeadLetters, Decision,
    FoundItem, InterventionStore, Mark, Page, PortResult, Ports, Publisher, Queue, QueueDepth,
    Receipt, Received, RunLedger, RunStart, Settlement, StreamSource, Tally,
};

use crate::handing_on::handing_on;
use crate::log::{Log, What};

/// A port with the log of what happens to it.
struct Recorded<P: ?Sized> {
    inner: Arc<P>,
    log: Log,
}

/// The same ports, recorded.
pub(crate) fn recorded(ports: Ports, log: &Log) -> Ports {
    fn of<P: ?Sized>(inner: &Arc<P>, log: &Log) -> Arc<Recorded<P>> {
        Arc::new(Recorded { inner: Arc::clone(inner), log: log.clone() })
    }
    Ports {
        publisher: of(&ports.publisher, log),
        channels: of(&ports.channels, log),
        chats: of(&ports.chats, log),
        items: of(&ports.items, log),
        assessments: of(&ports.assessments, log),
        interventions: of(&ports.interventions, log),
        ledger: of(&ports.ledger, log),
        ..ports
    }
}

#[async_trait]
impl Publisher for Recorded<dyn Publisher> {
    async fn publish(&self, batch: &[Outgoing]) -> Vec<PortResult<()>> {
        let sent = self.inner.publish(batch).await;
        for (message, result) in batch.iter().zip(&sent) {
            if result.is_ok() {
                self.log.trace().tell("sent", &message.id);
                self.log.add(What::Sent(message.clone()));
            }
        }
        self.log.ring();
        sent
    }
}

impl Channels for Recorded<dyn Channels> {
    fn queue(&self, name: QueueName) -> Arc<dyn Queue> {
        let (inner, log) = (self.inner.queue(name), self.log.clone());
        Arc::new(RecordedQueue { inner, log, name })
    }

    fn stream(&self, name: StreamName, consumer: &str) -> Arc<dyn StreamSource> {
        self.inner.stream(name, consumer)
    }

    fn dead_letters(&self, of: Channel) -> Arc<dyn DeadLetters> {
        self.inner.dead_letters(of)
    }
}

/// How many messages are in a queue, whatever their state.
fn held(depth: QueueDepth) -> u64 {
    depth.visible + depth.in_flight + depth.delayed
}

/// A queue: who holds a message too long is found out when it settles.
struct RecordedQueue {
    inner: Arc<dyn Queue>,
    log: Log,
    name: QueueName,
}

#[async_trait]
impl Queue for RecordedQueue {
    async fn receive(&self, max: usize, wait: Duration) -> PortResult<Vec<Received>> {
        let received = self.inner.receive(max, wait).await?;
        for message in &received {
            if message.receive_count > 1 {
                self.log.count("received again");
            }
            let words = format!("{} {} #{}", self.name, message.receipt.0, message.receive_count);
            self.log.trace().tell("received", &words);
        }
        if received.windows(2).any(|pair| pair[0].sent_at > pair[1].sent_at) {
            self.log.count("received out of order");
        }
        self.log.ring();
        Ok(received)
    }

    async fn extend(&self, receipt: &Receipt, hidden: Duration) -> PortResult<()> {
        let extended = self.inner.extend(receipt, hidden).await;
        self.log.count("visibility extended");
        self.log.ring();
        extended
    }

    async fn settle(&self, message: &Received, settlement: &Settlement) -> PortResult<()> {
        let before = self.inner.depth().await?;
        let settled = self.inner.settle(message, settlement).await;
        let words = match settlement {
            Settlement::Delete => "deleted",
            Settlement::Release { .. } => "released",
            Settlement::DeadLetter { .. } => "dead-lettered",
        };
        let is_final = !matches!(settlement, Settlement::Release { .. });
        if is_final && held(self.inner.depth().await?) == held(before) {
            self.log.count("settled after its visibility had run out");
        }
        self.log.trace().tell(words, &format!("{} {}", self.name, message.receipt.0));
        self.log.ring();
        settled
    }

    async fn depth(&self) -> PortResult<QueueDepth> {
        self.inner.depth().await
    }
}

handing_on! {AssessmentStore for Recorded<dyn AssessmentStore> {
    async fn put(&self, assessment: &Assessment) -> PortResult<AssessmentPut> {
        let put = self.inner.put(assessment).await?;
        let is_new = put == AssessmentPut::Written;
        let (user, as_of) = (assessment.user.as_str(), assessment.as_of);
        let words = format!("{} for {user} at {as_of}, new: {is_new}", assessment.level);
        self.log.trace().tell("assessed", &words);
        self.log.add(What::Assessed(Box::new(assessment.clone()), is_new));
        self.log.count(if is_new {
            "assessment written"
        } else {
            "assessment stood there already"
        });
        Ok(put)
    }
}}

handing_on! {InterventionStore for Recorded<dyn InterventionStore> {
    async fn guard(&self, user: &UserId) -> PortResult<Option<Guard>> {
        self.inner.guard(user).await
    }

    async fn decide(
        &self,
        intervention: &Intervention,
        new_guard: Guard,
        seen: Option<Guard>,
    ) -> PortResult<Decision> {
        let decision = self.inner.decide(intervention, new_guard, seen).await?;
        match &decision {
            Decision::Written => {
                let (user, level) = (intervention.user().as_str(), intervention.level());
                let words =
                    format!("{} {level} for {user} at {}", intervention.id(), intervention.as_of());
                self.log.trace().tell("decided", &words);
                self.log.add(What::Decided(Box::new(intervention.clone())));
            }
            Decision::Existing(_) => self.log.count("intervention stood there already"),
            Decision::GuardMoved => self.log.count("guard moved while deciding"),
        }
        Ok(decision)
    }

    async fn delivered(&self, id: &InterventionId, at: Timestamp) -> PortResult<()> {
        self.log.trace().tell("delivered", id.as_str());
        self.inner.delivered(id, at).await
    }
}}

handing_on! {AppChats for Recorded<dyn AppChats> {
    async fn deliver(&self, intervention: &Intervention) -> PortResult<ChatPut> {
        let put = self.inner.deliver(intervention).await?;
        let is_new = put == ChatPut::Put;
        self.log.trace().tell("chatted", &format!("{} {is_new}", intervention.id()));
        self.log.add(What::Chatted(Box::new(intervention.clone()), is_new));
        self.log.count(if is_new { "chat put" } else { "chat was there already" });
        self.log.ring();
        Ok(put)
    }
}}

#[async_trait]
impl AppItems for Recorded<dyn AppItems> {
    async fn item(&self, user: &UserId, sk: &str) -> PortResult<Option<FoundItem>> {
        self.inner.item(user, sk).await
    }

    async fn put(&self, user: &UserId, item: &AppItem) -> PortResult<()> {
        self.inner.put(user, item).await?;
        if matches!(item, AppItem::Sentiment(_)) {
            self.log.add(What::Felt(user.clone()));
            self.log.count("sentiment stored");
        }
        self.log.ring();
        Ok(())
    }

    async fn remove(&self, user: &UserId, sk: &str) -> PortResult<()> {
        self.inner.remove(user, sk).await?;
        self.log.ring();
        Ok(())
    }
}

handing_on! {RunLedger for Recorded<dyn RunLedger> {
    async fn start(&self, run: &Run) -> PortResult<RunStart> {
        let start = self.inner.start(run).await?;
        if matches!(start, RunStart::Existing(_)) {
            self.log.count("run was started already");
        }
        Ok(start)
    }

    async fn put_page(&self, page: &Page) -> PortResult<Page> {
        self.inner.put_page(page).await
    }

    async fn page(&self, run: &RunId, shard: u16, number: u32) -> PortResult<Option<Page>> {
        self.inner.page(run, shard, number).await
    }

    async fn mark(&self, marks: &[Mark]) -> PortResult<()> {
        self.inner.mark(marks).await?;
        self.log.add(What::Marked(marks.to_vec()));
        Ok(())
    }

    async fn tally(&self, run: &RunId) -> PortResult<Tally> {
        self.inner.tally(run).await
    }
}}
