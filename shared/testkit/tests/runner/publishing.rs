//! A delivery is done only when everything that it sends on is sent.

use std::sync::Arc;

use async_trait::async_trait;
use mindmate_contracts::{QueueName, RawEvent};
use mindmate_pipeline::ports::{PortResult, Publisher};
use mindmate_pipeline::{Disposition, Outgoing, SeededChance, publish_all};
use mindmate_testkit::conformance::samples::{message, message_of_tomorrow};
use mindmate_testkit::{Fault, FaultRates, Faults, Faulty, ManualClock, MemoryBackend};

use crate::support::{
    Behaviour, INPUT, MINUTE, OUTPUT, Scripted, backend, deliver, last_words, runner, send, sent_on,
};

/// A publisher whose next messages meet these faults.
fn scripted(
    backend: &MemoryBackend,
    clock: &ManualClock,
    faults: impl IntoIterator<Item = Fault>,
) -> Arc<dyn Publisher> {
    let chance = Arc::new(SeededChance::new(1));
    let source = Faults::seeded(FaultRates::default(), chance, Arc::new(clock.clone()));
    source.script(faults);
    Faulty::new(backend.publisher(), &source)
}

/// The ids of the events that were sent on.
async fn ids(backend: &MemoryBackend) -> Vec<String> {
    let received = backend.queue(OUTPUT).receive(10, MINUTE).await.unwrap();
    let id = |body: &str| RawEvent::parse(body).unwrap().id.into_owned();
    let mut ids: Vec<_> = received.iter().map(|found| id(&found.body)).collect();
    ids.sort();
    ids
}

#[tokio::test]
async fn a_failed_message_is_sent_again_alone() {
    let (clock, backend) = backend();
    let stage = Scripted::new([(0, Behaviour::Sends(3))]);
    let publisher = scripted(&backend, &clock, [Fault::None, Fault::Before]);
    let runner = runner(&stage, &clock, publisher);
    send(&backend, &[message(INPUT, 0)]).await;
    assert_eq!(deliver(&backend, &runner).await, [Disposition::Ack]);
    let stem = "daily-2026-11-22/0/0/requested";
    assert_eq!(ids(&backend).await, [0, 1, 2].map(|n| format!("{stem}/{n}")));
    assert_eq!(stage.attempts(0), [1]);
}

#[tokio::test]
async fn a_message_that_stays_unsent_is_never_acknowledged() {
    let (clock, backend) = backend();
    let stage = Scripted::new([(0, Behaviour::Sends(2))]);
    let publisher = scripted(&backend, &clock, [Fault::None, Fault::Before, Fault::Before]);
    let runner = runner(&stage, &clock, publisher);
    send(&backend, &[message(INPUT, 0)]).await;
    assert!(matches!(deliver(&backend, &runner).await[..], [Disposition::Retry { .. }]));
    clock.advance(MINUTE);
    assert_eq!(deliver(&backend, &runner).await, [Disposition::Ack]);
    let ids = ids(&backend).await;
    assert_eq!(ids.len(), 3, "the first was sent twice, with the same id");
    assert_eq!(ids[0], ids[1]);
}

#[tokio::test]
async fn what_happened_but_timed_out_is_a_duplicate_and_no_loss() {
    let (clock, backend) = backend();
    let publisher = scripted(&backend, &clock, [Fault::After]);
    let runner = runner(&Scripted::new([]), &clock, publisher);
    send(&backend, &[message(INPUT, 0)]).await;
    assert_eq!(deliver(&backend, &runner).await, [Disposition::Ack]);
    let ids = ids(&backend).await;
    assert_eq!(ids.len(), 2);
    assert_eq!(ids[0], ids[1]);
}

/// The next daily run asks for a sentiment again: no assessment waits for its request to be sent.
#[tokio::test]
async fn what_is_asked_for_again_anyway_holds_up_nothing() {
    let (clock, backend) = backend();
    let publisher = scripted(&backend, &clock, [Fault::Before, Fault::None, Fault::Before]);
    let both = [message(QueueName::Texts, 0), message(OUTPUT, 1)];
    publish_all(&*publisher, &both).await.unwrap();
    assert_eq!(ids(&backend).await.len(), 1);
    assert_eq!(backend.queue(QueueName::Texts).depth().await.unwrap().visible, 0);
}

#[tokio::test]
async fn nobody_is_dead_lettered_before_the_last_words_are_sent() {
    let (clock, backend) = backend();
    let stage = Scripted::new([(0, Behaviour::Permanent)]);
    let publisher = scripted(&backend, &clock, [Fault::Before; 4]);
    let runner = runner(&stage, &clock, publisher);
    // One that was read and one that was not.
    for message in [message(INPUT, 0), message_of_tomorrow(INPUT, 1)] {
        send(&backend, &[message]).await;
        assert!(matches!(deliver(&backend, &runner).await[..], [Disposition::Retry { .. }]));
    }
    assert!(backend.dead_letters(INPUT).is_empty());
    clock.advance(MINUTE);
    deliver(&backend, &runner).await;
    assert_eq!(last_words(&backend).await, 2);
    assert_eq!(backend.dead_letters(INPUT).len(), 2);
}

/// A publisher that does not answer for every message.
struct Tongueless(Arc<dyn Publisher>);

#[async_trait]
impl Publisher for Tongueless {
    async fn publish(&self, batch: &[Outgoing]) -> Vec<PortResult<()>> {
        let mut results = self.0.publish(batch).await;
        results.pop();
        results
    }
}

#[tokio::test]
async fn silence_of_the_publisher_is_no_success() {
    let (clock, backend) = backend();
    let runner = runner(&Scripted::new([]), &clock, Arc::new(Tongueless(backend.publisher())));
    send(&backend, &[message(INPUT, 0)]).await;
    assert!(matches!(deliver(&backend, &runner).await[..], [Disposition::Retry { .. }]));
    assert_eq!(sent_on(&backend).await, 1);
}
