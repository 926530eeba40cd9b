//! A stream through the stage: in order by key, and never stuck.

use std::sync::Arc;
use std::time::Duration;

use mindmate_pipeline::ports::{Sequence, StreamSource};
use mindmate_pipeline::{BatchResult, SeededChance, StreamRunner};
use mindmate_testkit::conformance::samples::record;
use mindmate_testkit::{Fault, FaultRates, Faults, Faulty, ManualClock, MemoryBackend};

use crate::support::{Behaviour, Call, OUTCOMES, Scripted, backend, runner, send, sent_on};

const GROUP: &str = "report";

/// A runner over a stream of these records, by key and ordinal.
async fn stream(
    stage: &Scripted,
    records: &[(&str, u32)],
) -> (ManualClock, MemoryBackend, StreamRunner<Scripted>) {
    let (clock, backend) = backend();
    let batch: Vec<_> = records.iter().map(|(key, n)| record(key, *n)).collect();
    send(&backend, &batch).await;
    let runner = StreamRunner::new(runner(stage, &clock, backend.publisher()));
    (clock, backend, runner)
}

async fn step(backend: &MemoryBackend, runner: &StreamRunner<Scripted>) -> BatchResult {
    runner.step(&*backend.stream(OUTCOMES, GROUP), 100).await.unwrap()
}

/// The ordinals that were handled, in the order in which they were.
fn handled(stage: &Scripted) -> Vec<u32> {
    let calls = stage.calls();
    let ordinals = calls.iter().filter_map(|call| match call {
        Call::Handled { ordinal, .. } => Some(*ordinal),
        _ => None,
    });
    ordinals.collect()
}

async fn unread(backend: &MemoryBackend) -> Vec<Sequence> {
    let records = backend.stream(OUTCOMES, GROUP).read(100).await.unwrap();
    records.into_iter().map(|record| record.sequence).collect()
}

#[tokio::test]
async fn records_of_a_key_are_processed_in_order() {
    let stage = Scripted::new([]);
    let records = [("a", 0), ("b", 10), ("a", 1), ("b", 11), ("a", 2)];
    let (_, backend, runner) = stream(&stage, &records).await;
    let last = *unread(&backend).await.last().unwrap();
    assert_eq!(step(&backend, &runner).await, BatchResult::Done(last));
    let (a, b): (Vec<_>, Vec<_>) = handled(&stage).into_iter().partition(|n| *n < 10);
    assert_eq!((a, b), (vec![0, 1, 2], vec![10, 11]));
    assert_eq!(step(&backend, &runner).await, BatchResult::Empty);
}

#[tokio::test]
async fn a_record_that_may_heal_holds_up_its_key_and_no_other() {
    let stage = Scripted::new([(0, Behaviour::Transient(1))]);
    let (_, backend, runner) = stream(&stage, &[("a", 0), ("b", 10), ("a", 1)]).await;
    step(&backend, &runner).await;
    assert_eq!(handled(&stage), [0, 10], "1 waits for 0");
    step(&backend, &runner).await;
    assert_eq!(handled(&stage).into_iter().filter(|n| *n < 10).collect::<Vec<_>>(), [0, 0, 1]);
    assert!(unread(&backend).await.is_empty());
}

#[tokio::test]
async fn the_checkpoint_stops_before_the_lowest_failed_record() {
    let stage = Scripted::new([(2, Behaviour::Transient(1)), (3, Behaviour::Transient(2))]);
    let records = [("a", 0), ("b", 1), ("c", 2), ("d", 3), ("e", 4)];
    let (_, backend, runner) = stream(&stage, &records).await;
    let all = unread(&backend).await;
    for lowest in [2, 3] {
        let result = step(&backend, &runner).await;
        let BatchResult::Stopped { at, after } = result else { panic!("found {result:?}") };
        assert_eq!(at, all[lowest]);
        assert!(after <= Duration::from_secs(2));
        assert_eq!(unread(&backend).await, all[lowest..]);
    }
    assert_eq!(step(&backend, &runner).await, BatchResult::Done(all[4]));
}

#[tokio::test]
async fn poison_is_put_aside_and_the_rest_goes_on() {
    let stage = Scripted::new([(1, Behaviour::Panic)]);
    let (_, backend, runner) = stream(&stage, &[("a", 0), ("a", 1), ("a", 2)]).await;
    let all = unread(&backend).await;
    assert_eq!(step(&backend, &runner).await, BatchResult::Done(all[2]));
    let aside = backend.put_aside(OUTCOMES, GROUP);
    assert_eq!(aside.len(), 1);
    assert_eq!((aside[0].record.sequence, &*aside[0].attributes["code"]), (all[1], "panicked"));
    assert_eq!(sent_on(&backend).await, 2);
}

#[tokio::test]
async fn a_record_that_fails_for_good_is_put_aside_after_four_attempts() {
    let stage = Scripted::new([(0, Behaviour::Transient(u32::MAX))]);
    let (_, backend, runner) = stream(&stage, &[("a", 0), ("a", 1)]).await;
    let all = unread(&backend).await;
    for _ in 1..=3 {
        let result = step(&backend, &runner).await;
        assert!(matches!(result, BatchResult::Stopped { at, .. } if at == all[0]));
        assert!(backend.put_aside(OUTCOMES, GROUP).is_empty());
    }
    assert_eq!(step(&backend, &runner).await, BatchResult::Done(all[1]));
    assert_eq!(stage.attempts(0), [1, 2, 3, 4]);
    assert_eq!(stage.attempts(1), [1]);
    let aside = backend.put_aside(OUTCOMES, GROUP);
    assert_eq!(&*aside[0].attributes["code"], "retries-exhausted");
    assert_eq!(&*aside[0].attributes["attempts"], "4");
}

/// Nobody is put aside because a disk is full: the stream stands until there is room.
#[tokio::test]
async fn a_store_that_is_out_of_order_costs_no_attempt() {
    let stage = Scripted::new([(0, Behaviour::Outage(20))]);
    let (_, backend, runner) = stream(&stage, &[("a", 0), ("a", 1)]).await;
    let all = unread(&backend).await;
    for _ in 0..20 {
        let result = step(&backend, &runner).await;
        assert!(matches!(result, BatchResult::Stopped { at, .. } if at == all[0]));
    }
    assert_eq!(step(&backend, &runner).await, BatchResult::Done(all[1]));
    assert_eq!(stage.attempts(0), [1; 21]);
    assert!(backend.put_aside(OUTCOMES, GROUP).is_empty());
}

/// At least once: what is done beyond the checkpoint is done again, and lies aside once.
#[tokio::test]
async fn what_lies_behind_a_held_up_record_comes_again() {
    let stage = Scripted::new([(0, Behaviour::Transient(1)), (1, Behaviour::Permanent)]);
    let (_, backend, runner) = stream(&stage, &[("a", 0), ("b", 1), ("c", 2)]).await;
    let all = unread(&backend).await;
    let held = step(&backend, &runner).await;
    assert!(matches!(held, BatchResult::Stopped { at, .. } if at == all[0]));
    assert_eq!(backend.put_aside(OUTCOMES, GROUP).len(), 1);
    assert_eq!(step(&backend, &runner).await, BatchResult::Done(all[2]));
    assert_eq!(stage.attempts(0), [1, 2]);
    assert_eq!(stage.attempts(2), [1, 1], "it did not fail, so its attempts begin anew");
    assert_eq!(backend.put_aside(OUTCOMES, GROUP).len(), 1);
}

#[tokio::test]
async fn records_whose_checkpoint_failed_come_again() {
    let stage = Scripted::new([]);
    let (clock, backend, runner) = stream(&stage, &[("a", 0), ("b", 1)]).await;
    let chance = Arc::new(SeededChance::new(1));
    let faults = Faults::seeded(FaultRates::default(), chance, Arc::new(clock));
    faults.script([Fault::None, Fault::Before]);
    let source = Faulty::<dyn StreamSource>::new(backend.stream(OUTCOMES, GROUP), &faults);
    assert!(runner.step(&*source, 100).await.is_err());
    assert_eq!(unread(&backend).await.len(), 2);
    assert!(matches!(runner.step(&*source, 100).await.unwrap(), BatchResult::Done(_)));
    assert_eq!(handled(&stage).len(), 4);
    assert!(unread(&backend).await.is_empty());
}
