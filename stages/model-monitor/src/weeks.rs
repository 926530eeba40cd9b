//! Which assessments are looked at.

use jiff::{SignedDuration, Timestamp};
use mindmate_domain::pseudonym::PseudonymKey;
use mindmate_domain::{AsOf, UserId};
use mindmate_features::LABEL_DAYS;
use serde::{Deserialize, Serialize};

/// Days of assessments whose weeks have passed that are held against what happened, unless somebody asks for
/// another number (R7.1): a month has four weeks of everybody, and ends a week ago.
pub const JUDGED_DAYS: u16 = 30;

/// Days of the latest assessments whose features are held against those of training: one of everybody.
pub(crate) const RECENT_DAYS: u16 = 7;

/// Days of somebody's own doings before an assessment, as before a sample of a training set (R2.1): what
/// a model is held against is what it could learn from.
const HISTORY_DAYS: i64 = 60;

const SECONDS_OF_A_DAY: i64 = 86_400;

/// From the first to the last `asOf` of some assessments.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span {
    /// The first.
    pub from: AsOf,
    /// The last.
    pub to: AsOf,
}

impl Span {
    /// So many days that end at an instant of a daily run.
    fn ending(to: AsOf, days: u16) -> Self {
        Self { from: earlier(to, i64::from(days.max(1)) - 1), to }
    }

    /// The latest daily assessments up to `as_of`.
    pub fn recent(as_of: AsOf) -> Self {
        Self::ending(AsOf::latest_daily(as_of.instant()), RECENT_DAYS)
    }

    /// So many days of daily assessments, the last of those whose week has passed at `as_of`.
    pub fn judged(as_of: AsOf, days: u16) -> Self {
        let passed = earlier(as_of, LABEL_DAYS);
        Self::ending(AsOf::latest_daily(passed.instant()), days)
    }

    /// Each day's instant, the first first.
    pub fn days(self) -> impl Iterator<Item = AsOf> {
        let count = self.to.instant().duration_since(self.from.instant()).as_secs();
        (0..=count / SECONDS_OF_A_DAY).rev().map(move |back| earlier(self.to, back))
    }
}

/// Where a week that begins at an assessment ends.
pub(crate) fn end_of_week(as_of: AsOf) -> AsOf {
    earlier(as_of, -LABEL_DAYS)
}

fn earlier(as_of: AsOf, days: i64) -> AsOf {
    let by = SignedDuration::from_hours(days * 24);
    let limit = if days < 0 { Timestamp::MAX } else { Timestamp::MIN };
    AsOf::just_after(as_of.instant().saturating_sub(by).unwrap_or(limit))
}

/// Deals everybody a weekday. One assessment a week of each person is looked at: weeks that overlap would
/// say the same thing seven times, and each person counts once among the latest.
#[derive(Debug, Clone)]
pub(crate) struct Weekdays(PseudonymKey);

impl Weekdays {
    /// By the installation's key.
    pub(crate) fn new(key: &PseudonymKey) -> Self {
        Self(key.for_purpose("monitor-weekday"))
    }

    /// Whether a day's assessment of somebody is looked at; `first` is the first of what they did.
    pub(crate) fn looks_at(&self, user: &UserId, first: Timestamp, as_of: AsOf) -> bool {
        let date = as_of.instant().as_second().div_euclid(SECONDS_OF_A_DAY);
        let weekday = i64::try_from(self.0.number(user) % 7).unwrap_or(0);
        let known = as_of.instant().duration_since(first);
        date.rem_euclid(7) == weekday && known >= SignedDuration::from_hours(HISTORY_DAYS * 24)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mindmate_domain::pseudonym::KEY_BYTES;

    fn at(text: &str) -> AsOf {
        text.parse().unwrap()
    }

    /// R7.1
    #[test]
    fn only_weeks_that_have_passed_are_judged() {
        let judged = Span::judged(at("2026-11-28T06:00:00Z"), JUDGED_DAYS);
        assert_eq!(judged.to, at("2026-11-21T06:00:00Z"));
        assert_eq!(judged.from, at("2026-10-23T06:00:00Z"));
        assert_eq!(judged.days().count(), 30);
        assert_eq!(judged.days().last(), Some(judged.to));
        let before_the_hour = Span::judged(at("2026-11-28T05:59:59Z"), 1);
        assert_eq!(before_the_hour.days().collect::<Vec<_>>(), [at("2026-11-20T06:00:00Z")]);
    }

    #[test]
    fn everybody_is_once_among_the_latest_and_four_or_five_times_among_the_judged() {
        let weekdays = Weekdays::new(&PseudonymKey::new([7; KEY_BYTES]));
        let as_of = at("2026-11-28T06:00:00Z");
        let first = at("2026-01-01T00:00:00Z").instant();
        for n in 0..200 {
            let user = UserId::synthetic(n);
            let count = |span: Span| {
                span.days().filter(|day| weekdays.looks_at(&user, first, *day)).count()
            };
            assert_eq!(count(Span::recent(as_of)), 1);
            assert!((4..=5).contains(&count(Span::judged(as_of, JUDGED_DAYS))));
        }
    }

    #[test]
    fn nobodys_first_sixty_days_count() {
        let weekdays = Weekdays::new(&PseudonymKey::new([7; KEY_BYTES]));
        let (user, span) = (UserId::synthetic(1), Span::recent(at("2026-11-28T06:00:00Z")));
        let first = at("2026-10-10T00:00:00Z").instant();
        assert!(!span.days().any(|day| weekdays.looks_at(&user, first, day)));
    }
}
