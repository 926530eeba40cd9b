//! What the tests of the cohort share.
#![expect(dead_code, reason = "each test binary uses its part of it")]
#![expect(clippy::unwrap_used, reason = "these are helpers of tests")]

use std::fmt::Write as _;
use std::ops::RangeInclusive;
use std::sync::LazyLock;

use jiff::{Timestamp, tz::TimeZone};
use mindmate_cohort::{CohortSpec, SyntheticUser};
use mindmate_domain::app::{AppItem, Author, DiaryText, Event, EventKind, Profile, Sentiment};

/// The end of the tests' cohorts: a Sunday at six.
pub(crate) fn end() -> Timestamp {
    "2026-11-22T06:00:00Z".parse().unwrap()
}

pub(crate) fn spec(users: u32, days: u16, seed: u64) -> CohortSpec {
    CohortSpec::new(users, days, seed, end()).unwrap()
}

/// Days of [`COHORT`].
pub(crate) const COHORT_DAYS: u16 = 60;

/// The cohort that the statistics are taken from.
pub(crate) static COHORT: LazyLock<Vec<SyntheticUser>> =
    LazyLock::new(|| spec(2_000, COHORT_DAYS, 11).users().collect());

pub(crate) fn events(made: &SyntheticUser) -> impl Iterator<Item = &Event> {
    made.items.iter().filter_map(|item| match item {
        AppItem::Event(event) => Some(event),
        _ => None,
    })
}

pub(crate) fn zone(made: &SyntheticUser) -> TimeZone {
    TimeZone::get(made.truth.timezone).unwrap()
}

/// That a share of users, days or texts lies where it should.
pub(crate) fn assert_share(what: &str, some: usize, of: usize, bounds: RangeInclusive<f64>) {
    let share = some as f64 / of as f64;
    println!("{what}: {share:.4} ({some} of {of})");
    assert!(bounds.contains(&share), "{what}: {share} is outside of {bounds:?}");
}

pub(crate) fn mean(values: impl IntoIterator<Item = f64>) -> f64 {
    let (sum, count) = values.into_iter().fold((0.0, 0.0), |(s, n), value| (s + value, n + 1.0));
    sum / count
}

/// The sort key that an item has in the table.
pub(crate) fn key(item: &AppItem) -> String {
    match item {
        AppItem::Profile(_) => "PROFILE".to_owned(),
        AppItem::Event(event) => event.sk.clone(),
        AppItem::Sentiment(stored) => format!("SENTIMENT#{}", stored.text_sk),
    }
}

pub(crate) fn profile(made: &SyntheticUser) -> &Profile {
    let mut profiles = made.items.iter().filter_map(|item| match item {
        AppItem::Profile(profile) => Some(profile),
        _ => None,
    });
    let profile = profiles.next().unwrap();
    assert!(profiles.next().is_none());
    profile
}

/// The note or message of an event that the person wrote.
pub(crate) fn own_text(kind: &EventKind) -> Option<&DiaryText> {
    match kind {
        EventKind::Mood { notes, .. } => notes.as_ref(),
        EventKind::Chat { author: Author::User, text } => Some(text),
        _ => None,
    }
}

/// Everything of a user in full, texts too: `Debug` redacts what a pin must see.
pub(crate) fn written_out(made: &SyntheticUser) -> String {
    let mut out = format!("{}\n", made.user.as_str());
    for item in &made.items {
        writeln!(out, "{} {}", key(item), content(item)).unwrap();
    }
    writeln!(out, "{}", serde_json::to_string(&made.truth).unwrap()).unwrap();
    out
}

fn content(item: &AppItem) -> String {
    match item {
        AppItem::Profile(profile) => {
            let Profile { name, personality, pet_name, created_at, last_active_at, .. } =
                &**profile;
            let Profile { preferences, push_endpoint, .. } = &**profile;
            format!(
                "{profile:?} {name:?} {personality:?} {pet_name:?} {created_at:?} \
                 {last_active_at:?} {preferences:?} {push_endpoint:?}"
            )
        }
        AppItem::Event(event) => match &event.kind {
            EventKind::Chat { author, text } => format!("{author:?} {}", text.as_str()),
            EventKind::Mood { mood, notes, tags } => {
                format!("{mood} {:?} {tags:?}", notes.as_ref().map(DiaryText::as_str))
            }
            other => format!("{other:?}"),
        },
        AppItem::Sentiment(stored) => {
            let Sentiment { label, positive, negative, neutral, mixed } = stored.sentiment;
            let (hash, analyzer) = (&stored.text_hash, &stored.analyzer);
            format!("{} {positive} {negative} {neutral} {mixed} {hash} {analyzer}", label.name())
        }
    }
}
