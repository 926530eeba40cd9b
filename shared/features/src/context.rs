//! A history with its local times, worked out once for all features.

use jiff::Timestamp;
use mindmate_domain::instant::{HISTORY_DAYS, Window};
use mindmate_domain::{AsOf, History, MissingReason};

use crate::calendar::{Day, LocalClock, LocalTime};
use crate::stats::round9;
use crate::texts::{TextReading, TextReadings};

/// Days of the shortest window of moods and texts.
pub(crate) const WEEK: i64 = 7;
/// Days of the middle window of moods.
pub(crate) const FORTNIGHT: i64 = 14;
/// Days of the window where nothing else is said.
pub(crate) const MONTH: i64 = 30;

/// The clock reaches this many days further back than the history, for local days that begin
/// before it.
const CLOCK_MARGIN_DAYS: i64 = 2;

const SECONDS_OF_A_DAY: f64 = 86_400.0;

/// Something that happened at an instant.
pub(crate) trait Dated {
    /// When.
    fn at(&self) -> Timestamp;
}

/// A mood with its local date.
#[derive(Debug, Clone, Copy)]
pub(crate) struct LocalMood {
    at: Timestamp,
    pub(crate) day: Day,
    pub(crate) mood: f64,
}

/// An interaction with its local time.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Interaction {
    pub(crate) at: Timestamp,
    pub(crate) local: LocalTime,
}

impl Dated for LocalMood {
    fn at(&self) -> Timestamp {
        self.at
    }
}

impl Dated for Interaction {
    fn at(&self) -> Timestamp {
        self.at
    }
}

impl Dated for Timestamp {
    fn at(&self) -> Timestamp {
        *self
    }
}

impl Dated for TextReading {
    fn at(&self) -> Timestamp {
        self.at
    }
}

/// The mean of a local date's moods.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct DailyMean {
    pub(crate) day: Day,
    pub(crate) mean: f64,
}

/// What the extractors read.
pub(crate) struct Context<'a> {
    pub(crate) history: &'a History,
    pub(crate) as_of: AsOf,
    pub(crate) clock: LocalClock,
    /// The local date of `asOf`.
    pub(crate) today: Day,
    moods: Vec<LocalMood>,
    interactions: Vec<Interaction>,
    texts: &'a TextReadings,
}

impl<'a> Context<'a> {
    pub(crate) fn new(history: &'a History, texts: &'a TextReadings) -> Self {
        let as_of = history.as_of.instant();
        let reach = HISTORY_DAYS + CLOCK_MARGIN_DAYS;
        let clock = LocalClock::until(&history.time_zone(), as_of, reach);
        let moods = history
            .moods
            .iter()
            .map(|entry| LocalMood {
                at: entry.at,
                day: clock.local(entry.at).day,
                mood: entry.mood,
            })
            .collect();
        let interactions = history
            .interactions
            .iter()
            .map(|at| Interaction { at: *at, local: clock.local(*at) })
            .collect();
        let today = clock.local(as_of).day;
        Self { history, as_of: history.as_of, clock, today, moods, interactions, texts }
    }

    /// Mood entries of the last `days` days.
    pub(crate) fn moods(&self, days: i64) -> &[LocalMood] {
        within(&self.moods, self.as_of.window(days))
    }

    /// Mood entries in (asOf − 35 d, asOf − 7 d]: what this week is held against.
    pub(crate) fn moods_before_this_week(&self) -> &[LocalMood] {
        let after = self.as_of.window(HISTORY_DAYS).after;
        let until = self.as_of.window(WEEK).after;
        within(&self.moods, Window { after, until })
    }

    /// Interactions of the last `days` days.
    pub(crate) fn interactions(&self, days: i64) -> &[Interaction] {
        within(&self.interactions, self.as_of.window(days))
    }

    /// Texts of the last `days` days.
    ///
    /// # Errors
    /// `Unavailable` without consent, or where reading failed.
    pub(crate) fn texts(&self, days: i64) -> Result<&'a [TextReading], MissingReason> {
        match self.texts {
            TextReadings::Read { texts, .. } => Ok(within(texts, self.as_of.window(days))),
            TextReadings::NotConsented | TextReadings::Failed => Err(MissingReason::Unavailable),
        }
    }

    /// The same, for features that count words of a list.
    ///
    /// # Errors
    /// `Unavailable` also where there is no list for the language.
    pub(crate) fn listed_texts(&self, days: i64) -> Result<&'a [TextReading], MissingReason> {
        match self.texts {
            TextReadings::Read { lexicon: false, .. } => Err(MissingReason::Unavailable),
            _ => self.texts(days),
        }
    }

    /// How often something happened on each of the `days` complete local dates before today that
    /// are not before the person's first day; oldest first.
    ///
    /// Someone of whom no first day is known (no date of the account and nothing loaded) has no
    /// date before it, so all dates count.
    pub(crate) fn counts_by_day(
        &self,
        days: i64,
        happened: impl Iterator<Item = Day>,
    ) -> Vec<(Day, u32)> {
        let first_day = self.history.first_instant().map(|at| self.clock.local(at).day);
        let earliest = self.today.plus(-days);
        let begin = first_day.map_or(earliest, |day| day.max(earliest));
        let mut counts: Vec<_> = (begin.0..self.today.0).map(|day| (Day(day), 0)).collect();
        for day in happened {
            let slot = usize::try_from(day.0 - begin.0).ok().and_then(|i| counts.get_mut(i));
            if let Some((_, count)) = slot {
                *count += 1;
            }
        }
        counts
    }

    /// Interactions by day over 30.
    pub(crate) fn interactions_by_day(&self) -> Vec<(Day, u32)> {
        self.counts_by_day(MONTH, self.interactions.iter().map(|interaction| interaction.local.day))
    }

    /// Mood entries by day over the last 7.
    pub(crate) fn moods_by_day(&self) -> Vec<(Day, u32)> {
        self.counts_by_day(WEEK, self.moods.iter().map(|entry| entry.day))
    }

    /// Days that an instant lies before `asOf`.
    pub(crate) fn days_ago(&self, at: Timestamp) -> f64 {
        days_between(at, self.as_of.instant())
    }
}

/// What lies in a window, of things that are ordered by instant.
pub(crate) fn within<T: Dated>(ordered: &[T], window: Window) -> &[T] {
    let begin = ordered.partition_point(|thing| thing.at() <= window.after);
    let end = ordered.partition_point(|thing| thing.at() <= window.until);
    &ordered[begin..end.max(begin)]
}

/// Elapsed days from one instant to another.
pub(crate) fn days_between(from: Timestamp, to: Timestamp) -> f64 {
    to.duration_since(from).as_secs_f64() / SECONDS_OF_A_DAY
}

/// The mean of each date that has entries, by date, rounded to 9 decimals.
pub(crate) fn daily_means(entries: &[LocalMood]) -> Vec<DailyMean> {
    let mut sums: Vec<(Day, f64, u32)> = Vec::with_capacity(entries.len());
    for entry in entries {
        // Where clocks go back over midnight a date comes twice, so the last is not always it.
        match sums.iter_mut().rev().find(|(day, ..)| *day <= entry.day) {
            Some((day, sum, count)) if *day == entry.day => {
                *sum += entry.mood;
                *count += 1;
            }
            _ => {
                let place = sums.partition_point(|(day, ..)| *day < entry.day);
                sums.insert(place, (entry.day, entry.mood, 1));
            }
        }
    }
    let mean = |(day, sum, count)| DailyMean { day, mean: round9(sum / f64::from(count)) };
    sums.into_iter().map(mean).collect()
}
