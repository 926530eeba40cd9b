//! Kinesis and DynamoDB Streams: in order, up to the first record that may heal.

use std::sync::Arc;
use std::time::Duration;

use aws_lambda_events::dynamodb::EventRecord;
use aws_lambda_events::kinesis::{KinesisEvent, KinesisEventRecord};
use jiff::Timestamp;
use mindmate_contracts::StreamName;
use mindmate_host::lambda::{Function as _, Invocation, KinesisFunction, TableFunction};
use mindmate_pipeline::ports::StreamSource;
use mindmate_pipeline::{Clock as _, SeededChance, StreamRunner};
use mindmate_testkit::conformance::samples::message;
use mindmate_testkit::faulty::{Fault, FaultRates, Faults, Faulty};
use mindmate_testkit::{ManualClock, MemoryBackend};
use serde_json::{Value, json};

use crate::support::{Behaviour, INPUT, SECOND, Scripted, failures, invocation, runner};

const STREAM: StreamName = StreamName::Outcomes;
const GROUP: &str = "functions";

struct World {
    clock: ManualClock,
    backend: MemoryBackend,
    stage: Scripted,
    function: KinesisFunction<Scripted>,
}

fn backend() -> (ManualClock, MemoryBackend) {
    let clock = ManualClock::new("2026-11-22T06:00:00Z".parse::<Timestamp>().unwrap());
    let backend = MemoryBackend::new(Arc::new(clock.clone()));
    (clock, backend)
}

impl World {
    fn new(behaviours: impl IntoIterator<Item = (u32, Behaviour)>) -> Self {
        let (clock, backend) = backend();
        let aside = backend.stream(STREAM, GROUP);
        Self::with_aside((clock, backend), aside, behaviours)
    }

    fn with_aside(
        (clock, backend): (ManualClock, MemoryBackend),
        aside: Arc<dyn StreamSource>,
        behaviours: impl IntoIterator<Item = (u32, Behaviour)>,
    ) -> Self {
        let stage = Scripted::new(behaviours);
        let shared = Arc::new(clock.clone());
        let runner = runner(&stage, backend.publisher(), shared.clone());
        let function = KinesisFunction::new(StreamRunner::new(runner), aside, shared);
        Self { clock, backend, stage, function }
    }

    /// What the function answers to these records: a key and a user each.
    async fn invoke(&self, records: &[(&str, u32)]) -> Vec<String> {
        self.invoke_until(records, &invocation(&self.clock)).await
    }

    async fn invoke_until(&self, records: &[(&str, u32)], invocation: &Invocation) -> Vec<String> {
        let work = self.function.invoke(event(records), invocation);
        let response = self.clock.drive(SECOND / 10, work).await.unwrap();
        failures(&serde_json::to_value(response).unwrap())
    }

    fn aside(&self) -> Vec<String> {
        let aside = self.backend.put_aside(STREAM, GROUP);
        aside.iter().map(|one| one.attributes["code"].clone()).collect()
    }
}

/// A sequence number as Kinesis gives them: longer than any integer.
fn number(n: u32) -> String {
    format!("4959033827149025660855969254092570275932420852313{n:07}")
}

fn event(records: &[(&str, u32)]) -> KinesisEvent {
    let records = records.iter().map(|(key, n)| {
        let mut record = KinesisEventRecord::default();
        record.event_id = Some(format!("shardId-000000000000:{}", number(*n)));
        (*key).clone_into(&mut record.kinesis.partition_key);
        record.kinesis.sequence_number = number(*n);
        *record.kinesis.data = message(INPUT, *n).body.into_bytes();
        record
    });
    let mut event = KinesisEvent::default();
    event.records = records.collect();
    event
}

#[tokio::test]
async fn a_batch_that_is_done_is_answered_with_no_failures() {
    let world = World::new([]);
    assert!(world.invoke(&[("a", 0), ("b", 1), ("a", 2)]).await.is_empty());
    assert!(world.invoke(&[]).await.is_empty());
}

/// Design, "What must hold" 4.
#[tokio::test]
async fn the_lowest_sequence_number_that_is_not_done_is_answered() {
    let throttled = Behaviour::ThrottledUntil(2);
    let world = World::new([(1, throttled), (3, throttled)]);
    let batch = [("a", 0), ("b", 1), ("a", 2), ("c", 3), ("b", 4)];
    assert_eq!(world.invoke(&batch).await, [number(1)]);
    assert_eq!(world.stage.attempts(4), Vec::<u32>::new(), "b waits for what is before it");
    assert!(world.invoke(&batch[1..]).await.is_empty());
    assert_eq!((world.stage.attempts(1), world.stage.attempts(3)), (vec![1, 2], vec![1, 2]));
    assert_eq!(world.stage.attempts(4), [1]);
}

#[tokio::test]
async fn poison_is_put_aside_and_the_shard_goes_on() {
    let world = World::new([(1, Behaviour::Panic)]);
    assert!(world.invoke(&[("a", 0), ("a", 1), ("a", 2)]).await.is_empty());
    assert_eq!((world.aside(), world.stage.attempts(2)), (vec!["panicked".to_owned()], vec![1]));
}

#[tokio::test]
async fn bytes_that_are_no_text_are_put_aside_as_poison() {
    let world = World::new([]);
    let mut event = event(&[("a", 0), ("a", 1)]);
    *event.records[0].kinesis.data = vec![0xff, 0x00, 0xfe];
    let response = world.function.invoke(event, &invocation(&world.clock)).await.unwrap();
    assert!(response.batch_item_failures.is_empty());
    assert_eq!(
        (world.aside(), world.stage.attempts(1)),
        (vec!["not-an-event".to_owned()], vec![1])
    );
}

/// The mapping tries again at once; without a wait a throttle would use up all attempts.
#[tokio::test]
async fn a_record_is_put_aside_after_four_attempts_and_the_waits_between_them() {
    let world = World::new([(0, Behaviour::ThrottledUntil(u32::MAX))]);
    let started = world.clock.now();
    for _ in 1..=3 {
        assert_eq!(world.invoke(&[("a", 0), ("a", 1)]).await, [number(0)]);
    }
    assert!(world.clock.now() > started, "it waited");
    assert!(world.invoke(&[("a", 0), ("a", 1)]).await.is_empty());
    assert_eq!(world.stage.attempts(0), [1, 2, 3, 4]);
    assert_eq!(world.aside(), ["retries-exhausted"]);
}

#[tokio::test]
async fn a_function_that_runs_out_of_time_answers_where_it_stopped_and_counts_no_failure() {
    let world = World::new([(40, Behaviour::Slow(Duration::from_hours(1)))]);
    let batch: Vec<_> = (0..50).map(|n| ("a", n)).collect();
    let invocation = invocation(&world.clock);
    let stopped = world.invoke_until(&batch, &invocation).await;
    assert!(world.clock.now() < invocation.deadline);
    // Records are done 32 at a time; those before 40 in its batch come twice.
    assert_eq!(stopped, [number(32)]);
    assert_eq!((world.stage.attempts(31), world.stage.attempts(40)), (vec![1], vec![1]));
    // Still its first attempt, so that it is slow again: nobody counted a failure.
    assert_eq!(world.invoke(&batch[32..]).await, [number(32)]);
    assert_eq!(world.stage.attempts(40), [1, 1]);
}

#[tokio::test]
async fn poison_that_cannot_be_put_aside_holds_up_the_shard() {
    let (clock, backend) = backend();
    let chance = Arc::new(SeededChance::new(1));
    let faults = Faults::seeded(FaultRates::default(), chance, Arc::new(clock.clone()));
    faults.script([Fault::Before]);
    let aside = Faulty::<dyn StreamSource>::new(backend.stream(STREAM, GROUP), &faults);
    let world = World::with_aside((clock, backend), aside, [(0, Behaviour::Panic)]);
    assert_eq!(world.invoke(&[("a", 0), ("a", 1)]).await, [number(0)]);
    assert!(world.aside().is_empty());
    assert!(world.invoke(&[("a", 0), ("a", 1)]).await.is_empty());
    assert_eq!(world.aside(), ["panicked"]);
}

/// Changes of moods become requests; all others are none of the stage's concern.
fn requests(change: &EventRecord) -> Option<String> {
    let keys = serde_json::to_value(&change.change.keys).ok()?;
    let sk = keys["SK"].as_str().or_else(|| keys["SK"]["S"].as_str())?;
    let n = sk.strip_prefix("MOOD#")?.parse().ok()?;
    Some(message(INPUT, n).body)
}

fn change(n: u32, sk: &str) -> Value {
    json!({
        "eventID": format!("event-{n}"),
        "eventName": "INSERT",
        "eventVersion": "1.1",
        "eventSource": "aws:dynamodb",
        "awsRegion": "us-east-1",
        "dynamodb": {
            "ApproximateCreationDateTime": 1_795_327_200,
            "Keys": { "PK": { "S": "USER#syn-1" }, "SK": { "S": sk } },
            "NewImage": { "PK": { "S": "USER#syn-1" }, "SK": { "S": sk } },
            "SequenceNumber": format!("{}", 111 * n),
            "SizeBytes": 26,
            "StreamViewType": "NEW_AND_OLD_IMAGES",
        },
        "eventSourceARN": "arn:aws:dynamodb:us-east-1:123456789012:table/EmoCompanion/stream/2026-11-22T00:00:00.000",
    })
}

#[tokio::test]
async fn changes_of_a_table_are_carried_in_order_and_others_passed_over() {
    let (clock, backend) = backend();
    let stage = Scripted::new([(2, Behaviour::ThrottledUntil(2))]);
    let shared = Arc::new(clock.clone());
    let runner = StreamRunner::new(runner(&stage, backend.publisher(), shared.clone()));
    let aside = backend.stream(STREAM, GROUP);
    let function = TableFunction::new(runner, requests, aside, shared);
    let changes =
        [change(1, "MOOD#1"), change(2, "PROFILE"), change(3, "MOOD#2"), change(4, "MOOD#4")];
    for (records, expected) in [(&changes[..], vec!["333".to_owned()]), (&changes[2..], vec![])] {
        let event = serde_json::from_value(json!({ "Records": records })).unwrap();
        let invocation = invocation(&clock);
        let work = function.invoke(event, &invocation);
        let response = clock.drive(SECOND, work).await.unwrap();
        assert_eq!(failures(&serde_json::to_value(response).unwrap()), expected);
    }
    assert_eq!(
        (stage.attempts(1), stage.attempts(2), stage.attempts(4)),
        (vec![1], vec![1, 2], vec![1])
    );
}
