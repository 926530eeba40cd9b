use proptest::prelude::*;

use super::{Design, NoFit, fit};

fn near(found: f64, expected: f64) -> bool {
    (found - expected).abs() < 1e-9 * (1.0 + expected.abs())
}

/// With one column of 0 and 1 the fit has a closed form: the log-odds of either group.
#[test]
fn two_groups_have_their_own_log_odds() {
    let values = [0.0, 0.0, 0.0, 0.0, 1.0, 1.0, 1.0];
    let targets = [1.0, 0.0, 0.0, 0.0, 1.0, 1.0, 0.0];
    let fitted = fit(Design { values: &values, width: 1 }, &targets, 0.0).unwrap();
    assert!(near(fitted.intercept, (1.0_f64 / 3.0).ln()), "{fitted:?}");
    assert!(near(fitted.log_odds(&[1.0]), 2.0_f64.ln()), "{fitted:?}");
}

#[test]
fn a_soft_target_is_a_share_of_two_labels() {
    let soft = fit(Design { values: &[0.0, 1.0], width: 1 }, &[0.25, 0.75], 0.0).unwrap();
    assert!(near(soft.intercept, (0.25_f64 / 0.75).ln()), "{soft:?}");
    assert!(near(soft.weights[0], 9.0_f64.ln()), "{soft:?}");
}

#[test]
fn what_cannot_be_fitted_says_why() {
    let same = Design { values: &[1.0, 1.0, 2.0, 2.0, 3.0, 3.0, 4.0, 4.0], width: 2 };
    let targets = [0.0, 1.0, 0.0, 1.0];
    assert_eq!(fit(same, &targets, 0.0), Err(NoFit::Singular));
    let shared = fit(same, &targets, 1.0).unwrap();
    assert!(near(shared.weights[0], shared.weights[1]), "a penalty shares it out: {shared:?}");
}

proptest! {
    /// At the answer nothing can be gained by going any way.
    #[test]
    fn the_gradient_vanishes_at_the_fit(
        rows in prop::collection::vec((prop::array::uniform3(-3.0..3.0_f64), 0.0..=1.0_f64), 8..60),
        ridge in 0.1..10.0_f64,
    ) {
        let values: Vec<f64> = rows.iter().flat_map(|(row, _)| *row).collect();
        let targets: Vec<f64> = rows.iter().map(|(_, target)| *target).collect();
        let fitted = fit(Design { values: &values, width: 3 }, &targets, ridge).unwrap();
        let mut gradient = [0.0; 4];
        for (row, target) in &rows {
            let p = 1.0 / (1.0 + (-fitted.log_odds(row)).exp());
            (0..3).for_each(|k| gradient[k] += (p - target) * row[k]);
            gradient[3] += p - target;
        }
        (0..3).for_each(|k| gradient[k] += ridge * fitted.weights[k]);
        prop_assert!(gradient.iter().all(|slope| slope.abs() < 1e-4), "{gradient:?}");
    }
}
