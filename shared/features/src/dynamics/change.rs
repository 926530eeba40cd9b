//! How mood changes from day to day.
//!
//! The series are daily means; dates without entries have none and are skipped, never filled.
//! *Adjacent* means of successive dates. A series of days is `NoData` only where its window has
//! no entry at all.

use mindmate_domain::{Feature, FeatureVector, MissingReason};
use mindmate_language::ACUTE_CHANGE;

use crate::calendar::Day;
use crate::context::{Context, DailyMean, MONTH, WEEK, daily_means};
use crate::outcome::{Outcome, at_least, entries, set};
use crate::stats::{
    Line, kendall_tau_b, mann_kendall_z, mean, median, median_absolute_deviation, pearson, round9,
    standard_deviation, theil_sen,
};

/// Days for a Mann–Kendall test, at the least.
const MANN_KENDALL_DAYS: usize = 10;
/// Pairs of adjacent days for an autocorrelation, at the least.
const AUTOCORRELATION_PAIRS: usize = 5;
/// The lowest and the highest mood of the app's scale.
const MOOD_SCALE: (f64, f64) = (1.0, 10.0);
/// Weight of the newest day in the moving average (Smit & Snippe 2023).
const EWMA_WEIGHT: f64 = 0.2;
/// Standard errors below the baseline at which the alarm goes.
const EWMA_LIMIT: f64 = 2.7;
/// Days of the moving average's baseline, at the least.
const EWMA_BASELINE_DAYS: usize = 10;
/// A moving window of slowing down reaches from this many dates before its last date.
const SLOWING_REACH: i64 = 9;
/// Moving windows for a τ of slowing down, at the least.
const SLOWING_WINDOWS: usize = 10;
/// Days of the personal baseline, at the least.
const PERSONAL_BASELINE_DAYS: usize = 5;
/// Makes a median absolute deviation comparable with a normal standard deviation.
const MAD_TO_SD: f64 = 1.4826;
/// The least spread of a personal baseline, in points of mood: a flat month must not make every
/// change a huge one.
const LEAST_MAD: f64 = 0.1;

/// Sets the nine features of mood.
pub(super) fn extract(cx: &Context<'_>, out: &mut FeatureVector) {
    let days = daily_means(cx.moods(MONTH));
    let means: Vec<_> = days.iter().map(|day| day.mean).collect();
    let steps = Steps::of(&days);
    let residuals = Residuals::of(&days);
    let this_week = daily_means(cx.moods(WEEK));
    let before = daily_means(cx.moods_before_this_week());
    let outcomes = [
        (Feature::MoodTheilSen30Day, entries(days.len(), 2).map(|()| theil_sen(&points(&days)))),
        (
            Feature::MoodMannKendallZ,
            entries(days.len(), MANN_KENDALL_DAYS).map(|()| mann_kendall_z(&means)),
        ),
        (Feature::MoodRmssd, steps.as_ref().map_err(|e| *e).map(Steps::rmssd)),
        (Feature::MoodAcuteChange, steps.as_ref().map_err(|e| *e).map(Steps::acute_share)),
        (Feature::MoodInertia, inertia(&days, &residuals)),
        (Feature::MoodRelativeSd, relative_sd(&means)),
        (Feature::MoodEwmaAlarm, ewma_alarm(&before, &this_week)),
        (Feature::MoodSlowingDown, slowing_down(&days, &residuals)),
        (Feature::MoodPersonalDeviation, personal_deviation(&before, &this_week)),
    ];
    for (feature, outcome) in outcomes {
        set(out, feature, outcome);
    }
}

/// Daily means against the date, in days from the first.
fn points(days: &[DailyMean]) -> Vec<(f64, f64)> {
    let first = days.first().map_or(0, |day| day.day.0);
    days.iter().map(|day| ((day.day.0 - first) as f64, day.mean)).collect()
}

fn are_adjacent(earlier: Day, later: Day) -> bool {
    later == earlier.plus(1)
}

/// Differences between adjacent daily means.
struct Steps(Vec<f64>);

impl Steps {
    fn of(days: &[DailyMean]) -> Result<Self, MissingReason> {
        entries(days.len(), 1)?;
        let adjacent = days.windows(2).filter(|pair| are_adjacent(pair[0].day, pair[1].day));
        let steps: Vec<_> = adjacent.map(|pair| pair[1].mean - pair[0].mean).collect();
        at_least(steps.len(), 1)?;
        Ok(Self(steps))
    }

    fn rmssd(&self) -> f64 {
        (self.0.iter().map(|step| step.powi(2)).sum::<f64>() / self.0.len() as f64).sqrt()
    }

    fn acute_share(&self) -> f64 {
        let acute = self.0.iter().filter(|step| round9(step.abs()) >= ACUTE_CHANGE).count();
        acute as f64 / self.0.len() as f64
    }
}

/// Pairs of adjacent dates, each with what is left of its daily mean when the line through all
/// daily means is taken away; by date.
struct Residuals {
    first_dates: Vec<Day>,
    pairs: Vec<(f64, f64)>,
}

impl Residuals {
    /// Without pairs where there are fewer than two days: there is no line.
    fn of(days: &[DailyMean]) -> Self {
        let points = points(days);
        let mut residuals = Self { first_dates: Vec::new(), pairs: Vec::new() };
        let Some(line) = Line::through(&points) else {
            return residuals;
        };
        for (dates, points) in days.windows(2).zip(points.windows(2)) {
            if are_adjacent(dates[0].day, dates[1].day) {
                residuals.first_dates.push(dates[0].day);
                residuals.pairs.push((line.residual(points[0]), line.residual(points[1])));
            }
        }
        residuals
    }

    /// The pairs of which both dates lie in `[first, last]`.
    fn inside(&self, first: Day, last: Day) -> &[(f64, f64)] {
        let begin = self.first_dates.partition_point(|date| *date < first);
        let end = self.first_dates.partition_point(|date| *date < last);
        &self.pairs[begin..end.max(begin)]
    }
}

/// Pearson's r of pairs, at least five of them.
fn autocorrelation(pairs: &[(f64, f64)]) -> Outcome {
    at_least(pairs.len(), AUTOCORRELATION_PAIRS)?;
    pearson(pairs).ok_or(MissingReason::Undefined)
}

fn inertia(days: &[DailyMean], residuals: &Residuals) -> Outcome {
    entries(days.len(), 1)?;
    autocorrelation(&residuals.pairs)
}

fn relative_sd(means: &[f64]) -> Outcome {
    entries(means.len(), 2)?;
    let mean = mean(means);
    let most = ((mean - MOOD_SCALE.0) * (MOOD_SCALE.1 - mean)).sqrt();
    // At an end of the scale no spread is possible, and the ratio has no value.
    if most > 0.0 { Ok(standard_deviation(means) / most) } else { Err(MissingReason::Undefined) }
}

/// Asks for days before this week and in it. Of two needs the first unmet is named; `NoData`
/// only where neither has a day.
fn both(
    before: &[DailyMean],
    this_week: &[DailyMean],
    need: (usize, usize),
) -> Result<(), MissingReason> {
    entries(before.len() + this_week.len(), 1)?;
    at_least(before.len(), need.0)?;
    at_least(this_week.len(), need.1)
}

/// Whether a moving average of this week falls below the control limit of the weeks before.
fn ewma_alarm(before: &[DailyMean], this_week: &[DailyMean]) -> Outcome {
    both(before, this_week, (EWMA_BASELINE_DAYS, 1))?;
    let baseline: Vec<_> = before.iter().map(|day| day.mean).collect();
    let (mu, sigma) = (mean(&baseline), standard_deviation(&baseline));
    if sigma <= 0.0 {
        return Err(MissingReason::Undefined);
    }
    let kept = 1.0 - EWMA_WEIGHT;
    let (mut average, mut forgotten) = (mu, 1.0);
    let mut alarm = false;
    for day in this_week {
        average = EWMA_WEIGHT * day.mean + kept * average;
        forgotten *= kept * kept;
        let spread = (EWMA_WEIGHT / (2.0 - EWMA_WEIGHT) * (1.0 - forgotten)).sqrt();
        alarm |= average < mu - EWMA_LIMIT * sigma * spread;
    }
    Ok(f64::from(u8::from(alarm)))
}

/// Kendall's τ-b of the autocorrelation in a moving window against the window's last date.
fn slowing_down(days: &[DailyMean], residuals: &Residuals) -> Outcome {
    let (Some(first), Some(last)) = (days.first(), days.last()) else {
        return Err(MissingReason::NoData);
    };
    let mut windows = Vec::new();
    for date in first.day.0 + SLOWING_REACH..=last.day.0 {
        let pairs = residuals.inside(Day(date - SLOWING_REACH), Day(date));
        if let Ok(r) = autocorrelation(pairs) {
            windows.push((date as f64, round9(r)));
        }
    }
    at_least(windows.len(), SLOWING_WINDOWS)?;
    kendall_tau_b(&windows).ok_or(MissingReason::Undefined)
}

/// How far this week's mean is from this person's own usual, in robust standard deviations.
fn personal_deviation(before: &[DailyMean], this_week: &[DailyMean]) -> Outcome {
    entries(before.len() + this_week.len(), 1)?;
    at_least(this_week.len(), 1)?;
    at_least(before.len(), PERSONAL_BASELINE_DAYS)?;
    let recent: Vec<_> = this_week.iter().map(|day| day.mean).collect();
    let mut baseline: Vec<_> = before.iter().map(|day| day.mean).collect();
    let usual = median(&mut baseline);
    let spread = median_absolute_deviation(&baseline, usual).max(LEAST_MAD);
    Ok((mean(&recent) - usual) / (MAD_TO_SD * spread))
}
