//! How messages of a queue come again, and who may still settle them. See
//! [`Queue`](mindmate_pipeline::ports::Queue).

use std::time::Duration;

use mindmate_pipeline::ports::{QueueDepth, Settlement};

use super::Backend;
use super::queue::{QUEUE, SECOND, assert_nothing_comes, filled, receive_one};
use super::samples::{cause, message};

/// Nobody else receives a message until the very end of its visibility timeout.
pub async fn a_received_message_is_hidden_until_its_visibility_timeout(backend: &dyn Backend) {
    let queue = filled(backend, 1).await;
    receive_one(&*queue).await;
    assert_nothing_comes(&*queue).await;
    backend.clock().advance(backend.visibility().checked_sub(SECOND).unwrap());
    assert_nothing_comes(&*queue).await;
}

/// It comes again, is counted, and is the same message.
pub async fn redelivers_after_the_visibility_timeout(backend: &dyn Backend) {
    let queue = filled(backend, 1).await;
    let first = receive_one(&*queue).await;
    backend.clock().advance(backend.visibility());
    let second = receive_one(&*queue).await;
    assert_eq!((second.receive_count, &second.body), (2, &first.body));
    assert_eq!(second.sent_at, first.sent_at);
    assert_ne!(second.receipt, first.receipt);
}

/// A delay is kept, and is shorter than the visibility timeout where it says so.
pub async fn a_released_message_comes_again_after_its_delay(backend: &dyn Backend) {
    let queue = filled(backend, 1).await;
    let received = receive_one(&*queue).await;
    let release = Settlement::Release { after: 5 * SECOND };
    queue.settle(&received, &release).await.expect("settled");
    backend.clock().advance(4 * SECOND);
    assert_nothing_comes(&*queue).await;
    backend.clock().advance(SECOND);
    assert_eq!(receive_one(&*queue).await.receive_count, 2);
}

/// What is given back without a delay comes again at once.
pub async fn a_message_released_at_once_comes_again_at_once(backend: &dyn Backend) {
    let queue = filled(backend, 1).await;
    let received = receive_one(&*queue).await;
    let release = Settlement::Release { after: Duration::ZERO };
    queue.settle(&received, &release).await.expect("settled");
    assert_eq!(receive_one(&*queue).await.receive_count, 2);
}

/// The time counts from the extension on, not from the receive.
pub async fn an_extended_message_stays_hidden_from_then_on(backend: &dyn Backend) {
    let queue = filled(backend, 1).await;
    let received = receive_one(&*queue).await;
    let almost = backend.visibility().checked_sub(SECOND).unwrap();
    backend.clock().advance(almost);
    queue.extend(&received.receipt, backend.visibility()).await.expect("extended");
    backend.clock().advance(almost);
    assert_nothing_comes(&*queue).await;
    backend.clock().advance(SECOND);
    receive_one(&*queue).await;
}

/// An extension can also shorten.
pub async fn a_message_hidden_for_no_time_comes_again_at_once(backend: &dyn Backend) {
    let queue = filled(backend, 1).await;
    let received = receive_one(&*queue).await;
    queue.extend(&received.receipt, Duration::ZERO).await.expect("extended");
    assert_eq!(receive_one(&*queue).await.receive_count, 2);
}

/// The other consumer has it now.
pub async fn a_stale_receipt_settles_nothing(backend: &dyn Backend) {
    let dead = Settlement::DeadLetter { cause: cause("bad-data") };
    let release = Settlement::Release { after: Duration::ZERO };
    let queue = filled(backend, 1).await;
    let stale = receive_one(&*queue).await;
    backend.clock().advance(backend.visibility());
    let held = receive_one(&*queue).await;
    for settlement in [&Settlement::Delete, &release] {
        queue.settle(&stale, settlement).await.expect("no error");
    }
    // Told or not, it changes nothing.
    drop(queue.settle(&stale, &dead).await);
    assert_nothing_comes(&*queue).await;
    assert!(backend.dead_letters(QUEUE).await.is_empty());
    let depth = QueueDepth { in_flight: 1, ..QueueDepth::default() };
    assert_eq!(queue.depth().await.expect("depth"), depth);
    queue.settle(&held, &Settlement::Delete).await.expect("settled");
    assert_eq!(queue.depth().await.expect("depth"), QueueDepth::default());
}

/// Neither for longer nor for shorter.
pub async fn a_stale_receipt_extends_nothing(backend: &dyn Backend) {
    let queue = filled(backend, 1).await;
    let stale = receive_one(&*queue).await.receipt;
    backend.clock().advance(backend.visibility());
    receive_one(&*queue).await;
    queue.extend(&stale, 10 * backend.visibility()).await.expect("no error");
    queue.extend(&stale, Duration::ZERO).await.expect("no error");
    assert_nothing_comes(&*queue).await;
    backend.clock().advance(backend.visibility());
    assert_eq!(receive_one(&*queue).await.receive_count, 3);
}

/// A consumer that was slow, but alone, has done its work.
pub async fn a_receipt_settles_until_the_message_comes_again(backend: &dyn Backend) {
    let queue = filled(backend, 1).await;
    let late = receive_one(&*queue).await;
    backend.clock().advance(2 * backend.visibility());
    queue.settle(&late, &Settlement::Delete).await.expect("settled");
    assert_nothing_comes(&*queue).await;
}

/// The backstop for consumers that die: there is no cause to tell.
pub async fn a_message_received_more_often_than_allowed_goes_to_the_dead_letter_queue(
    backend: &dyn Backend,
) {
    let queue = filled(backend, 1).await;
    for count in 1..=backend.max_receives() {
        assert_eq!(receive_one(&*queue).await.receive_count, count);
        assert!(backend.dead_letters(QUEUE).await.is_empty(), "after {count} receives");
        backend.clock().advance(backend.visibility());
    }
    assert_nothing_comes(&*queue).await;
    let dead = backend.dead_letters(QUEUE).await;
    assert_eq!(dead.len(), 1);
    assert_eq!(dead[0].body, message(QUEUE, 0).body);
    assert!(!dead[0].attributes.contains_key("code"));
    let depth = QueueDepth { dead: 1, ..QueueDepth::default() };
    assert_eq!(queue.depth().await.expect("depth"), depth);
}
