//! Ports that fail, and machines that are killed between any two steps.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;

use futures::future::join_all;
use mindmate_activity_ingest::{ActivityIngest, ActivityPorts};
use mindmate_contracts::app_table::Item;
use mindmate_contracts::messages::ActivityRecorded;
use mindmate_pipeline::ports::{AppItems, ProfileStore, UserStates};
use mindmate_pipeline::{SeededChance, Stage, StageError};
use mindmate_testkit::{Fault, FaultRates, Faults, Faulty};
use proptest::prelude::*;

use crate::slow::{draw, slow};
use crate::support::{World, completed, ended, is_done, ports, stage, started, suggested, viewed};

/// Every kind of change: items that appear, move, are overtaken and are taken back.
fn records() -> Vec<ActivityRecorded> {
    vec![
        ended("s", 120_000),
        started("s", 60_000),
        ended("s", 180_000),
        started("s", 0),
        started("s", -72 * 3_600_000),
        completed("a", 240_000, Some(true)),
        suggested("a", 120_000, "walk"),
        suggested("a", 60_000, "bath"),
        started("t", 0),
        ended("t", 60_000),
        ended("t", 120_000),
    ]
}

fn faults(world: &World, rates: FaultRates, seed: u64) -> Arc<Faults> {
    let clock = Arc::new(world.clock.clone());
    Faults::seeded(rates, Arc::new(SeededChance::new(seed)), clock)
}

fn faulty(world: &World, faults: &Arc<Faults>) -> ActivityIngest {
    let ActivityPorts { items, profiles, states } = ports(&world.backend);
    let items: Arc<dyn AppItems> = Faulty::new(items, faults);
    let profiles: Arc<dyn ProfileStore> = Faulty::new(profiles, faults);
    let states: Arc<dyn UserStates> = Faulty::new(states, faults);
    stage(ActivityPorts { items, profiles, states })
}

/// Hands it to the stage until it is taken or put aside, as a stream does; says how often.
async fn insist(world: &World, stage: &ActivityIngest, recorded: &ActivityRecorded) -> u32 {
    for attempt in 1.. {
        let result = stage.handle(recorded.clone(), &world.delivery()).await;
        if is_done(&result) {
            return attempt;
        }
        assert!(attempt < 1_000, "it never heals: {result:?}");
    }
    unreachable!("the loop above has no end")
}

async fn undisturbed() -> Vec<(String, Item)> {
    let world = World::new();
    world.take_all(&records()).await;
    world.items()
}

/// At each call of each record once: it did not happen, or it did and nobody heard. A machine that
/// is killed between two calls looks the same to the stores.
#[tokio::test]
async fn a_record_that_breaks_off_at_any_call_leaves_the_same_when_it_comes_again() {
    let expected = undisturbed().await;
    assert!(expected.len() == 2, "the start of three days ago took back its session");
    let mut broken = 0;
    for fault in [Fault::Before, Fault::After] {
        for victim in 0..records().len() {
            for call in 0.. {
                let world = World::new();
                let faults = faults(&world, FaultRates::default(), 1);
                let stage = faulty(&world, &faults);
                let mut attempts = 0;
                for (n, recorded) in records().iter().enumerate() {
                    if n == victim {
                        faults.script(std::iter::repeat_n(Fault::None, call).chain([fault]));
                    }
                    attempts += insist(&world, &stage, recorded).await;
                }
                assert_eq!(world.items(), expected, "{fault:?} at call {call} of {victim}");
                if attempts as usize == records().len() {
                    break;
                }
                broken += 1;
            }
        }
    }
    assert!(broken > 60, "every record has some calls, found {broken} in all");
}

/// What a machine does with records until it has done with each: it is killed at some of its
/// steps, and begins again with the record that it was at.
async fn machine(world: &World, records: &[ActivityRecorded], seed: u64) {
    let chance = Arc::new(SeededChance::new(seed));
    let stage = stage(slow(ports(&world.backend), &chance));
    for recorded in records {
        let mut deaths = 0;
        loop {
            let cx = world.delivery();
            let handle = stage.handle(recorded.clone(), &cx);
            let mut life = if deaths < 4 { draw(&*chance, 40) } else { u32::MAX };
            match killed(handle, &mut life).await {
                Some(result) if is_done(&result) => break,
                Some(_) => {}
                None => deaths += 1,
            }
        }
    }
}

/// The future's result, unless it is dropped before: it is polled `life` times and once.
async fn killed<T>(future: impl Future<Output = T>, life: &mut u32) -> Option<T> {
    let mut future = pin!(future);
    poll_fn(|cx| match future.as_mut().poll(cx) {
        Poll::Ready(result) => Poll::Ready(Some(result)),
        Poll::Pending if *life == 0 => Poll::Ready(None),
        Poll::Pending => {
            *life -= 1;
            Poll::Pending
        }
    })
    .await
}

proptest! {
    /// Machines take the same records in different orders, their calls interleaved by a seed, each
    /// killed at steps that the seed says.
    #[test]
    fn machines_that_are_killed_at_any_step_leave_the_same(
        seed in any::<u64>(),
        (second, third) in (Just(records()).prop_shuffle(), Just(records()).prop_shuffle()),
    ) {
        let (found, expected) = runtime().block_on(async {
            let (world, first) = (World::new(), records());
            futures::join!(
                machine(&world, &first, seed),
                machine(&world, &second, seed ^ 1),
                machine(&world, &third, seed ^ 2),
            );
            (world.items(), undisturbed().await)
        });
        prop_assert_eq!(found, expected);
    }

    /// The last records of all come at once, each on a machine of its own: nobody comes after them
    /// who would make good what a slow one left.
    #[test]
    fn the_slowest_of_the_last_leaves_nothing_older(
        seed in any::<u64>(),
        order in Just(records()).prop_shuffle(),
        last in 2_usize..5,
    ) {
        let (found, expected) = runtime().block_on(async {
            let world = World::new();
            let (before, last) = order.split_at(order.len() - last);
            world.take_all(before).await;
            let machines = (1_u64..).zip(last.chunks(1));
            join_all(machines.map(|(n, one)| machine(&world, one, seed.wrapping_mul(n)))).await;
            (world.items(), undisturbed().await)
        });
        prop_assert_eq!(found, expected);
    }
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().build().unwrap()
}

/// It needs no store: nothing of it is kept.
#[tokio::test]
async fn a_view_of_a_screen_asks_no_store() {
    let world = World::new();
    let down = FaultRates { before: 1.0, ..FaultRates::default() };
    let stage = faulty(&world, &faults(&world, down, 1));
    assert_eq!(stage.handle(viewed("s", 0), &world.delivery()).await.unwrap(), []);
    let error = stage.handle(started("s", 0), &world.delivery()).await.unwrap_err();
    assert!(matches!(error, StageError::Transient { .. }), "{error}");
}
