//! Random histories, in zones whose clocks do odd things, against the naive reference.

use jiff::{SignedDuration, Timestamp};
use mindmate_domain::app::EventKind;
use mindmate_domain::app::{Sentiment, SentimentLabel};
use mindmate_domain::{AsOf, CrisisCategory, Feature};
use mindmate_features::{TextReading, TextReadings, extract};
use mindmate_language::TextFacts;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngSeed, TestRunner};

use crate::reference::Seen;
use crate::support::{Diary, agree};

/// Zones, and days around which their clocks change (or, in Apia, a date is left out; in Azores
/// and Havana clocks go back over or at midnight).
const CLOCKS: [(&str, &str); 9] = [
    ("UTC", "2025-04-20T06:00:00Z"),
    ("America/New_York", "2025-03-12T06:00:00Z"),
    ("America/New_York", "2025-11-05T06:00:00Z"),
    ("Europe/Madrid", "2025-04-02T06:00:00Z"),
    ("Europe/Madrid", "2025-10-29T06:00:00Z"),
    ("Asia/Kathmandu", "2025-04-20T06:00:00Z"),
    ("Pacific/Apia", "2012-01-08T06:00:00Z"),
    ("Atlantic/Azores", "2025-11-02T06:00:00Z"),
    ("America/St_Johns", "2010-11-10T06:00:00Z"),
];

/// Fixed, so that a run says the same as the one before.
fn config(cases: u32) -> Config {
    Config {
        cases,
        rng_seed: RngSeed::Fixed(20_250_420),
        failure_persistence: None,
        ..Config::default()
    }
}

pub(crate) fn runner(cases: u32) -> TestRunner {
    TestRunner::new(config(cases))
}

const HOUR_MS: i64 = 3_600_000;

/// Milliseconds before asOf: anywhere from after asOf to before the history, often at a full hour,
/// sometimes one millisecond beside it, often within days.
fn age() -> impl Strategy<Value = i64> {
    prop_oneof![
        4 => -12 * HOUR_MS..30 * 24 * HOUR_MS,
        2 => (-6..40 * 24_i64).prop_map(|hours| hours * HOUR_MS),
        1 => (0..36 * 24_i64, -1..=1_i64).prop_map(|(hours, beside)| hours * HOUR_MS + beside),
        1 => prop::sample::select(vec![0, 7, 14, 30, 35]).prop_map(|days| days * 24 * HOUR_MS),
        2 => 0..7 * 24 * HOUR_MS,
    ]
}

fn mood() -> impl Strategy<Value = f64> {
    prop_oneof![
        3 => (1..=10).prop_map(f64::from),
        1 => (10..=100).prop_map(|tenths| f64::from(tenths) / 10.0),
    ]
}

fn kind() -> impl Strategy<Value = EventKind> {
    prop_oneof![
        6 => mood().prop_map(|mood| EventKind::Mood { mood, notes: None, tags: Vec::new() }),
        2 => Just(EventKind::Selfie),
        1 => (0.0..4_000.0).prop_map(|duration_seconds| EventKind::Session { duration_seconds }),
    ]
}

type Planned = (i64, Option<EventKind>, Option<(bool, Option<i64>)>);

/// An event, or an activity: suggested or not, done at some age or not.
fn event() -> impl Strategy<Value = Planned> {
    prop_oneof![
        8 => (age(), kind()).prop_map(|(age, kind)| (age, Some(kind), None)),
        1 => (age(), any::<bool>(), prop::option::of(-48 * HOUR_MS..700 * HOUR_MS))
            .prop_map(|(age, suggested, done)| (age, None, Some((suggested, done)))),
    ]
}

fn sentiment() -> impl Strategy<Value = Sentiment> {
    use SentimentLabel::{Mixed, Negative, Neutral, Positive};
    (prop::sample::select(vec![Positive, Negative, Neutral, Mixed]), 0.0..1.0, 0.0..1.0, 0.0..1.0)
        .prop_map(|(label, positive, negative, neutral)| Sentiment {
            label,
            positive,
            negative,
            neutral,
            mixed: 0.0,
        })
}

fn facts() -> impl Strategy<Value = TextFacts> {
    let crisis = prop::option::weighted(0.2, Just(CrisisCategory::SelfHarm));
    (0..20_u32, 0..3_u32, 0..3_u32, any::<bool>(), crisis).prop_map(
        |(words, some, others, seeks_help, crisis)| TextFacts {
            words,
            negative_words: some.min(words),
            first_person_words: others.min(words),
            absolutist_words: some.min(words),
            despair_hits: some,
            isolation_hits: others,
            help_hits: u32::from(seeks_help),
            crisis,
        },
    )
}

/// Age, characters, facts and sentiment.
type PlannedText = (i64, u32, TextFacts, Option<Sentiment>);
/// Whether there is a list for the language, and the texts.
type PlannedTexts = (bool, Vec<PlannedText>);

fn texts() -> impl Strategy<Value = Option<PlannedTexts>> {
    let text = (0..35 * 24 * HOUR_MS, 1..200_u32, facts(), prop::option::of(sentiment()));
    prop::option::weighted(0.9, (prop::bool::weighted(0.9), prop::collection::vec(text, 0..8)))
}

fn before(as_of: AsOf, age_ms: i64) -> Timestamp {
    as_of.instant() - SignedDuration::from_millis(age_ms)
}

fn clock() -> impl Strategy<Value = (&'static str, AsOf)> {
    (prop::sample::select(CLOCKS.to_vec()), -20 * 24 * 60..20 * 24 * 60_i64).prop_map(
        |((zone, around), minutes)| {
            let around: Timestamp = around.parse().unwrap();
            (zone, AsOf::new(around + SignedDuration::from_mins(minutes)).unwrap())
        },
    )
}

fn diary(events: impl Strategy<Value = Vec<Planned>>) -> impl Strategy<Value = Diary> {
    let created = prop::option::of(-3 * 24 * HOUR_MS..50 * 24 * HOUR_MS);
    (clock(), events, created).prop_map(|((zone, as_of), events, created)| {
        let mut diary = Diary::new().zone(zone);
        diary.as_of = as_of;
        diary.profile.created_at = created.map(|age| before(as_of, age));
        for (age, kind, activity) in events {
            let kind = kind.unwrap_or_else(|| {
                let (suggested, done) = activity.unwrap();
                let completed_at = done.map(|age| before(as_of, age));
                let activity = "walk".to_owned();
                EventKind::Activity { activity, suggested, completed_at, helpful: None }
            });
            diary = diary.event(before(as_of, age), kind);
        }
        diary
    })
}

fn readings(as_of: AsOf, texts: Option<PlannedTexts>) -> TextReadings {
    let Some((lexicon, planned)) = texts else {
        return TextReadings::NotConsented;
    };
    let mut texts: Vec<_> = planned
        .into_iter()
        .map(|(age, characters, facts, sentiment)| TextReading {
            at: before(as_of, age),
            characters,
            facts,
            sentiment,
        })
        .collect();
    texts.sort_by_key(|text| text.at);
    TextReadings::Read { lexicon, texts }
}

fn compare(diary: &Diary, readings: &TextReadings) -> Result<(), TestCaseError> {
    let history = diary.history();
    let features = extract(&history, readings).features;
    let seen = Seen::new(&history, readings);
    for feature in Feature::ALL {
        let (found, expected) = (features.get(feature), seen.feature(feature));
        prop_assert!(agree(found, expected), "{feature} is {found:?}, not {expected:?}");
    }
    Ok(())
}

proptest! {
    #![proptest_config(config(128))]

    #[test]
    fn sparse_histories_are_as_the_reference_says(
        diary in diary(prop::collection::vec(event(), 0..12)),
        texts in texts(),
    ) {
        let readings = readings(diary.as_of, texts);
        compare(&diary, &readings)?;
    }

    /// Constant and two-valued moods: ties, zero variance, the ends of the scale.
    #[test]
    fn flat_histories_are_as_the_reference_says(diary in diary(flat())) {
        compare(&diary, &TextReadings::Failed)?;
    }
}

proptest! {
    #![proptest_config(config(64))]

    #[test]
    fn dense_histories_are_as_the_reference_says(
        diary in diary(prop::collection::vec(event(), 80..220)),
        texts in texts(),
    ) {
        let readings = readings(diary.as_of, texts);
        compare(&diary, &readings)?;
    }
}

fn flat() -> impl Strategy<Value = Vec<Planned>> {
    let mood = (age(), prop::sample::select(vec![10.0, 10.0, 10.0, 4.0]));
    let event = mood.prop_map(|(age, mood)| {
        (age, Some(EventKind::Mood { mood, notes: None, tags: Vec::new() }), None)
    });
    prop::collection::vec(event, 0..60)
}

/// The comparison says nothing of values that the random histories never have.
#[test]
fn dense_histories_reach_a_value_of_every_feature() {
    let dense = (diary(prop::collection::vec(event(), 80..220)), texts());
    let mut reached = std::collections::BTreeSet::new();
    let mut runner = runner(1);
    for _ in 0..64 {
        let (diary, texts) = dense.new_tree(&mut runner).unwrap().current();
        let readings = readings(diary.as_of, texts);
        let features = extract(&diary.history(), &readings).features;
        reached.extend(features.present().into_keys());
    }
    let never: Vec<_> = Feature::ALL.into_iter().filter(|one| !reached.contains(one)).collect();
    assert_eq!(never, []);
}
