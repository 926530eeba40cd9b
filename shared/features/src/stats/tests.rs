#![expect(clippy::float_cmp, reason = "what is rounded or cut to zero is so to the last bit")]

use proptest::prelude::*;

use super::*;

/// Values with many ties among them.
fn values(size: std::ops::Range<usize>) -> impl Strategy<Value = Vec<f64>> {
    let value = prop_oneof![(1..=10).prop_map(f64::from), 1.0..10.0];
    prop::collection::vec(value, size)
}

fn close(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-9 * (1.0 + a.abs().max(b.abs()))
}

/// ½n⁻¹ΣΣ(xᵢ − xⱼ)² over all pairs: the sum of squares without a mean.
fn squares_by_pairs(values: &[f64]) -> f64 {
    let mut sum = 0.0;
    for a in values {
        for b in values {
            sum += (a - b) * (a - b);
        }
    }
    sum / 2.0 / values.len() as f64
}

/// The value that half of all values are not above and half not below.
fn median_by_ranks(values: &[f64]) -> f64 {
    let rank = |k: usize| {
        let found = values.iter().copied().find(|value| {
            let below = values.iter().filter(|other| *other < value).count();
            let equal = values.iter().filter(|other| *other == value).count();
            below <= k && k < below + equal
        });
        found.unwrap()
    };
    let n = values.len();
    f64::midpoint(rank((n - 1) / 2), rank(n / 2))
}

fn with_index(values: &[f64]) -> Vec<(f64, f64)> {
    values.iter().enumerate().map(|(i, value)| (i as f64, *value)).collect()
}

#[test]
fn rounds_to_nine_decimals() {
    assert_eq!(round9(1.0 / 3.0), 0.333_333_333);
    assert_eq!(round9(-2.0 / 3.0), -0.666_666_667);
    assert_eq!(round9(2.000_000_000_4), 2.0);
    assert_eq!(round9(2.000_000_000_6), 2.000_000_001);
}

#[test]
fn a_sum_of_squares_up_to_a_millionth_of_a_millionth_is_zero() {
    // 2 · (0.7e-6)² = 0.98e-12 and 2 · (0.8e-6)² = 1.28e-12.
    assert_eq!(sum_of_squares(&[5.0 - 0.7e-6, 5.0 + 0.7e-6]), 0.0);
    assert!(sum_of_squares(&[5.0 - 0.8e-6, 5.0 + 0.8e-6]) > 1e-12);
    assert_eq!(standard_deviation(&[5.0, 5.0 + 1e-9]), 0.0);
}

#[test]
fn a_side_without_variance_has_no_correlation() {
    assert_eq!(pearson(&[(1.0, 2.0), (1.0, 3.0), (1.0, 4.0)]), None);
    assert_eq!(pearson(&[(1.0, 2.0), (2.0, 2.0 + 1e-7), (3.0, 2.0)]), None);
}

#[test]
fn what_is_all_tied_has_no_tau() {
    assert_eq!(kendall_tau_b(&[(0.0, 1.0), (1.0, 1.0), (2.0, 1.0)]), None);
    assert_eq!(kendall_tau_b(&[(1.0, 0.0), (1.0, 1.0)]), None);
}

#[test]
fn points_above_one_another_have_no_line() {
    assert_eq!(Line::through(&[(1.0, 2.0), (1.0, 5.0)]), None);
}

#[test]
fn nothing_has_no_median() {
    assert!(median(&mut []).is_nan());
    assert!(theil_sen(&[(0.0, 1.0)]).is_nan());
}

proptest! {
    #[test]
    fn squares_are_those_of_all_pairs(values in values(1..40)) {
        let by_pairs = squares_by_pairs(&values);
        prop_assert!(close(sum_of_squares(&values), by_pairs));
        let n = values.len() as f64;
        prop_assert!(close(variance(&values), by_pairs / n));
        prop_assert!(close(standard_deviation(&values), (by_pairs / n).sqrt()));
    }

    #[test]
    fn the_line_leaves_residuals_that_no_nearby_line_betters(values in values(2..40)) {
        let points = with_index(&values);
        let line = Line::through(&points).unwrap();
        let left = |tilt: f64, lift: f64| -> f64 {
            points.iter().map(|p| (line.residual(*p) + tilt * p.0 + lift).powi(2)).sum()
        };
        let best = left(0.0, 0.0);
        for (tilt, lift) in [(1e-3, 0.0), (-1e-3, 0.0), (0.0, 1e-3), (0.0, -1e-3)] {
            prop_assert!(best <= left(tilt, lift));
        }
        let rise = line.residual((0.0, 0.0)) - line.residual((1.0, 0.0));
        prop_assert!(close(rise, line.slope));
    }

    #[test]
    fn medians_are_those_of_ranks(values in values(1..40)) {
        prop_assert!(close(median(&mut values.clone()), median_by_ranks(&values)));
        let distances: Vec<_> = values.iter().map(|value| (value - 5.0).abs()).collect();
        let deviation = median_absolute_deviation(&values, 5.0);
        prop_assert!(close(deviation, median_by_ranks(&distances)));
    }

    #[test]
    fn theil_sen_is_the_median_of_all_slopes(values in values(2..25)) {
        let points = with_index(&values);
        let mut slopes = Vec::new();
        for a in &points {
            for b in &points {
                if a.0 < b.0 {
                    slopes.push((b.1 - a.1) / (b.0 - a.0));
                }
            }
        }
        prop_assert!(close(theil_sen(&points), median_by_ranks(&slopes)));
    }

    #[test]
    fn pearson_is_the_mean_product_of_standard_scores(a in values(2..30), b in values(30..31)) {
        let b = &b[..a.len()];
        let pairs: Vec<_> = a.iter().copied().zip(b.iter().copied()).collect();
        let deviation = |side: &[f64]| (squares_by_pairs(side) / side.len() as f64).sqrt();
        let expected = (squares_by_pairs(&a) > 1e-12 && squares_by_pairs(b) > 1e-12).then(|| {
            let product: f64 =
                pairs.iter().map(|(x, y)| (x - mean(&a)) * (y - mean(b))).sum();
            product / a.len() as f64 / (deviation(&a) * deviation(b))
        });
        match (pearson(&pairs), expected) {
            (Some(found), Some(expected)) => prop_assert!((found - expected).abs() < 1e-6),
            (found, expected) => prop_assert_eq!(found, expected),
        }
    }

    #[test]
    fn tau_b_counts_pairs(a in values(2..25), b in values(25..26)) {
        let points: Vec<_> = a.iter().copied().zip(b.iter().copied()).collect();
        let (mut agree, mut only_x, mut only_y, mut differ) = (0.0, 0.0, 0.0, 0.0);
        for (i, p) in points.iter().enumerate() {
            for q in &points[..i] {
                let (x, y) = (p.0 - q.0, p.1 - q.1);
                match (x == 0.0, y == 0.0) {
                    (true, true) => {}
                    (true, false) => only_x += 1.0,
                    (false, true) => only_y += 1.0,
                    (false, false) if (x > 0.0) == (y > 0.0) => agree += 1.0,
                    (false, false) => differ += 1.0,
                }
            }
        }
        let both: f64 = agree + differ;
        let expected = (both + only_y > 0.0 && both + only_x > 0.0)
            .then(|| (agree - differ) / ((both + only_y) * (both + only_x)).sqrt());
        match (kendall_tau_b(&points), expected) {
            (Some(found), Some(expected)) => prop_assert!(close(found, expected)),
            (found, expected) => prop_assert_eq!(found, expected),
        }
    }

    #[test]
    fn the_mann_kendall_variance_is_that_of_all_orders(values in prop::collection::vec(1..=3, 2..7)) {
        let values: Vec<_> = values.into_iter().map(f64::from).collect();
        // Under the null hypothesis each order of the values is as likely: all are tried.
        let mut scores = Vec::new();
        each_order(&mut values.clone(), 0, &mut |order| scores.push(score(order)));
        let variance = scores.iter().map(|s| s * s).sum::<f64>() / scores.len() as f64;
        let s = score(&values);
        let expected = if s == 0.0 { 0.0 } else { (s - s.signum()) / variance.sqrt() };
        prop_assert!(close(mann_kendall_z(&values), expected));
    }

    #[test]
    fn successive_differences_are_averaged(values in values(2..30)) {
        let mut sum = 0.0;
        for i in 1..values.len() {
            sum += (values[i] - values[i - 1]).abs();
        }
        let expected = sum / (values.len() - 1) as f64;
        prop_assert!(close(mean_absolute_successive_difference(&values), expected));
    }
}

fn score(values: &[f64]) -> f64 {
    let mut score = 0.0;
    for i in 0..values.len() {
        for j in i + 1..values.len() {
            if values[j] > values[i] {
                score += 1.0;
            } else if values[j] < values[i] {
                score -= 1.0;
            }
        }
    }
    score
}

fn each_order(values: &mut [f64], from: usize, seen: &mut impl FnMut(&[f64])) {
    if from == values.len() {
        return seen(values);
    }
    for i in from..values.len() {
        values.swap(from, i);
        each_order(values, from + 1, seen);
        values.swap(from, i);
    }
}
