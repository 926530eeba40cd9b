//! One delivery, and its neighbours.

use std::time::Duration;

use mindmate_contracts::Channel;
use mindmate_pipeline::{Clock as _, Disposition, Outgoing};
use mindmate_testkit::conformance::samples::{
    fan_out_message, message, message_of_tomorrow, request,
};

use crate::support::{
    Behaviour, Call, INPUT, MINUTE, Scripted, backend, code, deliver, last_words, runner, send,
    sent_on,
};

#[tokio::test]
async fn one_bad_user_never_holds_up_the_others() {
    let (clock, backend) = backend();
    let stage = Scripted::new([(5, Behaviour::Panic), (7, Behaviour::Transient(1))]);
    let runner = runner(&stage, &clock, backend.publisher());
    let mut batch: Vec<_> = (0..10).map(|n| message(INPUT, n)).collect();
    batch[3] = message_of_tomorrow(INPUT, 3);
    send(&backend, &batch).await;

    let dispositions = deliver(&backend, &runner).await;

    assert_eq!(dispositions.iter().filter(|found| **found == Disposition::Ack).count(), 7);
    assert!(matches!(dispositions[7], Disposition::Retry { .. }));
    let dead = backend.dead_letters(INPUT);
    assert_eq!(dead.iter().map(code).collect::<Vec<_>>(), ["unknown-type", "panicked"]);
    for ordinal in [0, 1, 2, 4, 6, 8, 9] {
        assert_eq!(stage.attempts(ordinal), [1]);
    }
    assert_eq!(sent_on(&backend).await, 7);
    clock.advance(MINUTE);
    assert_eq!(deliver(&backend, &runner).await, [Disposition::Ack]);
    assert_eq!((stage.attempts(7), sent_on(&backend).await), (vec![1, 2], 8));
    assert!(backend.queue(INPUT).depth().await.unwrap().is_drained());
}

#[tokio::test]
async fn poison_is_dead_lettered_at_the_first_attempt_with_its_cause() {
    let (clock, backend) = backend();
    let stage = Scripted::new([]);
    let runner = runner(&stage, &clock, backend.publisher());
    let poison = message_of_tomorrow(INPUT, 3);
    send(&backend, std::slice::from_ref(&poison)).await;
    deliver(&backend, &runner).await;
    let dead = backend.dead_letters(INPUT);
    assert_eq!(dead[0].body, poison.body);
    let mut attributes = dead[0].attributes.clone();
    let cause = attributes.remove("cause").unwrap();
    assert!(cause.contains("app.mindmate.assessment.requested.v1"), "{cause}");
    assert!(cause.contains("app.mindmate.assessment.requested.v9"), "{cause}");
    let rest: Vec<_> = attributes.iter().map(|(name, text)| (name.as_str(), &**text)).collect();
    let expected = [
        ("attempts", "1"),
        ("code", "unknown-type"),
        ("deadLetteredAt", "2026-11-22T06:00:00.000Z"),
        ("stage", "feature-extraction"),
    ];
    assert_eq!(rest, expected);
}

/// So that the ledger of the run still closes.
#[tokio::test]
async fn an_unread_message_is_counted_where_its_data_has_a_position() {
    let (clock, backend) = backend();
    let stage = Scripted::new([]);
    let runner = runner(&stage, &clock, backend.publisher());
    send(&backend, &[message_of_tomorrow(INPUT, 3), fan_out_message(INPUT)]).await;
    deliver(&backend, &runner).await;
    let unread = |ordinal| Call::GaveUpUnread { ordinal, code: "unknown-type" };
    let told =
        Call::ToldOfUnread { user: request(3).user_id.as_str().to_owned(), code: "unknown-type" };
    assert_eq!(stage.calls(), [told, unread(Some(3)), unread(None)]);
    assert_eq!(last_words(&backend).await, 1);
    assert_eq!(backend.dead_letters(INPUT).len(), 2);
}

/// Safety 3: whom an unread message is about is looked at before it is put aside.
#[tokio::test]
async fn an_unread_message_stays_until_somebody_has_been_told() {
    let (clock, backend) = backend();
    let stage = Scripted { telling_fails: true, ..Scripted::new([]) };
    let runner = runner(&stage, &clock, backend.publisher());
    send(&backend, &[message_of_tomorrow(INPUT, 3)]).await;
    let dispositions = deliver(&backend, &runner).await;
    assert!(matches!(dispositions[..], [Disposition::Retry { .. }]), "{dispositions:?}");
    assert_eq!((stage.calls(), backend.dead_letters(INPUT).len()), (vec![], 0));
}

#[tokio::test]
async fn what_cannot_be_read_says_why() {
    let (clock, backend) = backend();
    let runner = runner(&Scripted::new([]), &clock, backend.publisher());
    let good = message(INPUT, 0).body;
    let bodies = [
        ("not-an-event", "{".to_owned()),
        ("not-an-event", String::new()),
        ("not-an-event", good.replace("\"specversion\":\"1.0\"", "\"specversion\":\"0.3\"")),
        ("bad-data", good.replace("\"urgent\":false", "\"urgent\":7")),
    ];
    for (expected, body) in bodies {
        let bad = Outgoing::new(Channel::Queue(INPUT), String::new(), String::new(), body);
        send(&backend, &[bad]).await;
        deliver(&backend, &runner).await;
        let dead = backend.dead_letters(INPUT);
        assert_eq!(code(dead.last().unwrap()), expected);
    }
}

#[tokio::test]
async fn panics_are_caught_wherever_the_stage_panics() {
    let (clock, backend) = backend();
    let stage = Scripted {
        unread_panics: true,
        ..Scripted::new([(0, Behaviour::Panic), (1, Behaviour::EarlyPanic)])
    };
    let runner = runner(&stage, &clock, backend.publisher());
    send(&backend, &[message(INPUT, 0), message(INPUT, 1), message_of_tomorrow(INPUT, 2)]).await;
    let dispositions = deliver(&backend, &runner).await;
    for (letter, words) in backend.dead_letters(INPUT).iter().zip(["on purpose", "early"]) {
        assert_eq!(code(letter), "panicked");
        assert!(letter.attributes["cause"].contains(words));
    }
    assert_eq!(backend.dead_letters(INPUT).len(), 2);
    assert!(matches!(dispositions[2], Disposition::Retry { .. }), "nobody is given up in silence");
}

#[tokio::test]
async fn a_handler_that_takes_longer_than_it_may_is_stopped_and_tried_again() {
    let (clock, backend) = backend();
    let limit = Duration::from_secs(5);
    let slow = Behaviour::Slow(Duration::from_secs(6));
    let quick = Behaviour::Slow(Duration::from_secs(4));
    let stage = Scripted::new([(0, slow), (1, quick)]);
    let runner = runner(&stage, &clock, backend.publisher()).with_limit(limit);
    send(&backend, &[message(INPUT, 0), message(INPUT, 1)]).await;
    let before = clock.now();
    let dispositions = clock.drive(Duration::from_secs(1), deliver(&backend, &runner)).await;
    assert!(matches!(dispositions[0], Disposition::Retry { .. }));
    assert_eq!(dispositions[1], Disposition::Ack);
    assert_eq!(clock.now().duration_since(before).as_secs(), 9);
    assert_eq!(sent_on(&backend).await, 1);
}

#[tokio::test]
async fn gives_up_once_after_the_fourth_failed_attempt() {
    let (clock, backend) = backend();
    let stage = Scripted::new([(0, Behaviour::Transient(u32::MAX))]);
    let runner = runner(&stage, &clock, backend.publisher());
    send(&backend, &[message(INPUT, 0)]).await;
    for attempt in 1..=3 {
        let dispositions = deliver(&backend, &runner).await;
        let [Disposition::Retry { after }] = dispositions[..] else {
            panic!("expected a retry after attempt {attempt}, found {dispositions:?}")
        };
        assert!(after <= Duration::from_secs(1 << (attempt - 1)), "full jitter: {after:?}");
        assert_eq!(last_words(&backend).await, 0);
        clock.advance(after);
    }
    deliver(&backend, &runner).await;
    assert_eq!(stage.attempts(0), [1, 2, 3, 4]);
    let gave_up = Call::GaveUp { ordinal: 0, code: "retries-exhausted" };
    assert_eq!(stage.calls().iter().filter(|call| **call == gave_up).count(), 1);
    assert_eq!(last_words(&backend).await, 1);
    let dead = backend.dead_letters(INPUT);
    assert_eq!((code(&dead[0]), &*dead[0].attributes["attempts"]), ("retries-exhausted", "4"));
}

/// A queue counts receives by itself: as many as it has, and then the message is put aside with its
/// cause. Nothing of the stage's is used up before.
#[tokio::test]
async fn a_message_outlasts_an_outage_as_long_as_its_queue_lets_it() {
    let stage = Scripted::new([(0, Behaviour::Outage(8))]);
    let (clock, backend) = backend();
    send(&backend, &[message(INPUT, 0)]).await;
    let runner = runner(&stage, &clock, backend.publisher());
    for _ in 1..=7 {
        let dispositions = deliver(&backend, &runner).await;
        assert!(matches!(dispositions[..], [Disposition::Wait { .. }]), "{dispositions:?}");
        clock.advance(MINUTE);
    }
    assert!(matches!(deliver(&backend, &runner).await[..], [Disposition::Wait { .. }]));
    assert!(backend.dead_letters(INPUT).is_empty());
}

#[tokio::test]
async fn what_will_not_heal_is_given_up_at_once() {
    let (clock, backend) = backend();
    let stage = Scripted::new([(0, Behaviour::Permanent)]);
    let runner = runner(&stage, &clock, backend.publisher());
    send(&backend, &[message(INPUT, 0)]).await;
    deliver(&backend, &runner).await;
    let handled = Call::Handled { ordinal: 0, attempt: 1 };
    let gave_up = Call::GaveUp { ordinal: 0, code: "no-such-thing" };
    assert_eq!(stage.calls(), [handled, gave_up]);
    assert_eq!(code(&backend.dead_letters(INPUT)[0]), "no-such-thing");
}

/// A message that kills its consumer never fails in a handler: before the queue puts it aside
/// without a word, it is given up, with its cause and its stage's last words.
#[tokio::test]
async fn a_message_that_was_received_too_often_is_given_up_without_another_try() {
    let (clock, backend) = backend();
    let stage = Scripted::new([]);
    let runner = runner(&stage, &clock, backend.publisher());
    send(&backend, &[message(INPUT, 0)]).await;
    for _ in 1..9 {
        assert_eq!(backend.queue(INPUT).receive(1, Duration::ZERO).await.unwrap().len(), 1);
        clock.advance(Duration::from_mins(30));
    }
    assert_eq!(deliver(&backend, &runner).await.len(), 1);
    assert_eq!(stage.calls(), [Call::GaveUp { ordinal: 0, code: "received-too-often" }]);
    let dead = backend.dead_letters(INPUT);
    assert_eq!((code(&dead[0]), &*dead[0].attributes["attempts"]), ("received-too-often", "9"));
    assert_eq!(last_words(&backend).await, 1);
}

/// The backstop: a consumer that dies with the message never gives it up.
#[tokio::test]
async fn a_message_whose_consumers_die_is_redriven_by_the_queue() {
    let (clock, backend) = backend();
    let backend = backend.with_max_receives(3);
    let stage = Scripted::new([]);
    let runner = runner(&stage, &clock, backend.publisher());
    send(&backend, &[message(INPUT, 0)]).await;
    for _ in 0..3 {
        assert_eq!(backend.queue(INPUT).receive(1, Duration::ZERO).await.unwrap().len(), 1);
        clock.advance(Duration::from_mins(3));
    }
    assert!(deliver(&backend, &runner).await.is_empty());
    assert_eq!(backend.dead_letters(INPUT).len(), 1);
    assert!(stage.calls().is_empty());
}
