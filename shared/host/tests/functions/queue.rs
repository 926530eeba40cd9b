//! SQS: what is done once, what comes again, and what lies in the dead-letter queue.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use mindmate_contracts::QueueName;
use mindmate_domain::StageName;
use mindmate_embedded::{Embedded, Options};
use mindmate_host::config::{Config, Program};
use mindmate_host::lambda::{Function as _, FunctionError, QueueFunction, queue_of_url};
use mindmate_pipeline::ports::{Queue, QueueDepth};
use mindmate_pipeline::{Clock as _, SeededChance};
use mindmate_testkit::conformance::samples::{message, message_of_tomorrow};
use mindmate_testkit::faulty::{Fault, FaultRates, Faults, Faulty};
use mindmate_testkit::{ManualClock, MemoryBackend};
use serde_json::{Value, json};

use crate::support::{
    Behaviour, INPUT, OUTPUT, SECOND, Scripted, delete_done, failures, function, invocation, poll,
    runner, send, send_all, sqs_event,
};

async fn invoke(
    function: &QueueFunction,
    event: &Value,
    clock: &ManualClock,
) -> Result<Value, FunctionError> {
    let event = serde_json::from_value(event.clone()).unwrap();
    let response = clock.drive(SECOND, function.invoke(event, &invocation(clock))).await?;
    Ok(serde_json::to_value(response).unwrap())
}

/// The same where the queue is on a disk: time stands still while it writes.
async fn invoke_at_once(function: &QueueFunction, event: &Value, clock: &ManualClock) -> Value {
    let event = serde_json::from_value(event.clone()).unwrap();
    let response = function.invoke(event, &invocation(clock)).await.unwrap();
    serde_json::to_value(response).unwrap()
}

fn clock() -> ManualClock {
    ManualClock::new("2026-11-22T06:00:00Z".parse::<Timestamp>().unwrap())
}

fn memory() -> (ManualClock, MemoryBackend) {
    let clock = clock();
    let backend = MemoryBackend::new(Arc::new(clock.clone()));
    (clock, backend)
}

fn over(backend: &MemoryBackend, clock: &ManualClock, stage: &Scripted) -> QueueFunction {
    function(stage, backend.queue(INPUT), backend.publisher(), Arc::new(clock.clone()))
}

/// Design, "What must hold" 2: one bad user never holds up the others.
#[tokio::test]
async fn of_ten_seven_are_done_once_one_is_retried_and_two_are_dead_lettered_with_their_cause() {
    let folder = tempfile::tempdir().unwrap();
    let clock = clock();
    let shared = Arc::new(clock.clone());
    let file = folder.path().join("mindmate.db");
    let backend = Embedded::open(&file, shared.clone(), Options::default()).unwrap();
    let stage = Scripted::new([(5, Behaviour::Panic), (7, Behaviour::ThrottledUntil(2))]);
    let queue = backend.queue(INPUT);
    let function = function(&stage, Arc::clone(&queue), backend.publisher(), shared);
    let mut batch: Vec<_> = (0..10).map(|n| message(INPUT, n)).collect();
    batch[3] = message_of_tomorrow(INPUT, 3);
    send_all(&*backend.publisher(), &batch).await;

    let received = poll(&*queue).await;
    let response = invoke_at_once(&function, &sqs_event(&received), &clock).await;
    assert_eq!(failures(&response), ["id-7"]);
    delete_done(&*queue, &received, &response).await;

    let depth = queue.depth().await.unwrap();
    assert_eq!((depth.visible + depth.in_flight, depth.delayed, depth.dead), (1, 0, 2));
    for done in [0, 1, 2, 4, 6, 8, 9] {
        assert_eq!(stage.attempts(done), [1]);
    }
    assert_eq!(backend.queue(OUTPUT).depth().await.unwrap().visible, 7);
    let dead = backend.dead_letters(INPUT, 10).await.unwrap();
    let causes: Vec<_> =
        dead.iter().map(|one| (&*one.attributes["code"], &*one.attributes["cause"])).collect();
    assert_eq!(causes[0].0, "unknown-type");
    assert!(causes[0].1.contains("requested.v9"), "{causes:?}");
    assert_eq!(causes[1].0, "panicked");
    assert!(causes[1].1.contains("on purpose"), "{causes:?}");

    clock.advance(SECOND);
    let received = poll(&*queue).await;
    assert_eq!(received.len(), 1, "within its interval of a second, full jitter");
    let response = invoke_at_once(&function, &sqs_event(&received), &clock).await;
    delete_done(&*queue, &received, &response).await;
    assert_eq!((failures(&response), stage.attempts(7)), (Vec::new(), vec![1, 2]));
    let nothing = QueueDepth { dead: 2, ..QueueDepth::default() };
    assert_eq!(queue.depth().await.unwrap(), nothing);
    assert_eq!(backend.queue(OUTPUT).depth().await.unwrap().visible, 8);
}

#[tokio::test]
async fn an_empty_batch_is_answered_with_no_failures() {
    let (clock, backend) = memory();
    let function = over(&backend, &clock, &Scripted::default());
    let response = invoke(&function, &json!({ "Records": [] }), &clock).await.unwrap();
    assert_eq!(response, json!({ "batchItemFailures": [] }));
}

#[tokio::test]
async fn a_body_that_is_no_json_is_dead_lettered_and_its_neighbours_are_done() {
    let (clock, backend) = memory();
    let stage = Scripted::default();
    let function = over(&backend, &clock, &stage);
    send(&*backend.publisher(), [0, 1, 2]).await;
    let received = poll(&*backend.queue(INPUT)).await;
    let mut event = sqs_event(&received);
    event["Records"][1]["body"] = json!("once upon a time");
    let response = invoke(&function, &event, &clock).await.unwrap();
    assert!(failures(&response).is_empty());
    let dead = backend.dead_letters(INPUT);
    assert_eq!(dead.len(), 1);
    assert_eq!(dead[0].attributes["code"], "not-an-event");
    assert_eq!(
        (stage.attempts(0), stage.attempts(1), stage.attempts(2)),
        (vec![1], vec![], vec![1])
    );
}

/// AWS reads an absent or unknown id as "the whole batch has failed".
#[tokio::test]
async fn a_record_without_an_id_that_must_come_again_fails_the_batch_after_its_neighbours() {
    let (clock, backend) = memory();
    let stage = Scripted::new([(1, Behaviour::ThrottledUntil(2))]);
    let function = over(&backend, &clock, &stage);
    send(&*backend.publisher(), [0, 1, 2]).await;
    let queue = backend.queue(INPUT);
    let received = poll(&*queue).await;
    for absent in [json!(null), json!("")] {
        let mut event = sqs_event(&received);
        event["Records"][1]["messageId"] = absent;
        let error = invoke(&function, &event, &clock).await.unwrap_err();
        assert_eq!(error.code, "record-without-id");
        assert!(error.message.contains("found 1 without one"), "{error}");
    }
    // Nothing that is done comes again, though Lambda deletes nothing of a batch that failed.
    clock.advance(Duration::from_mins(10));
    let again = poll(&*queue).await;
    assert_eq!(again.len(), 1);
    let response = invoke(&function, &sqs_event(&again), &clock).await.unwrap();
    assert!(failures(&response).is_empty());
}

#[tokio::test]
async fn a_record_without_an_id_that_is_done_needs_none() {
    let (clock, backend) = memory();
    let function = over(&backend, &clock, &Scripted::default());
    send(&*backend.publisher(), [0]).await;
    let mut event = sqs_event(&poll(&*backend.queue(INPUT)).await);
    event["Records"][0]["messageId"] = json!(null);
    assert!(failures(&invoke(&function, &event, &clock).await.unwrap()).is_empty());
}

/// It cannot be put into the dead-letter queue: the redrive policy is the backstop.
#[tokio::test]
async fn poison_that_cannot_be_settled_is_answered() {
    let (clock, backend) = memory();
    let function = over(&backend, &clock, &Scripted::new([(0, Behaviour::Panic)]));
    send(&*backend.publisher(), [0]).await;
    let event = sqs_event(&poll(&*backend.queue(INPUT)).await);
    let other = json!("arn:aws:sqs:us-east-1:123456789012:Other");
    for (field, value) in [("receiptHandle", json!(null)), ("eventSourceARN", other)] {
        let mut event = event.clone();
        event["Records"][0][field] = value;
        let response = invoke(&function, &event, &clock).await.unwrap();
        assert_eq!(failures(&response), ["id-0"], "{field}");
        assert!(backend.dead_letters(INPUT).is_empty());
    }
}

#[tokio::test]
async fn poison_whose_dead_letter_queue_fails_comes_again() {
    let (clock, backend) = memory();
    let chance = Arc::new(SeededChance::new(1));
    let faults = Faults::seeded(FaultRates::default(), chance, Arc::new(clock.clone()));
    faults.script([Fault::Before]);
    let queue = Faulty::<dyn Queue>::new(backend.queue(INPUT), &faults);
    let stage = Scripted::new([(0, Behaviour::Panic)]);
    let function = function(&stage, queue, backend.publisher(), Arc::new(clock.clone()));
    send(&*backend.publisher(), [0, 1]).await;
    let event = sqs_event(&poll(&*backend.queue(INPUT)).await);
    assert_eq!(failures(&invoke(&function, &event, &clock).await.unwrap()), ["id-0"]);
    assert!(backend.dead_letters(INPUT).is_empty());
    assert_eq!(failures(&invoke(&function, &event, &clock).await.unwrap()), Vec::<String>::new());
    assert_eq!(backend.dead_letters(INPUT).len(), 1);
}

/// A first delivery that says no count is never given up too soon.
#[tokio::test]
async fn a_record_that_does_not_say_how_often_it_came_is_tried_again() {
    let (clock, backend) = memory();
    let stage = Scripted::new([(0, Behaviour::ThrottledUntil(u32::MAX))]);
    let function = over(&backend, &clock, &stage);
    send(&*backend.publisher(), [0]).await;
    let mut event = sqs_event(&poll(&*backend.queue(INPUT)).await);
    event["Records"][0]["attributes"] = json!({ "ApproximateReceiveCount": "many" });
    assert_eq!(failures(&invoke(&function, &event, &clock).await.unwrap()), ["id-0"]);
    event["Records"][0]["attributes"] = json!({ "ApproximateReceiveCount": "4" });
    assert!(failures(&invoke(&function, &event, &clock).await.unwrap()).is_empty());
    assert_eq!(backend.dead_letters(INPUT)[0].attributes["code"], "retries-exhausted");
}

#[tokio::test]
async fn no_more_records_are_in_work_at_a_time_than_may_be() {
    let (clock, backend) = memory();
    let minute = Duration::from_secs(10);
    let stage = Scripted::new((0..6).map(|n| (n, Behaviour::Slow(minute))));
    let function = over(&backend, &clock, &stage).with_concurrency(2);
    send(&*backend.publisher(), 0..6).await;
    let event = sqs_event(&poll(&*backend.queue(INPUT)).await);
    let started = clock.now();
    assert!(failures(&invoke(&function, &event, &clock).await.unwrap()).is_empty());
    assert_eq!(clock.now().duration_since(started).as_secs(), 30, "three times two");
}

#[tokio::test]
async fn a_stages_function_settles_in_all_queues_that_the_stage_consumes() {
    let (clock, backend) = memory();
    let stage = Scripted::new([(0, Behaviour::Panic)]);
    let shared = Arc::new(clock.clone());
    let runner = runner(&stage, backend.publisher(), shared.clone());
    let needs = Program::Stage(StageName::FeatureExtraction).needs();
    let example = |name: &str| needs.iter().find(|one| one.name() == name).map(|one| one.example());
    let config = Config::read(example, &needs).unwrap();
    let function =
        QueueFunction::of_stage(runner, shared, &config, |name| backend.queue(name)).unwrap();
    for name in [QueueName::Assessments, QueueName::AssessmentsPriority] {
        send_all(&*backend.publisher(), &[message(name, 0)]).await;
        let mut event = sqs_event(&poll(&*backend.queue(name)).await);
        let arn = format!("arn:aws:sqs:us-east-1:123456789012:MindMate-{name}");
        event["Records"][0]["eventSourceARN"] = json!(arn);
        assert!(failures(&invoke(&function, &event, &clock).await.unwrap()).is_empty());
        assert_eq!(backend.dead_letters(name).len(), 1, "{name}");
    }
}

#[test]
fn a_queues_name_is_the_end_of_its_url() {
    let url = "http://sqs.us-east-1.localhost:4566/000000000000/MindMate-fan-out";
    assert_eq!(queue_of_url(url), "MindMate-fan-out");
    assert_eq!(
        queue_of_url("https://sqs.us-east-1.amazonaws.com/1/MindMate-scoring/"),
        "MindMate-scoring"
    );
}
