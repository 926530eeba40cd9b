use proptest::prelude::*;

use super::*;

fn values() -> impl Strategy<Value = Vec<f64>> {
    let value = prop_oneof![
        3 => (-20_i32..20).prop_map(f64::from),
        2 => -5.0_f64..5.0,
        1 => Just(f64::NAN),
    ];
    prop::collection::vec(value, 1..200)
}

fn observed(baseline: &Baseline, values: &[f64]) -> Histogram {
    let mut histogram = baseline.empty();
    values.iter().for_each(|value| baseline.count(&mut histogram, *value));
    histogram
}

#[test]
fn bins_lie_between_deciles_and_missing_values_are_counted_apart() {
    let mut values: Vec<f64> = (1..=100).map(f64::from).collect();
    values.extend([f64::NAN; 25]);
    let baseline = Baseline::of(&values);
    assert_eq!(baseline.edges(), [10.0, 20.0, 30.0, 40.0, 50.0, 60.0, 70.0, 80.0, 90.0]);
    assert_eq!(baseline.histogram().counts(), [10; 10]);
    assert_eq!(baseline.histogram().missing(), 25);
    assert_eq!(baseline.histogram().share_missing(), Some(0.2));
    assert_eq!(baseline.histogram().total(), 125);
}

#[test]
fn a_value_that_most_have_is_one_bin() {
    // Nine of ten are 0: an edge at 0 alone.
    let values: Vec<f64> = (0..100).map(|n| if n < 90 { 0.0 } else { f64::from(n) }).collect();
    let baseline = Baseline::of(&values);
    assert_eq!(baseline.edges(), [0.0]);
    assert_eq!(baseline.histogram().counts(), [90, 10]);
}

/// Bad input: a constant feature, and one that is missing throughout.
#[test]
fn constant_and_missing_features_have_one_bin() {
    for (value, counts, missing) in [(4.0, [30], 0), (f64::NAN, [0], 30)] {
        let baseline = Baseline::of(&[value; 30]);
        assert_eq!(baseline.edges(), [0.0; 0]);
        assert_eq!(baseline.histogram().counts(), counts);
        assert_eq!(baseline.histogram().missing(), missing);
        assert!(baseline.check().is_ok());
    }
}

/// R7.2: by hand, from shares of a half each to shares of a quarter and three quarters.
#[test]
fn psi_agrees_with_the_one_worked_out_by_hand() {
    let baseline =
        Baseline { edges: vec![0.0], histogram: Histogram { counts: vec![5, 5], missing: 0 } };
    let moved = Histogram { counts: vec![1, 3], missing: 0 };
    let by_hand = (0.25 - 0.5) * (0.25_f64 / 0.5).ln() + (0.75 - 0.5) * (0.75_f64 / 0.5).ln();
    assert!((psi(&baseline, &moved).unwrap() - by_hand).abs() < 1e-15);
    // A value that is missing now and never was: its bin counts as the least share.
    let gone = Histogram { counts: vec![2, 2], missing: 4 };
    let bins = 2.0 * (0.25 - 0.5) * (0.25_f64 / 0.5).ln();
    let missing = (0.5 - LEAST_SHARE) * (0.5 / LEAST_SHARE).ln();
    assert!((psi(&baseline, &gone).unwrap() - bins - missing).abs() < 1e-12);
}

#[test]
fn nothing_observed_or_other_bins_have_no_psi() {
    let baseline = Baseline::of(&[1.0, 2.0, 3.0]);
    assert_eq!(psi(&baseline, &baseline.empty()), None);
    assert_eq!(psi(&Baseline::of(&[]), &Baseline::of(&[1.0]).histogram), None);
    let other = Baseline::of(&[1.0]);
    assert_eq!(psi(&baseline, other.histogram()), None);
}

proptest! {
    #[test]
    fn psi_is_0_of_the_same_and_never_below(first in values(), second in values()) {
        let baseline = Baseline::of(&first);
        prop_assert!(baseline.check().is_ok());
        prop_assert_eq!(psi(&baseline, baseline.histogram()), Some(0.0));
        let moved = psi(&baseline, &observed(&baseline, &second)).unwrap();
        prop_assert!(moved >= 0.0 && moved.is_finite());
        // Twice the values in the same shares are no change.
        let twice: Vec<f64> = first.iter().chain(&first).copied().collect();
        prop_assert!(psi(&baseline, &observed(&baseline, &twice)).unwrap() < 1e-12);
    }

    #[test]
    fn every_value_is_in_one_bin_and_no_bin_of_the_baseline_is_empty(values in values()) {
        let baseline = Baseline::of(&values);
        prop_assert_eq!(baseline.histogram().total(), values.len() as u64);
        let present = values.iter().any(|value| !value.is_nan());
        prop_assert!(!present || baseline.histogram().counts().iter().all(|count| *count > 0));
        prop_assert!(baseline.edges().len() < BINS);
    }
}
