//! Margins against a walk down each tree.

use mindmate_model::{Branch, Tree};
use proptest::prelude::*;

use crate::growing::{Cut, ensemble, grow};
use crate::reference;
use crate::support::inputs;

/// Thresholds and values are of one small grid, so that values often lie on a threshold, zeros of
/// both signs among them.
fn grid() -> impl Strategy<Value = f64> {
    prop_oneof![
        12 => (-6_i32..=6).prop_map(|n| f64::from(n) / 2.0),
        1 => prop_oneof![Just(-0.0), Just(f64::MAX), Just(f64::MIN)],
    ]
}

/// Trees of up to `splits` splits on the first `inputs` inputs.
pub(crate) fn tree(splits: usize, inputs: u16) -> impl Strategy<Value = Tree> {
    let side = prop_oneof![Just(Branch::Left), Just(Branch::Right)];
    let cut = (any::<prop::sample::Index>(), 0..inputs, grid(), side)
        .prop_map(|(leaf, input, threshold, missing)| (leaf, input, threshold, missing));
    let cuts = prop::collection::vec(cut, 0..=splits);
    let leaves = prop::collection::vec((-3.0_f64..3.0, 1_u32..50), splits + 1);
    (cuts, leaves).prop_map(|(cuts, leaves)| {
        let cuts: Vec<Cut> = cuts
            .into_iter()
            .enumerate()
            .map(|(index, (leaf, input, threshold, missing))| Cut {
                leaf: leaf.index(index + 1),
                input,
                threshold,
                missing,
            })
            .collect();
        grow(&cuts, &leaves)
    })
}

/// A row, some of whose values are missing and some lie beyond every threshold.
pub(crate) fn row() -> impl Strategy<Value = Vec<f64>> {
    let value = prop_oneof![
        6 => grid(),
        2 => Just(f64::NAN),
        1 => prop_oneof![Just(f64::INFINITY), Just(f64::NEG_INFINITY)],
    ];
    prop::collection::vec(value, inputs().len())
}

proptest! {
    /// R4.2, R4.3: the margin is what a walk down each tree says.
    #[test]
    fn a_margin_is_that_of_a_walk_down_each_tree(
        forest in prop::collection::vec(tree(12, 66), 1..20),
        boosted in prop::collection::vec(tree(80, 66), 1..20),
        row in row(),
    ) {
        let model = ensemble(forest, boosted);
        let contents = model.artefact().contents();
        let margins = model.margins(&row);
        for (member, margin) in contents.members.iter().zip(&margins.members) {
            let sum: f64 = member.trees.iter().map(|tree| reference::value(tree, &row)).sum();
            let expected = if member.averaged { sum / member.trees.len() as f64 } else { sum };
            prop_assert!((margin - expected).abs() < 1e-12, "{margin} for {expected}");
        }
        let longer = [row.as_slice(), &[1.0; 7]].concat();
        prop_assert_eq!(&model.margins(&longer), &margins);
        let log_odds = model.log_odds(&row);
        prop_assert!((log_odds - reference::log_odds(contents, &row)).abs() < 1e-12);
        prop_assert!((log_odds - contents.calibration.log_odds(margins.mean)).abs() < 1e-12);
    }
}

#[test]
fn values_that_a_row_does_not_have_are_missing() {
    let cut = |missing| Cut { leaf: 0, input: 65, threshold: 0.0, missing };
    for (missing, expected) in [(Branch::Left, 1.0), (Branch::Right, 2.0)] {
        let tree = grow(&[cut(missing)], &[(1.0, 5), (2.0, 5)]);
        let model = ensemble(vec![tree.clone()], vec![tree]);
        assert!((model.margins(&[]).mean - expected).abs() < 1e-15);
        assert!((model.margins(&[f64::NAN; 66]).mean - expected).abs() < 1e-15);
    }
}

#[test]
fn a_value_on_the_threshold_goes_left() {
    let cut = Cut { leaf: 0, input: 0, threshold: 0.1, missing: Branch::Right };
    let tree = grow(&[cut], &[(1.0, 5), (2.0, 5)]);
    let model = ensemble(vec![tree.clone()], vec![tree]);
    for (value, expected) in
        [(0.1, 1.0), (0.1_f64.next_up(), 2.0), (f64::NEG_INFINITY, 1.0), (f64::INFINITY, 2.0)]
    {
        assert!((model.margins(&[value]).mean - expected).abs() < 1e-15, "{value}");
    }
}
