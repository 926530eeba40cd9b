//! The mood family by its definitions.

use mindmate_domain::Feature::{self, *};

use super::{Answer, NO_DATA, Seen, average, few, mean_step, of, spread, squares, trend};

pub(crate) fn feature(seen: &Seen<'_>, feature: Feature) -> Answer {
    let values = |days| seen.moods(days, 0).iter().map(|entry| entry.1).collect::<Vec<f64>>();
    let daily: Vec<f64> = seen.daily_means(30, 0).iter().map(|day| day.1).collect();
    let share = |values: &[f64], holds: fn(f64) -> bool| {
        values.iter().filter(|v| holds(**v)).count() as f64 / values.len() as f64
    };
    match feature {
        MoodTrend7Day => trend(&seen.moods(7, 0)),
        MoodTrend14Day => trend(&seen.moods(14, 0)),
        MoodTrend30Day => trend(&seen.moods(30, 0)),
        MoodMean7Day => of(&values(7), 1, average),
        MoodMean14Day => of(&values(14), 1, average),
        MoodMean30Day => of(&values(30), 1, average),
        MoodStd7Day => of(&values(7), 2, spread),
        MoodStd14Day => of(&values(14), 2, spread),
        MoodStd30Day => of(&values(30), 2, spread),
        MoodVariance7Day => of(&values(7), 2, |v| squares(v) / v.len() as f64),
        MoodMin7Day => of(&values(7), 1, |v| v.iter().fold(99.0, |a, b| a.min(*b))),
        MoodMax7Day => of(&values(7), 1, |v| v.iter().fold(0.0, |a, b| a.max(*b))),
        MoodVolatility => of(&daily, 2, mean_step),
        ConsecutiveLowDays => of(&daily, 1, |v| run(v, |mean| mean <= 4.0)),
        ConsecutiveHighDays => of(&daily, 1, |v| run(v, |mean| mean >= 7.0)),
        MoodDeclineRate => {
            trend(&seen.moods(7, 0)).map(|slope| if slope < 0.0 { -slope } else { 0.0 })
        }
        LowMoodFrequency => of(&values(7), 1, |v| share(v, |mood| mood <= 3.0)),
        HighMoodFrequency => of(&values(7), 1, |v| share(v, |mood| mood >= 8.0)),
        MissingDays7Day => {
            let all: Vec<_> = seen.history.moods.iter().map(|entry| entry.at).collect();
            Ok(seen.by_day(7, &all).iter().filter(|day| day.1 == 0).count() as f64)
        }
        WeekendMoodDiff => weekend(seen),
        TotalMoodEntries => Ok(values(30).len() as f64),
        _ => unreachable!("{feature} is no feature of mood"),
    }
}

fn weekend(seen: &Seen<'_>) -> Answer {
    let (mut weekend, mut other) = (Vec::new(), Vec::new());
    for (at, mood) in seen.moods(30, 0) {
        if seen.is_weekend(at) {
            weekend.push(mood);
        } else {
            other.push(mood);
        }
    }
    match (weekend.len(), other.len()) {
        (0, 0) => NO_DATA,
        (0, _) | (_, 0) => few(0, 1),
        _ => Ok(average(&weekend) - average(&other)),
    }
}

/// The longest stretch of which each value holds: all stretches are tried.
fn run(values: &[f64], holds: fn(f64) -> bool) -> f64 {
    let mut longest = 0;
    for from in 0..values.len() {
        for to in from..=values.len() {
            if values[from..to].iter().all(|value| holds(*value)) {
                longest = longest.max(to - from);
            }
        }
    }
    longest as f64
}
