//! What one can do with dead letters. See [`DeadLetters`].

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use mindmate_contracts::{Channel, QueueName, StreamName};
use mindmate_domain::instant::key_form;
use mindmate_pipeline::ports::{DeadLetter, DeadLetters, REPLAY_ID, Receipt, Settlement};

use super::Backend;
use super::samples::{cause, message, record};

const QUEUE: QueueName = QueueName::Scoring;
const STREAM: StreamName = StreamName::Outcomes;
const HOLD: Duration = Duration::from_mins(5);

/// Gives up so many messages, each with something beside its body.
async fn given_up(backend: &dyn Backend, count: u32) -> Arc<dyn DeadLetters> {
    let batch: Vec<_> = (0..count)
        .map(|n| {
            let mut message = message(QUEUE, n);
            message.attributes.insert(REPLAY_ID.to_owned(), format!("r{n}"));
            message
        })
        .collect();
    for sent in backend.publisher().publish(&batch).await {
        sent.expect("sent");
    }
    give_up(backend).await;
    backend.letters(Channel::Queue(QUEUE))
}

async fn give_up(backend: &dyn Backend) {
    let queue = backend.queue(QUEUE);
    loop {
        let received = queue.receive(10, Duration::ZERO).await.expect("received");
        if received.is_empty() {
            return;
        }
        for message in received {
            let cause = Settlement::DeadLetter { cause: cause("bad-data") };
            queue.settle(&message, &cause).await.expect("settled");
        }
    }
}

/// All that shows, and the look is over.
async fn shown(letters: &dyn DeadLetters) -> Vec<DeadLetter> {
    let (mut all, mut place) = (Vec::new(), None);
    loop {
        let page = letters.browse(place, 4).await.expect("a page");
        all.extend(page.letters);
        place = page.next;
        if place.is_none() {
            letters.end_look().await.expect("ended");
            return all;
        }
    }
}

async fn count(letters: &dyn DeadLetters) -> usize {
    shown(letters).await.len()
}

/// The letters of one page, held.
async fn held(letters: &dyn DeadLetters) -> Vec<Receipt> {
    let page = letters.browse(None, 100).await.expect("a page");
    let held = letters.hold(&page.letters, HOLD).await.expect("held");
    held.into_iter().map(|receipt| receipt.expect("nobody else has it")).collect()
}

/// With its cause, and with what came with the message.
pub async fn what_was_given_up_shows_with_its_cause(backend: &dyn Backend) {
    let letters = given_up(backend, 6).await;
    let shown = shown(&*letters).await;
    let bodies: BTreeSet<_> = shown.iter().map(|one| one.contents[0].body.clone()).collect();
    assert_eq!(bodies, (0..6).map(|n| message(QUEUE, n).body).collect());
    for letter in &shown {
        assert_eq!((letter.code(), letter.attempts()), ("bad-data", Some(4)));
        assert_eq!(
            (letter.stage(), letter.cause()),
            (Some(cause("").stage), Some(&*cause("").message))
        );
        assert_eq!(letter.dead_lettered_at(), cause("").at);
        assert!(letter.replay_id().is_some_and(|id| id.starts_with('r')), "it came with that");
        assert_eq!(letter.lost, None);
    }
}

/// A look leaves all as it was, as soon as it is over.
pub async fn a_look_that_is_over_hides_nothing(backend: &dyn Backend) {
    let letters = given_up(backend, 6).await;
    assert_eq!((count(&*letters).await, count(&*letters).await), (6, 6));
    assert_eq!(letters.standing().await.expect("standing").all(), 6);
}

/// Not to others either.
pub async fn held_letters_show_to_nobody_until_released(backend: &dyn Backend) {
    let letters = given_up(backend, 3).await;
    let receipts = held(&*letters).await;
    let other = backend.letters(Channel::Queue(QUEUE));
    assert_eq!(count(&*other).await, 0);
    assert_eq!(letters.standing().await.expect("standing").held, 3);
    letters.release(&receipts[..2]).await.expect("released");
    assert_eq!(count(&*other).await, 2);
}

/// Nothing is lost by who holds and dies.
pub async fn held_letters_show_again_when_the_time_is_over(backend: &dyn Backend) {
    let letters = given_up(backend, 3).await;
    held(&*letters).await;
    backend.clock().advance(HOLD + Duration::from_secs(1));
    assert_eq!(count(&*backend.letters(Channel::Queue(QUEUE))).await, 3);
}

/// And says of each whether it was there.
pub async fn a_removed_letter_is_gone(backend: &dyn Backend) {
    let letters = given_up(backend, 3).await;
    let receipts = held(&*letters).await;
    for removed in letters.remove(&receipts[..2]).await {
        assert!(removed.expect("removed"));
    }
    assert!(!letters.remove(&receipts[..1]).await.remove(0).expect("no error"));
    letters.release(&receipts[2..]).await.expect("released");
    assert_eq!(count(&*letters).await, 1);
}

/// Somebody else has the letter by then.
pub async fn a_stale_receipt_removes_nothing(backend: &dyn Backend) {
    let letters = given_up(backend, 1).await;
    let stale = held(&*letters).await;
    backend.clock().advance(HOLD + Duration::from_secs(1));
    let other = backend.letters(Channel::Queue(QUEUE));
    let receipts = held(&*other).await;
    assert!(!letters.remove(&stale).await.remove(0).expect("no error"));
    letters.release(&stale).await.expect("no error");
    assert_eq!(count(&*letters).await, 0, "the other still holds it");
    assert!(other.remove(&receipts).await.remove(0).expect("removed"));
}

/// The record as it was, with its cause.
pub async fn what_was_put_aside_of_a_stream_shows_as_its_record(backend: &dyn Backend) {
    let letters = put_aside(backend).await;
    let letter = shown(&*letters).await.remove(0);
    let sent = record("a", 0);
    assert_eq!((&letter.contents[0].key, &letter.contents[0].body), (&sent.key, &sent.body));
    assert_eq!(letter.attributes, cause("bad-data").attributes());
    assert_eq!(letter.attributes["deadLetteredAt"], key_form(cause("").at));
}

/// What was removed is not remembered: the same record, failing once more, lies there again.
pub async fn a_record_that_was_removed_can_be_put_aside_again(backend: &dyn Backend) {
    let letters = put_aside(backend).await;
    let receipts = held(&*letters).await;
    assert!(letters.remove(&receipts).await.remove(0).expect("removed"));
    assert_eq!(count(&*letters).await, 0);
    let source = backend.stream(STREAM, STREAM.consumer().name());
    let poison = source.read(1).await.expect("read").remove(0);
    source.put_aside(&poison, &cause("bad-data")).await.expect("put aside");
    assert_eq!(count(&*letters).await, 1);
}

async fn put_aside(backend: &dyn Backend) -> Arc<dyn DeadLetters> {
    backend.publisher().publish(&[record("a", 0)]).await.remove(0).expect("sent");
    let source = backend.stream(STREAM, STREAM.consumer().name());
    let poison = source.read(1).await.expect("read").remove(0);
    source.put_aside(&poison, &cause("bad-data")).await.expect("put aside");
    backend.letters(Channel::Stream(STREAM))
}
