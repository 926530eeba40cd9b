//! What a week came to: by hand at its edges, and against a naive reference in zones whose clocks leap.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::sync::LazyLock;

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use mindmate_domain::app::{AppItem, EventKind};
use mindmate_features::{Label, NoLabel, TextReadings, label_of_week, read_texts};
use mindmate_language::Lexicons;
use proptest::prelude::*;

use crate::support::{AS_OF, Diary, assemble};

static LEXICONS: LazyLock<Lexicons> = LazyLock::new(|| Lexicons::built_in().unwrap());

/// The week that ends at `AS_OF`, (13 April 06:00, 20 April 06:00], of what the diary holds.
fn label(diary: &Diary) -> Result<Label, NoLabel> {
    let history = diary.history();
    label_of_week(&history, &read_texts(&history, &LEXICONS))
}

fn low_mood(diary: &Diary) -> bool {
    label(diary).unwrap().low_mood
}

fn low_on(dates: &[&str]) -> Diary {
    dates.iter().fold(Diary::new(), |diary, date| diary.mood(&format!("04-{date} 12:00"), 2.0))
}

const CRISIS: &str = "I want to kill myself";

/// R2.2
#[test]
fn three_successive_low_dates_are_a_crisis_and_two_are_none() {
    assert!(low_mood(&low_on(&["15", "16", "17"])));
    assert!(!low_mood(&low_on(&["15", "16"])));
    assert!(!low_mood(&low_on(&["15", "16", "18", "19"])), "a date without entries breaks the run");
    let better = low_on(&["15", "17", "18"]).mood("04-16 12:00", 2.1);
    assert!(!low_mood(&better), "a date above 2 breaks the run");
}

/// R2.2: what counts is the mean of the date's entries.
#[test]
fn a_date_is_low_by_the_mean_of_its_entries() {
    let dates = low_on(&["15", "16"]);
    assert!(low_mood(&dates.clone().mood("04-17 09:00", 1.0).mood("04-17 21:00", 3.0)));
    assert!(!low_mood(&dates.mood("04-17 09:00", 1.0).mood("04-17 21:00", 3.1)));
}

/// R2.3: the features know of what lies before; the label does not.
#[test]
fn a_run_that_began_before_the_week_counts_with_its_dates_in_it_alone() {
    assert!(!low_mood(&low_on(&["11", "12", "13"])), "one date of three lies in the week");
    assert!(!low_mood(&low_on(&["12", "13", "14"])), "two do");
    assert!(low_mood(&low_on(&["13", "14", "15"])));
    // The same date on either side of the week's beginning: only what was entered after it counts.
    let edge = low_on(&["14", "15"]);
    assert!(!low_mood(&edge.clone().mood("04-13 06:00", 1.0)));
    assert!(low_mood(&edge.clone().mood("04-13 06:00:00.001", 1.0)));
    assert!(low_mood(&edge.mood("04-13 05:00", 9.0).mood("04-13 07:00", 2.0)));
}

/// R2.3
#[test]
fn the_end_of_the_week_belongs_to_it_and_what_comes_later_does_not() {
    let edge = low_on(&["18", "19"]);
    assert!(low_mood(&edge.clone().mood("04-20 06:00", 2.0)));
    assert!(!low_mood(&edge.mood("04-20 06:00:00.001", 2.0)));
}

/// R2.2, R2.3
#[test]
fn crisis_language_is_label_after_the_instant_and_feature_at_it() {
    let seen = |short: &str| {
        let diary = Diary::new().mood("04-15 12:00", 6.0).chat(short, CRISIS);
        label(&diary).unwrap().crisis_language
    };
    assert!(!seen("04-13 06:00"), "exactly at asOf it is a feature");
    assert!(seen("04-13 06:00:00.001"));
    assert!(seen("04-20 06:00"), "exactly seven days later it is in");
    assert!(!seen("04-20 06:00:00.001"));
}

/// Safety 12: of somebody who lets no text be read the mood alone says anything.
#[test]
fn without_consent_no_text_makes_a_label() {
    let diary = low_on(&["15"]).chat("04-16 12:00", CRISIS).without_text_consent();
    assert_eq!(label(&diary), Ok(Label { low_mood: false, crisis_language: false }));
    let silent = Diary::new().chat("04-16 12:00", CRISIS).without_text_consent();
    assert_eq!(label(&silent), Err(NoLabel::Unseen));
}

/// R1.6: nothing seen is another thing than nothing happened.
#[test]
fn a_week_in_which_nothing_was_seen_has_no_label() {
    let diary = low_on(&["10"]).selfie("04-15 12:00").session("04-16 12:00", 60.0);
    assert_eq!(label(&diary), Err(NoLabel::Unseen));
    let read = diary.chat("04-17 12:00", "a walk in the sun");
    assert_eq!(label(&read), Ok(Label { low_mood: false, crisis_language: false }));
}

#[test]
fn a_week_whose_texts_could_not_be_read_has_no_label() {
    let history = low_on(&["15", "16", "17"]).history();
    assert_eq!(label_of_week(&history, &TextReadings::Failed), Err(NoLabel::Unread));
}

/// R2.2: *local* dates. Three dates in UTC are two in Tokyo, and another two in New York.
#[test]
fn dates_are_those_of_the_profiles_zone() {
    let diary = ["04-15 23:00", "04-16 12:00", "04-17 01:00"]
        .into_iter()
        .fold(Diary::new(), |diary, short| diary.mood(short, 2.0));
    for (zone, low) in [("UTC", true), ("Asia/Tokyo", false), ("America/New_York", false)] {
        assert_eq!(low_mood(&diary.clone().zone(zone)), low, "{zone}");
    }
}

/// Zones, and the end of a week in which their clocks change; in Apia a date is left out.
const CLOCKS: [(&str, &str); 7] = [
    ("UTC", AS_OF),
    ("America/New_York", "2025-03-12T06:00:00Z"),
    ("America/New_York", "2025-11-05T06:00:00Z"),
    ("Europe/Madrid", "2025-10-29T06:00:00Z"),
    ("Pacific/Apia", "2012-01-03T06:00:00Z"),
    ("Atlantic/Azores", "2025-11-01T06:00:00Z"),
    ("America/St_Johns", "2010-11-10T06:00:00Z"),
];

/// The longest run of successive dates whose mean is at most 2, counted naively.
fn longest_low_run(zone: &str, moods: &[(Timestamp, f64)]) -> usize {
    let zone = jiff::tz::TimeZone::get(zone).unwrap();
    let mut dates: BTreeMap<Date, Vec<f64>> = BTreeMap::new();
    for (at, mood) in moods {
        dates.entry(zone.to_datetime(*at).date()).or_default().push(*mood);
    }
    let is_low = |date: &Date| {
        dates.get(date).is_some_and(|moods| {
            let mean = moods.iter().sum::<f64>() / moods.len() as f64;
            (mean * 1e9).round() / 1e9 <= 2.0
        })
    };
    let run = |date: &Date| {
        let mut next = Some(*date);
        std::iter::from_fn(|| {
            let date = next?;
            next = date.tomorrow().ok();
            Some(date)
        })
        .take_while(is_low)
        .count()
    };
    dates.keys().map(run).max().unwrap_or(0)
}

/// R2.2, R2.3
#[test]
fn the_label_is_what_a_naive_count_of_dates_says() {
    let moods = prop::collection::vec((-10_000..13_000_i64, 10..26_u32), 0..24);
    let crises = Cell::new(0);
    let mut runner = crate::properties::runner(512);
    let outcome = runner.run(&(0..CLOCKS.len(), moods), |(clock, moods)| {
        let (zone, end) = CLOCKS[clock];
        let diary = Diary { as_of: end.parse().unwrap(), ..Diary::new() }.zone(zone);
        let end = diary.as_of.instant();
        let begin = end - SignedDuration::from_hours(7 * 24);
        let moods: Vec<(Timestamp, f64)> = moods
            .iter()
            .map(|(minutes, tenths)| {
                (begin + SignedDuration::from_mins(*minutes), f64::from(*tenths) / 10.0)
            })
            .collect();
        let diary = moods.iter().fold(diary, |diary, (at, mood)| {
            diary.event(*at, EventKind::Mood { mood: *mood, notes: None, tags: Vec::new() })
        });
        let history = assemble(
            diary.as_of,
            diary.items.iter().cloned().chain([AppItem::Profile(Box::new(diary.profile.clone()))]),
        );
        let read = TextReadings::Read { lexicon: true, texts: Vec::new() };
        let within: Vec<_> =
            moods.into_iter().filter(|(at, _)| begin < *at && *at <= end).collect();
        let expected = if within.is_empty() {
            Err(NoLabel::Unseen)
        } else {
            Ok(longest_low_run(zone, &within) >= 3)
        };
        prop_assert_eq!(label_of_week(&history, &read).map(|label| label.low_mood), expected);
        crises.set(crises.get() + u32::from(expected == Ok(true)));
        Ok(())
    });
    outcome.unwrap();
    assert!(crises.get() > 20, "expected crises among the weeks, found {}", crises.get());
}
