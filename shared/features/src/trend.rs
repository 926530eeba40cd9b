//! Slopes over real time.

use mindmate_domain::MissingReason;

use crate::context::{Dated, days_between};
use crate::outcome::{Outcome, entries, too_few};
use crate::stats::Line;

/// Entries of a trend, at the least.
const TREND_ENTRIES: usize = 2;
/// Hours between the first and the last entry of a trend, at the least.
const TREND_HOURS: usize = 24;

/// Least-squares slope per day of a value over entries that are ordered by instant.
///
/// # Errors
/// `NoData`, or `TooFew` of 2 entries, or of 24 whole hours between the first and the last.
pub(crate) fn slope_per_day<T: Dated>(ordered: &[T], value: impl Fn(&T) -> f64) -> Outcome {
    entries(ordered.len(), TREND_ENTRIES)?;
    let (Some(first), Some(last)) = (ordered.first(), ordered.last()) else {
        return Err(MissingReason::NoData);
    };
    let hours = last.at().duration_since(first.at()).as_hours();
    let hours = usize::try_from(hours).unwrap_or(0);
    if hours < TREND_HOURS {
        return Err(too_few(hours, TREND_HOURS));
    }
    let points: Vec<_> =
        ordered.iter().map(|entry| (days_between(first.at(), entry.at()), value(entry))).collect();
    Line::through(&points).map(|line| line.slope).ok_or(MissingReason::Undefined)
}
