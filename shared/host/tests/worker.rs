//! The worker: it waits out what may heal, keeps what it works on hidden, and ends in order.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use mindmate_contracts::messages::AssessmentRequested;
use mindmate_contracts::{QueueName, StreamName};
use mindmate_domain::StageName;
use mindmate_embedded::{Embedded, Options};
use mindmate_host::worker::{Settings, Worker, WorkerSettings, signals};
use mindmate_pipeline::ports::{
    PortError, PortResult, Queue, QueueDepth, Receipt, Received, Settlement,
};
use mindmate_pipeline::{
    Clock as _, Delivery, Failure, Outgoing, RetryPolicy, Runner, RunnerPorts, SeededChance, Stage,
    StageError, StreamRunner, SystemClock,
};
use mindmate_testkit::conformance::samples;
use mindmate_testkit::{ManualClock, MemoryBackend};
use tokio::sync::{Notify, mpsc};
use tokio::task::JoinHandle;

const QUEUE: QueueName = QueueName::Assessments;
const VISIBILITY: Duration = Duration::from_mins(1);
const SECOND: Duration = Duration::from_secs(1);
/// Where a worker's process finds its database.
const DATABASE: &str = "MINDMATE_TEST_DATABASE";

/// A stage that says when it begins, and ends when it is let.
#[derive(Clone, Default)]
struct Gate {
    begun: Arc<Notify>,
    open: Arc<Notify>,
    shut: bool,
    done: Arc<AtomicUsize>,
}

impl Gate {
    fn shut() -> Self {
        Self { shut: true, ..Self::default() }
    }

    fn done(&self) -> usize {
        self.done.load(Ordering::SeqCst)
    }
}

impl Stage for Gate {
    const NAME: StageName = StageName::FeatureExtraction;
    type Input = AssessmentRequested;

    async fn handle(
        &self,
        _: AssessmentRequested,
        _: &Delivery<'_>,
    ) -> Result<Vec<Outgoing>, StageError> {
        self.begun.notify_one();
        if self.shut {
            self.open.notified().await;
        }
        self.done.fetch_add(1, Ordering::SeqCst);
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

struct World {
    clock: ManualClock,
    backend: MemoryBackend,
    stop: mpsc::Sender<()>,
    stopped: Option<mpsc::Receiver<()>>,
}

impl World {
    /// A world whose clock passes over waits for messages by itself, and over nothing longer.
    fn new() -> Self {
        let start: Timestamp = "2026-11-22T06:00:00Z".parse().unwrap();
        let clock = ManualClock::auto_up_to(start, 2 * SECOND);
        let backend = MemoryBackend::new(Arc::new(clock.clone())).with_visibility(VISIBILITY);
        let (stop, stopped) = mpsc::channel(2);
        Self { clock, backend, stop, stopped: Some(stopped) }
    }

    async fn send(&self, count: u32) {
        let batch: Vec<_> = (0..count).map(|n| samples::message(QUEUE, n)).collect();
        for sent in self.backend.publisher().publish(&batch).await {
            sent.unwrap();
        }
    }

    fn runner(&self, stage: &Gate) -> Runner<Gate> {
        let ports = RunnerPorts {
            publisher: self.backend.publisher(),
            clock: Arc::new(self.clock.clone()),
            chance: Arc::new(SeededChance::new(1)),
        };
        Runner::new(stage.clone(), ports).with_limit(Duration::from_hours(1))
    }

    fn worker(&self) -> Worker {
        let queues = Settings {
            concurrency: 4,
            visibility: VISIBILITY,
            wait: SECOND,
            ..Settings::default()
        };
        let patience = RetryPolicy { longest: 2 * SECOND, ..RetryPolicy::default() };
        let settings = WorkerSettings { queues, grace: Duration::from_secs(25), patience };
        let chance = Arc::new(SeededChance::new(1));
        Worker::new(Arc::new(self.clock.clone()), chance, settings, Arc::new(()))
    }

    /// Starts a worker with this stage on this queue.
    fn start(&mut self, queue: Arc<dyn Queue>, stage: &Gate) -> JoinHandle<PortResult<()>> {
        let worker = self.worker().with_queue(QUEUE, queue, Arc::new(self.runner(stage)));
        let stopped = self.stopped.take().unwrap();
        tokio::spawn(async move { worker.run(stopped).await })
    }

    async fn depth(&self) -> QueueDepth {
        self.backend.queue(QUEUE).depth().await.unwrap()
    }

    /// Lets the others go on until this holds.
    async fn until(&self, holds: impl AsyncFn() -> bool) {
        while !holds().await {
            tokio::task::yield_now().await;
        }
    }
}

#[tokio::test]
async fn works_until_it_is_told_to_stop() {
    let mut world = World::new();
    let stage = Gate::default();
    let worker = world.start(world.backend.queue(QUEUE), &stage);
    world.send(25).await;
    world.until(async || stage.done() == 25).await;
    world.send(5).await;
    world.until(async || stage.done() == 30).await;
    world.stop.send(()).await.unwrap();
    worker.await.unwrap().unwrap();
    assert!(world.depth().await.is_drained());
}

#[tokio::test]
async fn what_it_holds_when_the_end_comes_is_finished() {
    let mut world = World::new();
    let stage = Gate::shut();
    world.send(1).await;
    let worker = world.start(world.backend.queue(QUEUE), &stage);
    stage.begun.notified().await;
    world.stop.send(()).await.unwrap();
    // A message that comes now is left to others.
    world.send(1).await;
    tokio::task::yield_now().await;
    stage.open.notify_one();
    worker.await.unwrap().unwrap();
    assert_eq!(stage.done(), 1);
    let depth = world.depth().await;
    assert_eq!((depth.visible, depth.in_flight), (1, 0));
}

#[tokio::test]
async fn what_is_not_finished_within_the_grace_time_is_given_back_at_once() {
    let mut world = World::new();
    let stage = Gate::shut();
    world.send(2).await;
    let worker = world.start(world.backend.queue(QUEUE), &stage);
    world.until(async || world.depth().await.in_flight == 2).await;
    world.stop.send(()).await.unwrap();
    let ended = world.clock.drive(SECOND, worker).await;
    ended.unwrap().unwrap();
    assert_eq!(stage.done(), 0);
    let depth = world.depth().await;
    assert_eq!((depth.visible, depth.in_flight, depth.delayed, depth.dead), (2, 0, 0, 0));
}

#[tokio::test]
async fn the_second_word_ends_the_grace_time() {
    let mut world = World::new();
    let stage = Gate::shut();
    world.send(1).await;
    let worker = world.start(world.backend.queue(QUEUE), &stage);
    stage.begun.notified().await;
    world.stop.send(()).await.unwrap();
    world.stop.send(()).await.unwrap();
    worker.await.unwrap().unwrap();
    assert_eq!(world.depth().await.visible, 1);
}

/// Design, "What must hold" 8: visibility is extended while work goes on.
#[tokio::test]
async fn a_long_delivery_stays_hidden() {
    let mut world = World::new();
    let stage = Gate::shut();
    world.send(1).await;
    let worker = world.start(world.backend.queue(QUEUE), &stage);
    stage.begun.notified().await;
    for _ in 0..10 {
        world.until(async || world.clock.sleepers() > 0).await;
        world.clock.advance(VISIBILITY / 2);
        for _ in 0..20 {
            tokio::task::yield_now().await;
        }
        let depth = world.depth().await;
        assert_eq!((depth.visible, depth.in_flight), (0, 1));
    }
    stage.open.notify_one();
    world.until(async || stage.done() == 1).await;
    world.stop.send(()).await.unwrap();
    worker.await.unwrap().unwrap();
    assert!(world.depth().await.is_drained());
}

/// A queue whose calls fail by a script: as often as it is told, all calls alike.
struct Failing {
    inner: Arc<dyn Queue>,
    left: AtomicUsize,
    permanent: bool,
}

impl Failing {
    fn fails(&self) -> PortResult<()> {
        let left = self.left.load(Ordering::SeqCst);
        if left == 0 {
            return Ok(());
        }
        self.left.store(left - 1, Ordering::SeqCst);
        Err(if self.permanent {
            PortError::permanent("sqs", "no-such-queue", "expected the queue, found none")
        } else {
            PortError::transient("sqs", "throttled, on purpose")
        })
    }
}

#[async_trait]
impl Queue for Failing {
    async fn receive(&self, max: usize, wait: Duration) -> PortResult<Vec<Received>> {
        self.fails()?;
        self.inner.receive(max, wait).await
    }

    async fn extend(&self, receipt: &Receipt, hidden: Duration) -> PortResult<()> {
        self.fails()?;
        self.inner.extend(receipt, hidden).await
    }

    async fn settle(&self, message: &Received, settlement: &Settlement) -> PortResult<()> {
        self.fails()?;
        self.inner.settle(message, settlement).await
    }

    async fn depth(&self) -> PortResult<QueueDepth> {
        self.inner.depth().await
    }
}

#[tokio::test]
async fn a_queue_that_is_down_for_a_while_is_waited_out() {
    let mut world = World::new();
    let stage = Gate::default();
    let (inner, left) = (world.backend.queue(QUEUE), AtomicUsize::new(7));
    let started = world.clock.now();
    let worker = world.start(Arc::new(Failing { inner, left, permanent: false }), &stage);
    world.send(3).await;
    world.until(async || stage.done() == 3).await;
    assert!(world.clock.now() > started, "it waited between its calls");
    world.stop.send(()).await.unwrap();
    worker.await.unwrap().unwrap();
}

#[tokio::test]
async fn a_message_that_cannot_be_settled_comes_again_and_the_worker_goes_on() {
    let mut world = World::new();
    let stage = Gate::shut();
    let inner = world.backend.queue(QUEUE);
    let failing = Arc::new(Failing { inner, left: AtomicUsize::new(0), permanent: false });
    world.send(1).await;
    let worker = world.start(failing.clone(), &stage);
    stage.begun.notified().await;
    // One for the receive that waits by then, at most, and one for the settling.
    failing.left.store(2, Ordering::SeqCst);
    stage.open.notify_one();
    world.until(async || failing.left.load(Ordering::SeqCst) == 0).await;
    stage.open.notify_one();
    world
        .until(async || {
            world.clock.advance(SECOND);
            world.depth().await.is_drained()
        })
        .await;
    assert!(stage.done() >= 1);
    world.stop.send(()).await.unwrap();
    worker.await.unwrap().unwrap();
}

#[tokio::test]
async fn a_queue_that_is_not_there_ends_the_worker_with_its_error() {
    let mut world = World::new();
    let (inner, left) = (world.backend.queue(QUEUE), AtomicUsize::new(1));
    let worker = world.start(Arc::new(Failing { inner, left, permanent: true }), &Gate::default());
    let error = worker.await.unwrap().unwrap_err();
    assert_eq!(error.to_string(), "sqs: no-such-queue: expected the queue, found none");
}

#[tokio::test]
async fn streams_are_read_on_until_the_end() {
    let mut world = World::new();
    let stage = Gate::default();
    let source = world.backend.stream(StreamName::Outcomes, "worker");
    let runner = StreamRunner::new(world.runner(&stage));
    let worker = world.worker().with_stream(Arc::clone(&source), runner);
    let stopped = world.stopped.take().unwrap();
    let running = tokio::spawn(async move { worker.run(stopped).await });
    for round in 0..3 {
        let batch: Vec<_> = (0..4).map(|n| samples::record("a", 10 * round + n)).collect();
        for sent in world.backend.publisher().publish(&batch).await {
            sent.unwrap();
        }
        let expected = 4 * (usize::try_from(round).unwrap() + 1);
        world.until(async || stage.done() == expected).await;
    }
    world.stop.send(()).await.unwrap();
    running.await.unwrap().unwrap();
    assert!(source.read(10).await.unwrap().is_empty(), "its checkpoint is behind them");
}

/// Not a test: the worker that the test below starts, in a process of its own.
#[test]
#[ignore = "it is the worker that another test starts"]
#[expect(clippy::disallowed_methods, reason = "where the test says that the database is")]
fn the_worker() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let clock: Arc<dyn mindmate_pipeline::Clock> = Arc::new(SystemClock);
        let file = std::env::var_os(DATABASE).unwrap();
        let backend =
            Embedded::open(file.as_ref(), Arc::clone(&clock), Options::default()).unwrap();
        let ports = RunnerPorts {
            publisher: backend.publisher(),
            clock: Arc::clone(&clock),
            chance: Arc::new(SeededChance::new(1)),
        };
        let settings = WorkerSettings { grace: Duration::ZERO, ..WorkerSettings::default() };
        let chance = Arc::new(SeededChance::new(1));
        let runner = Arc::new(Runner::new(Gate::shut(), ports));
        let worker = Worker::new(clock, chance, settings, Arc::new(()));
        let worker = worker.with_queue(QUEUE, backend.queue(QUEUE), runner);
        worker.run(signals().unwrap()).await.unwrap();
    });
}

#[tokio::test]
async fn sigterm_ends_its_process_in_order_and_gives_back_what_it_holds() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("mindmate.db");
    let backend = Embedded::open(&file, Arc::new(SystemClock), Options::default()).unwrap();
    let queue = backend.queue(QUEUE);
    backend.publisher().publish(&[samples::message(QUEUE, 0)]).await.remove(0).unwrap();
    let mut worker = tokio::process::Command::new(std::env::current_exe().unwrap())
        .args(["the_worker", "--exact", "--ignored"])
        .env(DATABASE, &file)
        .stdout(std::process::Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    while queue.depth().await.unwrap().in_flight == 0 {
        tokio::task::yield_now().await;
    }
    let pid = worker.id().unwrap().to_string();
    let killed = tokio::process::Command::new("kill").args(["-TERM", &pid]).status().await.unwrap();
    assert!(killed.success());
    assert!(worker.wait().await.unwrap().success(), "it ended by itself, without an error");
    let depth = queue.depth().await.unwrap();
    assert_eq!((depth.visible, depth.in_flight), (1, 0));
}
