use mindmate_contracts::RawEvent;
use mindmate_contracts::messages::{
    AssessmentCompleted, AssessmentDeadLettered, AssessmentSkipped, InterventionDelivered,
};
use mindmate_contracts::{Contract as _, Message};

use super::*;

fn run() -> RunId {
    RunId::named("load-1")
}

/// The golden example of an outcome, moved to a position.
fn outcome<M: Message>(shard: u16, ordinal: u32) -> Outcome {
    let examples = mindmate_contracts::examples::all().unwrap();
    let body = &examples.iter().find(|example| example.name == M::NAME).unwrap().body;
    let mut event: serde_json::Value = serde_json::from_str(body).unwrap();
    event["data"]["run"] = serde_json::json!({ "run": run(), "shard": shard, "ordinal": ordinal });
    if M::NAME == AssessmentDeadLettered::NAME {
        event["data"]["stage"] = "scoring".into();
    }
    if M::NAME == AssessmentCompleted::NAME {
        event["data"]["sentOn"] = serde_json::json!([InterventionRequested::NAME]);
    }
    let body = event.to_string();
    Outcome::decode(&RawEvent::parse(&body).unwrap()).unwrap()
}

fn book(requests: u64) -> Book {
    let mut book = Book::new(run(), false).unwrap();
    for at in 0..requests {
        book.expect(0, Duration::from_millis(at * 100));
    }
    book
}

fn at(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// No coordinated omission: a request that waited for its turn counts from when it was due.
#[test]
fn latency_counts_from_the_scheduled_instant() {
    let mut book = book(2);
    book.take(&outcome::<AssessmentCompleted>(0, 1), at(350));
    assert_eq!(book.assessments().max() / 1_000, 250);
}

#[test]
fn it_closes_when_everybody_and_every_intervention_is_known() {
    let mut book = book(2);
    book.take(&outcome::<AssessmentCompleted>(0, 0), at(1));
    book.take(&outcome::<AssessmentSkipped>(0, 1), at(2));
    assert!(!book.is_closed(2));
    assert_eq!(book.missing().len(), 1);
    book.take(&outcome::<InterventionDelivered>(0, 0), at(3));
    assert!(book.is_closed(2));
    assert!(book.missing().is_empty());
    assert!(!book.is_closed(3));
}

#[test]
fn what_comes_twice_counts_once() {
    let mut book = book(1);
    for _ in 0..3 {
        book.take(&outcome::<AssessmentCompleted>(0, 0), at(1));
        book.take(&outcome::<InterventionDelivered>(0, 0), at(1));
    }
    let Totals { assessed, delivered, asked, answered, repeated, .. } = book.totals();
    assert_eq!((assessed, delivered, asked, answered, repeated), (1, 1, 1, 1, 4));
    assert_eq!(book.assessments().len(), 1);
}

#[test]
fn a_better_fate_supersedes_a_worse_one() {
    let mut book = book(1);
    book.take(&outcome::<AssessmentDeadLettered>(0, 0), at(1));
    assert_eq!(book.totals().dead_lettered, 1);
    book.take(&outcome::<AssessmentCompleted>(0, 0), at(2));
    book.take(&outcome::<AssessmentSkipped>(0, 0), at(3));
    let Totals { assessed, skipped, dead_lettered, .. } = book.totals();
    assert_eq!((assessed, skipped, dead_lettered), (1, 0, 0));
}

#[test]
fn an_outcome_that_nobody_asked_for_keeps_it_open() {
    let mut book = book(1);
    book.take(&outcome::<AssessmentSkipped>(0, 0), at(1));
    assert!(book.is_closed(1));
    book.take(&outcome::<AssessmentSkipped>(0, 7), at(1));
    assert!(!book.is_closed(1));
}

#[test]
fn the_book_of_a_wave_grows() {
    let mut book = Book::new(run(), true).unwrap();
    book.take(&outcome::<AssessmentSkipped>(2, 4), at(1));
    assert_eq!((book.expected(), book.totals().skipped), (5, 1));
    assert_eq!(book.missing().len(), 4);
}
