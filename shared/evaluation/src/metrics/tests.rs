//! Each measure against values that were worked by hand, against a naive reference, and against what must hold.

use proptest::prelude::*;
use proptest::test_runner::{Config, RngSeed, TestRunner};

use super::{AlertMetric, Alerts, Metric, bins, pr_curve, roc_curve};
use crate::ranked::{Counts, Ranked};

/// Scored rows, each of a person of their own.
fn ranked(rows: &[(f64, bool)]) -> Ranked {
    Ranked::new(rows.iter().zip(0..).map(|(&(score, label), user)| (score, label, user)), 0.0)
}

fn of(metric: Metric, rows: &[(f64, bool)]) -> f64 {
    let ranked = ranked(rows);
    metric.of(&ranked.tally(&ranked.once()))
}

fn alerts(threshold: f64, rows: &[(f64, bool)]) -> Alerts {
    let ranked = ranked(rows);
    Alerts::at(&ranked.tally(&ranked.once()), threshold)
}

fn near(found: f64, expected: f64) {
    assert!((found - expected).abs() < 1e-9, "expected {expected}, found {found}");
}

const HAND: [(f64, bool); 5] = [(0.9, true), (0.6, false), (0.6, true), (0.3, false), (0.1, false)];

/// Of the 2 · 3 pairs, 5 are in order and one is a tie.
#[test]
fn auroc_counts_half_of_a_tie() {
    near(of(Metric::Auroc, &HAND), 5.5 / 6.0);
    near(of(Metric::Auroc, &[(0.5, true), (0.5, false), (0.5, false)]), 0.5);
    near(of(Metric::Auroc, &[(0.9, true), (0.1, false)]), 1.0);
    near(of(Metric::Auroc, &[(0.1, true), (0.9, false)]), 0.0);
}

/// Half of the crises at precision 1, the other half, tied with a quiet week, at 2/3.
#[test]
fn average_precision_takes_rows_of_one_score_together() {
    near(of(Metric::Auprc, &HAND), 0.5 + 0.5 * 2.0 / 3.0);
    let chance = [(0.5, true), (0.5, false), (0.5, false), (0.5, false)];
    near(of(Metric::Auprc, &chance), 0.25);
}

#[test]
fn brier_and_log_loss_are_means_over_rows() {
    let rows = [(0.8, true), (0.4, false)];
    near(of(Metric::Brier, &rows), f64::midpoint(0.04, 0.16));
    near(of(Metric::LogLoss, &rows), -f64::midpoint(0.8_f64.ln(), 0.6_f64.ln()));
    let sure_and_wrong = of(Metric::LogLoss, &[(0.0, true), (1.0, true)]);
    near(sure_and_wrong, f64::midpoint(-(1e-9_f64).ln(), -(1.0 - 1e-9_f64).ln()));
}

/// Bins of one row each: |0.1 − 0| + … of 10 rows.
#[test]
fn the_calibration_error_is_the_mean_gap_of_bins_of_equal_count() {
    let rows: Vec<(f64, bool)> = (0..10).map(|n| (f64::from(n) / 10.0, n >= 5)).collect();
    let gaps: f64 =
        rows.iter().map(|(score, label)| (score - f64::from(u8::from(*label))).abs()).sum();
    near(of(Metric::CalibrationError, &rows), gaps / 10.0);
    // All of one score: each bin has the same mean score and the same share of crises.
    let same = [(0.3, true), (0.3, false), (0.3, false), (0.3, false)];
    near(of(Metric::CalibrationError, &same), 0.05);
    let ranked = ranked(&same);
    let found = bins(&ranked.tally(&ranked.once()));
    assert_eq!(found.len(), 10);
    near(found.iter().map(|bin| bin.rows).sum(), 4.0);
}

/// Shares of crises that are exactly what the scores say, or what other log-odds say.
fn rows_of(shares: impl Fn(f64) -> f64) -> Vec<(f64, bool)> {
    let mut rows = Vec::new();
    for score in [0.1, 0.25, 0.5, 0.8] {
        let crises = (shares(score) * 10_000.0).round();
        rows.extend((0..10_000).map(|n| (score, f64::from(n) < crises)));
    }
    rows
}

#[test]
fn the_slope_and_intercept_are_those_that_the_labels_were_made_with() {
    let right = rows_of(|score| score);
    near(of(Metric::CalibrationSlope, &right), 1.0);
    near(of(Metric::CalibrationIntercept, &right), 0.0);
    // Log-odds half as far from 0: the scores were twice as extreme as they should be.
    let extreme =
        rows_of(|score| mindmate_model::odds::logistic((score / (1.0 - score)).ln() / 2.0));
    assert!((of(Metric::CalibrationSlope, &extreme) - 0.5).abs() < 1e-3);
    // Log-odds higher by 0.7.
    let low = rows_of(|score| mindmate_model::odds::logistic((score / (1.0 - score)).ln() + 0.7));
    assert!((of(Metric::CalibrationIntercept, &low) - 0.7).abs() < 1e-3);
}

/// So many rows at each of these log-odds, and so many crises among them.
fn groups(of: &[(f64, u32, u32)]) -> Vec<(f64, bool)> {
    let group = |&(odds, rows, crises): &(f64, u32, u32)| {
        (0..rows).map(move |row| (mindmate_model::odds::logistic(odds), row < crises))
    };
    of.iter().flat_map(group).collect()
}

/// As of a model in whose place people changed. Full steps of Newton's leave for good, or leap to and fro.
#[test]
fn a_slope_is_found_where_the_scores_are_far_from_what_happened() {
    let line = |odds: f64| mindmate_model::odds::logistic(0.2 * odds + 1.5);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a count")]
    let many = |odds: f64| (odds, 100_000, (100_000.0 * line(odds)).round() as u32);
    let slope = |of: &[_]| self::of(Metric::CalibrationSlope, &groups(of));
    assert!((slope(&[-14.0, -9.0, -7.0, -4.6, 2.2].map(many)) - 0.2).abs() < 1e-3);
    // Of two groups the fit goes through both shares.
    let of_two = |(x, share): (f64, f64), (y, other): (f64, f64)| {
        let odds = |share: f64| (share / (1.0 - share)).ln();
        (odds(other) - odds(share)) / (y - x)
    };
    near(slope(&[(2.2, 2, 1), (-2.2, 2, 1)]), 0.0);
    near(slope(&[(-6.0, 9_500, 95), (1.0, 500, 50)]), of_two((-6.0, 0.01), (1.0, 0.1)));
    let steep = slope(&[(-4.05, 10_000, 10), (-3.95, 10_000, 522)]);
    assert!((steep - of_two((-4.05, 0.001), (-3.95, 0.0522))).abs() < 1e-6, "{steep}");
}

/// Resamples' fits begin at those of all rows; what they come to must not depend on it.
#[test]
fn where_a_fit_begins_does_not_decide_where_it_ends() {
    let ranked =
        ranked(&groups(&[(-5.0, 900, 9), (-3.0, 500, 40), (-1.0, 100, 30), (2.0, 20, 12)]));
    let mut counts = Counts::default();
    for bits in 0..13 {
        let drawn =
            (0..1_520).map(|row: u32| f64::from((row.wrapping_mul(2_654_435_761) >> bits) & 3));
        ranked.count(&drawn.collect::<Vec<_>>(), &mut counts);
        let warm = ranked.tally(&counts);
        let nothing = super::Known::default();
        let cold = super::Tally { start: nothing.start(), ..warm };
        for metric in [Metric::CalibrationSlope, Metric::CalibrationIntercept] {
            assert!(metric.of(&warm).is_finite(), "{metric:?}");
            assert!((metric.of(&warm) - metric.of(&cold)).abs() < 1e-9, "{metric:?}");
        }
    }
}

proptest! {
    #![proptest_config(Config { rng_seed: RngSeed::Fixed(7), ..Config::default() })]

    /// A fit exists where no score parts the labels, and nowhere else (Albert & Anderson 1984).
    #[test]
    fn a_slope_is_undefined_exactly_where_there_is_no_fit(
        rows in prop::collection::vec((0..40_u32, any::<bool>()), 1..40)
    ) {
        let rows: Vec<(f64, bool)> =
            rows.into_iter().map(|(step, label)| (f64::from(step) / 40.0, label)).collect();
        let ends = |wanted: bool| {
            let scores = rows.iter().filter(|(_, label)| *label == wanted).map(|(score, _)| *score);
            scores.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), score| (low.min(score), high.max(score)))
        };
        let ((crises_from, crises_to), (quiet_from, quiet_to)) = (ends(true), ends(false));
        let parted = quiet_to <= crises_from || crises_to <= quiet_from;
        prop_assert_eq!(of(Metric::CalibrationSlope, &rows).is_nan(), parted);
    }

    /// The same where both labels have one score, at even odds or near them, and all others lie on their own side of it.
    #[test]
    fn scores_that_part_the_labels_but_for_one_have_no_slope(
        edge in prop_oneof![Just(0.5), 0.48..0.52_f64],
        crises in prop::collection::vec(0.52..=1.0_f64, 1..6),
        quiet in prop::collection::vec(0.0..=0.48_f64, 0..6),
        downwards in any::<bool>(),
    ) {
        let above = crises.into_iter().map(|score| (score, !downwards));
        let below = quiet.into_iter().map(|score| (score, downwards));
        let rows: Vec<_> = [(edge, true), (edge, false)].into_iter().chain(above).chain(below).collect();
        prop_assert!(of(Metric::CalibrationSlope, &rows).is_nan(), "{rows:?}");
    }

    #[test]
    fn one_score_has_no_slope(score in 0.0..=1.0_f64, rows in 2..50_u32) {
        let rows: Vec<_> = (0..rows).map(|row| (score, row == 0)).collect();
        prop_assert!(of(Metric::CalibrationSlope, &rows).is_nan());
    }
}

/// Alerts are given by scores, calibration is of the probabilities behind them.
#[test]
fn a_shift_changes_no_ranking_and_is_taken_back_where_calibration_is_measured() {
    const SHIFT: f64 = 2.0;
    let right = rows_of(|score| score);
    let moved = |score: f64| mindmate_model::odds::logistic((score / (1.0 - score)).ln() + SHIFT);
    let moved = right.iter().zip(0..).map(|(&(score, label), user)| (moved(score), label, user));
    let shifted = Ranked::new(moved, SHIFT);
    let counts = shifted.once();
    let tally = shifted.tally(&counts);
    for metric in Metric::ALL {
        near(metric.of(&tally), of(metric, &right));
    }
    let quarter = mindmate_model::odds::logistic((0.25_f64 / 0.75).ln() + SHIFT);
    assert_eq!(Alerts::at(&tally, quarter), alerts(0.25, &right));
    near(bins(&tally)[0].probability, 0.1);
}

/// Where no fit exists there is no number: not 0, not a very large one.
#[test]
fn what_is_undefined_is_no_number() {
    let one_label = [(0.2, false), (0.7, false)];
    for metric in Metric::ALL {
        let defined = matches!(metric, Metric::Brier | Metric::LogLoss | Metric::CalibrationError);
        assert_eq!(of(metric, &one_label).is_finite(), defined, "{metric:?}");
        assert!(of(metric, &[]).is_nan(), "{metric:?}");
    }
    assert!(
        of(Metric::CalibrationSlope, &[(0.9, true), (0.1, false)]).is_nan(),
        "parted without error"
    );
    assert!(of(Metric::CalibrationSlope, &[(0.5, true), (0.5, false)]).is_nan(), "one score");
    let (crisis, quiet) = (true, false);
    for parted in [
        [(0.5, crisis), (0.5, quiet), (1.0, crisis)].as_slice(),
        &[(0.5, crisis), (0.5, quiet), (0.9, crisis)],
        &[(0.8, quiet), (0.5, quiet), (0.5, crisis), (0.325, crisis)],
    ] {
        let slope = of(Metric::CalibrationSlope, parted);
        assert!(slope.is_nan(), "parted at a score with even odds: {slope}");
    }
    near(of(Metric::CalibrationIntercept, &[(0.5, true), (0.5, false)]), 0.0);
    let nobody = alerts(0.95, &HAND);
    assert!(AlertMetric::Precision.of(&nobody).is_nan());
    near(AlertMetric::Recall.of(&nobody), 0.0);
}

/// A score at the threshold is an alert.
#[test]
fn alerts_are_counted_from_the_threshold_on() {
    let at = alerts(0.6, &HAND);
    for (metric, expected) in [
        (AlertMetric::Alerts, 3.0 / 5.0),
        (AlertMetric::Precision, 2.0 / 3.0),
        (AlertMetric::Recall, 1.0),
        (AlertMetric::F1, 4.0 / 5.0),
        (AlertMetric::FalsePositiveRate, 1.0 / 3.0),
        (AlertMetric::FalseNegativeRate, 0.0),
    ] {
        near(metric.of(&at), expected);
    }
    near(AlertMetric::Recall.of(&alerts(0.61, &HAND)), 0.5);
}

/// 20 rows, a budget of 2: the first crisis, and half of a crisis and a quiet week that share the edge.
#[test]
fn at_a_budget_the_rows_at_its_edge_count_in_part() {
    let mut rows = vec![(0.9, true), (0.8, true), (0.8, false)];
    rows.extend((0..17).map(|_| (0.1, false)));
    near(of(Metric::RecallAt10Percent, &rows), 0.75);
    near(of(Metric::RecallAt5Percent, &rows), 0.5);
    near(of(Metric::RecallAt1Percent, &rows), 0.1);
}

#[test]
fn curves_begin_and_end_where_they_must() {
    let ranked = ranked(&HAND);
    let counts = ranked.once();
    let tally = ranked.tally(&counts);
    let roc = roc_curve(&tally);
    assert_eq!((roc.first(), roc.last()), (Some(&(0.0, 0.0)), Some(&(1.0, 1.0))));
    assert_eq!(pr_curve(&tally).first(), Some(&(0.5, 1.0)));
    let area: f64 =
        roc.windows(2).map(|two| (two[1].0 - two[0].0) * f64::midpoint(two[0].1, two[1].1)).sum();
    near(area, of(Metric::Auroc, &HAND));
}

/// Random rows with many ties, the same at every run.
fn each(check: impl Fn(Vec<(f64, bool)>) -> Result<(), TestCaseError>) {
    let config = Config {
        cases: 256,
        rng_seed: RngSeed::Fixed(20_261_128),
        failure_persistence: None,
        ..Config::default()
    };
    let rows = prop::collection::vec((0..20_u32, any::<bool>()), 1..60);
    let rows = rows.prop_map(|rows| {
        rows.into_iter().map(|(score, label)| (f64::from(score) / 20.0, label)).collect::<Vec<_>>()
    });
    TestRunner::new(config).run(&rows, check).unwrap();
}

/// Mann and Whitney's count of pairs.
#[test]
fn auroc_is_the_share_of_pairs_in_order() {
    each(|rows| {
        let crises = rows.iter().filter(|row| row.1);
        let pairs =
            crises.flat_map(|one| rows.iter().filter(|row| !row.1).map(move |two| (one.0, two.0)));
        let scores: Vec<f64> = pairs
            .map(|(crisis, quiet)| {
                if crisis > quiet {
                    1.0
                } else if crisis < quiet {
                    0.0
                } else {
                    0.5
                }
            })
            .collect();
        let found = of(Metric::Auroc, &rows);
        if scores.is_empty() {
            prop_assert!(found.is_nan());
        } else {
            prop_assert!((found - scores.iter().sum::<f64>() / scores.len() as f64).abs() < 1e-9);
        }
        Ok(())
    });
}

/// The order of the file says nothing, and a row that counts twice is two rows.
#[test]
fn measures_know_no_order_and_count_by_weight() {
    each(|rows| {
        let reversed: Vec<_> = rows.iter().rev().copied().collect();
        let twice: Vec<_> = rows.iter().flat_map(|row| [*row, *row]).collect();
        let one = ranked(&rows);
        let mut counts = Counts::default();
        one.count(&vec![2.0; rows.len()], &mut counts);
        for metric in Metric::ALL {
            let (found, again) = (of(metric, &rows), of(metric, &reversed));
            prop_assert!(found.is_nan() == again.is_nan());
            prop_assert!(found.is_nan() || (found - again).abs() < 1e-6, "{metric:?}");
            let (doubled, weighted) = (of(metric, &twice), metric.of(&one.tally(&counts)));
            prop_assert!(doubled.is_nan() == weighted.is_nan());
            prop_assert!(doubled.is_nan() || (doubled - weighted).abs() < 1e-6, "{metric:?}");
            if !matches!(
                metric,
                Metric::CalibrationSlope | Metric::CalibrationIntercept | Metric::LogLoss
            ) {
                prop_assert!(
                    found.is_nan() || (-1e-12..=1.0 + 1e-12).contains(&found),
                    "{metric:?} {found}"
                );
            }
        }
        Ok(())
    });
}

/// Ranks alone count: any rising function of the scores has the same.
#[test]
fn ranking_measures_do_not_change_under_a_rising_function() {
    each(|rows| {
        let bent: Vec<_> =
            rows.iter().map(|(score, label)| (score * score * 0.5, *label)).collect();
        for metric in
            [Metric::Auroc, Metric::Auprc, Metric::RecallAt5Percent, Metric::RecallAt10Percent]
        {
            let (one, other) = (of(metric, &rows), of(metric, &bent));
            prop_assert!(
                one.is_nan() && other.is_nan() || (one - other).abs() < 1e-12,
                "{metric:?}"
            );
        }
        Ok(())
    });
}
