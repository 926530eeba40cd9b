//! Replays on the in-memory backend: what a canary decides, and that nothing is lost or moved twice.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use jiff::Timestamp;
use mindmate_contracts::{Channel, QueueName};
use mindmate_pipeline::ports::{
    DeadLetter, DeadLetterCause, DeadLetters, FIRST_DEAD_LETTERED_AT, Publisher, REPLAY_ID,
    REPLAYS, Received, Settlement,
};
use mindmate_pipeline::replay::{Counts, Pace, Replay, ReplayPorts, Verdict, Waiting};
use mindmate_pipeline::{Clock as _, Outgoing};
use mindmate_testkit::conformance::samples::{cause, message};
use mindmate_testkit::{Fault, FaultRates, Faults, Faulty, ManualClock, MemoryBackend};

const QUEUE: QueueName = QueueName::Scoring;
const CHANNEL: Channel = Channel::Queue(QUEUE);
const PATIENCE: Duration = Duration::from_secs(30);
static GO_ON: AtomicBool = AtomicBool::new(false);

struct World {
    clock: ManualClock,
    backend: MemoryBackend,
    letters: Arc<dyn DeadLetters>,
    publisher: Arc<dyn Publisher>,
}

impl World {
    /// So many dead letters, each with an attribute of its own beside its cause.
    async fn with_letters(count: u32) -> Self {
        let start: Timestamp = "2026-11-22T06:00:00Z".parse().unwrap();
        let clock = ManualClock::auto(start);
        let backend = MemoryBackend::new(Arc::new(clock.clone()));
        let (letters, publisher) = (backend.letters(CHANNEL), backend.publisher());
        let world = Self { clock, backend, letters, publisher };
        for n in 0..count {
            let mut message = message(QUEUE, n);
            message.attributes.insert("trace".to_owned(), format!("t{n}"));
            world.publisher.publish(&[message]).await.remove(0).unwrap();
        }
        world.fail_all("bad-data").await;
        world.clock.advance(Duration::from_hours(1));
        world
    }

    async fn receive(&self) -> Vec<Received> {
        self.backend.queue(QUEUE).receive(10, Duration::ZERO).await.unwrap()
    }

    /// As a consumer does that cannot take what it is given.
    async fn fail_all(&self, code: &str) {
        let cause = DeadLetterCause { at: self.clock.now(), ..cause(code) };
        let dead = Settlement::DeadLetter { cause };
        self.settle_all(&dead).await;
    }

    async fn settle_all(&self, settlement: &Settlement) {
        loop {
            let received = self.receive().await;
            if received.is_empty() {
                return;
            }
            for message in received {
                self.backend.queue(QUEUE).settle(&message, settlement).await.unwrap();
            }
        }
    }

    async fn left(&self) -> u64 {
        self.letters.standing().await.unwrap().all()
    }

    async fn replay(&self, id: &str) -> Replay<'_> {
        let ports = ReplayPorts {
            letters: &*self.letters,
            publisher: &*self.publisher,
            clock: &self.clock,
        };
        Replay::begin(ports, CHANNEL, id.to_owned(), &|_: &DeadLetter| true).await.unwrap()
    }
}

fn pace(most: Option<u64>) -> Pace<'static> {
    Pace { most, rate: None, stop: &GO_ON }
}

fn waiting() -> Waiting<'static> {
    Waiting { patience: PATIENCE, quiet: Duration::ZERO, stop: &GO_ON }
}

fn bodies(received: &[Received]) -> Vec<&str> {
    let mut bodies: Vec<_> = received.iter().map(|one| one.body.as_str()).collect();
    bodies.sort_unstable();
    bodies
}

#[tokio::test]
async fn what_is_played_back_is_the_same_event_with_what_came_with_it() {
    let world = World::with_letters(3).await;
    let mut replay = world.replay("r1").await;
    assert!(!replay.send(pace(None), |_| {}).await.unwrap());
    assert_eq!(replay.end().await.unwrap(), Counts { replayed: 3, ..Counts::default() });
    assert_eq!(world.left().await, 0);
    let received = world.receive().await;
    let expected: Vec<Outgoing> = (0..3).map(|n| message(QUEUE, n)).collect();
    assert_eq!(bodies(&received), expected.iter().map(|one| &*one.body).collect::<Vec<_>>());
    for one in &received {
        assert!(one.attributes["trace"].starts_with('t'));
        assert_eq!((&*one.attributes[REPLAY_ID], &*one.attributes[REPLAYS]), ("r1", "1"));
        assert_eq!(one.attributes[FIRST_DEAD_LETTERED_AT], "2026-11-22T06:00:00.000Z");
        assert!(!one.attributes.contains_key("code"), "the cause was the letter's");
    }
}

#[tokio::test]
async fn a_canary_that_comes_back_leaves_the_rest() {
    let world = World::with_letters(8).await;
    let mut replay = world.replay("r1").await;
    assert!(replay.send(pace(Some(3)), |_| {}).await.unwrap());
    world.fail_all("bad-data").await;
    assert_eq!(replay.verdict(waiting()).await.unwrap(), Verdict::CameBack(3));
    assert_eq!(world.left().await, 8, "nothing is lost by it");
}

#[tokio::test]
async fn a_canary_that_got_through_lets_the_rest_go() {
    let world = World::with_letters(8).await;
    let mut replay = world.replay("r1").await;
    replay.send(pace(Some(3)), |_| {}).await.unwrap();
    world.settle_all(&Settlement::Delete).await;
    assert_eq!(replay.verdict(waiting()).await.unwrap(), Verdict::Through);
    assert!(!replay.send(pace(None), |_| {}).await.unwrap());
    assert_eq!((replay.counts().replayed, world.left().await), (8, 0));
}

/// A queue that is never empty says nothing about the canary.
#[tokio::test]
async fn a_canary_in_a_queue_that_never_drains_is_undecided() {
    let world = World::with_letters(2).await;
    let mut replay = world.replay("r1").await;
    replay.send(pace(Some(1)), |_| {}).await.unwrap();
    let before = world.clock.now();
    assert_eq!(replay.verdict(waiting()).await.unwrap(), Verdict::Undecided);
    assert_eq!(world.clock.now().duration_since(before).unsigned_abs(), PATIENCE);
}

/// What fails again lies behind those that lay there before: it is not sent round in circles.
#[tokio::test]
async fn a_letter_is_played_back_once_in_a_replay() {
    let world = World::with_letters(1_200).await;
    let mut replay = world.replay("r1").await;
    assert!(replay.send(pace(Some(700)), |_| {}).await.unwrap());
    world.fail_all("bad-data").await;
    assert!(!replay.send(pace(None), |_| {}).await.unwrap());
    assert_eq!((replay.counts().replayed, world.left().await), (1_200, 700));
    world.fail_all("bad-data").await;
    let mut again = world.replay("r2").await;
    again.send(pace(None), |_| {}).await.unwrap();
    let received = world.receive().await;
    assert!(received.iter().all(|one| one.attributes[REPLAYS] == "2"));
    let first = "2026-11-22T06:00:00.000Z";
    assert!(received.iter().all(|one| one.attributes[FIRST_DEAD_LETTERED_AT] == first));
}

#[tokio::test]
async fn two_replays_at_once_move_no_letter_twice() {
    let world = World::with_letters(40).await;
    let (mut one, mut two) = (world.replay("r1").await, world.replay("r2").await);
    // Both have looked at all letters before either holds one.
    one.send(pace(Some(5)), |_| {}).await.unwrap();
    two.send(pace(Some(5)), |_| {}).await.unwrap();
    one.send(pace(None), |_| {}).await.unwrap();
    two.send(pace(None), |_| {}).await.unwrap();
    assert_eq!(one.counts().replayed + two.counts().replayed, 40);
    let mut received = Vec::new();
    loop {
        let some = world.receive().await;
        if some.is_empty() {
            break;
        }
        received.extend(some);
    }
    let all = bodies(&received).len();
    let mut distinct = bodies(&received);
    distinct.dedup();
    assert_eq!((all, distinct.len()), (40, 40));
}

/// It happened, but the sender saw a time-out: the letter stays, and its copy is there too.
#[tokio::test]
async fn a_letter_stays_until_its_copy_is_acknowledged() {
    let mut world = World::with_letters(3).await;
    let chance = Arc::new(mindmate_pipeline::SeededChance::new(1));
    let faults = Faults::seeded(FaultRates::default(), chance, Arc::new(world.clock.clone()));
    faults.script([Fault::None, Fault::After, Fault::Before]);
    world.publisher = Faulty::<dyn Publisher>::new(world.publisher.clone(), &faults);
    let mut replay = world.replay("r1").await;
    replay.send(pace(None), |_| {}).await.unwrap();
    assert_eq!(replay.counts(), Counts { replayed: 1, failed: 2, ..Counts::default() });
    assert_eq!(world.left().await, 2);
    assert_eq!(world.receive().await.len(), 2, "one of the two that stay was sent all the same");
    let standing = world.letters.standing().await.unwrap();
    assert_eq!(standing.held, 0, "they are given back at once");
}

#[tokio::test]
async fn a_replay_that_was_stopped_is_gone_on_with() {
    let world = World::with_letters(30).await;
    let mut replay = world.replay("r1").await;
    replay.send(pace(Some(12)), |_| {}).await.unwrap();
    let stopped = Pace { most: None, rate: None, stop: &AtomicBool::new(true) };
    assert!(replay.send(stopped, |_| {}).await.unwrap());
    assert_eq!(world.left().await, 18);
    let mut replay = world.replay("r2").await;
    replay.send(pace(None), |_| {}).await.unwrap();
    assert_eq!((replay.counts().replayed, world.left().await), (18, 0));
}

#[tokio::test]
async fn letters_are_sent_no_faster_than_the_rate() {
    let world = World::with_letters(100).await;
    let mut replay = world.replay("r1").await;
    let began = world.clock.now();
    let rate = std::num::NonZeroU32::new(10);
    replay.send(Pace { rate, ..pace(None) }, |_| {}).await.unwrap();
    let took = world.clock.now().duration_since(began).as_secs_f64();
    assert!((14.9..15.1).contains(&took), "50 in the ramp of 10 s, 50 at ten a second: {took}");
}

/// What another replay holds is no canary: so many are really sent, or all that there are.
#[tokio::test]
async fn a_canary_is_of_letters_that_were_sent() {
    let world = World::with_letters(20).await;
    let first = world.letters.browse(None, 5).await.unwrap().letters;
    let minute = Duration::from_mins(1);
    assert_eq!(world.letters.hold(&first, minute).await.unwrap().iter().flatten().count(), 5);
    let mut replay = world.replay("r1").await;
    replay.send(pace(Some(5)), |_| {}).await.unwrap();
    assert_eq!((replay.counts().replayed, world.receive().await.len()), (5, 5));
}

/// Where nothing is taken, a replay ends at once with what was said, and all lies where it lay.
#[tokio::test]
async fn a_publisher_that_takes_nothing_ends_the_replay() {
    let mut world = World::with_letters(1_100).await;
    let chance = Arc::new(mindmate_pipeline::SeededChance::new(1));
    let rates = FaultRates { before: 1.0, ..FaultRates::default() };
    let faults = Faults::seeded(rates, chance, Arc::new(world.clock.clone()));
    world.publisher = Faulty::<dyn Publisher>::new(world.publisher.clone(), &faults);
    let mut replay = world.replay("r1").await;
    assert!(replay.send(pace(None), |_| {}).await.is_err());
    assert_eq!(replay.counts(), Counts { failed: 500, ..Counts::default() });
    let standing = world.letters.standing().await.unwrap();
    assert_eq!((standing.visible, standing.held), (1_100, 0));
}

/// Counts that are approximate are looked at for a while; who stops meanwhile decides nothing.
#[tokio::test]
async fn a_canary_is_through_when_its_queue_was_quiet_for_a_while() {
    let world = World::with_letters(1).await;
    let mut replay = world.replay("r1").await;
    replay.send(pace(None), |_| {}).await.unwrap();
    world.settle_all(&Settlement::Delete).await;
    let stopped = Waiting { quiet: PATIENCE / 2, stop: &AtomicBool::new(true), ..waiting() };
    assert_eq!(replay.verdict(stopped).await.unwrap(), Verdict::Undecided);
    let began = world.clock.now();
    let quiet = Waiting { quiet: PATIENCE / 2, ..waiting() };
    assert_eq!(replay.verdict(quiet).await.unwrap(), Verdict::Through);
    assert_eq!(world.clock.now().duration_since(began).unsigned_abs(), PATIENCE / 2);
}
