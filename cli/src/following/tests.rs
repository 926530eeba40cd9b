use std::cell::RefCell;
use std::sync::Arc;

use mindmate_domain::Position;
use mindmate_domain::run::{Fate, PageEntry};
use mindmate_pipeline::ports::{Mark, Page};
use mindmate_testkit::conformance::samples;
use mindmate_testkit::{ManualClock, MemoryBackend};

use super::*;

fn run() -> Run {
    Run { shards: 1, ..samples::run(samples::AS_OF) }
}

async fn started() -> (ManualClock, MemoryBackend) {
    let clock = ManualClock::auto(run().as_of.instant());
    let backend = MemoryBackend::new(Arc::new(clock.clone()));
    backend.ledger().start(&run()).await.unwrap();
    (clock, backend)
}

async fn put_page(ledger: &dyn RunLedger) {
    let entry = |n: u32| PageEntry { user: samples::user(&format!("syn-{n}")), last_level: None };
    let entries = (0..2).map(entry).collect();
    let page = Page { run: run().id, shard: 0, number: 0, first_ordinal: 0, entries, last: true };
    ledger.put_page(&page).await.unwrap();
}

async fn mark(ledger: &dyn RunLedger, ordinal: u32, stage: StageName, kind: MarkKind) {
    let position = Position { run: run().id, shard: 0, ordinal };
    ledger.mark(&[Mark { position, stage, kind }]).await.unwrap();
}

/// Each step of a run is shown once, however often the ledger is looked at; the last one ends it.
#[tokio::test]
async fn a_run_is_shown_when_it_changes_and_until_it_closes() {
    let (_, backend) = started().await;
    let clock = ManualClock::new(run().as_of.instant());
    let ledger = backend.ledger();
    let lines = RefCell::new(Vec::new());
    // Lets time pass until so many lines are there, for which more than one look may be needed.
    let shown = async |count: usize| {
        while lines.borrow().len() < count {
            if clock.sleepers() > 0 {
                clock.advance(LOOK);
            }
            tokio::task::yield_now().await;
        }
    };
    let steps = async {
        let done = MarkKind::fate(Fate::Completed);
        shown(1).await;
        put_page(&*ledger).await;
        shown(2).await;
        mark(&*ledger, 0, StageName::Scoring, done.clone()).await;
        mark(&*ledger, 0, StageName::Scoring, MarkKind::sent_on()).await;
        shown(3).await;
        mark(&*ledger, 1, StageName::FeatureExtraction, MarkKind::fate(Fate::Skipped)).await;
        shown(4).await;
        // Whoever looks and finds nothing new shows nothing.
        clock.advance(LOOK * 5);
        tokio::task::yield_now().await;
        mark(&*ledger, 0, StageName::Intervention, done).await;
        shown(5).await;
    };
    let run = run();
    let watched = watch((&*ledger, &clock), &run, None, |standing| {
        let line = standing.line(clock.now());
        lines.borrow_mut().push(line.split_once("  ").unwrap().1.to_owned());
        Ok(())
    });
    let (last, ()) = tokio::join!(watched, steps);
    assert!(last.unwrap().closed);
    let expected = [
        "fan-out 0 of 1, scoring 0 of 0, intervention 0 of 0; missing 0\n",
        "fan-out 1 of 1, scoring 0 of 2, intervention 0 of 0; missing 2\n",
        "fan-out 1 of 1, scoring 1 of 2, intervention 0 of 1; missing 2\n",
        "fan-out 1 of 1, scoring 2 of 2, intervention 0 of 1; missing 1\n",
        "fan-out 1 of 1, scoring 2 of 2, intervention 1 of 1; missing 0\n",
    ];
    assert_eq!(lines.into_inner(), expected);
}

/// A run that never closes is not followed for ever where somebody said how long.
#[tokio::test]
async fn following_ends_when_its_time_is_over() {
    let (clock, backend) = started().await;
    let ledger = backend.ledger();
    let (run, mut shown) = (run(), 0);
    let timeout = Some(SignedDuration::from_mins(30));
    let last = watch((&*ledger, &clock), &run, timeout, |_| {
        shown += 1;
        Ok(())
    });
    assert!(!last.await.unwrap().closed);
    assert_eq!(shown, 1, "nothing changed");
    let took = clock.now().duration_since(run.as_of.instant());
    assert!(took >= SignedDuration::from_mins(30) && took < SignedDuration::from_mins(31));
}

/// For programs: a line says all of where the run stands.
#[tokio::test]
async fn a_line_of_json_says_where_the_run_stands() {
    let (clock, backend) = started().await;
    let ledger = backend.ledger();
    put_page(&*ledger).await;
    let run = run();
    let standing = Standing::of(&run, &ledger.tally(&run.id).await.unwrap());
    let expected = json!({
        "at": "2026-11-22T06:00:00.000Z", "runId": run.id, "closed": false,
        "stages": [
            {"stage": "fan-out", "done": 1, "expected": 1},
            {"stage": "scoring", "done": 0, "expected": 2},
            {"stage": "intervention", "done": 0, "expected": 0},
        ],
        "missing": {"assessments": 2, "interventions": 0},
    });
    assert_eq!(standing.json(&run, clock.now()), expected);
}
