//! A stage whose records behave as a test says, and a host that is as small as can be.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use jiff::Timestamp;
use mindmate_contracts::messages::{AssessmentDeadLettered, AssessmentRequested, Request};
use mindmate_contracts::{QueueName, StreamName};
use mindmate_domain::{Position, StageName};
use mindmate_pipeline::ports::{Publisher, Received};
use mindmate_pipeline::{
    Delivery, Disposition, Failure, Outbox, Outgoing, PortError, RawDelivery, Runner, RunnerPorts,
    SeededChance, Stage, StageError,
};
use mindmate_testkit::{ManualClock, MemoryBackend};

pub(crate) const INPUT: QueueName = QueueName::Assessments;
pub(crate) const OUTPUT: QueueName = QueueName::Scoring;
/// A queue of its own, so that a stream under test stays as it was.
pub(crate) const LAST_WORDS: QueueName = QueueName::Interventions;
pub(crate) const OUTCOMES: StreamName = StreamName::Outcomes;

/// Longer than any wait between attempts.
pub(crate) const MINUTE: Duration = Duration::from_mins(1);

/// How the stage handles a record.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Behaviour {
    /// It fails this often, then it is done.
    Transient(u32),
    /// The store is out of order this often, then it is done.
    Outage(u32),
    /// It never will be done.
    Permanent,
    /// It panics.
    Panic,
    /// It panics before there is a future to poll.
    EarlyPanic,
    /// It takes this long.
    Slow(Duration),
    /// It sends this many messages instead of one.
    Sends(u32),
}

/// What the stage was called with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Call {
    Handled { ordinal: u32, attempt: u32 },
    GaveUp { ordinal: u32, code: &'static str },
    GaveUpUnread { ordinal: Option<u32>, code: &'static str },
    ToldOfUnread { user: String, code: &'static str },
}

/// A stage by a script: what no behaviour is written for is done at once.
#[derive(Clone, Default)]
pub(crate) struct Scripted {
    pub(crate) behaviours: Arc<BTreeMap<u32, Behaviour>>,
    pub(crate) calls: Arc<Mutex<Vec<Call>>>,
    /// Whether giving up an unread message panics.
    pub(crate) unread_panics: bool,
    /// Whether telling of an unread message fails.
    pub(crate) telling_fails: bool,
}

impl Scripted {
    pub(crate) fn new(behaviours: impl IntoIterator<Item = (u32, Behaviour)>) -> Self {
        let behaviours = Arc::new(behaviours.into_iter().collect());
        Self { behaviours, ..Self::default() }
    }

    pub(crate) fn calls(&self) -> Vec<Call> {
        self.calls.lock().unwrap().clone()
    }

    /// The attempts at which a record was handled.
    pub(crate) fn attempts(&self, ordinal: u32) -> Vec<u32> {
        let calls = self.calls();
        let attempts = calls.iter().filter_map(|call| match call {
            Call::Handled { ordinal: of, attempt } if *of == ordinal => Some(*attempt),
            _ => None,
        });
        attempts.collect()
    }

    fn note(&self, call: Call) {
        self.calls.lock().unwrap().push(call);
    }

    fn failures_so_far(&self, ordinal: u32) -> u32 {
        u32::try_from(self.attempts(ordinal).len()).unwrap() - 1
    }
}

fn ordinal(input: &AssessmentRequested) -> u32 {
    input.request.run.as_ref().unwrap().ordinal
}

/// The message that says that a request was given up.
fn dead_lettered(position: Position, code: &str) -> Outgoing {
    let id = format!("{}/{}/dead-lettered", position.shard, position.ordinal);
    let stage = Scripted::NAME;
    let outbox = Outbox::new(stage, Timestamp::UNIX_EPOCH);
    let message = AssessmentDeadLettered { run: position, stage, code: code.to_owned() };
    outbox.to_queue(LAST_WORDS, id, &message).unwrap()
}

impl Stage for Scripted {
    const NAME: StageName = StageName::FeatureExtraction;
    type Input = AssessmentRequested;

    /// No `async fn`: one behaviour panics before there is a future.
    fn handle(
        &self,
        input: AssessmentRequested,
        cx: &Delivery<'_>,
    ) -> impl Future<Output = Result<Vec<Outgoing>, StageError>> + Send {
        let ordinal = ordinal(&input);
        let behaviour = self.behaviours.get(&ordinal).copied();
        self.note(Call::Handled { ordinal, attempt: cx.attempt });
        assert!(!matches!(behaviour, Some(Behaviour::EarlyPanic)), "early, on purpose");
        async move {
            let mut count = 1;
            match behaviour {
                Some(Behaviour::Transient(times)) if self.failures_so_far(ordinal) < times => {
                    return Err(StageError::transient("a store is down"));
                }
                Some(Behaviour::Outage(times)) if self.failures_so_far(ordinal) < times => {
                    return Err(PortError::outage("store", "its disk is full").into());
                }
                Some(Behaviour::Permanent) => {
                    return Err(StageError::permanent("no-such-thing", "expected it, found none"));
                }
                Some(Behaviour::Panic) => panic!("on purpose"),
                Some(Behaviour::Slow(time)) => cx.clock.sleep(time).await,
                Some(Behaviour::Sends(messages)) => count = messages,
                Some(Behaviour::Transient(_) | Behaviour::Outage(_) | Behaviour::EarlyPanic)
                | None => {}
            }
            let outbox = Outbox::new(Self::NAME, Timestamp::UNIX_EPOCH);
            let id = |n| format!("{}/{n}", cx.event_id);
            (0..count).map(|n| outbox.to_queue(OUTPUT, id(n), &input)).collect()
        }
    }

    async fn give_up(
        &self,
        input: AssessmentRequested,
        failure: &Failure<'_>,
        _: &Delivery<'_>,
    ) -> Result<Vec<Outgoing>, StageError> {
        self.note(Call::GaveUp { ordinal: ordinal(&input), code: failure.code });
        Ok(vec![dead_lettered(input.request.run.unwrap(), failure.code)])
    }

    async fn tell_of_unread(
        &self,
        request: &Request,
        failure: &Failure<'_>,
        _: Timestamp,
    ) -> Result<(), StageError> {
        if self.telling_fails {
            return Err(StageError::transient("the review queue is down"));
        }
        self.note(Call::ToldOfUnread {
            user: request.user_id.as_str().to_owned(),
            code: failure.code,
        });
        Ok(())
    }

    fn give_up_unread(
        &self,
        _: Outbox,
        position: Option<Position>,
        failure: &Failure<'_>,
    ) -> Result<Vec<Outgoing>, StageError> {
        let ordinal = position.as_ref().map(|position| position.ordinal);
        self.note(Call::GaveUpUnread { ordinal, code: failure.code });
        assert!(!self.unread_panics, "on purpose");
        Ok(position.map(|position| dead_lettered(position, failure.code)).into_iter().collect())
    }
}

/// A backend on a clock that is moved by hand.
pub(crate) fn backend() -> (ManualClock, MemoryBackend) {
    let clock = ManualClock::new("2026-11-22T06:00:00Z".parse().unwrap());
    let backend = MemoryBackend::new(Arc::new(clock.clone()));
    (clock, backend)
}

/// The stage's runner.
pub(crate) fn runner(
    stage: &Scripted,
    clock: &ManualClock,
    publisher: Arc<dyn Publisher>,
) -> Runner<Scripted> {
    let chance = Arc::new(SeededChance::new(7));
    let ports = RunnerPorts { publisher, clock: Arc::new(clock.clone()), chance };
    Runner::new(stage.clone(), ports)
}

/// Puts messages into the backend, all of which must be sent.
pub(crate) async fn send(backend: &MemoryBackend, batch: &[Outgoing]) {
    for sent in backend.publisher().publish(batch).await {
        sent.unwrap();
    }
}

/// Processes one batch of the input as a host does, and says what became of each.
pub(crate) async fn deliver(
    backend: &MemoryBackend,
    runner: &Runner<Scripted>,
) -> Vec<Disposition> {
    let queue = backend.queue(INPUT);
    let mut dispositions = Vec::new();
    for received in queue.receive(10, Duration::ZERO).await.unwrap() {
        let raw = RawDelivery { body: &received.body, attempt: received.receive_count };
        let disposition = runner.process(raw).await;
        queue.settle(&received, &disposition.clone().into()).await.unwrap();
        dispositions.push(disposition);
    }
    dispositions
}

/// How many messages the stage has sent on.
pub(crate) async fn sent_on(backend: &MemoryBackend) -> u64 {
    backend.queue(OUTPUT).depth().await.unwrap().visible
}

/// How many messages say that a request was given up.
pub(crate) async fn last_words(backend: &MemoryBackend) -> u64 {
    backend.queue(LAST_WORDS).depth().await.unwrap().visible
}

/// The code that a dead letter carries.
pub(crate) fn code(letter: &Received) -> &str {
    &letter.attributes["code"]
}
