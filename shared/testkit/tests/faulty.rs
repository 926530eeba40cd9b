//! Faults are what they say: before, after, twice, late, and the same for the same seed.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use mindmate_contracts::QueueName;
use mindmate_domain::{Consents, RiskLevel};
use mindmate_pipeline::ports::{AssessmentPut, AssessmentStore, HistoryStore, Publisher, Queue};
use mindmate_pipeline::{Clock as _, SeededChance};
use mindmate_testkit::conformance::samples::{AS_OF, as_of, assessment, message, user};
use mindmate_testkit::{Fault, FaultRates, Faults, Faulty, ManualClock, MemoryBackend};

const QUEUE: QueueName = QueueName::Assessments;

fn fixture(rates: FaultRates, seed: u64) -> (ManualClock, MemoryBackend, Arc<Faults>) {
    let clock = ManualClock::auto(Timestamp::UNIX_EPOCH);
    let backend = MemoryBackend::new(Arc::new(clock.clone()));
    let chance = Arc::new(SeededChance::new(seed));
    let faults = Faults::seeded(rates, chance, Arc::new(clock.clone()));
    (clock, backend, faults)
}

#[tokio::test]
async fn before_has_not_happened_and_after_has() {
    let (_, backend, faults) = fixture(FaultRates::default(), 1);
    let store = Faulty::<dyn AssessmentStore>::new(backend.assessments(), &faults);
    let written = assessment(&user("ada"), as_of(AS_OF), RiskLevel::Low);
    faults.script([Fault::Before, Fault::After]);
    assert!(store.put(&written).await.is_err());
    assert_eq!(backend.assessments().latest(&written.user, 1).await.unwrap(), []);
    assert!(store.put(&written).await.is_err());
    let existing = AssessmentPut::Existing(Box::new(written.clone()));
    assert_eq!(store.put(&written).await.unwrap(), existing);
}

#[tokio::test]
async fn each_message_of_a_batch_has_its_own_fault() {
    let (_, backend, faults) = fixture(FaultRates::default(), 1);
    let publisher = Faulty::<dyn Publisher>::new(backend.publisher(), &faults);
    faults.script([Fault::None, Fault::Before, Fault::After, Fault::Twice]);
    let batch: Vec<_> = (0..4).map(|n| message(QUEUE, n)).collect();
    let sent: Vec<_> = publisher.publish(&batch).await.iter().map(Result::is_ok).collect();
    assert_eq!(sent, [true, false, false, true]);
    let received = backend.queue(QUEUE).receive(10, Duration::ZERO).await.unwrap();
    let mut bodies: Vec<_> = received.into_iter().map(|found| found.body).collect();
    bodies.sort();
    let expected = [0, 2, 3, 3].map(|n| batch[n].body.clone());
    assert_eq!(bodies, expected);
}

#[tokio::test]
async fn a_message_that_comes_twice_is_in_two_hands_at_once() {
    let (_, backend, faults) = fixture(FaultRates::default(), 1);
    let queue = Faulty::<dyn Queue>::new(backend.queue(QUEUE), &faults);
    backend.publisher().publish(&[message(QUEUE, 0)]).await.remove(0).unwrap();
    faults.script([Fault::None, Fault::Twice]);
    let one = queue.receive(10, Duration::ZERO).await.unwrap();
    let two = queue.receive(10, Duration::ZERO).await.unwrap();
    assert_eq!((one[0].receive_count, two[0].receive_count), (1, 2));
    assert_eq!(one[0].body, two[0].body);
}

/// Whether each of a hundred loads failed, and how long they took.
async fn loads(rates: FaultRates, seed: u64) -> (Vec<bool>, f64) {
    let (clock, backend, faults) = fixture(rates, seed);
    let store = Faulty::<dyn HistoryStore>::new(backend.history(), &faults);
    let mut failed = Vec::new();
    for _ in 0..100 {
        let loaded = store.load(&user("ada"), as_of(AS_OF), Consents::NONE).await;
        failed.push(loaded.is_err());
    }
    (failed, clock.now().duration_since(Timestamp::UNIX_EPOCH).as_secs_f64())
}

#[tokio::test]
async fn a_seed_gives_the_same_faults_again() {
    let longest = Duration::from_secs(2);
    let rates = FaultRates { before: 0.2, after: 0.2, delay: 0.5, longest, ..FaultRates::NONE };
    let first = loads(rates, 3).await;
    assert_eq!(first, loads(rates, 3).await);
    assert_ne!(first, loads(rates, 4).await);
    let failures = first.0.iter().filter(|failed| **failed).count();
    assert!((25..=55).contains(&failures), "expected about 40, found {failures}");
    assert!((25.0..=75.0).contains(&first.1), "expected about 50 s, found {}", first.1);
    let (failed, took) = loads(FaultRates::default(), 3).await;
    assert!(failed.iter().all(|failed| !failed) && took < f64::EPSILON);
}
