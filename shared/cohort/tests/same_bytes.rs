//! The same specification makes the same bytes, today and after the next upgrade of a dependency.

mod support;

use mindmate_cohort::{CohortError, CohortSpec, DAYS_MAX, USERS_MAX};
use mindmate_domain::app::DiaryText;
use mindmate_domain::history::text_hash;
use support::{end, spec, written_out};

/// SHA-256 of a small cohort, written out. It changes with any parameter, phrase or order of draws:
/// change it on purpose, and say so in the change log, since trained models hang on the cohort.
const PINNED: &str = "6b87532dcf5b5cbb8010ea49f305157f72f870611bfb657d200b4f1391c1c18a";

fn digest(text: String) -> String {
    text_hash(&DiaryText::new(text))
}

#[test]
fn a_small_cohort_keeps_its_pinned_bytes() {
    let text: String = spec(20, 60, 42).users().map(|made| written_out(&made)).collect();
    assert_eq!(digest(text), PINNED);
}

#[test]
fn the_same_seed_makes_the_same_users() {
    let (first, second) = (spec(15, 45, 9), spec(15, 45, 9));
    for (one, other) in first.users().zip(second.users()) {
        assert_eq!(written_out(&one), written_out(&other));
    }
}

#[test]
fn another_seed_makes_other_users() {
    let (first, second) = (spec(15, 45, 9), spec(15, 45, 10));
    for (one, other) in first.users().zip(second.users()) {
        assert_ne!(one.items, other.items);
        assert_eq!(one.user, other.user);
    }
}

#[test]
fn a_user_is_the_same_in_any_order_and_any_cohort() {
    let small = spec(12, 45, 3);
    let large = CohortSpec { users: 1_000_000, ..small };
    let all: Vec<_> = small.users().collect();
    for index in (0..12).rev() {
        let place = usize::try_from(index).unwrap();
        assert_eq!(small.user(index), all[place]);
        assert_eq!(large.user(index), all[place]);
    }
}

#[test]
fn users_differ_from_each_other() {
    let all: Vec<_> = spec(30, 45, 3).users().collect();
    for (place, one) in all.iter().enumerate() {
        assert!(all[..place].iter().all(|other| other.user != one.user));
        assert!(all[..place].iter().all(|other| other.items != one.items));
    }
}

#[test]
fn names_have_seven_digits() {
    let spec = spec(USERS_MAX, 1, 1);
    assert_eq!(spec.user(42).user.as_str(), "syn-0000042");
    assert_eq!(spec.user(USERS_MAX - 1).user.as_str(), "syn-9999999");
}

#[test]
fn a_specification_out_of_range_is_refused() {
    assert_eq!(CohortSpec::new(0, 60, 1, end()), Err(CohortError::Users(0)));
    assert_eq!(CohortSpec::new(USERS_MAX + 1, 60, 1, end()), Err(CohortError::Users(10_000_001)));
    assert_eq!(CohortSpec::new(1, 0, 1, end()), Err(CohortError::Days(0)));
    assert_eq!(CohortSpec::new(1, DAYS_MAX + 1, 1, end()), Err(CohortError::Days(3_651)));
    let far = "2300-01-01T00:00:00Z".parse().unwrap();
    let error = CohortSpec::new(1, 60, 1, far).unwrap_err().to_string();
    assert!(error.contains("from 1980 to 2200, found 2300"), "{error}");
    assert!(CohortSpec::new(USERS_MAX, DAYS_MAX, u64::MAX, end()).is_ok());
}

/// The fields are public: a specification may come without its checks.
#[test]
fn an_unchecked_specification_does_not_panic() {
    for end in [jiff::Timestamp::MIN, jiff::Timestamp::MAX, jiff::Timestamp::UNIX_EPOCH] {
        for days in [0, 1, DAYS_MAX + 1] {
            let spec = CohortSpec { users: 0, days, seed: 1, end };
            for index in [0, 1, u32::MAX] {
                let made = spec.user(index);
                assert!(
                    made.items.iter().filter(|item| support::key(item) == "PROFILE").count() == 1
                );
            }
        }
    }
}

#[test]
fn the_truth_serialises_with_dates() {
    let made = spec(200, 60, 1).users().find(|made| !made.truth.crises.is_empty()).unwrap();
    let json = serde_json::to_value(&made.truth).unwrap();
    assert_eq!(json["days"].as_array().unwrap().len(), made.truth.days.len());
    let crisis = &made.truth.crises[0];
    assert_eq!(json["crises"][0]["nadir"], crisis.nadir.to_string());
    assert_eq!(json["crises"][0]["nadirUntil"], crisis.nadir_until.to_string());
}
