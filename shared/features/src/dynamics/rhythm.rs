//! When a person is there and when not.

use mindmate_domain::instant::HISTORY_DAYS;
use mindmate_domain::{Feature, FeatureVector, MissingReason};

use crate::context::{Context, FORTNIGHT, Interaction, MONTH};
use crate::outcome::{Outcome, at_least, count, entries, set};
use crate::stats::{mean, median, sum_of_squares};

/// Hours of a day.
const HOURS: usize = 24;
/// Slots of one hour that the rhythm is read from: those of a fortnight.
const SLOTS: usize = 336;
/// Local hour at which a night begins …
const NIGHT_BEGINS: i64 = 20;
/// … and on the next date ends.
const NIGHT_ENDS: i64 = 10;
const SECONDS_OF_AN_HOUR: f64 = 3_600.0;

/// Sets the seven features of the rhythm of interactions.
pub(super) fn extract(cx: &Context<'_>, out: &mut FeatureVector) {
    let month = cx.interactions(MONTH);
    let slots = Slots::of(cx);
    let outcomes = [
        (Feature::DataYield30Day, data_yield(cx)),
        (Feature::LongestGapDays, longest_gap(cx)),
        (Feature::InterdailyStability, slots.as_ref().map_err(|e| *e).and_then(Slots::stability)),
        (Feature::IntradailyVariability, slots.and_then(|slots| slots.variability())),
        (Feature::HourEntropy, hour_entropy(month)),
        (Feature::NightGapHours, night_gap(cx, month)),
        (Feature::DaysSinceLastInteraction, days_since_last(cx)),
    ];
    for (feature, outcome) in outcomes {
        set(out, feature, outcome);
    }
}

/// The share of dates that count which have an interaction.
fn data_yield(cx: &Context<'_>) -> Outcome {
    let by_day = cx.interactions_by_day();
    entries(by_day.len(), 1)?;
    let with = by_day.iter().filter(|(_, interactions)| *interactions > 0).count();
    Ok(with as f64 / by_day.len() as f64)
}

fn longest_gap(cx: &Context<'_>) -> Outcome {
    let by_day = cx.interactions_by_day();
    count(by_day.split(|(_, interactions)| *interactions > 0).map(<[_]>::len).max().unwrap_or(0))
}

/// Interactions in each of the 336 slots of one hour that end at `asOf`, each open at its start.
struct Slots(Vec<f64>);

impl Slots {
    fn of(cx: &Context<'_>) -> Result<Self, MissingReason> {
        let mut slots = vec![0.0; SLOTS];
        let recent = cx.interactions(FORTNIGHT);
        entries(recent.len(), 1)?;
        for interaction in recent {
            // Whole hours before asOf: a slot's start belongs to the slot before.
            let hours = cx.as_of.instant().duration_since(interaction.at).as_hours();
            let from_end = usize::try_from(hours).unwrap_or(0);
            slots[SLOTS - 1 - from_end] += 1.0;
        }
        Ok(Self(slots))
    }

    /// Interdaily stability (Van Someren et al. 1999).
    fn stability(&self) -> Outcome {
        let all = mean(&self.0);
        let days = (SLOTS / HOURS) as f64;
        let hourly = (0..HOURS).map(|hour| {
            let of_hour = self.0.iter().skip(hour).step_by(HOURS).sum::<f64>() / days;
            (of_hour - all).powi(2)
        });
        self.over_variance(hourly.sum::<f64>() / HOURS as f64)
    }

    /// Intradaily variability (same source).
    fn variability(&self) -> Outcome {
        let steps: f64 = self.0.windows(2).map(|pair| (pair[1] - pair[0]).powi(2)).sum();
        self.over_variance(steps / (SLOTS as f64 - 1.0))
    }

    fn over_variance(&self, part: f64) -> Outcome {
        let squares = sum_of_squares(&self.0);
        if squares > 0.0 {
            Ok(SLOTS as f64 * part / squares)
        } else {
            Err(MissingReason::Undefined)
        }
    }
}

/// Shannon's entropy of the local hours, as a share of the most that 24 hours can have.
fn hour_entropy(interactions: &[Interaction]) -> Outcome {
    entries(interactions.len(), 1)?;
    let mut by_hour = [0.0; HOURS];
    for interaction in interactions {
        if let Some(hour) =
            usize::try_from(interaction.local.hour).ok().and_then(|h| by_hour.get_mut(h))
        {
            *hour += 1.0;
        }
    }
    let total = interactions.len() as f64;
    let shares = by_hour.into_iter().filter(|n| *n > 0.0).map(|n| n / total);
    Ok(-shares.map(|p| p * p.ln()).sum::<f64>() / (HOURS as f64).ln())
}

/// Median over the nights with an interaction of the longest stretch without one.
///
/// A night is closed: an interaction at 20:00 or at 10:00 belongs to it. It counts where it lies
/// wholly in the window, which is open at its start.
fn night_gap(cx: &Context<'_>, interactions: &[Interaction]) -> Outcome {
    entries(interactions.len(), 1)?;
    let window = cx.as_of.window(MONTH);
    let mut longest = Vec::new();
    for date in cx.today.0 - MONTH - 1..cx.today.0 {
        let date = crate::calendar::Day(date);
        let begin = cx.clock.instant(date, NIGHT_BEGINS);
        let end = cx.clock.instant(date.plus(1), NIGHT_ENDS);
        let (Some(begin), Some(end)) = (begin, end) else {
            continue;
        };
        if !window.contains(begin) || !window.contains(end) || begin >= end {
            continue;
        }
        let from = interactions.partition_point(|i| i.at < begin);
        let to = interactions.partition_point(|i| i.at <= end);
        if from == to {
            continue;
        }
        let within = interactions[from..to].iter().map(|i| i.at);
        let mut stretch = 0.0_f64;
        let mut last = begin;
        for at in within.chain([end]) {
            stretch = stretch.max(at.duration_since(last).as_secs_f64());
            last = at;
        }
        longest.push(stretch / SECONDS_OF_AN_HOUR);
    }
    at_least(longest.len(), 1)?;
    Ok(median(&mut longest))
}

fn days_since_last(cx: &Context<'_>) -> Outcome {
    let last = cx.interactions(HISTORY_DAYS).last().ok_or(MissingReason::NoData)?;
    Ok(cx.days_ago(last.at))
}
