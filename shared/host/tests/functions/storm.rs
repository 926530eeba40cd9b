//! Everything at once, from seeds: whatever goes wrong, every request is done or lies in the
//! dead-letter queue with its cause. Nothing is lost.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use mindmate_contracts::messages::AssessmentRequested;
use mindmate_contracts::{Contract as _, RawEvent};
use mindmate_domain::StageName;
use mindmate_host::lambda::{Function as _, QueueFunction};
use mindmate_pipeline::ports::{Publisher, Queue};
use mindmate_pipeline::{
    Chance, Clock as _, Delivery, Failure, Outbox, Outgoing, Runner, RunnerPorts, SeededChance,
    Stage, StageError,
};
use mindmate_testkit::faulty::{FaultRates, Faults, Faulty};
use mindmate_testkit::{ManualClock, MemoryBackend};
use serde_json::{Value, json};

use crate::support::{INPUT, NAME, OUTPUT, SECOND, delete_done, invocation, poll, send, sqs_event};

const USERS: u32 = 30;
const SEEDS: u64 = 40;
const RATES: FaultRates = FaultRates {
    before: 0.1,
    after: 0.1,
    twice: 0.05,
    delay: 0.2,
    longest: Duration::from_secs(20),
    ..FaultRates::NONE
};

/// A stage that fails, panics and hangs by chance.
struct Stormy(Arc<dyn Chance>);

impl Stage for Stormy {
    const NAME: StageName = StageName::FeatureExtraction;
    type Input = AssessmentRequested;

    async fn handle(
        &self,
        input: AssessmentRequested,
        cx: &Delivery<'_>,
    ) -> Result<Vec<Outgoing>, StageError> {
        match self.0.fraction() {
            ..0.3 => return Err(StageError::transient("throttled, on purpose")),
            ..0.35 => panic!("on purpose"),
            ..0.4 => cx.clock.sleep(Duration::from_hours(1)).await,
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

fn ordinal(body: &str) -> u32 {
    let event = RawEvent::parse(body).unwrap();
    AssessmentRequested::decode(&event).unwrap().request.run.unwrap().ordinal
}

/// One invocation, and what Lambda's poller makes of it.
async fn round(
    backend: &MemoryBackend,
    clock: &ManualClock,
    function: &QueueFunction,
    chance: &dyn Chance,
) {
    let queue = backend.queue(INPUT);
    let received = poll(&*queue).await;
    let mut event = sqs_event(&received);
    for record in event["Records"].as_array_mut().unwrap() {
        if chance.fraction() < 0.05 {
            record["messageId"] = Value::Null;
        }
        if chance.fraction() < 0.05 {
            record["receiptHandle"] = json!("");
        }
    }
    let mut invocation = invocation(clock);
    if chance.fraction() < 0.2 {
        invocation.deadline = clock.now().checked_add(4 * SECOND).unwrap();
    }
    let event = serde_json::from_value(event).unwrap();
    let answer = clock.drive(SECOND, function.invoke(event, &invocation)).await;
    if let Ok(response) = answer {
        let response = serde_json::to_value(response).unwrap();
        // Those without an id are done, or there would be no answer.
        delete_done(&*queue, &received, &response).await;
    }
    clock.advance(Duration::from_secs(chance.next() % 240));
}

async fn storm(seed: u64) {
    let clock = ManualClock::new("2026-11-22T06:00:00Z".parse().unwrap());
    let shared = Arc::new(clock.clone());
    // The backstop for crashes, which names no cause, must not be what saves the day here.
    let backend = MemoryBackend::new(shared.clone()).with_max_receives(u32::MAX);
    let chance: Arc<dyn Chance> = Arc::new(SeededChance::new(seed));
    let faults = Faults::seeded(RATES, Arc::clone(&chance), shared.clone());
    let publisher = Faulty::<dyn Publisher>::new(backend.publisher(), &faults);
    let queue = Faulty::<dyn Queue>::new(backend.queue(INPUT), &faults);
    let ports = RunnerPorts { publisher, clock: shared.clone(), chance: Arc::clone(&chance) };
    let runner = Runner::new(Stormy(Arc::clone(&chance)), ports);
    let function = QueueFunction::new(runner, shared).with_queue(NAME, queue).with_concurrency(4);
    send(&*backend.publisher(), 0..USERS).await;

    let mut rounds = 0;
    while !backend.queue(INPUT).depth().await.unwrap().is_drained() {
        rounds += 1;
        assert!(rounds < 2_000, "seed {seed}: the queue is never drained");
        round(&backend, &clock, &function, &*chance).await;
    }

    let mut accounted = BTreeSet::new();
    for letter in backend.dead_letters(INPUT) {
        assert!(letter.attributes.contains_key("cause"), "seed {seed}: {:?}", letter.attributes);
        accounted.insert(ordinal(&letter.body));
    }
    let done = backend.queue(OUTPUT);
    loop {
        let received = poll(&*done).await;
        if received.is_empty() {
            break;
        }
        accounted.extend(received.iter().map(|message| ordinal(&message.body)));
    }
    assert_eq!(accounted, (0..USERS).collect(), "seed {seed}");
}

/// Nothing is acknowledged that was not done.
#[tokio::test]
async fn every_request_is_done_or_lies_in_the_dead_letter_queue_with_its_cause() {
    for seed in 0..SEEDS {
        storm(seed).await;
    }
}
