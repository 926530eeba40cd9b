//! The task that closes runs and tells of them.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use mindmate_domain::RiskLevel;
use mindmate_domain::instant::AsOf;
use mindmate_domain::pseudonym::{KEY_BYTES, PseudonymKey};
use mindmate_domain::run::{Fate, Run};
use mindmate_pipeline::metrics::{Metric, Metrics, Quantity};
use mindmate_pipeline::ports::{Notifier, RunLedger};
use mindmate_pipeline::{Clock as _, Firing, PortResult, ScheduledTask as _, SeededChance};
use mindmate_run_report::watch::{NAMED, Watched};
use mindmate_run_report::{ClosingPorts, OVERDUE_AFTER, RunClosing, State};
use mindmate_testkit::{Fault, FaultRates, Faults, Faulty};
use proptest::prelude::*;

use crate::closing::{INTERVENTION, SCORING};
use crate::support::{USERS, World, person, run};

/// Metrics as they were put.
#[derive(Clone, Default)]
struct Watchers(Arc<Mutex<Vec<(Timestamp, Metric)>>>);

impl Metrics for Watchers {
    fn put(&self, at: Timestamp, metrics: &[Metric]) -> PortResult<()> {
        self.0.lock().unwrap().extend(metrics.iter().map(|metric| (at, *metric)));
        Ok(())
    }
}

impl Watchers {
    /// The values of a name, in order.
    fn of(&self, name: &str) -> Vec<Quantity> {
        let metrics = self.0.lock().unwrap();
        metrics.iter().filter(|(_, one)| one.name == name).map(|(_, one)| one.value).collect()
    }
}

fn pseudonyms() -> PseudonymKey {
    PseudonymKey::new([7; KEY_BYTES])
}

fn task(world: &World, watchers: &Watchers) -> RunClosing {
    let notifier = world.backend.notifier();
    task_with(world, watchers, world.backend.ledger(), notifier)
}

fn task_with(
    world: &World,
    watchers: &Watchers,
    ledger: Arc<dyn RunLedger>,
    notifier: Arc<dyn Notifier>,
) -> RunClosing {
    let assessments = world.backend.assessments();
    let metrics = Arc::new(watchers.clone());
    let pseudonyms = Arc::new(pseudonyms());
    let ports = ClosingPorts { ledger, assessments, notifier, metrics, pseudonyms };
    RunClosing::new(ports, OVERDUE_AFTER)
}

async fn fire(world: &World, task: &RunClosing) -> Watched {
    let firing = Firing { due: world.clock.now(), clock: &world.clock };
    task.run(firing).await.unwrap()
}

async fn all_assessed(world: &World) {
    for ordinal in 0..USERS {
        world.assessed(ordinal, 0.5, RiskLevel::Moderate).await;
    }
}

fn past_due(world: &World) {
    world.clock.advance(Duration::from_mins(31));
}

/// R5.4: administrators get the summary, once, however often the schedule fires.
#[tokio::test]
async fn a_run_that_closes_is_told_once_with_its_summary() {
    let (world, watchers) = (World::new().await, Watchers::default());
    let task = task(&world, &watchers);
    all_assessed(&world).await;
    world.clock.advance(Duration::from_secs(754));
    let [first, second] = [fire(&world, &task).await, fire(&world, &task).await];
    assert_eq!((first.runs[0].state, first.runs[0].told), (State::Complete, true));
    assert_eq!((second.runs[0].state, second.runs[0].told), (State::Complete, false));
    let [notice] = &world.backend.notices()[..] else { panic!("one notice") };
    assert!(notice.is_about_a_run());
    assert_eq!(notice.id, format!("run/{}/complete", run().id));
    let expected = format!(
        "{} is complete: 6 enqueued = 6 assessed + 0 skipped + 0 dead-lettered. Levels: critical \
         0, high 0, moderate 6, low 0, minimal 0, unknown 0. Interventions: 0 requested = 0 \
         delivered + 0 withheld + 0 dead-lettered. It took 12 min 34 s.",
        run().id
    );
    assert_eq!(notice.text, expected);
    assert!(world.backend.ledger().summary(&run().id).await.unwrap().is_some());
}

/// Requests that were given up are said at once, with where to look.
#[tokio::test]
async fn those_who_were_given_up_are_said() {
    let (world, watchers) = (World::new().await, Watchers::default());
    for ordinal in 0..USERS {
        let fate = if ordinal < 2 { Fate::DeadLettered } else { Fate::Skipped };
        world.fate(ordinal, SCORING, fate).await;
    }
    fire(&world, &task(&world, &watchers)).await;
    let text = &world.backend.notices()[0].text;
    assert!(text.contains("Given up: 2, look at the dead-letter queues."), "{text}");
    assert_eq!(watchers.of("RunDeadLettered"), [Quantity::Count(2)]);
}

/// A run on its way is nobody's concern.
#[tokio::test]
async fn nobody_is_told_of_a_run_that_is_not_due() {
    let (world, watchers) = (World::new().await, Watchers::default());
    world.clock.advance(Duration::from_mins(30));
    let watched = fire(&world, &task(&world, &watchers)).await;
    assert_eq!((watched.runs[0].state, watched.runs[0].missing), (State::Open, 6));
    assert_eq!(world.backend.notices(), []);
    assert_eq!(watchers.of("RunsOverdue"), [Quantity::Count(0)]);
}

/// R5.4, safety 17: told once, with keyed hashes, and once more when it is complete after all.
#[tokio::test]
async fn an_overdue_run_is_told_once_and_once_more_when_it_closes() {
    let (world, watchers) = (World::new().await, Watchers::default());
    let task = task(&world, &watchers);
    for ordinal in 0..4 {
        world.assessed(ordinal, 0.5, RiskLevel::Moderate).await;
    }
    world.sent_on(0).await;
    past_due(&world);
    for told in [true, false] {
        let watched = fire(&world, &task).await;
        let seen = &watched.runs[0];
        assert_eq!((seen.state, seen.missing, seen.told), (State::Overdue, 3, told));
    }
    let [notice] = &world.backend.notices()[..] else { panic!("one notice") };
    let name = |ordinal| pseudonyms().of(&person(ordinal));
    let expected = format!(
        "{run} is not complete and was due at 2026-11-22T06:30:00Z: requests not accounted for: 2; \
         interventions not accounted for: 1. Missing: {} (intervention, shard 0 ordinal 0), {} \
         (assessment, shard 0 ordinal 4), {} (assessment, shard 0 ordinal 5). Look: mindmate runs \
         {run}. You are told again when it is complete.",
        name(0),
        name(4),
        name(5),
        run = run().id
    );
    assert_eq!(notice.text, expected);
    world.fate(0, INTERVENTION, Fate::Completed).await;
    for ordinal in 4..USERS {
        world.fate(ordinal, SCORING, Fate::Skipped).await;
    }
    for _ in 0..2 {
        assert_eq!(fire(&world, &task).await.runs[0].state, State::Complete);
    }
    let ids: Vec<_> = world.backend.notices().into_iter().map(|notice| notice.id).collect();
    assert_eq!(ids, ["overdue", "complete"].map(|what| format!("run/{}/{what}", run().id)));
    let [one, none] = [1, 0].map(Quantity::Count);
    assert_eq!(watchers.of("RunsOverdue"), [one, one, none, none]);
    let missing = [3, 3, 0, 0].map(Quantity::Count);
    assert_eq!(watchers.of("RequestsMissing"), missing);
}

/// A notice is short, whoever is missing.
#[tokio::test]
async fn at_most_twenty_are_named_and_the_others_counted() {
    let (world, watchers) = (World::unpaged().await, Watchers::default());
    world.put_page(0, 0..15, false).await;
    world.put_page(1, 15..50, true).await;
    past_due(&world);
    fire(&world, &task(&world, &watchers)).await;
    let text = &world.backend.notices()[0].text;
    assert_eq!(text.matches("u:").count(), NAMED, "{text}");
    assert!(text.contains(" and 30 more."), "{text}");
    assert!(!text.contains("syn-"), "{text}");
}

/// Of a shard that nobody fanned out nobody knows whom it holds.
#[tokio::test]
async fn shards_that_are_not_fanned_out_are_counted() {
    let (world, watchers) = (World::unpaged().await, Watchers::default());
    past_due(&world);
    fire(&world, &task(&world, &watchers)).await;
    let text = &world.backend.notices()[0].text;
    assert!(text.contains("shards not fanned out: 1 of 1."), "{text}");
    assert!(!text.contains("Missing"), "{text}");
}

/// A historical run delivers on one machine only: it is closed, and nobody is told.
#[tokio::test]
async fn nobody_is_told_of_a_historical_run() {
    let (world, watchers) = (World::new().await, Watchers::default());
    let old =
        Run { id: mindmate_domain::RunId::named("old"), historical: true, shards: 1, ..run() };
    let ledger = world.backend.ledger();
    ledger.start(&old).await.unwrap();
    past_due(&world);
    let task = task(&world, &watchers);
    let seen = task.see_to(&old, world.clock.now()).await.unwrap();
    assert_eq!((seen.state, seen.told), (State::Open, false));
    let page = ledger.page(&run().id, 0, 0).await.unwrap().unwrap();
    let empty =
        mindmate_pipeline::ports::Page { run: old.id.clone(), entries: vec![], last: true, ..page };
    ledger.put_page(&empty).await.unwrap();
    let seen = task.see_to(&old, world.clock.now()).await.unwrap();
    assert_eq!((seen.state, seen.told), (State::Complete, false));
    assert!(ledger.run(&old.id).await.unwrap().unwrap().completed_at.is_some());
    assert_eq!(world.backend.notices(), []);
    assert_eq!(watchers.of("RunEnqueued"), []);
}

/// Whoever looks at a run at the command line closes it: the next firing tells of it all the same.
#[tokio::test]
async fn a_run_that_somebody_else_closed_is_told() {
    let (world, watchers) = (World::new().await, Watchers::default());
    all_assessed(&world).await;
    world.close().await;
    world.clock.advance(Duration::from_mins(5));
    let watched = fire(&world, &task(&world, &watchers)).await;
    assert!(watched.runs[0].told);
    assert_eq!(world.backend.notices()[0].at, run().started_at, "when it was closed");
    assert_eq!(watchers.of("RunDuration"), [Quantity::Seconds(0.0)]);
}

/// A run whose time has long passed is left to the command line: an open one is read whole.
#[tokio::test]
async fn runs_of_long_ago_are_not_looked_at() {
    let (world, watchers) = (World::new().await, Watchers::default());
    world.clock.advance(Duration::from_hours(72));
    assert_eq!(fire(&world, &task(&world, &watchers)).await.runs.len(), 1);
    world.clock.advance(Duration::from_millis(1));
    assert_eq!(fire(&world, &task(&world, &watchers)).await.runs, []);
}

/// One run that cannot be looked at holds up no other, and the firing says that it failed.
#[tokio::test]
async fn a_run_that_fails_holds_up_no_other() {
    let (world, watchers) = (World::new().await, Watchers::default());
    all_assessed(&world).await;
    let ledger = world.backend.ledger();
    let as_of: AsOf = "2026-11-22T06:00:00.001Z".parse().unwrap();
    let broken = Run { id: mindmate_domain::RunId::named("broken"), as_of, ..run() };
    ledger.start(&broken).await.unwrap();
    ledger.complete(&broken.id, world.clock.now(), "no summary").await.unwrap();
    let task = task(&world, &watchers);
    let firing = Firing { due: world.clock.now(), clock: &world.clock };
    let error = task.run(firing).await.unwrap_err().to_string();
    assert!(error.contains("unreadable-summary"), "{error}");
    assert_eq!(world.backend.notices().len(), 1, "of the other");
    assert_eq!(watchers.of("RunsOverdue"), [Quantity::Count(0)]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// However the ports fail and in whatever order outcomes come between firings: in the end the
    /// run is closed, told as complete once, and as overdue once at most, and never after that.
    #[test]
    fn whatever_fails_a_run_is_told_once(
        seed: u64,
        order in Just((0..USERS).collect::<Vec<_>>()).prop_shuffle(),
        minutes in prop::collection::vec(0_u64..20, USERS as usize),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let (world, watchers) = (World::new().await, Watchers::default());
            let rates = FaultRates { before: 0.2, after: 0.2, ..FaultRates::default() };
            let (chance, clock) =
                (Arc::new(SeededChance::new(seed)), Arc::new(world.clock.clone()));
            let faults = Faults::seeded(rates, chance, clock);
            let ledger: Arc<dyn RunLedger> = Faulty::new(world.backend.ledger(), &faults);
            let notifier: Arc<dyn Notifier> = Faulty::new(world.backend.notifier(), &faults);
            let task = task_with(&world, &watchers, ledger, notifier);
            let mut failed = 0;
            for (ordinal, minutes) in order.into_iter().zip(minutes) {
                let firing = Firing { due: world.clock.now(), clock: &world.clock };
                failed += u32::from(task.run(firing).await.is_err());
                world.clock.advance(Duration::from_mins(minutes));
                world.fate(ordinal, SCORING, Fate::Skipped).await;
            }
            // Until one goes through.
            faults.script(std::iter::repeat_n(Fault::None, 1_000));
            for _ in 0..2 {
                fire(&world, &task).await;
            }
            let notices = world.backend.notices();
            let count = |what: &str| notices.iter().filter(|one| one.id.ends_with(what)).count();
            assert_eq!(count("/complete"), 1, "{failed} failed");
            assert!(count("/overdue") <= 1);
            assert!(notices.last().unwrap().id.ends_with("/complete"));
            let late = world.clock.now().duration_since(run().as_of.instant());
            if late <= SignedDuration::from_mins(30) {
                assert_eq!(count("/overdue"), 0);
            }
        });
    }
}
