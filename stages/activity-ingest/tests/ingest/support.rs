//! A user, what the app tells of them, and what the table holds then.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use mindmate_activity_ingest::{ActivityIngest, ActivityPorts};
use mindmate_contracts::app_table::{Decoded, Item, decode};
use mindmate_contracts::envelope::encode_from;
use mindmate_contracts::messages::{ActivityRecorded, RecordedActivity};
use mindmate_contracts::{AppName, Channel, StreamName};
use mindmate_domain::app::{AppItem, Event};
use mindmate_domain::{AsOf, Policy, StageName, UserId};
use mindmate_pipeline::ports::StreamSource;
use mindmate_pipeline::{
    BatchResult, Delivery, Outgoing, Runner, RunnerPorts, SeededChance, Stage, StageError,
    StreamRunner,
};
use mindmate_testkit::conformance::samples;
use mindmate_testkit::{Aside, ManualClock, MemoryBackend};

pub(crate) const NOW: &str = "2026-11-22T18:00:00.000Z";
pub(crate) const HOUR: i64 = 3_600_000;

pub(crate) struct World {
    pub(crate) clock: ManualClock,
    pub(crate) backend: MemoryBackend,
}

pub(crate) fn ada() -> UserId {
    samples::user("ada")
}

/// An instant so many milliseconds after two hours ago.
pub(crate) fn at(millis: i64) -> AsOf {
    let from = samples::instant(NOW).as_millisecond() - 2 * HOUR;
    AsOf::just_after(Timestamp::from_millisecond(from + millis).unwrap())
}

pub(crate) fn id(id: &str) -> AppName {
    AppName::new(id).unwrap()
}

fn told(millis: i64, activity: RecordedActivity) -> ActivityRecorded {
    ActivityRecorded { user_id: ada(), at: at(millis), activity }
}

pub(crate) fn started(session: &str, millis: i64) -> ActivityRecorded {
    told(millis, RecordedActivity::SessionStarted { session_id: id(session) })
}

pub(crate) fn ended(session: &str, millis: i64) -> ActivityRecorded {
    told(millis, RecordedActivity::SessionEnded { session_id: id(session) })
}

pub(crate) fn viewed(session: &str, millis: i64) -> ActivityRecorded {
    let (session_id, screen) = (id(session), id("mood"));
    told(millis, RecordedActivity::ScreenViewed { session_id, screen })
}

pub(crate) fn suggested(activity: &str, millis: i64, name: &str) -> ActivityRecorded {
    let (activity_id, activity) = (id(activity), id(name));
    told(millis, RecordedActivity::ActivitySuggested { activity_id, activity, suggested: true })
}

pub(crate) fn completed(activity: &str, millis: i64, helpful: Option<bool>) -> ActivityRecorded {
    told(millis, RecordedActivity::ActivityCompleted { activity_id: id(activity), helpful })
}

pub(crate) fn ports(backend: &MemoryBackend) -> ActivityPorts {
    ActivityPorts {
        items: backend.app_items(),
        profiles: backend.profiles(),
        states: backend.states(),
    }
}

pub(crate) fn stage(ports: ActivityPorts) -> ActivityIngest {
    ActivityIngest::new(ports, Arc::new(Policy::built_in().unwrap()))
}

impl World {
    pub(crate) fn new() -> Self {
        let clock = ManualClock::new(samples::instant(NOW));
        let backend = MemoryBackend::new(Arc::new(clock.clone()));
        Self { clock, backend }
    }

    pub(crate) fn stage(&self) -> ActivityIngest {
        stage(ports(&self.backend))
    }

    pub(crate) fn delivery(&self) -> Delivery<'_> {
        let deadline = samples::instant(NOW);
        Delivery { event_id: "event", attempt: 1, deadline, clock: &self.clock }
    }

    /// What the stage says to it.
    pub(crate) async fn take(&self, recorded: &ActivityRecorded) -> Result<(), StageError> {
        let outgoing = self.stage().handle(recorded.clone(), &self.delivery()).await?;
        assert_eq!(outgoing, [], "the stage sends nothing");
        Ok(())
    }

    /// Takes all of them; what contradicts others may be put aside.
    pub(crate) async fn take_all(&self, all: &[ActivityRecorded]) {
        for recorded in all {
            let result = self.take(recorded).await;
            assert!(is_done(&result), "expected it to be taken or put aside, found {result:?}");
        }
    }

    /// The code that the stage puts it aside with.
    pub(crate) async fn refused(&self, recorded: &ActivityRecorded) -> &'static str {
        let result = self.take(recorded).await;
        let Err(StageError::Permanent { code, .. }) = result else {
            unreachable!("expected a record that is put aside, found {result:?}")
        };
        code
    }

    pub(crate) fn items(&self) -> Vec<(String, Item)> {
        self.backend.items(&ada())
    }

    /// What an assessment reads of the user's items, by key.
    pub(crate) fn events(&self) -> Vec<Event> {
        let read = self.items().into_iter().map(|(sk, item)| match decode(&sk, &item) {
            Decoded::Read(AppItem::Event(event), defects) if defects.is_empty() => event,
            other => unreachable!("expected an item that fits, found {other:?}"),
        });
        read.collect()
    }

    pub(crate) fn pass(&self, time: SignedDuration) {
        self.clock.advance(time.unsigned_abs());
    }

    /// Puts bodies on the stream, under the user's key as the app does.
    pub(crate) async fn put(&self, bodies: Vec<String>) {
        let channel = Channel::Stream(StreamName::Activity);
        let batch: Vec<_> = (0..)
            .zip(bodies)
            .map(|(n, body)| {
                let (id, key) = (format!("activity/{n}"), ada().partition_key());
                Outgoing::new(channel, id, key, body)
            })
            .collect();
        for sent in self.backend.publisher().publish(&batch).await {
            sent.unwrap();
        }
    }

    /// Carries everything on the stream through the stage, with what heals healed.
    pub(crate) async fn run(&self) {
        let ports = RunnerPorts {
            publisher: self.backend.publisher(),
            clock: Arc::new(self.clock.clone()),
            chance: Arc::new(SeededChance::new(7)),
        };
        let runner = StreamRunner::new(Runner::new(self.stage(), ports));
        let source = self.source();
        while runner.step(&*source, 100).await.unwrap() != BatchResult::Empty {}
    }

    pub(crate) fn source(&self) -> Arc<dyn StreamSource> {
        self.backend.stream(StreamName::Activity, StageName::ActivityIngest.name())
    }

    pub(crate) fn put_aside(&self) -> Vec<Aside> {
        self.backend.put_aside(StreamName::Activity, StageName::ActivityIngest.name())
    }
}

/// Whether a stream goes on after that: it is taken or put aside.
pub(crate) fn is_done<T>(result: &Result<T, StageError>) -> bool {
    matches!(result, Ok(_) | Err(StageError::Permanent { .. }))
}

/// The envelope that the app puts on the stream.
pub(crate) fn body(recorded: &ActivityRecorded) -> String {
    encode_from("/mindmate/app", "5a8f", samples::instant(NOW), recorded).unwrap()
}
