//! The edges of windows and days.

use mindmate_domain::Feature::*;
use mindmate_domain::app::{AppItem, Profile};
use mindmate_domain::feature::Family;
use mindmate_domain::{Feature, FeatureValue};
use mindmate_features::{TextReadings, extract};

use crate::support::{
    Diary, NO_DATA, UNAVAILABLE, assemble, feature_of, of_diary, read, text, too_few, value,
};

#[test]
fn a_user_of_whom_nothing_is_known_has_counts_of_zero_and_nothing_else() {
    let as_of = crate::support::AS_OF.parse().unwrap();
    let history = assemble(as_of, []);
    let features = extract(&history, &read(Vec::new())).features;
    for (feature, found) in features.iter() {
        let expected = match feature {
            // No first day is known, so no date lies before it.
            MissingDays7Day => value(7.0),
            LongestGapDays => value(30.0),
            TotalMoodEntries
            | DailyCheckinFrequency
            | SelfieFrequency
            | LateNightUsage
            | WeekendUsageChange
            | TotalInteractions
            | MoodLogsCount
            | SelfiesCount
            | DataYield30Day
            | DespairKeywords
            | IsolationKeywords
            | CrisisKeywords
            | TotalMessagesAnalyzed => value(0.0),
            _ => NO_DATA,
        };
        assert_eq!(found, expected, "{feature}");
    }
}

#[test]
fn no_feature_is_ever_a_negative_zero() {
    for diary in [
        Diary::new(),
        Diary::new().daily(1, &[7.0; 30]),
        Diary::new().selfies(&["04-18 12:00", "04-19 12:00"]),
    ] {
        for (feature, found) in extract(&diary.history(), &read(Vec::new())).features.iter() {
            if let FeatureValue::Value(number) = found {
                assert!(number != 0.0 || number.is_sign_positive(), "{feature} is {number:?}");
            }
        }
    }
}

#[test]
fn a_window_leaves_out_its_start_and_takes_in_its_end() {
    for (start, count, mean) in
        [("04-13 06:00", 2.0, MoodMean7Day), ("04-06 06:00", 2.0, MoodMean14Day)]
    {
        let diary = Diary::new().mood(start, 1.0).mood("04-20 06:00", 9.0);
        assert_eq!(of_diary(&diary, mean), value(9.0));
        assert_eq!(of_diary(&diary, TotalMoodEntries), value(count));
        let just_inside =
            Diary::new().mood(&format!("{start}:00.001"), 1.0).mood("04-20 06:00", 9.0);
        assert_eq!(of_diary(&just_inside, mean), value(5.0));
    }
    let month = |short| of_diary(&Diary::new().mood(short, 1.0), TotalMoodEntries);
    assert_eq!(month("03-21 06:00"), value(0.0));
    assert_eq!(month("03-21 06:00:00.001"), value(1.0));
    assert_eq!(month("04-20 06:00:00.001"), value(0.0));
}

#[test]
fn the_weeks_before_end_where_this_week_begins() {
    // The entry at asOf − 7 d belongs to the baseline, one a millisecond later to this week.
    let diary = Diary::new().daily(8, &[5.0; 4]).mood("04-13 06:00", 5.0);
    assert_eq!(of_diary(&diary, MoodPersonalDeviation), too_few(0, 1));
    let diary = Diary::new().daily(8, &[5.0; 4]).mood("04-13 06:00:00.001", 5.0);
    assert_eq!(of_diary(&diary, MoodPersonalDeviation), too_few(4, 5));
}

#[test]
fn a_date_that_two_windows_share_has_a_mean_in_each() {
    // 13 April: 9 in the night belongs to the weeks before, 3 at noon to this week.
    let diary = Diary::new().daily(8, &[5.0; 4]).mood("04-13 05:00", 9.0).mood("04-13 12:00", 3.0);
    // Median of 5, 5, 5, 5, 9 is 5, MAD 0; (3 − 5) / (1.4826 · 0.1).
    let expected = value(-2.0 / (1.4826 * 0.1));
    assert!(crate::support::agree(of_diary(&diary, MoodPersonalDeviation), expected));
}

#[test]
fn an_account_made_after_as_of_has_no_date_that_counts() {
    let diary = Diary::new().created("04-21 12:00");
    assert_eq!(of_diary(&diary, MissingDays7Day), value(0.0));
    assert_eq!(of_diary(&diary, LongestGapDays), value(0.0));
    assert_eq!(of_diary(&diary, DataYield30Day), NO_DATA);
}

#[test]
fn events_before_the_account_was_made_are_the_first_day() {
    // Imported from elsewhere: the first loaded event counts, of whatever kind.
    let diary = Diary::new().created("04-21 12:00").session("04-17 12:00", 60.0);
    assert_eq!(of_diary(&diary, MissingDays7Day), value(3.0));
    let later = Diary::new().created("04-15 12:00").session("04-17 12:00", 60.0);
    assert_eq!(of_diary(&later, MissingDays7Day), value(5.0));
}

#[test]
fn without_a_profile_the_first_loaded_event_is_the_first_day() {
    let mut diary = Diary::new().mood("04-17 12:00", 5.0);
    diary.profile = Profile::default();
    assert_eq!(of_diary(&diary, MissingDays7Day), value(2.0));
    let as_of = diary.as_of;
    let events = diary.items.into_iter().filter(|item| matches!(item, AppItem::Event(_)));
    let history = assemble(as_of, events);
    assert_eq!(feature_of(&history, &TextReadings::Failed, MissingDays7Day), value(2.0));
}

#[test]
fn todays_date_and_the_31st_before_it_do_not_count() {
    let days = |short| of_diary(&Diary::new().selfie(short), DataYield30Day);
    assert_eq!(days("03-20 23:59:59.999"), value(0.0));
    // The first of the 30 dates is counted whole, though the window of 30 · 24 h cuts it.
    assert_eq!(days("03-21 00:00"), value(1.0 / 30.0));
    assert_eq!(days("04-19 23:59:59.999"), value(1.0 / 30.0));
    assert_eq!(days("04-20 00:00"), value(0.0));
}

#[test]
fn dates_are_local() {
    // 01:00 UTC on the 20th is 21:00 on the 19th in New York, where asOf is 02:00 on the 20th.
    let diary = Diary::new().zone("America/New_York").selfie("04-20 01:00");
    assert_eq!(of_diary(&diary, DataYield30Day), value(1.0 / 30.0));
    // An unknown zone is UTC: there it is today.
    let diary = Diary::new().zone("Nowhere/Land").selfie("04-20 01:00");
    assert_eq!(of_diary(&diary, DataYield30Day), value(0.0));
}

#[test]
fn a_date_left_out_by_its_zone_is_a_date_without_entries() {
    // Apia went from 29 to 31 December 2011: the dates are not successive.
    let mut diary = Diary::new().zone("Pacific/Apia");
    diary.as_of = "2012-01-02T06:00:00Z".parse().unwrap();
    for instant in ["2011-12-30T09:59:59Z", "2011-12-30T10:00:00Z"] {
        let kind =
            mindmate_domain::app::EventKind::Mood { mood: 5.0, notes: None, tags: Vec::new() };
        diary = diary.event(instant.parse().unwrap(), kind);
    }
    assert_eq!(of_diary(&diary, MoodRmssd), too_few(0, 1));
    assert_eq!(of_diary(&diary, MoodTheilSen30Day), value(0.0));
}

#[test]
fn late_at_night_is_from_23_to_before_5() {
    for (short, late) in [
        ("04-10 22:59:59.999", 0.0),
        ("04-10 23:00", 1.0),
        ("04-10 04:59:59.999", 1.0),
        ("04-10 05:00", 0.0),
    ] {
        assert_eq!(of_diary(&Diary::new().selfie(short), LateNightUsage), value(late), "{short}");
    }
}

#[test]
fn a_night_is_closed_and_must_lie_wholly_in_the_window() {
    let night = |short| of_diary(&Diary::new().selfie(short), NightGapHours);
    assert_eq!(night("04-10 20:00"), value(14.0));
    assert_eq!(night("04-11 10:00"), value(14.0));
    assert_eq!(night("04-10 19:59:59.999"), too_few(0, 1));
    assert_eq!(night("04-11 10:00:00.001"), too_few(0, 1));
    // asOf at 10:00 ends the night with it; a millisecond before, it is not over.
    for (as_of, expected) in
        [("2025-04-20T10:00:00Z", value(12.0)), ("2025-04-20T09:59:59.999Z", too_few(0, 1))]
    {
        let mut diary = Diary::new().selfie("04-19 22:00");
        diary.as_of = as_of.parse().unwrap();
        assert_eq!(of_diary(&diary, NightGapHours), expected, "{as_of}");
    }
    // The window is open at its start: a night that begins there is not wholly in it.
    for (as_of, expected) in
        [("2025-04-20T20:00:00Z", too_few(0, 1)), ("2025-04-20T19:59:59.999Z", value(12.0))]
    {
        let mut diary = Diary::new().selfie("03-21 22:00");
        diary.as_of = as_of.parse().unwrap();
        assert_eq!(of_diary(&diary, NightGapHours), expected, "{as_of}");
    }
}

#[test]
fn the_slots_of_the_rhythm_are_open_at_their_start() {
    let variability = |short| of_diary(&Diary::new().selfie(short), IntradailyVariability);
    let one_step = (336.0_f64 / 335.0).powi(2);
    let close = |found: FeatureValue, expected: f64| {
        assert!(crate::support::agree(found, value(expected)), "{found:?} {expected}");
    };
    // The first slot begins after 6 April 06:00 and ends with 07:00.
    assert_eq!(variability("04-06 06:00"), NO_DATA);
    close(variability("04-06 06:00:00.001"), one_step);
    close(variability("04-06 07:00"), one_step);
    close(variability("04-06 07:00:00.001"), 2.0 * one_step);
    // The last begins after 05:00.
    close(variability("04-20 05:00"), 2.0 * one_step);
    close(variability("04-20 05:00:00.001"), one_step);
    close(variability("04-20 06:00"), one_step);
}

#[test]
fn daily_means_are_rounded_before_they_are_compared() {
    // (3 + 3 + 3.000000001) / 3 is 3.0000000003: with 9 decimals a low day at the bound of 4 and a
    // step of exactly 2.
    let diary = Diary::new()
        .mood("04-17 10:00", 4.0)
        .mood("04-17 11:00", 4.0)
        .mood("04-17 12:00", 4.000_000_001)
        .mood("04-18 12:00", 2.0);
    assert_eq!(of_diary(&diary, ConsecutiveLowDays), value(2.0));
    assert_eq!(of_diary(&diary, MoodAcuteChange), value(1.0));
}

#[test]
fn a_step_that_is_two_but_for_the_last_bit_is_acute() {
    // 4.3 − 2.3 is 1.9999999999999996 in floating point.
    let diary = Diary::new().moods(&[("04-17", 2.3), ("04-18", 4.3)]);
    assert_eq!(of_diary(&diary, MoodAcuteChange), value(1.0));
}

#[test]
fn variance_up_to_a_millionth_of_a_millionth_is_none() {
    let diary = Diary::new().moods(&[("04-17", 5.0), ("04-18", 5.000_001)]);
    // Squares 2 · 0.25e-12.
    assert_eq!(of_diary(&diary, MoodStd7Day), value(0.0));
    assert_eq!(of_diary(&diary, MoodVariance7Day), value(0.0));
    let diary = Diary::new().daily(8, &[5.0, 5.000_001].repeat(5)).mood("04-17 12:00", 5.0);
    // Squares 10 · 0.25e-12 are more.
    assert_eq!(of_diary(&diary, MoodEwmaAlarm), value(0.0));
    let diary = Diary::new().daily(8, &[5.0, 5.000_000_5].repeat(5)).mood("04-17 12:00", 5.0);
    assert_eq!(of_diary(&diary, MoodEwmaAlarm), crate::support::UNDEFINED);
}

#[test]
fn texts_older_than_30_days_count_for_crisis_recency_only() {
    let history = Diary::new().history();
    let old = read(vec![text("03-18 12:00")]);
    for feature in Family::Sentiment.features().chain([AvgMessageLength, FirstPersonRate]) {
        let found = feature_of(&history, &old, feature);
        let none = feature_of(&history, &read(Vec::new()), feature);
        assert_eq!(found, none, "{feature}");
        assert_ne!(found, UNAVAILABLE, "{feature}");
    }
    assert_eq!(feature_of(&history, &old, CrisisLanguageRecencyDays), too_few(0, 1));
}

#[test]
fn aliases_are_what_they_are_aliases_of() {
    let diary = Diary::new().selfies(&["04-01 12:00", "04-02 12:00"]).moods(&[
        ("04-15", 3.0),
        ("04-16", 6.5),
        ("04-18", 9.0),
    ]);
    let of = |feature: Feature| of_diary(&diary, feature).value().unwrap();
    assert_eq!(of(TotalMoodEntries), of(MoodLogsCount));
    assert_eq!(of(DailyCheckinFrequency), of(TotalInteractions) / 30.0);
    assert_eq!(of(SelfieFrequency), of(SelfiesCount) / 30.0);
    assert!((of(MoodVariance7Day) - of(MoodStd7Day).powi(2)).abs() < 1e-12);
}
