//! The features once more, written without the crate: straight from the definitions, one at a
//! time, with the time-zone library's own local times, and as slow as they come.

pub(crate) mod behaviour;
pub(crate) mod dynamics;
pub(crate) mod mood;
pub(crate) mod sentiment;

use jiff::civil::{Date, Weekday};
use jiff::{SignedDuration, Timestamp, Zoned};
use mindmate_domain::{Feature, FeatureValue, History, MissingReason};
use mindmate_features::{TextReading, TextReadings};

/// A number or a reason.
pub(crate) type Answer = Result<f64, MissingReason>;

pub(crate) const NO_DATA: Answer = Err(MissingReason::NoData);
pub(crate) const UNDEFINED: Answer = Err(MissingReason::Undefined);

pub(crate) fn few(have: usize, need: u32) -> Answer {
    Err(MissingReason::TooFew { have: have as u32, need })
}

/// A history as the reference sees it.
pub(crate) struct Seen<'a> {
    pub(crate) history: &'a History,
    pub(crate) readings: &'a TextReadings,
    pub(crate) end: Timestamp,
}

impl<'a> Seen<'a> {
    pub(crate) fn new(history: &'a History, readings: &'a TextReadings) -> Self {
        Self { history, readings, end: history.as_of.instant() }
    }

    /// The feature's value by its definition.
    pub(crate) fn feature(&self, feature: Feature) -> FeatureValue {
        use mindmate_domain::feature::Family;
        let answer = match feature.family() {
            Family::Mood => mood::feature(self, feature),
            Family::Behaviour => behaviour::feature(self, feature),
            Family::Sentiment => sentiment::feature(self, feature),
            Family::Dynamics => dynamics::feature(self, feature),
        };
        match answer {
            Ok(number) => FeatureValue::Value(number),
            Err(reason) => FeatureValue::Missing(reason),
        }
    }

    pub(crate) fn local(&self, at: Timestamp) -> Zoned {
        at.to_zoned(self.history.time_zone())
    }

    pub(crate) fn is_weekend(&self, at: Timestamp) -> bool {
        is_weekend(self.local(at).date())
    }

    /// Whether an instant lies in (asOf − from d, asOf − to d].
    pub(crate) fn between(&self, at: Timestamp, from: i64, to: i64) -> bool {
        let back = |days: i64| self.end - SignedDuration::from_hours(24 * days);
        back(from) < at && at <= back(to)
    }

    pub(crate) fn moods(&self, from: i64, to: i64) -> Vec<(Timestamp, f64)> {
        let all = self.history.moods.iter().map(|entry| (entry.at, entry.mood));
        all.filter(|(at, _)| self.between(*at, from, to)).collect()
    }

    pub(crate) fn interactions(&self, days: i64) -> Vec<Timestamp> {
        let all = self.history.interactions.iter().copied();
        all.filter(|at| self.between(*at, days, 0)).collect()
    }

    /// Texts of so many days; `None` where they were not read.
    pub(crate) fn texts(&self, days: i64) -> Option<Vec<&'a TextReading>> {
        match self.readings {
            TextReadings::Read { texts, .. } => {
                Some(texts.iter().filter(|text| self.between(text.at, days, 0)).collect())
            }
            _ => None,
        }
    }

    pub(crate) fn has_list(&self) -> bool {
        matches!(self.readings, TextReadings::Read { lexicon: true, .. })
    }

    /// Daily means: each date of the last 40 is looked at, and every entry for each of them.
    pub(crate) fn daily_means(&self, from: i64, to: i64) -> Vec<(Date, f64)> {
        let today = self.local(self.end).date();
        let entries = self.moods(from, to);
        let dates: Vec<_> = entries.iter().map(|(at, _)| self.local(*at).date()).collect();
        let mut means = Vec::new();
        for back in (0..40).rev() {
            let date = today - jiff::Span::new().days(back);
            let of_date: Vec<f64> =
                (0..entries.len()).filter(|i| dates[*i] == date).map(|i| entries[i].1).collect();
            if !of_date.is_empty() {
                means.push((date, rounded(average(&of_date))));
            }
        }
        means
    }

    /// The complete dates that count, with how many of these instants each has.
    pub(crate) fn by_day(&self, days: i64, instants: &[Timestamp]) -> Vec<(Date, usize)> {
        let today = self.local(self.end).date();
        let first = self.history.first_instant().map(|at| self.local(at).date());
        let dates: Vec<_> = instants.iter().map(|at| self.local(*at).date()).collect();
        (1..=days)
            .rev()
            .map(|back| today - jiff::Span::new().days(back))
            .filter(|date| first.is_none_or(|first| *date >= first))
            .map(|date| (date, dates.iter().filter(|other| **other == date).count()))
            .collect()
    }

    pub(crate) fn interactions_by_day(&self) -> Vec<(Date, usize)> {
        self.by_day(30, &self.history.interactions)
    }
}

pub(crate) fn is_weekend(date: Date) -> bool {
    matches!(date.weekday(), Weekday::Saturday | Weekday::Sunday)
}

pub(crate) fn rounded(value: f64) -> f64 {
    (value * 1e9).round() / 1e9
}

pub(crate) fn hours(from: Timestamp, to: Timestamp) -> f64 {
    (to.as_nanosecond() - from.as_nanosecond()) as f64 / 3.6e12
}

pub(crate) fn average(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

pub(crate) fn squares(values: &[f64]) -> f64 {
    let mut sum = 0.0;
    for value in values {
        sum += (value - average(values)) * (value - average(values));
    }
    if sum <= 1e-12 { 0.0 } else { sum }
}

pub(crate) fn spread(values: &[f64]) -> f64 {
    (squares(values) / values.len() as f64).sqrt()
}

/// Σ over all pairs of (Δx·Δy) / Σ over all pairs of Δx²: the same line by another way.
pub(crate) fn slope(points: &[(f64, f64)]) -> f64 {
    let (mut above, mut below) = (0.0, 0.0);
    for a in points {
        for b in points {
            above += (a.0 - b.0) * (a.1 - b.1);
            below += (a.0 - b.0) * (a.0 - b.0);
        }
    }
    above / below
}

pub(crate) fn middle(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let n = sorted.len();
    if n % 2 == 1 { sorted[n / 2] } else { f64::midpoint(sorted[n / 2 - 1], sorted[n / 2]) }
}

pub(crate) fn mean_step(values: &[f64]) -> f64 {
    let steps: Vec<f64> = (1..values.len()).map(|i| (values[i] - values[i - 1]).abs()).collect();
    average(&steps)
}

/// A trend over dated values.
pub(crate) fn trend(points: &[(Timestamp, f64)]) -> Answer {
    match points {
        [] => NO_DATA,
        [_] => few(1, 2),
        [first, .., last] => {
            let apart = hours(first.0, last.0);
            if apart < 24.0 {
                return few((0..24).filter(|whole| f64::from(*whole) <= apart).count() - 1, 24);
            }
            let in_days: Vec<_> =
                points.iter().map(|(at, y)| (hours(first.0, *at) / 24.0, *y)).collect();
            Ok(slope(&in_days))
        }
    }
}

/// A statistic of at least so many values.
pub(crate) fn of(values: &[f64], need: u32, statistic: impl Fn(&[f64]) -> f64) -> Answer {
    match values.len() {
        0 => NO_DATA,
        n if n < need as usize => few(n, need),
        _ => Ok(statistic(values)),
    }
}
