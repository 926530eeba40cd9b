//! What a seed says: who there is, which faults there are and when, and what the day brings.
//!
//! Each kind of fault is there in some seeds and not in others, so that no fault hides another.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use mindmate_contracts::QueueName;
use mindmate_domain::{AsOf, Consent};
use mindmate_testkit::FaultRates;

use crate::clock::later;
use crate::draw::Draw;
use crate::people::{Person, Written, drawn_words, mood_at};

/// The `asOf` of the first of two daily runs.
pub(crate) const FIRST_RUN: &str = "2026-11-24T06:00:00Z";

/// Everything that is drawn before a world begins.
pub(crate) struct Plan {
    pub(crate) people: Vec<Person>,
    pub(crate) illnesses: Vec<(usize, Illness)>,
    pub(crate) skews: Vec<SignedDuration>,
    pub(crate) places: usize,
    pub(crate) visibility: Duration,
    pub(crate) shards: u16,
    pub(crate) rates: FaultRates,
    pub(crate) crash: f64,
    pub(crate) pause: f64,
    pub(crate) corrupt: f64,
    pub(crate) storms: Vec<Weather>,
    pub(crate) outages: Vec<Weather>,
    pub(crate) events: Vec<(Timestamp, Event)>,
    /// When all faults end.
    pub(crate) calm_at: Timestamp,
    pub(crate) seeds: Seeds,
}

/// Seeds for those who draw while the world runs.
pub(crate) struct Seeds {
    pub(crate) scheduler: u64,
    pub(crate) faults: u64,
    pub(crate) governor: u64,
    pub(crate) order: u64,
    pub(crate) jitter: u64,
    pub(crate) poison: u64,
}

/// What is wrong with the handling of a person, until somebody mends it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Illness {
    /// Loading the history panics.
    Panics,
    /// Loading the history never succeeds.
    Fails,
    /// Writing the assessment fails for good.
    Refused,
    /// Loading the history kills the machine.
    Kills,
    /// So does entering them into the review queue: nothing can say the last words.
    KillsTwice,
}

/// Something that is there from one instant to another.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Weather {
    pub(crate) from: Timestamp,
    pub(crate) until: Timestamp,
    pub(crate) what: &'static str,
}

/// What happens at an instant.
pub(crate) enum Event {
    /// Somebody writes.
    Writes(usize, Written),
    /// What somebody did before comes late, from a device that was away.
    Syncs(usize, Written),
    /// Somebody takes a consent back.
    OptsOut(usize, Consent),
    /// The schedule fires for the run of that `asOf`.
    Fires(AsOf),
    /// A look at the runs that could be closed.
    Looks,
    /// Something that is no message comes into a queue, or a stream.
    Garbage(Option<QueueName>, u8),
    /// Somebody plays the dead letters of a queue back.
    Replays(QueueName),
    /// Somebody takes the run of that `asOf` for stuck, and asks for its open shards again.
    AsksAgain(AsOf),
}

/// The ports that can be down for an hour.
const PORTS: [&str; 10] = [
    "HistoryStore",
    "ProfileStore",
    "AssessmentStore",
    "InterventionStore",
    "AppChats",
    "ReviewQueue",
    "RunLedger",
    "Publisher",
    "Queue",
    "AppItems",
];

fn instant(text: &str) -> Timestamp {
    text.parse().expect("an instant")
}

fn hours(hours: i64) -> SignedDuration {
    SignedDuration::from_hours(hours)
}

impl Plan {
    /// The plan of a seed.
    pub(crate) fn of(seed: u64) -> Self {
        let draw = Draw::new(seed);
        let first = instant(FIRST_RUN);
        let second = later(first, hours(24));
        let people: Vec<_> =
            (0..draw.number(5, 14)).map(|number| Person::drawn(&draw, number, first)).collect();
        let late_start = draw.chance(0.4);
        let early = SignedDuration::from_secs(i64::try_from(draw.number(5, 240)).unwrap_or(5));
        let first_fires = if late_start { later(second, -early) } else { first };
        let machines = draw.number(2, 3);
        let skewed = draw.chance(0.7);
        let skew = |draw: &Draw| {
            let millis = i64::try_from(draw.number(0, 10_000)).unwrap_or(0) - 5_000;
            SignedDuration::from_millis(if skewed { millis } else { 0 })
        };
        let calm_at = later(second, hours(3));
        Self {
            illnesses: illnesses(&draw, people.len()),
            skews: (0..machines).map(|_| skew(&draw)).collect(),
            places: draw.number(1, 8),
            visibility: Duration::from_secs(draw.one(&[15, 30, 60, 180])),
            shards: u16::try_from(draw.number(1, 3)).unwrap_or(1),
            rates: rates(&draw),
            crash: if draw.chance(0.5) { draw.share(0.01) } else { 0.0 },
            pause: if draw.chance(0.4) { draw.share(0.006) } else { 0.0 },
            corrupt: if draw.chance(0.3) { draw.share(0.05) } else { 0.0 },
            storms: storms(&draw, [first_fires, second]),
            outages: outages(&draw, [first_fires, second]),
            events: events(&draw, &people, (first, first_fires, second)),
            calm_at,
            seeds: Seeds {
                scheduler: draw.seed(),
                faults: draw.seed(),
                governor: draw.seed(),
                order: draw.seed(),
                jitter: draw.seed(),
                poison: draw.seed(),
            },
            people,
        }
    }
}

fn illnesses(draw: &Draw, people: usize) -> Vec<(usize, Illness)> {
    use Illness::{Fails, Kills, KillsTwice, Panics, Refused};
    let mut ill = Vec::new();
    for person in 0..people {
        if draw.chance(0.06) {
            ill.push((
                person,
                draw.one(&[Panics, Fails, Refused, Panics, Fails, Refused, Kills, KillsTwice]),
            ));
        }
    }
    ill
}

fn rates(draw: &Draw) -> FaultRates {
    let some = |likely: f64, most: f64| if draw.chance(likely) { draw.share(most) } else { 0.0 };
    FaultRates {
        before: some(0.5, 0.08),
        throttled: some(0.3, 0.05),
        after: some(0.5, 0.08),
        twice: some(0.5, 0.1),
        delay: some(0.8, 0.5),
        longest: Duration::from_millis(draw.one(&[100, 1_000, 5_000])),
        stall: some(0.3, 0.02),
        longest_stall: Duration::from_secs(draw.one(&[30, 90, 240])),
    }
}

fn storms(draw: &Draw, starts: [Timestamp; 2]) -> Vec<Weather> {
    let mut storms = Vec::new();
    for start in starts {
        if draw.chance(0.3) {
            let from = draw.instant(start, (0, 60));
            let until = draw.instant(from, (20, 1_200));
            storms.push(Weather { from, until, what: "storm" });
        }
    }
    storms
}

fn outages(draw: &Draw, starts: [Timestamp; 2]) -> Vec<Weather> {
    let mut outages = Vec::new();
    for start in starts {
        if draw.chance(0.35) {
            let from = draw.instant(start, (0, 30));
            let until = later(from, hours(1));
            outages.push(Weather { from, until, what: draw.one(&PORTS) });
        }
    }
    outages
}

type Starts = (Timestamp, Timestamp, Timestamp);

fn events(draw: &Draw, people: &[Person], starts: Starts) -> Vec<(Timestamp, Event)> {
    let (first, fires, second) = starts;
    let mut events = Vec::new();
    for (as_of, at) in [(first, fires), (second, second)] {
        let as_of = AsOf::new(as_of).expect("whole milliseconds");
        for _ in 0..draw.number(1, 2) {
            events.push((draw.instant(at, (0, 20)), Event::Fires(as_of)));
        }
        for minute in [3_usize, 40, 100, 170] {
            events.push((draw.instant(at, (minute * 60, minute * 60)), Event::Looks));
        }
    }
    for _ in 0..draw.number(0, 14) {
        let person = draw.number(0, people.len() - 1);
        let at = moment(draw, starts);
        events.push((at, Event::Writes(person, drawn_words(draw, at, draw.chance(0.3), 0.35))));
    }
    for _ in 0..draw.number(0, 3) {
        let person = draw.number(0, people.len() - 1);
        let back = i64::try_from(draw.number(60, 7_200)).unwrap_or(60);
        let was = later(first, SignedDuration::from_secs(-back));
        let item = mood_at(was, 5.0);
        let at = draw.instant(fires, (0, 300));
        events.push((at, Event::Syncs(person, Written { at: was, item, floor: None })));
    }
    for _ in 0..draw.number(0, 2) {
        let person = draw.number(0, people.len() - 1);
        let consent = draw.one(&[Consent::Scoring, Consent::Outreach, Consent::TextAnalysis]);
        events.push((moment(draw, starts), Event::OptsOut(person, consent)));
    }
    if draw.chance(0.3) {
        for _ in 0..draw.number(1, 4) {
            let queue = draw.chance(0.8).then(|| draw.one(&QueueName::ALL));
            let kind = draw.one(&[0_u8, 1, 2]);
            events.push((moment(draw, starts), Event::Garbage(queue, kind)));
        }
    }
    if draw.chance(0.85) {
        // Somebody writes one text after the other: each is assessed at once.
        let (person, at) = (draw.number(0, people.len() - 1), moment(draw, starts));
        for _ in 0..draw.number(2, 5) {
            let at = draw.instant(at, (0, 4));
            events.push((at, Event::Writes(person, drawn_words(draw, at, true, 0.9))));
        }
    }
    if draw.chance(0.4) {
        for _ in 0..draw.number(1, 4) {
            events.push((moment(draw, starts), Event::Replays(draw.one(&QueueName::ALL))));
        }
    }
    if draw.chance(0.3) {
        let (as_of, at) = draw.one(&[(first, fires), (second, second)]);
        let as_of = AsOf::new(as_of).expect("whole milliseconds");
        events.push((draw.instant(at, (10, 900)), Event::AsksAgain(as_of)));
    }
    events
}

/// Mostly while a run is on its way, and else at any time.
fn moment(draw: &Draw, (first, fires, second): Starts) -> Timestamp {
    match draw.number(0, 5) {
        0..=2 => draw.instant(fires, (0, 600)),
        3..=4 => draw.instant(second, (0, 600)),
        _ => draw.instant(first, (60, 90_000)),
    }
}
