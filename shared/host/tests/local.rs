//! The local host drains its queues: bounded, around poison, and with the backend's errors.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use mindmate_contracts::QueueName;
use mindmate_contracts::messages::AssessmentRequested;
use mindmate_domain::StageName;
use mindmate_host::local::{LocalHost, Observer, Settings};
use mindmate_pipeline::ports::Queue;
use mindmate_pipeline::{
    Clock, Delivery, Disposition, Failure, Outgoing, RetryPolicy, Runner, RunnerPorts,
    SeededChance, Stage, StageError, SystemClock,
};
use mindmate_testkit::conformance::samples;
use mindmate_testkit::faulty::{Fault, FaultRates, Faults, Faulty};
use mindmate_testkit::memory::MemoryBackend;

const CONCURRENCY: usize = 4;

/// Counts who is at work at the same time, and fails each message once.
#[derive(Default)]
struct Crowd {
    now: AtomicUsize,
    most: AtomicUsize,
    done: AtomicUsize,
}

struct Counting(Arc<Crowd>);

impl Stage for Counting {
    const NAME: StageName = StageName::FeatureExtraction;

    type Input = AssessmentRequested;

    async fn handle(
        &self,
        _: AssessmentRequested,
        cx: &Delivery<'_>,
    ) -> Result<Vec<Outgoing>, StageError> {
        let now = self.0.now.fetch_add(1, Ordering::SeqCst) + 1;
        self.0.most.fetch_max(now, Ordering::SeqCst);
        tokio::task::yield_now().await;
        self.0.now.fetch_sub(1, Ordering::SeqCst);
        if cx.attempt == 1 {
            return Err(StageError::transient("the first try fails"));
        }
        self.0.done.fetch_add(1, Ordering::SeqCst);
        Ok(Vec::new())
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

#[derive(Default)]
struct Ends(AtomicUsize);

impl Observer for Ends {
    fn ended(&self, _: StageName, _: &Disposition) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

struct World {
    backend: MemoryBackend,
    clock: Arc<dyn Clock>,
    crowd: Arc<Crowd>,
    ends: Arc<Ends>,
}

impl World {
    async fn with_messages(count: u32) -> Self {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let backend = MemoryBackend::new(Arc::clone(&clock));
        let batch: Vec<_> =
            (0..count).map(|n| samples::message(QueueName::Assessments, n)).collect();
        for sent in backend.publisher().publish(&batch).await {
            sent.unwrap();
        }
        Self { backend, clock, crowd: Arc::default(), ends: Arc::default() }
    }

    fn host(&self, queue: Arc<dyn Queue>) -> LocalHost {
        let ports = RunnerPorts {
            publisher: self.backend.publisher(),
            clock: Arc::clone(&self.clock),
            chance: Arc::new(SeededChance::new(1)),
        };
        let retries = RetryPolicy { initial: Duration::from_millis(1), ..RetryPolicy::default() };
        let runner = Runner::new(Counting(Arc::clone(&self.crowd)), ports).with_retries(retries);
        let settings = Settings { concurrency: CONCURRENCY, ..Settings::default() };
        let observer = Arc::clone(&self.ends);
        LocalHost::new(Arc::clone(&self.clock), settings, observer).with_queue(
            QueueName::Assessments,
            queue,
            Arc::new(runner),
        )
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn drains_retries_included_and_never_does_more_at_a_time_than_it_may() {
    let world = World::with_messages(60).await;
    let poison = samples::message_of_tomorrow(QueueName::Assessments, 99);
    world.backend.publisher().publish(&[poison]).await.remove(0).unwrap();
    let host = world.host(world.backend.queue(QueueName::Assessments));
    host.drain().await.unwrap();
    assert_eq!(world.crowd.done.load(Ordering::SeqCst), 60);
    assert!(world.crowd.most.load(Ordering::SeqCst) <= CONCURRENCY);
    assert_eq!(world.ends.0.load(Ordering::SeqCst), 2 * 60 + 1);
    assert_eq!(world.backend.dead_letters(QueueName::Assessments).len(), 1);
    assert!(world.backend.queue(QueueName::Assessments).depth().await.unwrap().is_drained());
    assert_eq!(host.times().all()[&StageName::FeatureExtraction].deliveries, 121);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_queue_that_fails_ends_the_host_with_its_error_and_loses_nothing() {
    let world = World::with_messages(5).await;
    let chance = Arc::new(SeededChance::new(1));
    let faults = Faults::seeded(FaultRates::default(), chance, Arc::clone(&world.clock));
    let queue = world.backend.queue(QueueName::Assessments);
    let failing: Arc<dyn Queue> = Faulty::<dyn Queue>::new(Arc::clone(&queue), &faults);
    faults.script([Fault::Before]);
    assert!(world.host(failing).drain().await.is_err());
    world.host(queue).drain().await.unwrap();
    assert_eq!(world.crowd.done.load(Ordering::SeqCst), 5);
}
