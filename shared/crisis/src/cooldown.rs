//! The cool-down rule (safety 5): how long a repeat waits.
//!
//! After an intervention, another one of the *same or a lower* level waits for the cool-down of
//! the level that was sent, and [`Cooldown::answered_factor`] times as long where the person wrote
//! after it: they are talking, and need no second prompt. A *higher* level never waits. A critical
//! one may wait for an earlier critical one, but only in the chat: the entry in the review queue
//! is made elsewhere and knows no cool-down.
//!
//! Everything here errs towards sending, since a message too many is a nuisance and one too few
//! may be a person left alone:
//! - a guard that says to wait longer than the policy does is cut to the policy;
//! - a cool-down of whole days ends [`DAILY_DRIFT`] early, so that a daily run that decides a little
//!   earlier than the last one sends all the same;
//! - a guard from the future, by more than [`CLOCK_SKEW`], is no guard. Machines' clocks differ by
//!   seconds; what is further off is a wrong clock or a damaged item, and would otherwise hold
//!   back for as long as it lies ahead.
//!
//! A user has one guard, that of the last intervention: a critical message in the midst of a high
//! one's day replaces it, and six hours later a high one may go out.

use jiff::{SignedDuration, Timestamp};
use mindmate_domain::RiskLevel;
use mindmate_domain::intervention::Guard;
use mindmate_domain::policy::Cooldown;

/// How far ahead of us the clock of the machine that wrote a guard may be.
pub const CLOCK_SKEW: SignedDuration = SignedDuration::from_mins(5);

/// How much earlier than the day before a daily run may decide: it takes minutes, and its users come
/// in no fixed order. Without it a cool-down of a day would hold back, by seconds, everybody who is
/// still high the day after.
pub const DAILY_DRIFT: SignedDuration = SignedDuration::from_hours(1);

/// The shortest cool-down that daily runs fall into step with.
const DAY: SignedDuration = SignedDuration::from_hours(24);

/// Whether an intervention goes out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It goes out.
    Send {
        /// Until when a repeat then waits: that of [`guard`].
        until: Timestamp,
    },
    /// It is a repeat that came too soon.
    HeldBack {
        /// From when it would go out.
        until: Timestamp,
    },
}

/// Whether an intervention of this level goes out at `now`.
///
/// `guard` is the user's last intervention. `answered` says whether the person wrote after it.
/// Nothing is ever sent at minimal or unknown: these are not asked for, and wait for any guard.
pub fn verdict(
    guard: Option<&Guard>,
    level: RiskLevel,
    now: Timestamp,
    answered: bool,
    policy: &Cooldown,
) -> Verdict {
    let until = guard
        .filter(|guard| level.severity() <= guard.level.severity())
        .and_then(|guard| waits_until(guard, now, answered, policy));
    match until {
        Some(until) => Verdict::HeldBack { until },
        None => Verdict::Send { until: self::guard(level, now, policy).until },
    }
}

/// The guard that goes with an intervention of that level decided on at `now`. At a level that
/// nothing is sent at, it holds nothing back.
pub fn guard(level: RiskLevel, now: Timestamp, policy: &Cooldown) -> Guard {
    let wait = policy.of(level).unwrap_or(SignedDuration::ZERO);
    Guard { level, since: now, until: later(now, wait) }
}

/// Until when the guard still holds back, if it does at `now`.
fn waits_until(
    guard: &Guard,
    now: Timestamp,
    answered: bool,
    policy: &Cooldown,
) -> Option<Timestamp> {
    if guard.since > later(now, CLOCK_SKEW) {
        return None;
    }
    let wait = guard.until.duration_since(guard.since).min(policy.of(guard.level)?);
    let times = if answered { policy.answered_factor.max(1) } else { 1 };
    let wait = wait.saturating_mul(i32::try_from(times).unwrap_or(i32::MAX));
    let drift = if wait >= DAY { DAILY_DRIFT } else { SignedDuration::ZERO };
    let until = later(guard.since, wait.saturating_sub(drift));
    (now < until).then_some(until)
}

fn later(instant: Timestamp, by: SignedDuration) -> Timestamp {
    instant.saturating_add(by).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests;
