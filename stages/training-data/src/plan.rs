//! Which weeks of whom are samples, and of which side.
//!
//! A user's weeks begin at 06:00 UTC, as the daily run's `asOf` does, on one weekday of their own:
//! otherwise all would look back from the same weekday, and what differs by weekday would be one
//! number for everybody. The weekday and the side follow from keyed hashes, the weeks from the
//! calendar: a later set has the same weeks of the same users on the same sides, and more.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use mindmate_domain::instant::{ACTIVE_DAYS, DAILY_HOUR};
use mindmate_domain::pseudonym::{Pseudonym, PseudonymKey};
use mindmate_domain::{AsOf, UserId};
use mindmate_features::LABEL_DAYS;
use mindmate_pipeline::ports::Side;

/// Days that a user's history must span (R2.1), and that lie before each sample.
pub const HISTORY_DAYS: i64 = 60;

/// Days between the samples of a user.
pub const STEP_DAYS: i64 = 7;

/// Days between the last training sample and the first of validation: the label of the one ends where
/// the other begins.
pub const GAP_DAYS: i64 = LABEL_DAYS;

/// Of three users, those on the training side; of three weeks, those before the cut, at the least. By
/// thirds four of five of the rows that are on a side are training (R2.4): 2/3 · 2/3 beside 1/3 · 1/3.
pub const TRAIN_THIRDS: u64 = 2;

/// Days that validation looks back at most, where that is enough to judge by: the longer a history, the
/// more of a third of it would be learned from too late, and people change.
pub const JUDGED_DAYS: i64 = 60;

const SECONDS_OF_A_DAY: i64 = 86_400;

/// A date at whose 06:00 UTC a sample looks back, as days since 1970-01-01.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SampleDay(i64);

impl SampleDay {
    /// The latest that is not after an instant.
    pub fn not_after(at: Timestamp) -> Self {
        let daily = AsOf::latest_daily(at).instant().as_second();
        Self(daily.div_euclid(SECONDS_OF_A_DAY))
    }

    /// The earliest that is not before an instant.
    fn not_before(at: Timestamp) -> Self {
        let day = Self::not_after(at);
        if day.as_of().instant() < at { day.plus(1) } else { day }
    }

    /// The date this many days later, or earlier where negative.
    #[must_use]
    pub fn plus(self, days: i64) -> Self {
        Self(self.0 + days)
    }

    /// What a sample of that date looks back from.
    pub fn as_of(self) -> AsOf {
        let second = self.0 * SECONDS_OF_A_DAY + DAILY_HOUR * 3_600;
        AsOf::just_after(Timestamp::from_second(second).unwrap_or(Timestamp::MAX))
    }
}

/// Deals users to sides, weekdays and pseudonyms, by keys that are derived for this alone: no pseudonym
/// of a training set is one that anything else shows.
#[derive(Debug, Clone)]
pub struct Dealer {
    pseudonyms: PseudonymKey,
    sides: PseudonymKey,
    weekdays: PseudonymKey,
}

impl Dealer {
    /// By the installation's key.
    pub fn new(key: &PseudonymKey) -> Self {
        Self {
            pseudonyms: key.for_purpose("training"),
            sides: key.for_purpose("training-side"),
            weekdays: key.for_purpose("training-weekday"),
        }
    }

    /// What stands for a user in a training set.
    pub fn pseudonym(&self, user: &UserId) -> Pseudonym {
        self.pseudonyms.of(user)
    }

    /// The side that a user is on, in every set that is made with this key.
    pub fn side(&self, user: &UserId) -> Side {
        if self.sides.number(user) % 3 < TRAIN_THIRDS { Side::Train } else { Side::Validation }
    }

    /// Which key it is, without telling it.
    pub fn key_id(&self) -> String {
        self.pseudonyms.id()
    }

    /// The dates of a user's samples, earliest first: with enough history before, and a label whose week
    /// has passed. `active` is from the first to the last of what they did; weeks before which nothing
    /// was done any more are left out.
    pub fn days(
        &self,
        user: &UserId,
        active: (Timestamp, Timestamp),
        until: Timestamp,
    ) -> impl Iterator<Item = SampleDay> + use<> {
        let (first, last) = active;
        let from = SampleDay::not_before(later(first, HISTORY_DAYS));
        let to = SampleDay::not_after(later(until, -LABEL_DAYS).min(later(last, ACTIVE_DAYS)));
        let weekday = i64::try_from(self.weekdays.number(user) % 7).unwrap_or(0);
        let step = usize::try_from(STEP_DAYS).unwrap_or(1);
        (from.0 + (weekday - from.0).rem_euclid(STEP_DAYS)..=to.0).step_by(step).map(SampleDay)
    }
}

fn later(at: Timestamp, days: i64) -> Timestamp {
    let by = SignedDuration::from_hours(days * 24);
    at.saturating_add(by).unwrap_or(if days < 0 { Timestamp::MIN } else { Timestamp::MAX })
}

/// The instant that parts training from validation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cut(SampleDay);

impl Cut {
    /// A cut at a date.
    pub fn at(day: SampleDay) -> Self {
        Self(day)
    }

    /// What leaves validation the last [`JUDGED_DAYS`] of these weeks. `None` where [`Cut::of_thirds`]
    /// leaves it no more than that.
    pub fn recent(weeks: &BTreeMap<SampleDay, u64>) -> Option<Self> {
        let (last, _) = weeks.last_key_value()?;
        let recent = Self(last.plus(1 - JUDGED_DAYS));
        Self::of_thirds(weeks).filter(|thirds| thirds.0 < recent.0).map(|_| recent)
    }

    /// The earliest date before which at least [`TRAIN_THIRDS`] of these weeks begin. `None` where
    /// there are no weeks.
    pub fn of_thirds(weeks: &BTreeMap<SampleDay, u64>) -> Option<Self> {
        let all: u64 = weeks.values().sum();
        let mut before = 0;
        weeks.iter().find_map(|(day, count)| {
            before += count;
            (before * 3 >= all * TRAIN_THIRDS).then(|| Self(day.plus(1)))
        })
    }

    /// Whether a sample of a side lies where that side's samples do: of training so that its label's
    /// week ends by the cut, of validation from the cut on.
    pub fn keeps(self, side: Side, day: SampleDay) -> bool {
        match side {
            Side::Train => day <= self.0.plus(-GAP_DAYS),
            Side::Validation => day >= self.0,
        }
    }

    /// The instant.
    pub fn as_of(self) -> AsOf {
        self.0.as_of()
    }
}
