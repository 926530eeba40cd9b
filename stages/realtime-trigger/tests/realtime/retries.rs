//! What comes again, comes at once or fails.

use std::sync::Arc;

use mindmate_domain::AsOf;
use mindmate_domain::app::Author;
use mindmate_pipeline::{Outgoing, Stage, StageError};
use mindmate_realtime_trigger::PACE;
use mindmate_testkit::conformance::samples::{chat, mood};
use mindmate_testkit::{Fault, FaultRates, Faults, Faulty};

use crate::support::{
    CRISIS, FAILURE, NOW, World, changed, person, requests, says, sk_of, written,
};

/// A shard that is read again from its start, or a retry: the same messages, and none else.
#[tokio::test]
async fn the_same_changes_again_lead_to_the_same_messages() {
    let world = World::new();
    let items = [
        mood("2026-11-22T08:40:00.000Z", 6.0),
        chat("2026-11-22T08:45:00.000Z", Author::User, "tired"),
        chat("2026-11-22T08:50:00.000Z", Author::User, CRISIS),
    ];
    let mut first = Vec::new();
    for item in &items {
        world.backend.put_item(&person(), item);
    }
    let changes: Vec<_> = items.iter().map(sk_of).map(|sk| changed(&sk, &sk[5..])).collect();
    for change in &changes {
        first.push(ids(&world.handle(change.clone()).await));
    }
    for (change, first) in changes.iter().zip(&first) {
        assert_eq!(ids(&world.handle(change.clone()).await), *first);
    }
    assert_eq!(first.concat().len(), 3 + 2, "three assessments and two texts");
}

fn ids(outgoing: &[Outgoing]) -> Vec<String> {
    outgoing.iter().map(|sent| sent.id.clone()).collect()
}

/// Killed after the state was written, before the request was sent.
#[tokio::test]
async fn a_write_whose_answer_was_lost_sends_the_request_at_the_next_try() {
    let item = says("a long walk");
    let world = World::new().with(&item);
    let faults = Faults::seeded(
        FaultRates::default(),
        Arc::new(mindmate_pipeline::SeededChance::new(1)),
        Arc::new(world.clock.clone()),
    );
    let stage = world.stage_over(Faulty::new(world.backend.states(), &faults));
    faults.script([Fault::None, Fault::After]);
    let failed = stage.handle(written(&item), &world.delivery()).await;
    assert!(matches!(failed, Err(StageError::Transient { .. })));
    let outgoing = stage.handle(written(&item), &world.delivery()).await.unwrap();
    assert_eq!(requests(&outgoing).len(), 1);
}

/// Two machines have the same user's changes: one is asked for at once, one at the end.
#[tokio::test]
async fn two_at_the_same_time_ask_once_and_once_at_the_end() {
    let world = World::new();
    let items = ["2026-11-22T08:59:58.000Z", "2026-11-22T08:59:59.000Z"]
        .map(|at| chat(at, Author::User, "hello"));
    for item in &items {
        world.backend.put_item(&person(), item);
    }
    let [one, two] = items.each_ref().map(|item| changed(&sk_of(item), &sk_of(item)[5..]));
    let (stage, delivery) = (world.stage(), world.delivery());
    let (one, two) = futures::join!(stage.handle(one, &delivery), stage.handle(two, &delivery));
    let mut asked: Vec<AsOf> = requests(&[one.unwrap(), two.unwrap()].concat())
        .into_iter()
        .map(|(asked, _)| asked.request.as_of)
        .collect();
    asked.sort();
    asked.dedup();
    assert_eq!(asked.len(), 2);
    let apart = asked[1].instant().duration_since(asked[0].instant());
    assert_eq!(apart, PACE);
}

/// Nothing is lost: the assessment reads all there is, consents too.
#[tokio::test]
async fn a_change_that_is_given_up_is_assessed_at_once() {
    let world = World::new();
    for (sk, asked) in [("CHAT#x", 1), ("MOOD#x", 1), ("SESSION#x", 0), ("PROFILE", 0)] {
        let given_up =
            world.stage().give_up(changed(sk, NOW), &FAILURE, &world.delivery()).await.unwrap();
        assert_eq!(requests(&given_up).len(), asked, "{sk}");
    }
}
