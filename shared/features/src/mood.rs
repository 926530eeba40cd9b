//! The 21 features of mood entries.

use mindmate_domain::{Feature, FeatureVector};

use crate::context::{Context, DailyMean, FORTNIGHT, LocalMood, MONTH, WEEK, daily_means};
use crate::outcome::{Outcome, at_least, count, entries, set};
use crate::stats::{mean, mean_absolute_successive_difference, standard_deviation, variance};
use crate::trend::slope_per_day;

/// A daily mean up to this is a low day (R1.3).
const LOW_DAY: f64 = 4.0;
/// A daily mean from this on is a high day.
const HIGH_DAY: f64 = 7.0;
/// An entry up to this is low.
const LOW_ENTRY: f64 = 3.0;
/// An entry from this on is high.
const HIGH_ENTRY: f64 = 8.0;

/// Sets the mood family.
pub(crate) fn extract(cx: &Context<'_>, out: &mut FeatureVector) {
    let windows = [
        (WEEK, Feature::MoodTrend7Day, Feature::MoodMean7Day, Feature::MoodStd7Day),
        (FORTNIGHT, Feature::MoodTrend14Day, Feature::MoodMean14Day, Feature::MoodStd14Day),
        (MONTH, Feature::MoodTrend30Day, Feature::MoodMean30Day, Feature::MoodStd30Day),
    ];
    for (days, trend_feature, mean_feature, std_feature) in windows {
        let moods = cx.moods(days);
        set(out, trend_feature, trend(moods));
        set(out, mean_feature, of_entries(moods, 1, mean));
        set(out, std_feature, of_entries(moods, 2, standard_deviation));
    }
    week(cx, out);
    let month = cx.moods(MONTH);
    days(&daily_means(month), out);
    set(out, Feature::WeekendMoodDiff, weekend_difference(month));
    set(out, Feature::TotalMoodEntries, count(month.len()));
}

/// The other features of seven days.
fn week(cx: &Context<'_>, out: &mut FeatureVector) {
    let moods = cx.moods(WEEK);
    set(out, Feature::MoodVariance7Day, of_entries(moods, 2, variance));
    let min = |values: &[f64]| values.iter().copied().fold(f64::INFINITY, f64::min);
    let max = |values: &[f64]| values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    set(out, Feature::MoodMin7Day, of_entries(moods, 1, min));
    set(out, Feature::MoodMax7Day, of_entries(moods, 1, max));
    set(out, Feature::MoodDeclineRate, trend(moods).map(|slope| (-slope).max(0.0)));
    let low = |values: &[f64]| share(values, |mood| mood <= LOW_ENTRY);
    let high = |values: &[f64]| share(values, |mood| mood >= HIGH_ENTRY);
    set(out, Feature::LowMoodFrequency, of_entries(moods, 1, low));
    set(out, Feature::HighMoodFrequency, of_entries(moods, 1, high));
    let silent = cx.moods_by_day().iter().filter(|(_, entries)| *entries == 0).count();
    set(out, Feature::MissingDays7Day, count(silent));
}

/// The features of 30 days' daily means.
fn days(days: &[DailyMean], out: &mut FeatureVector) {
    let means: Vec<_> = days.iter().map(|day| day.mean).collect();
    let volatility = entries(means.len(), 2).map(|()| mean_absolute_successive_difference(&means));
    set(out, Feature::MoodVolatility, volatility);
    let low = entries(means.len(), 1).map(|()| longest_run(&means, |mean| mean <= LOW_DAY));
    let high = entries(means.len(), 1).map(|()| longest_run(&means, |mean| mean >= HIGH_DAY));
    set(out, Feature::ConsecutiveLowDays, low);
    set(out, Feature::ConsecutiveHighDays, high);
}

fn values(moods: &[LocalMood]) -> Vec<f64> {
    moods.iter().map(|entry| entry.mood).collect()
}

/// A statistic of entries that needs so many of them.
fn of_entries(moods: &[LocalMood], need: usize, statistic: impl Fn(&[f64]) -> f64) -> Outcome {
    entries(moods.len(), need)?;
    Ok(statistic(&values(moods)))
}

fn trend(moods: &[LocalMood]) -> Outcome {
    slope_per_day(moods, |entry| entry.mood)
}

fn share(values: &[f64], holds: impl Fn(f64) -> bool) -> f64 {
    values.iter().filter(|value| holds(**value)).count() as f64 / values.len() as f64
}

/// The longest run among dates with entries: a date without any neither extends nor breaks it,
/// so dates that were skipped simply do not stand in the series.
fn longest_run(means: &[f64], holds: impl Fn(f64) -> bool) -> f64 {
    means.split(|mean| !holds(*mean)).map(<[f64]>::len).max().unwrap_or(0) as f64
}

fn weekend_difference(moods: &[LocalMood]) -> Outcome {
    entries(moods.len(), 1)?;
    let (weekend, other): (Vec<LocalMood>, Vec<LocalMood>) =
        moods.iter().copied().partition(|entry| entry.day.is_weekend());
    at_least(weekend.len(), 1)?;
    at_least(other.len(), 1)?;
    Ok(mean(&values(&weekend)) - mean(&values(&other)))
}
