//! What a queue does. See [`Queue`]; [`redelivery`](super::redelivery) tells how messages come again.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use mindmate_contracts::QueueName;
use mindmate_pipeline::Clock as _;
use mindmate_pipeline::ports::{Queue, QueueDepth, Received, Settlement};

use super::Backend;
use super::samples::{cause, message};

/// The queue that behaviours are tried on.
pub(super) const QUEUE: QueueName = QueueName::Assessments;
pub(super) const SECOND: Duration = Duration::from_secs(1);

/// How often a receive may come back with fewer messages than there are.
const TRIES: usize = 20;

/// Sends messages 0 to `count` to the queue and gives its consumer's view.
pub(super) async fn filled(backend: &dyn Backend, count: u32) -> Arc<dyn Queue> {
    let batch: Vec<_> = (0..count).map(|n| message(QUEUE, n)).collect();
    for sent in backend.publisher().publish(&batch).await {
        sent.expect("sent");
    }
    backend.queue(QUEUE)
}

/// Receives this many messages, in as many calls as it takes.
pub(super) async fn receive_all(queue: &dyn Queue, count: usize) -> Vec<Received> {
    let mut all = Vec::new();
    for _ in 0..TRIES + count {
        if all.len() >= count {
            break;
        }
        let max = (count - all.len()).min(10);
        all.extend(queue.receive(max, Duration::ZERO).await.expect("received"));
    }
    assert_eq!(all.len(), count, "messages that were received");
    all
}

pub(super) async fn receive_one(queue: &dyn Queue) -> Received {
    receive_all(queue, 1).await.remove(0)
}

pub(super) async fn assert_nothing_comes(queue: &dyn Queue) {
    let received = queue.receive(10, Duration::ZERO).await.expect("received");
    assert!(received.is_empty(), "expected nothing, found {} messages", received.len());
}

/// Body, count and instant are those of the message; there are no attributes yet.
pub async fn a_message_comes_as_it_was_sent(backend: &dyn Backend) {
    let sent_at = backend.clock().now();
    let queue = filled(backend, 1).await;
    backend.clock().advance(SECOND);
    let received = receive_one(&*queue).await;
    assert_eq!(received.body, message(QUEUE, 0).body);
    assert_eq!((received.receive_count, received.sent_at), (1, sent_at));
    assert!(received.attributes.is_empty());
}

/// Deleted is deleted, and deleting twice is no error.
pub async fn a_deleted_message_never_comes_again(backend: &dyn Backend) {
    let queue = filled(backend, 1).await;
    let received = receive_one(&*queue).await;
    for _ in 0..2 {
        queue.settle(&received, &Settlement::Delete).await.expect("settled");
    }
    backend.clock().advance(2 * backend.visibility());
    assert_nothing_comes(&*queue).await;
    assert_eq!(queue.depth().await.expect("depth"), QueueDepth::default());
}

/// Stage, code, cause, attempts and time stand beside the unchanged body.
pub async fn a_dead_letter_carries_its_cause(backend: &dyn Backend) {
    let queue = filled(backend, 1).await;
    let received = receive_one(&*queue).await;
    let settlement = Settlement::DeadLetter { cause: cause("bad-data") };
    queue.settle(&received, &settlement).await.expect("settled");
    let dead = backend.dead_letters(QUEUE).await;
    assert_eq!(dead.len(), 1);
    assert_eq!(dead[0].body, received.body);
    assert_eq!(dead[0].attributes, cause("bad-data").attributes());
    backend.clock().advance(2 * backend.visibility());
    assert_nothing_comes(&*queue).await;
}

/// No more than was asked for, and never more than ten.
pub async fn receives_no_more_than_was_asked_for(backend: &dyn Backend) {
    let queue = filled(backend, 14).await;
    assert!(queue.receive(3, Duration::ZERO).await.expect("received").len() <= 3);
    assert!(queue.receive(10, Duration::ZERO).await.expect("received").len() <= 10);
}

/// Every message of a full queue comes once, if none times out.
pub async fn consumers_at_the_same_time_never_hold_the_same_message(backend: &dyn Backend) {
    let queue = filled(backend, 30).await;
    let (one, two, three) = futures::join!(
        receive_all(&*queue, 10),
        receive_all(&*queue, 10),
        receive_all(&*queue, 10)
    );
    let bodies: BTreeSet<_> = [one, two, three].into_iter().flatten().map(|got| got.body).collect();
    assert_eq!(bodies.len(), 30);
}

/// A receive that may not wait does not sleep.
pub async fn a_receive_without_a_wait_does_not_wait(backend: &dyn Backend) {
    let queue = backend.queue(QUEUE);
    let (clock, before) = (backend.clock(), backend.clock().now());
    let received = clock.drive(SECOND, queue.receive(1, Duration::ZERO)).await.expect("received");
    assert!(received.is_empty());
    assert_eq!(clock.now(), before);
}

/// A wait ends, at the latest when it is over.
pub async fn a_wait_ends_when_nothing_comes(backend: &dyn Backend) {
    let queue = backend.queue(QUEUE);
    let (clock, before) = (backend.clock(), backend.clock().now());
    let received = clock.drive(SECOND, queue.receive(1, 5 * SECOND)).await.expect("received");
    assert!(received.is_empty());
    let waited = clock.now().duration_since(before);
    assert!(waited.as_secs() <= 6, "waited {waited:?}");
}

/// Also one whose delay passes meanwhile.
pub async fn a_message_that_becomes_visible_ends_the_wait(backend: &dyn Backend) {
    let queue = filled(backend, 1).await;
    let received = receive_one(&*queue).await;
    let release = Settlement::Release { after: 3 * SECOND };
    queue.settle(&received, &release).await.expect("settled");
    let waiting = queue.receive(1, 20 * SECOND);
    let received = backend.clock().drive(SECOND / 10, waiting).await.expect("received");
    assert_eq!(received.len(), 1);
}

/// Whoever waits need not wait to the end.
pub async fn a_message_sent_meanwhile_ends_the_wait(backend: &dyn Backend) {
    let queue = backend.queue(QUEUE);
    let mut waiting = queue.receive(1, 20 * SECOND);
    assert!(futures::poll!(&mut waiting).is_pending());
    filled(backend, 1).await;
    let received = backend.clock().drive(SECOND / 10, waiting).await.expect("received");
    assert_eq!(received.len(), 1);
}

/// Each message stands in one place.
pub async fn depth_tells_where_messages_are(backend: &dyn Backend) {
    let queue = filled(backend, 10).await;
    let received = receive_all(&*queue, 6).await;
    let release = Settlement::Release { after: 5 * SECOND };
    let dead = Settlement::DeadLetter { cause: cause("bad-data") };
    queue.settle(&received[0], &release).await.expect("settled");
    queue.settle(&received[1], &release).await.expect("settled");
    queue.settle(&received[2], &dead).await.expect("settled");
    let depth = queue.depth().await.expect("depth");
    assert_eq!(depth, QueueDepth { visible: 4, in_flight: 5, delayed: 0, dead: 1 });
    assert!(!depth.is_drained());
    backend.clock().advance(backend.visibility());
    let depth = queue.depth().await.expect("depth");
    assert_eq!(depth, QueueDepth { visible: 9, in_flight: 0, delayed: 0, dead: 1 });
}

/// A queue and its priority twin are two.
pub async fn queues_share_no_messages(backend: &dyn Backend) {
    filled(backend, 1).await;
    for other in QueueName::ALL.into_iter().filter(|name| *name != QUEUE) {
        let other = backend.queue(other);
        assert_nothing_comes(&*other).await;
        assert_eq!(other.depth().await.expect("depth"), QueueDepth::default());
    }
    receive_one(&*backend.queue(QUEUE)).await;
}

/// As a function on Lambda has them: whoever received it, this view has seen nothing of it.
pub async fn what_somebody_else_received_is_settled_by_the_message(backend: &dyn Backend) {
    let received = receive_all(&*filled(backend, 3).await, 3).await;
    let elsewhere = backend.queue(QUEUE);
    let dead = Settlement::DeadLetter { cause: cause("panicked") };
    let settlements = [dead, Settlement::Release { after: Duration::ZERO }, Settlement::Delete];
    for (message, settlement) in received.iter().zip(&settlements) {
        elsewhere.settle(message, settlement).await.expect("settled");
    }
    let letters = backend.dead_letters(QUEUE).await;
    assert_eq!(letters.len(), 1);
    assert_eq!(letters[0].body, received[0].body);
    assert_eq!(letters[0].attributes, cause("panicked").attributes());
    let again = receive_one(&*backend.queue(QUEUE)).await;
    assert_eq!((again.body.as_str(), again.receive_count), (received[1].body.as_str(), 2));
    assert_nothing_comes(&*backend.queue(QUEUE)).await;
}

/// A receipt of one queue says nothing to another.
pub async fn two_views_of_a_queue_are_one_queue(backend: &dyn Backend) {
    let queue = filled(backend, 1).await;
    let received = receive_one(&*queue).await;
    let other_view = backend.queue(QUEUE);
    assert_nothing_comes(&*other_view).await;
    other_view.settle(&received, &Settlement::Delete).await.expect("settled");
    assert_eq!(queue.depth().await.expect("depth"), QueueDepth::default());
}
