use mindmate_domain::Policy;
use proptest::prelude::*;

use super::*;

const SENT: [RiskLevel; 4] =
    [RiskLevel::Low, RiskLevel::Moderate, RiskLevel::High, RiskLevel::Critical];

fn policy() -> Cooldown {
    Policy::built_in().unwrap().cooldown
}

fn start() -> Timestamp {
    "2026-11-22T06:00:00Z".parse().unwrap()
}

fn hours(hours: i64) -> SignedDuration {
    SignedDuration::from_hours(hours)
}

/// Whether `level` is sent `after` hours after `before`.
fn sent(before: RiskLevel, level: RiskLevel, after: SignedDuration, answered: bool) -> bool {
    let guard = guard(before, start(), &policy());
    let verdict = verdict(Some(&guard), level, start() + after, answered, &policy());
    matches!(verdict, Verdict::Send { .. })
}

#[test]
fn the_first_one_is_sent_and_names_the_wait_for_a_repeat() {
    for (level, wait) in SENT.into_iter().zip([168, 72, 24, 6]) {
        assert_eq!(
            verdict(None, level, start(), false, &policy()),
            Verdict::Send { until: start() + hours(wait) },
            "{level}"
        );
        let guard = guard(level, start(), &policy());
        assert_eq!((guard.level, guard.since), (level, start()));
        assert_eq!(guard.until, start() + hours(wait), "{level}");
    }
}

/// Safety 5: cool-downs of whole days end an hour early, in step with the daily run.
#[test]
fn a_repeat_waits_for_the_cool_down_of_what_was_sent() {
    let instant = SignedDuration::from_nanos(1);
    for (before, wait, twice) in [
        (RiskLevel::Low, 167, 335),
        (RiskLevel::Moderate, 71, 143),
        (RiskLevel::High, 23, 47),
        (RiskLevel::Critical, 6, 12),
    ] {
        assert!(!sent(before, before, hours(wait) - instant, false), "{before}");
        assert!(sent(before, before, hours(wait), false), "{before}");
        assert!(!sent(before, before, hours(twice) - instant, true), "{before} answered");
        assert!(sent(before, before, hours(twice), true), "{before} answered");
    }
}

/// A daily run takes minutes, and decides about the same person a little earlier on one day than
/// on the day before: who is high every day is reached every day.
#[test]
fn who_is_high_every_day_is_reached_every_day() {
    let mut sent_at = start();
    for (day, minutes) in [(1, -7), (2, 12), (3, -29), (4, 0), (5, 25)] {
        let now = start() + hours(24 * day) + SignedDuration::from_mins(minutes);
        let before = guard(RiskLevel::High, sent_at, &policy());
        let verdict = verdict(Some(&before), RiskLevel::High, now, false, &policy());
        assert!(matches!(verdict, Verdict::Send { .. }), "day {day}: {verdict:?}");
        sent_at = now;
    }
}

/// Safety 5
#[test]
fn a_lower_one_waits_and_a_higher_one_never_does() {
    for before in SENT {
        for level in SENT {
            for answered in [false, true] {
                let at_once = sent(before, level, SignedDuration::ZERO, answered);
                let higher = level.severity() > before.severity();
                assert_eq!(at_once, higher, "{level} after {before}");
            }
        }
    }
}

#[test]
fn a_level_that_nothing_is_sent_at_guards_nothing() {
    for level in [RiskLevel::Minimal, RiskLevel::Unknown] {
        let guard = guard(level, start(), &policy());
        assert_eq!(guard.until, start());
        for next in SENT {
            let verdict = verdict(Some(&guard), next, start(), true, &policy());
            assert!(matches!(verdict, Verdict::Send { .. }), "{next} after {level}");
        }
    }
}

#[test]
fn a_held_back_one_says_from_when_it_would_go_out() {
    let guard = guard(RiskLevel::High, start(), &policy());
    let now = start() + hours(1);
    assert_eq!(
        verdict(Some(&guard), RiskLevel::Moderate, now, false, &policy()),
        Verdict::HeldBack { until: start() + hours(23) }
    );
    assert_eq!(
        verdict(Some(&guard), RiskLevel::Moderate, now, true, &policy()),
        Verdict::HeldBack { until: start() + hours(47) }
    );
}

#[test]
fn a_guard_from_the_far_future_holds_nothing_back() {
    let nanosecond = SignedDuration::from_nanos(1);
    for level in SENT {
        let skewed = guard(level, start() + CLOCK_SKEW, &policy());
        assert!(
            matches!(
                verdict(Some(&skewed), level, start(), false, &policy()),
                Verdict::HeldBack { .. }
            ),
            "a clock that is a little ahead: {level}"
        );
        let wrong = guard(level, start() + CLOCK_SKEW + nanosecond, &policy());
        assert!(
            matches!(verdict(Some(&wrong), level, start(), true, &policy()), Verdict::Send { .. }),
            "a wrong clock: {level}"
        );
    }
}

#[test]
fn a_guard_that_asks_for_more_than_the_policy_is_cut() {
    let mut guard = guard(RiskLevel::Critical, start(), &policy());
    guard.until = Timestamp::MAX;
    let at = |hours: i64| {
        let now = start() + SignedDuration::from_hours(hours);
        verdict(Some(&guard), RiskLevel::Critical, now, false, &policy())
    };
    assert_eq!(at(5), Verdict::HeldBack { until: start() + hours(6) });
    assert!(matches!(at(6), Verdict::Send { .. }));
}

#[test]
fn the_ends_of_time_do_not_overflow() {
    let mut policy = policy();
    policy.answered_factor = u32::MAX;
    policy.low_hours = u32::MAX;
    for now in [Timestamp::MIN, Timestamp::MAX] {
        let guard = guard(RiskLevel::Low, now, &policy);
        let verdict = verdict(Some(&guard), RiskLevel::Critical, now, true, &policy);
        assert!(matches!(verdict, Verdict::Send { .. }));
    }
}

fn level() -> impl Strategy<Value = RiskLevel> {
    prop::sample::select(SENT.to_vec())
}

proptest! {
    /// Safety 5
    #[test]
    fn no_guard_whatever_holds_back_for_ever(
        before in level(), next in level(),
        since in -1_000_000_i64..1_000_000, wait in -1_000_000_i64..10_000_000,
        answered: bool,
    ) {
        let at = |second| start() + SignedDuration::from_secs(second);
        let guard = Guard { level: before, since: at(since), until: at(since + wait) };
        if let Verdict::HeldBack { until } =
            verdict(Some(&guard), next, start(), answered, &policy())
        {
            let longest = policy().of(before).unwrap() * if answered { 2 } else { 1 };
            prop_assert!(next.severity() <= before.severity());
            prop_assert!(start() < until && until <= start() + longest + CLOCK_SKEW);
            // And when it says, it goes out.
            let then = verdict(Some(&guard), next, until, answered, &policy());
            let goes_out = matches!(then, Verdict::Send { .. });
            prop_assert!(goes_out);
        }
    }

    #[test]
    fn what_goes_out_still_goes_out_later(
        before in level(), next in level(),
        first in 0_i64..2_000_000, more in 0_i64..2_000_000, answered: bool,
    ) {
        let seconds = SignedDuration::from_secs;
        if sent(before, next, seconds(first), answered) {
            prop_assert!(sent(before, next, seconds(first + more), answered));
        }
    }
}
