//! A table of invented people, and the task on it.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::{Arc, LazyLock};

use jiff::{SignedDuration, Timestamp};
use mindmate_domain::app::{AppItem, Author, Profile};
use mindmate_domain::consent::StatedConsents;
use mindmate_domain::pseudonym::{KEY_BYTES, PseudonymKey};
use mindmate_domain::{AsOf, Consent, Consents, Policy, UserId};
use mindmate_language::Lexicons;
use mindmate_pipeline::ports::{MANIFEST_PATH, Side};
use mindmate_testkit::conformance::samples::{AS_OF, chat, instant, mood, profile, user};
use mindmate_testkit::{ManualClock, MemoryBackend};
use mindmate_training_data::{Prepared, TrainingData, TrainingDataPorts};
use proptest::test_runner::{Config, RngSeed, TestRunner};
use serde_json::Value;

pub(crate) const DAY: i64 = 86_400;

pub(crate) static LEXICONS: LazyLock<Arc<Lexicons>> =
    LazyLock::new(|| Arc::new(Lexicons::built_in().unwrap()));

/// Random cases, the same at every run.
pub(crate) fn runner(cases: u32) -> TestRunner {
    TestRunner::new(Config {
        cases,
        rng_seed: RngSeed::Fixed(20_261_122),
        failure_persistence: None,
        ..Config::default()
    })
}

pub(crate) fn key() -> PseudonymKey {
    PseudonymKey::new([7; KEY_BYTES])
}

/// Consents to what training takes, and to nothing else.
pub(crate) const WILLING: Consents = Consents { scoring: true, training: true, ..Consents::NONE };

/// The same, and texts may be read.
pub(crate) fn open() -> Consents {
    WILLING.with(Consent::TextAnalysis, true)
}

pub(crate) fn ago(seconds: i64) -> Timestamp {
    instant(AS_OF) - SignedDuration::from_secs(seconds)
}

/// A profile that was made long ago.
pub(crate) fn profile_of(consents: Consents, zone: &str) -> AppItem {
    AppItem::Profile(Box::new(Profile {
        timezone: Some(zone.to_owned()),
        country: Some("ES".to_owned()),
        created_at: Some(instant("2026-01-01T00:00:00Z")),
        consents: StatedConsents::Given(consents),
        ..Profile::default()
    }))
}

pub(crate) struct World {
    pub(crate) clock: ManualClock,
    pub(crate) backend: MemoryBackend,
}

impl World {
    pub(crate) fn new() -> Self {
        let clock = ManualClock::new(instant(AS_OF));
        let backend = MemoryBackend::new(Arc::new(clock.clone()));
        Self { clock, backend }
    }

    /// So many people, of whom one in ten consents to nothing, with 120 days of moods each: three low
    /// ones in every eleven days, and now and then words of crisis.
    pub(crate) fn with_people(people: u32) -> Self {
        let world = Self::new();
        world.fill(people, |n| user(&format!("syn-{n:04}")));
        world
    }

    /// The same, of these names.
    pub(crate) fn fill(&self, people: u32, named: impl Fn(u32) -> UserId) {
        self.fill_days(people, 0..120, named);
    }

    /// The same, of the days that are so long ago.
    pub(crate) fn fill_days(&self, people: u32, days: Range<i64>, named: impl Fn(u32) -> UserId) {
        for n in 0..people {
            let (id, n) = (named(n), i64::from(n));
            let consents = match n % 10 {
                9 => Consents::NONE,
                8 => WILLING,
                _ => open(),
            };
            self.backend.put_item(&id, &profile_of(consents, "Europe/Madrid"));
            for day in days.clone() {
                let at = ago(day * DAY + n * 977 % DAY).to_string();
                let low = (day + n) % 11 < 3;
                self.backend
                    .put_item(&id, &mood(&at, if low { 1.5 } else { 6.0 + (n % 3) as f64 }));
                if (day + n) % 43 == 0 {
                    self.backend.put_item(&id, &chat(&at, Author::User, "I want to kill myself"));
                }
            }
        }
    }

    /// Moods of people whose profiles are there, who are well on the days that are so long ago.
    pub(crate) fn fill_quietly(
        &self,
        people: u32,
        days: Range<i64>,
        named: impl Fn(u32) -> UserId,
    ) {
        for (n, day) in (0..people).flat_map(|n| days.clone().map(move |day| (n, day))) {
            self.backend.put_item(&named(n), &mood(&ago(day * DAY + 60).to_string(), 7.0));
        }
    }

    pub(crate) fn task(&self) -> TrainingData {
        let ports = TrainingDataPorts {
            users: self.backend.training(),
            store: self.backend.training_store(),
        };
        let policy = Arc::new(Policy::built_in().unwrap());
        TrainingData::new(ports, Arc::clone(&LEXICONS), policy, &key())
    }

    pub(crate) async fn prepare(&self) -> Prepared {
        let until: AsOf = AS_OF.parse().unwrap();
        self.task().prepare(until, &|_| {}).await.unwrap().1
    }

    pub(crate) fn manifest(&self) -> Option<Value> {
        let bytes = self.backend.training_file(MANIFEST_PATH)?;
        Some(serde_json::from_slice(&bytes).unwrap())
    }

    pub(crate) fn file(&self, side: Side) -> Vec<u8> {
        self.backend.training_file(side.path()).unwrap()
    }

    pub(crate) fn rows(&self, side: Side) -> Vec<Row> {
        rows(&self.file(side))
    }

    /// Withdraws all that somebody consented to.
    pub(crate) fn take_consent(&self, id: &UserId) {
        self.backend.put_item(id, &profile(Consents::NONE));
    }
}

/// A row by its columns.
pub(crate) type Row = BTreeMap<String, String>;

pub(crate) fn rows(csv: &[u8]) -> Vec<Row> {
    let mut reader = csv::Reader::from_reader(csv);
    let names = reader.headers().unwrap().clone();
    let row = |record: csv::StringRecord| {
        names.iter().map(str::to_owned).zip(record.iter().map(str::to_owned)).collect()
    };
    reader.records().map(|record| row(record.unwrap())).collect()
}
