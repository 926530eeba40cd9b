//! Order, repetition and company do not count.

use std::sync::Arc;

use futures::future::join_all;
use mindmate_contracts::app_table::Item;
use mindmate_contracts::messages::ActivityRecorded;
use proptest::prelude::*;

use crate::support::{HOUR, World, completed, ended, started, suggested};

/// Instants that meet, follow, contradict each other and lie too far apart.
fn instant() -> impl Strategy<Value = i64> {
    prop_oneof![
        4 => (0_i64..6).prop_map(|n| n * 60_000),
        1 => (-3_i64..3).prop_map(|n| n * 20 * HOUR - HOUR),
    ]
}

fn record() -> impl Strategy<Value = ActivityRecorded> {
    let id = prop_oneof![Just("one"), Just("two")];
    let name = prop_oneof![Just("walk"), Just("bath")];
    let helped = prop_oneof![Just(None), Just(Some(true)), Just(Some(false))];
    let parts = (0..4, id, instant(), name, helped);
    parts.prop_map(|(kind, id, at, name, helpful)| match kind {
        0 => started(id, at),
        1 => ended(id, at),
        2 => suggested(id, at, name),
        _ => completed(id, at, helpful),
    })
}

/// Records, and the same ones again in another order, some of them several times.
fn orders() -> impl Strategy<Value = (Vec<ActivityRecorded>, Vec<ActivityRecorded>)> {
    let records = prop::collection::vec(record(), 1..24);
    records.prop_flat_map(|records| {
        let again = prop::sample::subsequence(records.clone(), 0..=records.len());
        let shuffled = again.prop_flat_map({
            let records = records.clone();
            move |again| Just([records.clone(), again].concat()).prop_shuffle()
        });
        (Just(records), shuffled)
    })
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().build().unwrap()
}

async fn items_of(records: &[ActivityRecorded]) -> Vec<(String, Item)> {
    let world = World::new();
    world.take_all(records).await;
    world.items()
}

proptest! {
    /// The same items of the same records, whatever their order and however often each comes: also
    /// of those that contradict each other.
    #[test]
    fn any_order_with_any_repetition_leaves_the_same_items((records, again) in orders()) {
        let (one, other) =
            runtime().block_on(async { (items_of(&records).await, items_of(&again).await) });
        prop_assert_eq!(one, other);
    }

    /// No more than one item a session and activity, whatever was told of it.
    #[test]
    fn nothing_is_left_of_what_was_superseded(records in prop::collection::vec(record(), 1..24)) {
        let items = runtime().block_on(items_of(&records));
        for kind in ["SESSION#", "ACTIVITY#"] {
            let of_kind = items.iter().filter(|(sk, _)| sk.starts_with(kind));
            prop_assert!(of_kind.count() <= 2, "there are two ids: {:?}", items);
        }
    }
}

/// Each record on a task of its own, and twice: every interleaving that the scheduler finds.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_machines_at_once_leave_what_one_leaves() {
    let ends = (1..=6).map(|n| ended("s", n * 60_000));
    let more = [
        started("s", 30_000),
        started("s", 0),
        suggested("a", 60_000, "walk"),
        suggested("a", 0, "bath"),
        completed("a", 90_000, Some(true)),
    ];
    let records: Vec<_> = ends.chain(more).collect();
    let expected = items_of(&records).await;
    for _ in 0..50 {
        let world = Arc::new(World::new());
        let tasks = records.iter().chain(&records).cloned().map(|recorded| {
            let world = Arc::clone(&world);
            // Whoever lost every race comes again, as a stream lets it.
            tokio::spawn(async move { while world.take(&recorded).await.is_err() {} })
        });
        for done in join_all(tasks).await {
            done.unwrap();
        }
        assert_eq!(world.items(), expected);
    }
}
