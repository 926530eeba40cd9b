//! What a publisher does. See [`Publisher`](mindmate_pipeline::ports::Publisher).

use std::collections::BTreeSet;

use mindmate_contracts::envelope::MAX_BODY_BYTES;
use mindmate_contracts::{QueueName, StreamName};
use mindmate_pipeline::Outgoing;

use super::Backend;
use super::queue::{SECOND, assert_nothing_comes, receive_all};
use super::samples::{message, record};

async fn publish(backend: &dyn Backend, batch: &[Outgoing]) {
    let results = backend.publisher().publish(batch).await;
    assert_eq!(results.len(), batch.len(), "one result a message");
    for result in results {
        result.expect("sent");
    }
}

/// Whatever the service's own limit is.
pub async fn a_batch_can_be_larger_than_ten(backend: &dyn Backend) {
    let batch: Vec<_> = (0..25).map(|n| message(QueueName::Scoring, n)).collect();
    publish(backend, &batch).await;
    let received = receive_all(&*backend.queue(QueueName::Scoring), 25).await;
    let bodies: BTreeSet<_> = received.into_iter().map(|got| got.body).collect();
    assert_eq!(bodies, batch.into_iter().map(|sent| sent.body).collect());
}

/// The messages of a stage go to queues and to a stream.
pub async fn a_batch_can_go_to_several_channels(backend: &dyn Backend) {
    let batch = [
        message(QueueName::Scoring, 0),
        record("a", 1),
        message(QueueName::ScoringPriority, 2),
        message(QueueName::Scoring, 3),
        record("b", 4),
    ];
    publish(backend, &batch).await;
    receive_all(&*backend.queue(QueueName::Scoring), 2).await;
    let urgent = receive_all(&*backend.queue(QueueName::ScoringPriority), 1).await;
    assert_eq!(urgent[0].body, batch[2].body);
    let source = backend.stream(StreamName::Outcomes, "test");
    let keys: BTreeSet<_> =
        source.read(10).await.expect("read").into_iter().map(|got| got.key).collect();
    assert_eq!(keys, BTreeSet::from(["a".to_owned(), "b".to_owned()]));
}

/// A queue knows no event ids: who needs them once keeps them apart by business keys.
pub async fn the_same_event_sent_twice_is_two_messages(backend: &dyn Backend) {
    let event = message(QueueName::Scoring, 0);
    publish(backend, &[event.clone(), event.clone()]).await;
    publish(backend, &[event]).await;
    receive_all(&*backend.queue(QueueName::Scoring), 3).await;
}

/// There is nothing to say of no message.
pub async fn an_empty_batch_is_no_error(backend: &dyn Backend) {
    publish(backend, &[]).await;
}

/// Twelve of them are more than one request to any service takes.
pub async fn bodies_of_the_largest_size_come_unchanged(backend: &dyn Backend) {
    let largest = |n: u32| {
        let mut message = message(QueueName::Scoring, n);
        message.body = format!("{n:02}").repeat(MAX_BODY_BYTES / 2 - 2) + "\u{1f33b}";
        message
    };
    let batch: Vec<_> = (0..12).map(largest).collect();
    assert_eq!(batch[0].body.len(), MAX_BODY_BYTES);
    publish(backend, &batch).await;
    let received = receive_all(&*backend.queue(QueueName::Scoring), 12).await;
    let bodies: BTreeSet<_> = received.into_iter().map(|got| got.body).collect();
    assert_eq!(bodies, batch.into_iter().map(|sent| sent.body).collect());
}

/// It is hidden until then.
pub async fn a_delayed_message_comes_after_its_delay(backend: &dyn Backend) {
    let delayed = message(QueueName::Scoring, 0).delayed(SECOND * 90);
    publish(backend, std::slice::from_ref(&delayed)).await;
    let queue = backend.queue(QueueName::Scoring);
    assert_nothing_comes(&*queue).await;
    backend.clock().advance(SECOND * 89);
    assert_nothing_comes(&*queue).await;
    backend.clock().advance(SECOND);
    assert_eq!(receive_all(&*queue, 1).await[0].body, delayed.body);
}
