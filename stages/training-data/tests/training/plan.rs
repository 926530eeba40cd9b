//! Which weeks of whom are samples, and of which side.

use std::cell::Cell;
use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use mindmate_domain::UserId;
use mindmate_domain::pseudonym::{KEY_BYTES, PseudonymKey};
use mindmate_pipeline::ports::Side;
use mindmate_testkit::conformance::samples::user;
use mindmate_training_data::plan::{
    Cut, Dealer, GAP_DAYS, HISTORY_DAYS, JUDGED_DAYS, SampleDay, TRAIN_THIRDS,
};
use proptest::prelude::*;

use crate::support::{key, runner};

fn days(count: i64) -> SignedDuration {
    SignedDuration::from_hours(count * 24)
}

fn somebody() -> impl Strategy<Value = UserId> {
    (0..100_000_u32).prop_map(|n| user(&format!("syn-{n}")))
}

/// Some instant of a year, to the millisecond.
fn moment() -> impl Strategy<Value = Timestamp> {
    (0..365 * 86_400_000_i64)
        .prop_map(|millis| Timestamp::from_millisecond(1_735_689_600_000 + millis).unwrap())
}

/// R2.1, R2.3
#[test]
fn a_sample_has_sixty_days_before_it_and_a_week_that_has_passed() {
    let seen = Cell::new(0);
    let outcome =
        runner(512).run(&(somebody(), moment(), moment(), moment()), |(user, a, b, until)| {
            let active = (a.min(b), a.max(b));
            let found: Vec<SampleDay> = Dealer::new(&key()).days(&user, active, until).collect();
            for day in &found {
                let at = day.as_of().instant();
                prop_assert!(at >= active.0 + days(HISTORY_DAYS) && at + days(7) <= until);
                prop_assert_eq!(at.as_second().rem_euclid(86_400), 6 * 3_600);
            }
            for pair in found.windows(2) {
                prop_assert_eq!(pair[0].plus(7), pair[1]);
            }
            // No week is passed over: a week earlier or later would break one of the bounds.
            if let (Some(first), Some(last)) = (found.first(), found.last()) {
                prop_assert!(first.plus(-7).as_of().instant() < active.0 + days(HISTORY_DAYS));
                let next = last.plus(7).as_of().instant();
                prop_assert!(next + days(7) > until || next > active.1 + days(7));
                seen.set(seen.get() + 1);
            }
            Ok(())
        });
    outcome.unwrap();
    assert!(seen.get() > 50, "expected samples in many cases, found them in {}", seen.get());
}

/// R2.4: time parts the sides by at least the week of a label, whoever is on them.
#[test]
fn between_the_sides_lie_seven_days() {
    let outcome = runner(512).run(&(moment(), moment(), moment()), |(cut, a, b)| {
        let cut = Cut::at(SampleDay::not_after(cut));
        let (train, validation) = (SampleDay::not_after(a), SampleDay::not_after(b));
        if cut.keeps(Side::Train, train) && cut.keeps(Side::Validation, validation) {
            let apart = validation.as_of().instant().duration_since(train.as_of().instant());
            prop_assert!(apart >= days(GAP_DAYS));
            prop_assert!(train.as_of().instant() + days(7) <= cut.as_of().instant());
        }
        Ok(())
    });
    outcome.unwrap();
    let cut = SampleDay::not_after("2026-01-01T06:00:00Z".parse().unwrap());
    assert!(Cut::at(cut).keeps(Side::Validation, cut), "the cut itself is validation's");
    assert!(Cut::at(cut).keeps(Side::Train, cut.plus(-7)));
    assert!(!Cut::at(cut).keeps(Side::Train, cut.plus(-6)));
}

/// R2.4
#[test]
fn two_of_three_weeks_lie_before_the_cut() {
    let weeks = prop::collection::btree_map(0..300_i64, 1..50_u64, 1..60);
    let outcome = runner(512).run(&weeks, |weeks| {
        let origin = SampleDay::not_after("2026-01-01T06:00:00Z".parse().unwrap());
        let weeks: BTreeMap<SampleDay, u64> =
            weeks.into_iter().map(|(day, count)| (origin.plus(day), count)).collect();
        let cut = Cut::of_thirds(&weeks).unwrap();
        let all: u64 = weeks.values().sum();
        let before = |day: SampleDay| weeks.range(..day).map(|(_, count)| count).sum::<u64>();
        let at = SampleDay::not_after(cut.as_of().instant());
        prop_assert!(before(at) * 3 >= all * TRAIN_THIRDS);
        prop_assert!(before(at.plus(-1)) * 3 < all * TRAIN_THIRDS, "an earlier date would do");
        Ok(())
    });
    outcome.unwrap();
    assert_eq!(Cut::of_thirds(&BTreeMap::new()), None);
}

/// What is judged is what people do now: a third of a long history is not.
#[test]
fn of_a_long_history_the_last_weeks_are_judged() {
    let origin = SampleDay::not_after("2026-01-01T06:00:00Z".parse().unwrap());
    let weeks = |days: i64| (0..days).map(|day| (origin.plus(day), 5)).collect();
    let outcome = runner(256).run(&(1..1_000_i64), |days| {
        let (recent, thirds) = (Cut::recent(&weeks(days)), Cut::of_thirds(&weeks(days)).unwrap());
        let last = origin.plus(days - 1);
        match recent {
            Some(recent) => {
                prop_assert!(recent.as_of() > thirds.as_of());
                prop_assert!(recent.keeps(Side::Validation, last.plus(1 - JUDGED_DAYS)));
                prop_assert!(!recent.keeps(Side::Validation, last.plus(-JUDGED_DAYS)));
            }
            None => prop_assert!(!thirds.keeps(Side::Validation, last.plus(-JUDGED_DAYS))),
        }
        prop_assert_eq!(recent.is_some(), days > 3 * JUDGED_DAYS, "{} days", days);
        Ok(())
    });
    outcome.unwrap();
    assert_eq!(Cut::recent(&BTreeMap::new()), None);
}

/// R2.4: by the key alone, evenly, and the same at every time.
#[test]
fn users_are_dealt_evenly_to_sides_and_weekdays() {
    const USERS: u32 = 20_000;
    let dealer = Dealer::new(&key());
    let active: (Timestamp, Timestamp) =
        ("2025-01-01T00:00:00Z".parse().unwrap(), "2025-12-01T00:00:00Z".parse().unwrap());
    let (mut train, mut firsts) = (0, BTreeMap::new());
    for n in 0..USERS {
        let user = user(&format!("syn-{n}"));
        train += u32::from(dealer.side(&user) == Side::Train);
        let first = dealer.days(&user, active, active.1).next().unwrap();
        *firsts.entry(first).or_insert(0_u32) += 1;
    }
    // Five standard deviations of a fair draw.
    let (expected, wide) =
        (f64::from(USERS) * 2.0 / 3.0, 5.0 * (f64::from(USERS) * 2.0 / 9.0).sqrt());
    assert!((f64::from(train) - expected).abs() < wide, "{train} of {USERS}");
    assert_eq!(firsts.len(), 7);
    assert!(firsts.values().all(|count| (2_500..3_200).contains(count)), "{firsts:?}");
}

/// R2.6
#[test]
fn another_key_gives_other_pseudonyms_and_other_sides() {
    let other = Dealer::new(&PseudonymKey::new([8; KEY_BYTES]));
    let dealer = Dealer::new(&key());
    let users: Vec<UserId> = (0..200).map(|n| user(&format!("syn-{n}"))).collect();
    assert!(users.iter().all(|user| dealer.pseudonym(user) != other.pseudonym(user)));
    assert!(users.iter().all(|user| dealer.pseudonym(user) != key().of(user)));
    assert!(users.iter().any(|user| dealer.side(user) != other.side(user)));
    assert_ne!(dealer.key_id(), other.key_id());
}
