//! The leak test: no feature knows what comes after its instant (R2.3).
//!
//! It is general. Whatever makes features is given a table as it is and the same table with another
//! future: all that lies after the instant is removed, or is something else. What comes out must be the
//! same. It is then shown to catch what it is for: features that peek are planted, and each is found.

use std::cell::RefCell;
use std::collections::BTreeSet;

use mindmate_contracts::app_table::Timeline;
use mindmate_domain::app::{AppItem, Author, DiaryText, Event, EventKind, Profile};
use mindmate_domain::{AsOf, Feature, FeatureVector};
use mindmate_features::{extract, read_texts};
use mindmate_testkit::conformance::samples::{as_of, stored, user};
use proptest::prelude::*;

use crate::support::{LEXICONS, open, profile_of, runner};

pub(crate) const AT: &str = "2026-09-01T06:00:00.000Z";

const TEXTS: [&str; 4] =
    ["a walk in the sun", "everything is hopeless", "I want to kill myself", "please help me"];

/// A number under a name.
type Features = Vec<(&'static str, Option<f64>)>;

/// Makes features of somebody at an instant.
type Extractor = fn(&Timeline, AsOf) -> Features;

/// Minutes before the instant, negative after it, and what happened.
pub(crate) type Planned = (i64, usize);

pub(crate) fn items(planned: &[Planned]) -> Vec<AppItem> {
    let at = as_of(AT).instant();
    let event = |(n, (minutes, what)): (usize, &Planned)| {
        let at = at - jiff::SignedDuration::from_mins(*minutes);
        let text = DiaryText::new(TEXTS[what % TEXTS.len()]);
        let mood = 1.0 + (what % 19) as f64 / 2.0;
        let (name, kind) = match what % 5 {
            0 => ("CHAT", EventKind::Chat { author: Author::User, text }),
            1 | 2 => ("MOOD", EventKind::Mood { mood, notes: Some(text), tags: Vec::new() }),
            3 => ("SESSION", EventKind::Session { duration_seconds: 60.0 * mood }),
            _ => {
                let done = at + jiff::SignedDuration::from_hours(i64::try_from(what % 90).unwrap());
                let completed_at = (what % 3 > 0).then_some(done);
                let (activity, suggested) = ("walk".to_owned(), true);
                let kind = EventKind::Activity { activity, suggested, completed_at, helpful: None };
                ("ACTIVITY", kind)
            }
        };
        let key = mindmate_domain::instant::key_form(at);
        AppItem::Event(Event { at, sk: format!("{name}#{key}#{n}"), kind })
    };
    let AppItem::Profile(profile) = profile_of(open(), "Europe/Madrid") else { unreachable!() };
    let last = planned.iter().map(|(minutes, _)| *minutes).min().unwrap_or(0);
    let last_active_at = Some(at - jiff::SignedDuration::from_mins(last));
    let profile = AppItem::Profile(Box::new(Profile { last_active_at, ..*profile }));
    planned.iter().enumerate().map(event).chain([profile]).collect()
}

/// The same up to the instant, and another future: none, or one in which all is different.
fn with_another_future(items: &[AppItem], at: AsOf, none: bool) -> Vec<AppItem> {
    let end = at.instant();
    let another = |item: &AppItem| {
        let mut item = item.clone();
        match &mut item {
            AppItem::Profile(profile) => {
                profile.last_active_at = profile.last_active_at.filter(|at| *at <= end);
            }
            AppItem::Event(Event { at, kind, .. }) if *at > end => {
                if none {
                    return None;
                }
                *kind = EventKind::Mood { mood: 1.0, notes: None, tags: Vec::new() };
            }
            AppItem::Event(Event { kind: EventKind::Activity { completed_at, .. }, .. }) => {
                *completed_at = completed_at.filter(|at| *at <= end);
            }
            _ => {}
        }
        Some(item)
    };
    items.iter().filter_map(another).collect()
}

fn timeline(items: &[AppItem]) -> Timeline {
    let user = user("ada");
    let mut timeline = Timeline::new(user.clone());
    for item in items {
        let (_, sk, item) = stored(&user, item);
        timeline.take(&sk, Some(&item));
    }
    timeline
}

/// The names of features that know what comes after their instant, as far as random tables show it.
fn leaks(extractor: Extractor) -> Vec<&'static str> {
    let found = RefCell::new(BTreeSet::new());
    let planned = prop::collection::vec((-20_000..52_000_i64, 0..1_000_usize), 1..60);
    let at = as_of(AT);
    let outcome = runner(96).run(&planned, |planned| {
        let items = items(&planned);
        let known = extractor(&timeline(&items), at);
        for none in [true, false] {
            let other = extractor(&timeline(&with_another_future(&items, at, none)), at);
            assert_eq!(known.len(), other.len());
            for ((name, known), (_, other)) in known.iter().zip(&other) {
                if known != other {
                    found.borrow_mut().insert(*name);
                }
            }
        }
        Ok(())
    });
    outcome.unwrap();
    found.into_inner().into_iter().collect()
}

fn named(features: &FeatureVector) -> Features {
    features.iter().map(|(feature, value)| (feature.name(), value.value())).collect()
}

/// As samples are made, and as serving makes them.
fn ours(timeline: &Timeline, at: AsOf) -> Features {
    let history = timeline.history(at, open());
    named(&extract(&history, &read_texts(&history, &LEXICONS)).features)
}

/// Issue: the leak test.
#[test]
fn no_feature_knows_what_comes_after_its_instant() {
    assert_eq!(leaks(ours), Vec::<&str>::new());
}

/// Planted: an activity counts as done whenever it was done.
fn done_some_day(timeline: &Timeline, at: AsOf) -> Features {
    let history = timeline.history(at, open());
    let done = history.activities.iter().filter(|one| one.completed_at.is_some()).count();
    [ours(timeline, at), vec![("planted_done", Some(done as f64))]].concat()
}

/// Planted: the profile says when the person was last here, which may be tomorrow.
fn last_here(timeline: &Timeline, at: AsOf) -> Features {
    let history = timeline.history(at, open());
    let last = history.profile.last_active_at;
    let hours = last.map(|last| last.duration_since(at.instant()).as_secs_f64());
    [ours(timeline, at), vec![("planted_last_here", hours)]].concat()
}

/// Planted: all features, of a history that is a day too long.
fn a_day_too_late(timeline: &Timeline, at: AsOf) -> Features {
    let later = at.instant() + jiff::SignedDuration::from_hours(24);
    ours(timeline, AsOf::new(later).unwrap())
}

/// Issue: a test plants a feature that peeks past the cut-off and the leak test catches it.
#[test]
fn features_that_peek_are_caught() {
    assert_eq!(leaks(done_some_day), ["planted_done"]);
    assert_eq!(leaks(last_here), ["planted_last_here"]);
    let late = leaks(a_day_too_late);
    for feature in [Feature::MoodMean7Day, Feature::TotalInteractions, Feature::CrisisKeywords] {
        assert!(late.contains(&feature.name()), "{feature} of {late:?}");
    }
}
