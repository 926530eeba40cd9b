//! A stage by a script, and what Lambda's poller does with a queue.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use jiff::Timestamp;
use mindmate_contracts::QueueName;
use mindmate_contracts::messages::AssessmentRequested;
use mindmate_domain::StageName;
use mindmate_host::lambda::{Invocation, QueueFunction};
use mindmate_pipeline::ports::{Publisher, Queue, Received, Settlement};
use mindmate_pipeline::{
    Clock, Delivery, Failure, Outbox, Outgoing, Runner, RunnerPorts, SeededChance, Stage,
    StageError,
};
use mindmate_testkit::conformance::samples;
use serde_json::{Value, json};

pub(crate) const INPUT: QueueName = QueueName::Assessments;
pub(crate) const OUTPUT: QueueName = QueueName::Scoring;
/// The input queue's name on AWS.
pub(crate) const NAME: &str = "MindMate-assessments";
pub(crate) const SECOND: Duration = Duration::from_secs(1);

/// How the stage handles a record.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Behaviour {
    /// It panics.
    Panic,
    /// It is throttled until this attempt.
    ThrottledUntil(u32),
    /// Its first attempt takes this long.
    Slow(Duration),
}

/// A stage by a script: what no behaviour is written for is done at once.
#[derive(Clone, Default)]
pub(crate) struct Scripted {
    behaviours: Arc<BTreeMap<u32, Behaviour>>,
    attempts: Arc<Mutex<Vec<(u32, u32)>>>,
}

impl Scripted {
    pub(crate) fn new(behaviours: impl IntoIterator<Item = (u32, Behaviour)>) -> Self {
        let behaviours = Arc::new(behaviours.into_iter().collect());
        Self { behaviours, ..Self::default() }
    }

    /// The attempts at which a record was handled.
    pub(crate) fn attempts(&self, ordinal: u32) -> Vec<u32> {
        let attempts = self.attempts.lock().unwrap();
        attempts.iter().filter(|(of, _)| *of == ordinal).map(|(_, attempt)| *attempt).collect()
    }
}

impl Stage for Scripted {
    const NAME: StageName = StageName::FeatureExtraction;
    type Input = AssessmentRequested;

    async fn handle(
        &self,
        input: AssessmentRequested,
        cx: &Delivery<'_>,
    ) -> Result<Vec<Outgoing>, StageError> {
        let ordinal = input.request.run.as_ref().unwrap().ordinal;
        self.attempts.lock().unwrap().push((ordinal, cx.attempt));
        match self.behaviours.get(&ordinal) {
            Some(Behaviour::Panic) => panic!("on purpose"),
            Some(Behaviour::ThrottledUntil(attempt)) if cx.attempt < *attempt => {
                return Err(StageError::transient("throttled, on purpose"));
            }
            Some(Behaviour::Slow(time)) if cx.attempt == 1 => cx.clock.sleep(*time).await,
            _ => {}
        }
        let outbox = Outbox::new(Self::NAME, Timestamp::UNIX_EPOCH);
        Ok(vec![outbox.to_queue(OUTPUT, format!("{}/done", cx.event_id), &input)?])
    }

    async fn give_up(
        &self,
        _: AssessmentRequested,
        _: &Failure<'_>,
        _: &Delivery<'_>,
    ) -> Result<Vec<Outgoing>, StageError> {
        Ok(Vec::new())
    }
}

/// The stage's runner; its own limit is longer than any function's.
pub(crate) fn runner(
    stage: &Scripted,
    publisher: Arc<dyn Publisher>,
    clock: Arc<dyn Clock>,
) -> Runner<Scripted> {
    let chance = Arc::new(SeededChance::new(7));
    let ports = RunnerPorts { publisher, clock, chance };
    Runner::new(stage.clone(), ports).with_limit(Duration::from_hours(1))
}

/// The function over a queue and a publisher.
pub(crate) fn function(
    stage: &Scripted,
    queue: Arc<dyn Queue>,
    publisher: Arc<dyn Publisher>,
    clock: Arc<dyn Clock>,
) -> QueueFunction {
    let runner = runner(stage, publisher, Arc::clone(&clock));
    QueueFunction::new(runner, clock).with_queue(NAME, queue)
}

/// An invocation that has a minute.
pub(crate) fn invocation(clock: &dyn Clock) -> Invocation {
    let deadline = clock.now().checked_add(Duration::from_mins(1)).unwrap();
    Invocation { request_id: "request-1".to_owned(), deadline }
}

/// Puts the requests of these users into the input queue.
pub(crate) async fn send(publisher: &dyn Publisher, ordinals: impl IntoIterator<Item = u32>) {
    let batch: Vec<_> = ordinals.into_iter().map(|n| samples::message(INPUT, n)).collect();
    send_all(publisher, &batch).await;
}

pub(crate) async fn send_all(publisher: &dyn Publisher, batch: &[Outgoing]) {
    for sent in publisher.publish(batch).await {
        sent.unwrap();
    }
}

/// What Lambda's poller makes of received messages. A message's id is its place.
pub(crate) fn sqs_event(received: &[Received]) -> Value {
    let records = received.iter().enumerate().map(|(place, message)| {
        json!({
            "messageId": format!("id-{place}"),
            "receiptHandle": message.receipt.0,
            "body": message.body,
            "attributes": {
                "ApproximateReceiveCount": message.receive_count.to_string(),
                "SentTimestamp": message.sent_at.as_millisecond().to_string(),
                "SenderId": "AIDAIENQZJOLO23YVJ4VO",
                "ApproximateFirstReceiveTimestamp": message.sent_at.as_millisecond().to_string(),
            },
            "messageAttributes": {},
            "md5OfBody": "",
            "eventSource": "aws:sqs",
            "eventSourceARN": format!("arn:aws:sqs:us-east-1:123456789012:{NAME}"),
            "awsRegion": "us-east-1",
        })
    });
    json!({ "Records": records.collect::<Vec<_>>() })
}

/// The ids that a function answered.
pub(crate) fn failures(response: &Value) -> Vec<String> {
    let failures = response["batchItemFailures"].as_array().unwrap().iter();
    failures.map(|failure| failure["itemIdentifier"].as_str().unwrap().to_owned()).collect()
}

/// What Lambda's poller does with the answer: it deletes all that was not answered.
pub(crate) async fn delete_done(queue: &dyn Queue, received: &[Received], response: &Value) {
    let failures = failures(response);
    for (place, message) in received.iter().enumerate() {
        if !failures.contains(&format!("id-{place}")) {
            queue.settle(message, &Settlement::Delete).await.unwrap();
        }
    }
}

/// A batch as Lambda's poller takes it.
pub(crate) async fn poll(queue: &dyn Queue) -> Vec<Received> {
    queue.receive(10, Duration::ZERO).await.unwrap()
}
