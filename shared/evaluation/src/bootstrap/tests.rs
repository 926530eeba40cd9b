//! The draw, and what intervals are.

use super::{Bootstrap, interval, quantile, share_above_zero};

fn means(bootstrap: Bootstrap, users: usize) -> Vec<Vec<f64>> {
    let measure = || {
        |drawn: &[f64]| {
            let weighted = drawn.iter().enumerate().map(|(user, times)| user as f64 * times);
            vec![weighted.sum::<f64>() / drawn.len() as f64]
        }
    };
    bootstrap.run(users, measure, &|| {})
}

#[test]
fn the_same_seed_draws_the_same_people_and_another_seed_others() {
    let one = Bootstrap { resamples: 50, seed: 3 };
    assert_eq!(means(one, 40), means(one, 40));
    assert_ne!(means(one, 40), means(Bootstrap { seed: 4, ..one }, 40));
}

/// As many as there are, and evenly: of 50 people the mean is 24.5, its standard error 14.43 / √50.
#[test]
fn as_many_are_drawn_as_there_are_and_all_alike() {
    let bootstrap = Bootstrap { resamples: 4_000, seed: 1 };
    let totals = bootstrap.run(50, || |drawn: &[f64]| vec![drawn.iter().sum()], &|| {});
    assert!(totals.iter().all(|total| (total[0] - 50.0).abs() < 1e-9));
    let resamples = means(bootstrap, 50);
    let mean = resamples.iter().map(|values| values[0]).sum::<f64>() / resamples.len() as f64;
    assert!((mean - 24.5).abs() < 0.15, "{mean}");
    let found = interval(&resamples, 0).unwrap();
    let half = 1.96 * 14.43 / 50.0_f64.sqrt();
    assert!(
        (found.low - (24.5 - half)).abs() < 0.4 && (found.high - (24.5 + half)).abs() < 0.4,
        "{found:?}"
    );
}

#[test]
fn an_interval_lies_between_order_statistics() {
    let values: Vec<f64> = (0..=40).map(f64::from).collect();
    assert!((quantile(&values, 0.025) - 1.0).abs() < 1e-12);
    assert!((quantile(&values, 0.5) - 20.0).abs() < 1e-12);
    assert!((quantile(&[7.0], 0.975) - 7.0).abs() < 1e-12);
}

/// Resamples without a crisis have no AUROC: a few are passed over, and many leave no interval.
#[test]
fn a_measure_that_is_seldom_defined_has_no_interval() {
    let resamples = |undefined: u32| -> Vec<Vec<f64>> {
        (0..100_u32).map(|n| vec![if n < undefined { f64::NAN } else { f64::from(n) }]).collect()
    };
    assert!(interval(&resamples(5), 0).is_some());
    assert!(interval(&resamples(6), 0).is_none() && share_above_zero(&resamples(6), 0).is_none());
    assert!(interval(&[], 0).is_none());
}

#[test]
fn a_tie_is_not_better() {
    let resamples = [vec![1.0], vec![0.0], vec![-1.0], vec![2.0]];
    assert_eq!(share_above_zero(&resamples, 0), Some(0.5));
}
