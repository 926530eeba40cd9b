//! The schedule starts one run a day, whatever happens to its events.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use mindmate_contracts::messages::FanOutShardRequested;
use mindmate_contracts::{Contract as _, QueueName, RawEvent};
use mindmate_domain::run::{Fate, PageEntry, Position};
use mindmate_domain::{RunId, StageName, UserId};
use mindmate_orchestrator::{Begun, Orchestrator};
use mindmate_pipeline::daily::DailyRuns;
use mindmate_pipeline::ports::{Mark, MarkKind, Page, Publisher};
use mindmate_pipeline::{Clock as _, Firing, ScheduledTask as _, SeededChance, StageError};
use mindmate_testkit::faulty::{Fault, FaultRates, Faults, Faulty};
use mindmate_testkit::{ManualClock, MemoryBackend};

const SHARDS: u16 = 4;
const DUE: &str = "2026-11-22T06:00:00Z";

struct World {
    clock: ManualClock,
    backend: MemoryBackend,
}

impl World {
    fn at(now: &str) -> Self {
        let clock = ManualClock::new(now.parse().unwrap());
        let backend = MemoryBackend::new(Arc::new(clock.clone()));
        Self { clock, backend }
    }

    async fn fire(&self, due: &str) -> Result<Begun, StageError> {
        self.fire_with(self.backend.publisher(), due).await
    }

    async fn fire_with(
        &self,
        publisher: Arc<dyn Publisher>,
        due: &str,
    ) -> Result<Begun, StageError> {
        let task = Orchestrator::new(self.backend.ledger(), publisher, SHARDS);
        task.run(Firing { due: due.parse().unwrap(), clock: &self.clock }).await
    }

    /// The shards that were asked for, in order.
    async fn requests(&self) -> Vec<(String, FanOutShardRequested)> {
        let queue = self.backend.queue(QueueName::FanOut);
        let received = queue.receive(10, Duration::ZERO).await.unwrap();
        let read = received.iter().map(|message| {
            let event = RawEvent::parse(&message.body).unwrap();
            (event.id.clone().into_owned(), FanOutShardRequested::decode(&event).unwrap())
        });
        read.collect()
    }
}

fn code(error: StageError) -> &'static str {
    match error {
        StageError::Permanent { code, .. } => code,
        StageError::Transient { source, .. } | StageError::Outage { source } => {
            panic!("expected a permanent error: {source}")
        }
    }
}

/// R5.1
#[tokio::test]
async fn a_firing_starts_the_run_of_its_day_and_asks_for_each_shard() {
    let world = World::at("2026-11-22T06:00:02Z");
    let begun = world.fire(DUE).await.unwrap();
    assert_eq!(begun.run_id.as_str(), "daily-2026-11-22");
    assert_eq!((begun.requested, begun.started_before), (4, false));
    let run = world.backend.ledger().run(&begun.run_id).await.unwrap().unwrap();
    assert_eq!((run.as_of.to_string().as_str(), run.shards), ("2026-11-22T06:00:00.000Z", SHARDS));
    assert!(!run.historical);
    let requests = world.requests().await;
    let shards: Vec<_> = requests.iter().map(|(_, request)| request.shard).collect();
    assert_eq!(shards, [0, 1, 2, 3]);
    assert!(requests.iter().all(|(_, request)| request.page == 0 && request.as_of == run.as_of));
}

#[tokio::test]
async fn the_same_firing_twice_is_one_run_and_sends_the_same_messages() {
    let world = World::at("2026-11-22T06:00:02Z");
    world.fire(DUE).await.unwrap();
    let first = world.requests().await;
    world.clock.advance(Duration::from_secs(90));
    let again = world.fire(DUE).await.unwrap();
    assert_eq!((again.requested, again.started_before), (4, true));
    assert_eq!(world.requests().await, first);
    assert_eq!(world.backend.ledger().runs().await.unwrap().len(), 1);
}

#[tokio::test]
async fn shards_that_are_paged_are_not_asked_for_again() {
    let world = World::at("2026-11-22T06:00:02Z");
    let run = world.fire(DUE).await.unwrap().run_id;
    world.requests().await;
    let (number, first_ordinal, entries) = (0, 0, Vec::new());
    let page = Page { run, shard: 1, number, first_ordinal, entries, last: true };
    world.backend.ledger().put_page(&page).await.unwrap();
    assert_eq!(world.fire(DUE).await.unwrap().requested, 3);
    let shards: Vec<_> = world.requests().await.iter().map(|(_, one)| one.shard).collect();
    assert_eq!(shards, [0, 2, 3]);
}

/// A stored page may never have been sent: once nothing is on its way, a shard is asked for until
/// its users are accounted for.
#[tokio::test]
async fn a_shard_that_is_paged_and_not_closed_can_be_asked_for_again() {
    let world = World::at("2026-11-22T06:00:02Z");
    let id = world.fire(DUE).await.unwrap().run_id;
    world.requests().await;
    let (ledger, now) = (world.backend.ledger(), world.clock.now());
    let run = ledger.run(&id).await.unwrap().unwrap();
    let entry = PageEntry { user: UserId::new("ada").unwrap(), last_level: None };
    for (shard, entries) in [(1, Vec::new()), (2, vec![entry])] {
        let (run, number, first_ordinal) = (id.clone(), 0, 0);
        let page = Page { run, shard, number, first_ordinal, entries, last: true };
        ledger.put_page(&page).await.unwrap();
    }
    let runs = DailyRuns::new(Arc::clone(&ledger), world.backend.publisher());
    assert_eq!(runs.request_shards(&run, now).await.unwrap(), 2);
    assert_eq!(runs.request_again(&run, now).await.unwrap(), 3);
    let position = Position { run: id, shard: 2, ordinal: 0 };
    let (stage, kind) = (StageName::Scoring, MarkKind::fate(Fate::Skipped));
    ledger.mark(&[Mark { position, stage, kind }]).await.unwrap();
    assert_eq!(runs.request_again(&run, now).await.unwrap(), 2);
}

#[tokio::test]
async fn a_firing_whose_messages_were_not_sent_fails_and_the_next_one_sends_them() {
    let world = World::at("2026-11-22T06:00:02Z");
    let clock = Arc::new(world.clock.clone());
    let faults = Faults::seeded(FaultRates::default(), Arc::new(SeededChance::new(1)), clock);
    // The third message fails, and again when it is sent alone.
    faults.script([Fault::None, Fault::None, Fault::Before, Fault::None, Fault::Before]);
    let publisher = Faulty::<dyn Publisher>::new(world.backend.publisher(), &faults);
    assert!(world.fire_with(publisher, DUE).await.is_err());
    assert_eq!(world.requests().await.len(), 3);
    assert_eq!(world.fire(DUE).await.unwrap().requested, 4);
}

/// A firing that comes late within its day still starts the day's run.
#[tokio::test]
async fn a_firing_hours_late_starts_its_own_days_run() {
    let world = World::at("2026-11-23T05:59:59Z");
    let begun = world.fire(DUE).await.unwrap();
    assert_eq!(begun.run_id, RunId::named("daily-2026-11-22"));
}

#[tokio::test]
async fn a_historical_run_is_refused_and_writes_nothing() {
    let world = World::at("2026-11-23T06:00:00Z");
    let error = world.fire(DUE).await.unwrap_err();
    assert!(error.to_string().contains("2026-11-22T06:00:00.000Z"), "{error}");
    assert_eq!(code(error), "historical-run");
    assert!(world.backend.ledger().runs().await.unwrap().is_empty());
}

#[tokio::test]
async fn a_firing_from_the_future_is_refused_but_clocks_may_differ() {
    let world = World::at("2026-11-22T05:59:59Z");
    assert_eq!(code(world.fire("2030-01-01T06:00:00Z").await.unwrap_err()), "due-in-the-future");
    let begun = world.fire(DUE).await.unwrap();
    assert_eq!(begun.as_of.instant(), DUE.parse::<Timestamp>().unwrap());
}

/// An older version's run, or one that somebody started by hand.
#[tokio::test]
async fn a_run_of_that_date_with_another_as_of_is_left_alone() {
    let world = World::at("2026-11-22T06:00:02Z");
    let mut run = mindmate_testkit::conformance::samples::run(DUE);
    run.as_of = "2026-11-22T05:00:00Z".parse().unwrap();
    world.backend.ledger().start(&run).await.unwrap();
    assert_eq!(code(world.fire(DUE).await.unwrap_err()), "other-as-of");
}
