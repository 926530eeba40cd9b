//! Events as AWS documents them, and as its pollers sent them, with the answers that belong to
//! them: `tests/events/*.json` and `*.response.json`.

use std::path::PathBuf;
use std::sync::Arc;

use jiff::Timestamp;
use mindmate_contracts::StreamName;
use mindmate_host::lambda::{
    Function, KinesisFunction, QueueFunction, ScheduleFunction, TableFunction,
};
use mindmate_pipeline::{Firing, ScheduledTask, StageError, StreamRunner};
use mindmate_testkit::{ManualClock, MemoryBackend};
use serde_json::Value;

use crate::support::{Behaviour, INPUT, SECOND, Scripted, invocation, runner};

/// The users who are throttled in `sqs-mixed.json`.
const THROTTLED: u32 = 7;

struct World {
    clock: ManualClock,
    backend: MemoryBackend,
}

/// Says when it was due.
struct Due;

impl ScheduledTask for Due {
    const NAME: &'static str = "due";

    type Output = Timestamp;

    async fn run(&self, firing: Firing<'_>) -> Result<Timestamp, StageError> {
        Ok(firing.due)
    }
}

impl World {
    fn new() -> Self {
        let clock = ManualClock::new("2026-11-22T06:00:00Z".parse().unwrap());
        let backend = MemoryBackend::new(Arc::new(clock.clone()));
        Self { clock, backend }
    }

    fn runner(&self) -> mindmate_pipeline::Runner<Scripted> {
        let stage = Scripted::new([(THROTTLED, Behaviour::ThrottledUntil(2))]);
        runner(&stage, self.backend.publisher(), Arc::new(self.clock.clone()))
    }

    fn queue(&self) -> QueueFunction {
        let clock = Arc::new(self.clock.clone());
        let function = QueueFunction::new(self.runner(), clock);
        ["my-queue", "MindMate-assessments", "MindMate-assessments-priority"]
            .into_iter()
            .fold(function, |function, name| function.with_queue(name, self.backend.queue(INPUT)))
    }

    fn kinesis(&self) -> KinesisFunction<Scripted> {
        let aside = self.backend.stream(StreamName::Outcomes, "captured");
        let clock = Arc::new(self.clock.clone());
        KinesisFunction::new(StreamRunner::new(self.runner()), aside, clock)
    }

    /// Every change is a text that is no envelope: poison, which is put aside.
    fn table(&self) -> TableFunction<Scripted> {
        let aside = self.backend.stream(StreamName::Outcomes, "captured");
        let clock = Arc::new(self.clock.clone());
        let runner = StreamRunner::new(self.runner());
        TableFunction::new(runner, |change| Some(change.event_name.clone()), aside, clock)
    }

    fn schedule(&self) -> ScheduleFunction<Due> {
        ScheduleFunction::new(Due, Arc::new(self.clock.clone()))
    }

    async fn plays(&self, name: &str, function: &impl Function) {
        let read = |file: String| -> Value {
            let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/events");
            let text = std::fs::read_to_string(folder.join(&file));
            serde_json::from_str(&text.unwrap_or_else(|error| panic!("{file}: {error}"))).unwrap()
        };
        let event = serde_json::from_value(read(format!("{name}.json"))).unwrap();
        let invocation = invocation(&self.clock);
        let work = function.invoke(event, &invocation);
        let answer = self.clock.drive(SECOND, work).await.unwrap();
        let expected = read(format!("{name}.response.json"));
        assert_eq!(serde_json::to_value(answer).unwrap(), expected, "{name}");
    }
}

#[tokio::test]
async fn sqs() {
    let world = World::new();
    for name in ["sqs", "sqs-empty", "sqs-mixed"] {
        world.plays(name, &world.queue()).await;
    }
    // Two of the documented event, and of ours the body without JSON and the type of tomorrow. The
    // receipts are made up, so that nothing lies in a dead-letter queue of this backend.
    assert!(world.backend.dead_letters(INPUT).is_empty());
}

#[tokio::test]
async fn kinesis() {
    let world = World::new();
    world.plays("kinesis", &world.kinesis()).await;
    assert_eq!(world.backend.put_aside(StreamName::Outcomes, "captured").len(), 2);
}

#[tokio::test]
async fn dynamodb() {
    let world = World::new();
    world.plays("dynamodb", &world.table()).await;
    assert_eq!(world.backend.put_aside(StreamName::Outcomes, "captured").len(), 3);
}

#[tokio::test]
async fn schedules() {
    let world = World::new();
    for name in ["scheduled-by-a-rule", "scheduled-by-the-scheduler"] {
        world.plays(name, &world.schedule()).await;
    }
}
