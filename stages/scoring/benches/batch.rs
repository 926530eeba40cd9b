//! What a warm batch of ten costs a function above the calls that it makes: the stage over ports in
//! memory, whose calls take no time, from Lambda's event to its answer.
//!
//! The target is 1 ms on one thread.

#![expect(clippy::expect_used, reason = "a bench that cannot be set up is to stop")]

use std::hint::black_box;
use std::sync::Arc;

use criterion::{Criterion, criterion_group, criterion_main};
use jiff::Timestamp;
use mindmate_contracts::envelope::encode;
use mindmate_contracts::messages::FeaturesExtracted;
use mindmate_contracts::{Message, QueueName};
use mindmate_domain::pseudonym::PseudonymKey;
use mindmate_domain::quality::DataQuality;
use mindmate_domain::{
    CrisisCheck, Feature, FeatureValue, FeatureVector, MissingReason, Policy, StageName,
};
use mindmate_host::lambda::{Function, Invocation, QueueFunction};
use mindmate_model::{RiskModel, RuleScorer};
use mindmate_pipeline::{Clock, Runner, RunnerPorts, SeededChance};
use mindmate_scoring::{Scoring, ScoringPorts};
use mindmate_testkit::conformance::samples;
use mindmate_testkit::{ManualClock, MemoryBackend};
use serde_json::{Value, json};

const QUEUE: &str = "MindMate-scoring";
const BATCH: u32 = 10;

fn record(n: u32, at: Timestamp) -> Value {
    let mut vector = FeatureVector::all_missing(MissingReason::NoData);
    for (place, feature) in Feature::ALL.into_iter().enumerate() {
        vector.set(feature, FeatureValue::Value((place % 7) as f64 / 7.0));
    }
    let features = FeaturesExtracted {
        request: samples::request(n),
        vector,
        crisis: CrisisCheck::Read { signals: Vec::new() },
        missing_parts: Vec::new(),
        data_quality: DataQuality::default(),
    };
    let id = format!("{}/features", features.request.stem());
    let body = encode(&id, StageName::FeatureExtraction, at, &features).expect("a message");
    assert!(body.contains(FeaturesExtracted::TYPE));
    json!({
        "messageId": format!("m{n}"),
        "receiptHandle": format!("r{n}"),
        "body": body,
        "attributes": {"ApproximateReceiveCount": "1", "SentTimestamp": "1795327200000"},
        "messageAttributes": {},
        "eventSource": "aws:sqs",
        "eventSourceARN": format!("arn:aws:sqs:us-east-1:123456789012:{QUEUE}"),
        "awsRegion": "us-east-1",
    })
}

fn function(clock: &Arc<dyn Clock>) -> QueueFunction {
    let backend = MemoryBackend::new(Arc::clone(clock));
    let ports = ScoringPorts {
        profiles: backend.profiles(),
        assessments: backend.assessments(),
        review: backend.reviews(),
        notifier: backend.notifier(),
    };
    let rules: Arc<dyn RiskModel> = Arc::new(RuleScorer::built_in().expect("rules"));
    let policy = Arc::new(Policy::built_in().expect("a policy"));
    let stage = Scoring::new(ports, vec![rules], policy, PseudonymKey::new([7; 32]));
    let ports = RunnerPorts {
        publisher: backend.publisher(),
        clock: Arc::clone(clock),
        chance: Arc::new(SeededChance::new(7)),
    };
    let queue = backend.queue(QueueName::Scoring);
    QueueFunction::new(Runner::new(stage, ports), Arc::clone(clock)).with_queue(QUEUE, queue)
}

fn batch_of_ten(c: &mut Criterion) {
    let at = samples::instant(samples::AS_OF);
    let clock: Arc<dyn Clock> = Arc::new(ManualClock::new(at));
    let records: Vec<_> = (0..BATCH).map(|n| record(n, at)).collect();
    let event = json!({ "Records": records }).to_string();
    let invocation = Invocation {
        request_id: "bench".to_owned(),
        deadline: at + jiff::SignedDuration::from_mins(1),
    };
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let function = function(&clock);
    c.bench_function("a warm batch of ten through scoring, above its calls", |bencher| {
        bencher.iter(|| {
            let event = serde_json::from_str(&event).expect("an event");
            let answer = runtime.block_on(function.invoke(event, &invocation)).expect("an answer");
            assert!(answer.batch_item_failures.is_empty(), "all are done");
            black_box(answer)
        });
    });
}

criterion_group!(benches, batch_of_ten);
criterion_main!(benches);
