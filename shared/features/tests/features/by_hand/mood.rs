//! The mood family, worked out by hand.

use mindmate_domain::Feature::*;

use super::Case;
use crate::support::{Diary, NO_DATA, too_few, value};

pub(crate) fn cases() -> Vec<Case> {
    vec![
        one_week(),
        a_fortnight_and_a_month(),
        runs_and_weekends(),
        several_entries_a_date(),
        nothing(),
        one_entry(),
        two_entries_too_close(),
        exactly_a_day_apart(),
        only_older_entries(),
        a_rising_week(),
        a_new_user(),
    ]
}

fn one_week() -> Case {
    // Days from 14 April: t = 0, 1, 3, 4 (mean 2); moods 8, 6, 4, 2 (mean 5).
    // Sxx = 4 + 1 + 1 + 4 = 10, Sxy = −6 − 1 − 1 − 6 = −14.
    // Squares about 5: 9 + 1 + 1 + 9 = 20, over 4: 5.
    let diary =
        Diary::new().moods(&[("04-14", 8.0), ("04-15", 6.0), ("04-17", 4.0), ("04-18", 2.0)]);
    Case::new("one week", &diary)
        .is(MoodTrend7Day, value(-1.4))
        .is(MoodDeclineRate, value(1.4))
        .is(MoodMean7Day, value(5.0))
        .is(MoodStd7Day, value(5.0_f64.sqrt()))
        .is(MoodVariance7Day, value(5.0))
        .is(MoodMin7Day, value(2.0))
        .is(MoodMax7Day, value(8.0))
        // One of four is ≤ 3, one is ≥ 8.
        .is(LowMoodFrequency, value(0.25))
        .is(HighMoodFrequency, value(0.25))
        // Without an entry: 13, 16 and 19 April.
        .is(MissingDays7Day, value(3.0))
        // Successive, though not all of successive dates: 2, 2, 2.
        .is(MoodVolatility, value(2.0))
        // 17 and 18 April are ≤ 4, over the silent 16th nothing changes; only 14 April is ≥ 7.
        .is(ConsecutiveLowDays, value(2.0))
        .is(ConsecutiveHighDays, value(1.0))
        // No entry on a weekend.
        .is(WeekendMoodDiff, too_few(0, 1))
        .is(TotalMoodEntries, value(4.0))
}

fn a_fortnight_and_a_month() -> Case {
    let diary = Diary::new().moods(&[
        ("03-28", 7.0),
        ("04-08", 9.0),
        ("04-14", 8.0),
        ("04-15", 6.0),
        ("04-17", 4.0),
        ("04-18", 2.0),
    ]);
    Case::new("a fortnight and a month", &diary)
        // 14 days: t = 0, 6, 7, 9, 10 (mean 6.4); 9, 8, 6, 4, 2 (mean 5.8).
        // Sxx = 40.96 + 0.16 + 0.36 + 6.76 + 12.96 = 61.2
        // Sxy = −20.48 − 0.88 + 0.12 − 4.68 − 13.68 = −39.6
        // Squares: 10.24 + 4.84 + 0.04 + 3.24 + 14.44 = 32.8, over 5: 6.56.
        .is(MoodTrend14Day, value(-39.6 / 61.2))
        .is(MoodMean14Day, value(5.8))
        .is(MoodStd14Day, value(6.56_f64.sqrt()))
        // 30 days: t = 0, 11, 17, 18, 20, 21 (mean 14.5); 7, 9, 8, 6, 4, 2 (mean 6).
        // Sxx = 210.25 + 12.25 + 6.25 + 12.25 + 30.25 + 42.25 = 313.5
        // Sxy = −14.5 − 10.5 + 5 + 0 − 11 − 26 = −57
        // Squares: 1 + 9 + 4 + 0 + 4 + 16 = 34.
        .is(MoodTrend30Day, value(-2.0 / 11.0))
        .is(MoodMean30Day, value(6.0))
        .is(MoodStd30Day, value((34.0_f64 / 6.0).sqrt()))
        .is(TotalMoodEntries, value(6.0))
        // 28 March, 8 and 14 April are ≥ 7, whatever lies between them.
        .is(ConsecutiveHighDays, value(3.0))
        // |2|, |1|, |2|, |2|, |2| = 9 over 5.
        .is(MoodVolatility, value(1.8))
}

fn runs_and_weekends() -> Case {
    // 10 April 3, none on the 11th, 12 April (Saturday) 4: a run of 2; 13 April (Sunday) 6 breaks
    // it; 14 April 2. Weekend: (4 + 6) / 2 = 5; others (3 + 2) / 2 = 2.5.
    let diary =
        Diary::new().moods(&[("04-10", 3.0), ("04-12", 4.0), ("04-13", 6.0), ("04-14", 2.0)]);
    Case::new("runs and weekends", &diary)
        .is(ConsecutiveLowDays, value(2.0))
        .is(ConsecutiveHighDays, value(0.0))
        .is(WeekendMoodDiff, value(2.5))
}

fn several_entries_a_date() -> Case {
    // 17 April: 1, 1 and 2 are 1.333333333; 18 April: 8 and 9 are 8.5. In UTC+5:45 23:00 UTC on
    // the 16th is the 17th, and 23:00 on the 18th, a Friday, is Saturday the 19th.
    let diary = Diary::new()
        .zone("Asia/Kathmandu")
        .mood("04-16 23:00", 1.0)
        .mood("04-17 08:00", 1.0)
        .mood("04-17 09:00", 2.0)
        .mood("04-18 08:00", 8.0)
        .mood("04-18 09:00", 9.0)
        .mood("04-18 23:00", 6.0);
    Case::new("several entries a date", &diary)
        // |8.5 − 1.333333333| and |6 − 8.5|
        .is(MoodVolatility, value(f64::midpoint(7.166_666_667, 2.5)))
        .is(ConsecutiveLowDays, value(1.0))
        .is(ConsecutiveHighDays, value(1.0))
        // 6 on the weekend; (1 + 1 + 2 + 8 + 9) / 5 = 4.2 on other dates.
        .is(WeekendMoodDiff, value(1.8))
        // Dates 13 to 16 April have none: asOf is the 20th at 11:45.
        .is(MissingDays7Day, value(4.0))
}

fn nothing() -> Case {
    Case::new("no mood", &Diary::new().selfie("04-19 12:00"))
        .are(
            &[
                MoodTrend7Day,
                MoodTrend14Day,
                MoodTrend30Day,
                MoodMean7Day,
                MoodMean14Day,
                MoodMean30Day,
                MoodStd7Day,
                MoodStd14Day,
                MoodStd30Day,
                MoodVariance7Day,
                MoodMin7Day,
                MoodMax7Day,
                MoodVolatility,
                ConsecutiveLowDays,
                ConsecutiveHighDays,
                MoodDeclineRate,
                LowMoodFrequency,
                HighMoodFrequency,
                WeekendMoodDiff,
            ],
            NO_DATA,
        )
        .is(MissingDays7Day, value(7.0))
        .is(TotalMoodEntries, value(0.0))
}

fn one_entry() -> Case {
    Case::new("one entry", &Diary::new().mood("04-18 12:00", 3.0))
        .are(
            &[
                MoodTrend7Day,
                MoodTrend14Day,
                MoodTrend30Day,
                MoodDeclineRate,
                MoodStd7Day,
                MoodStd14Day,
                MoodStd30Day,
                MoodVariance7Day,
                MoodVolatility,
            ],
            too_few(1, 2),
        )
        .are(&[MoodMean7Day, MoodMin7Day, MoodMax7Day], value(3.0))
        .are(&[ConsecutiveLowDays, LowMoodFrequency], value(1.0))
        .are(&[ConsecutiveHighDays, HighMoodFrequency], value(0.0))
}

fn two_entries_too_close() -> Case {
    // 23 h 59 min apart: 23 whole hours of 24.
    let diary = Diary::new().mood("04-17 12:00", 3.0).mood("04-18 11:59", 5.0);
    Case::new("two entries too close", &diary)
        .are(&[MoodTrend7Day, MoodTrend14Day, MoodTrend30Day, MoodDeclineRate], too_few(23, 24))
        .is(MoodStd7Day, value(1.0))
        .is(MoodVolatility, value(2.0))
}

fn exactly_a_day_apart() -> Case {
    let diary = Diary::new().mood("04-17 12:00", 3.0).mood("04-18 12:00", 5.0);
    Case::new("exactly a day apart", &diary).is(MoodTrend7Day, value(2.0))
}

fn only_older_entries() -> Case {
    Case::new("only older entries", &Diary::new().moods(&[("04-10", 5.0), ("04-11", 5.0)]))
        .are(&[MoodTrend7Day, MoodMean7Day, MoodDeclineRate, LowMoodFrequency], NO_DATA)
        .are(&[MoodTrend14Day, MoodStd14Day, MoodStd30Day], value(0.0))
}

fn a_rising_week() -> Case {
    Case::new("a rising week", &Diary::new().moods(&[("04-16", 2.0), ("04-18", 8.0)]))
        .is(MoodTrend7Day, value(3.0))
        .is(MoodDeclineRate, value(0.0))
}

fn a_new_user() -> Case {
    // The account was made on 16 April in the evening: the 16th, 17th, 18th and 19th count.
    let diary = Diary::new().created("04-16 22:00").mood("04-17 12:00", 5.0);
    Case::new("a new user", &diary).is(MissingDays7Day, value(3.0))
}
