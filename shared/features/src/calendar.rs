//! Local dates and hours.
//!
//! A zone is asked once for the offsets that hold in a history; after that an instant becomes a
//! local time by an addition. Dates are numbers of days, so that "the next date" and "30 dates
//! before" are integer arithmetic whatever the clocks do.

#[cfg(test)]
mod tests;

use jiff::{SignedDuration, Timestamp, tz::TimeZone};

const SECONDS_OF_A_DAY: i64 = 86_400;
const SECONDS_OF_AN_HOUR: i64 = 3_600;

/// 1970-01-01 was a Thursday: three days after a Monday.
const WEEKDAY_OF_DAY_ZERO: i64 = 3;
/// Days after Monday of the first day of a weekend.
const SATURDAY: i64 = 5;

/// A local date, as days since 1970-01-01.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Day(pub(crate) i64);

impl Day {
    /// Saturday or Sunday.
    pub(crate) fn is_weekend(self) -> bool {
        (self.0 + WEEKDAY_OF_DAY_ZERO).rem_euclid(7) >= SATURDAY
    }

    /// The date this many days later, or earlier where negative.
    pub(crate) fn plus(self, days: i64) -> Self {
        Self(self.0 + days)
    }
}

/// What a clock on the wall shows at an instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct LocalTime {
    /// The date.
    pub(crate) day: Day,
    /// The hour, 0 to 23.
    pub(crate) hour: i64,
}

/// An offset from UTC in seconds, and the instant in Unix seconds from which it holds.
#[derive(Debug, Clone, Copy)]
struct Span {
    from: i64,
    offset: i64,
}

/// The local clock between two instants. Before the first the first offset is taken to hold,
/// after the last the last one: no feature looks there but to see that it is outside.
#[derive(Debug)]
pub(crate) struct LocalClock {
    spans: Vec<Span>,
}

impl LocalClock {
    /// The clock of a zone from `days` before an instant until that instant.
    pub(crate) fn until(zone: &TimeZone, until: Timestamp, days: i64) -> Self {
        let start =
            until.saturating_sub(SignedDuration::from_hours(days * 24)).unwrap_or(Timestamp::MIN);
        let seconds = |offset: jiff::tz::Offset| i64::from(offset.seconds());
        let first = Span { from: unix_seconds(start), offset: seconds(zone.to_offset(start)) };
        let later = zone
            .following(start)
            .take_while(|transition| transition.timestamp() <= until)
            .map(|transition| Span {
                from: unix_seconds(transition.timestamp()),
                offset: seconds(transition.offset()),
            });
        Self { spans: std::iter::once(first).chain(later).collect() }
    }

    /// What the clock shows at an instant.
    pub(crate) fn local(&self, at: Timestamp) -> LocalTime {
        let seconds = unix_seconds(at);
        let holding = self.spans.iter().rev().find(|span| span.from <= seconds);
        let wall = seconds + holding.or(self.spans.first()).map_or(0, |span| span.offset);
        LocalTime {
            day: Day(wall.div_euclid(SECONDS_OF_A_DAY)),
            hour: wall.rem_euclid(SECONDS_OF_A_DAY) / SECONDS_OF_AN_HOUR,
        }
    }

    /// The instant at which the clock shows a full hour of a date: the earlier of two, and where
    /// the clock leaps over that hour as much later as the leap is long (RFC 5545).
    pub(crate) fn instant(&self, day: Day, hour: i64) -> Option<Timestamp> {
        let wall = day.0 * SECONDS_OF_A_DAY + hour * SECONDS_OF_AN_HOUR;
        for (i, span) in self.spans.iter().enumerate() {
            let candidate = wall - span.offset;
            if self.spans.get(i + 1).is_some_and(|next| candidate >= next.from) {
                continue;
            }
            let leapt_over = i > 0 && candidate < span.from;
            let offset = if leapt_over { self.spans[i - 1].offset } else { span.offset };
            return Timestamp::from_second(wall - offset).ok();
        }
        None
    }
}

/// Whole seconds since 1970, rounded down.
fn unix_seconds(at: Timestamp) -> i64 {
    at.as_second() - i64::from(at.subsec_nanosecond() < 0)
}
