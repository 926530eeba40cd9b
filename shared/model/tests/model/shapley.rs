//! Contributions against the definition of the Shapley value.

use mindmate_model::{Branch, Tree};
use proptest::prelude::*;

use crate::growing::{Cut, ensemble, grow};
use crate::margins::{row, tree};
use crate::reference;

/// Inputs of trees whose subsets are all looked at.
const FEW: u16 = 5;

const TOLERANCE: f64 = 1e-10;

fn assert_close(found: &[f64], expected: &[f64]) {
    assert_eq!(found.len(), expected.len());
    for (input, (found, expected)) in found.iter().zip(expected).enumerate() {
        let scale = expected.abs().max(1.0);
        assert!((found - expected).abs() < TOLERANCE * scale, "{input}: {found} for {expected}");
    }
}

/// Splits one after the other, each below the last on this side, so that one path sees all inputs.
fn chain(inputs: impl Iterator<Item = u16>, side: Branch) -> Tree {
    let cuts: Vec<Cut> = inputs
        .enumerate()
        .map(|(index, input)| {
            let leaf = if side == Branch::Left { 0 } else { index };
            let threshold = f64::from(input % 5) - 2.0;
            Cut { leaf, input, threshold, missing: Branch::Left }
        })
        .collect();
    grow(&cuts, &[(1.0, 3), (-0.5, 40), (2.0, 1), (0.25, 7), (-1.5, 12)])
}

proptest! {
    // The references look at each subset or leaf by itself.
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// R4.2: contributions are Shapley values of the path-dependent game.
    #[test]
    fn contributions_are_shapley_values_over_all_subsets(
        forest in prop::collection::vec(tree(9, FEW), 1..3),
        boosted in prop::collection::vec(tree(9, FEW), 1..3),
        row in row(),
    ) {
        let model = ensemble(forest, boosted);
        let expected = reference::contributions(model.artefact().contents(), &row, |tree| {
            let mut few = reference::shapley_by_subsets(tree, &row, usize::from(FEW));
            few.resize(row.len(), 0.0);
            few
        });
        assert_close(&model.explain(&row).contributions, &expected);
    }

    #[test]
    fn contributions_of_large_trees_are_those_of_their_leaves(
        forest in prop::collection::vec(tree(40, 66), 1..3),
        boosted in prop::collection::vec(tree(40, 12), 1..3),
        row in row(),
    ) {
        let model = ensemble(forest, boosted);
        let expected = reference::contributions(model.artefact().contents(), &row, |tree| {
            reference::shapley_by_leaves(tree, &row)
        });
        assert_close(&model.explain(&row).contributions, &expected);
    }

    /// R4.2: the explanation is the computation.
    #[test]
    fn base_and_contributions_add_up_to_the_log_odds(
        forest in prop::collection::vec(tree(30, 66), 1..8),
        boosted in prop::collection::vec(tree(30, 20), 1..8),
        row in row(),
    ) {
        let model = ensemble(forest, boosted);
        let explained = model.explain(&row);
        let sum = explained.base + explained.contributions.iter().sum::<f64>();
        prop_assert!((sum - model.log_odds(&row)).abs() < 1e-10);
    }
}

proptest! {
    // The reference takes the cube of a path's length.
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn paths_of_any_length_are_explained(
        length in 1_u16..=66, times in 1_u16..=2, left in any::<bool>(), row in row(),
    ) {
        let side = if left { Branch::Left } else { Branch::Right };
        let tree = chain((0..times).flat_map(|_| 0..length), side);
        let model = ensemble(vec![tree.clone()], vec![tree]);
        let expected = reference::contributions(model.artefact().contents(), &row, |tree| {
            reference::shapley_by_leaves(tree, &row)
        });
        assert_close(&model.explain(&row).contributions, &expected);
    }
}

/// The two references are of different kinds: one looks at subsets of inputs, the other at leaves.
#[test]
fn both_references_agree() {
    let tree = chain([0, 1, 2, 1, 3, 0, 4, 2].into_iter(), Branch::Right);
    let row = [1.0, 0.0, f64::NAN, 2.0, -3.0];
    let by_subsets = reference::shapley_by_subsets(&tree, &row, row.len());
    assert_close(&reference::shapley_by_leaves(&tree, &row), &by_subsets);
}

/// By hand: one split, a quarter of the rows on the left.
#[test]
fn one_split_adds_the_distance_to_the_mean() {
    let cut = Cut { leaf: 0, input: 2, threshold: 0.0, missing: Branch::Left };
    let tree = grow(&[cut], &[(3.0, 1), (-1.0, 3)]);
    let model = ensemble(vec![tree.clone()], vec![tree]);
    let explained = model.explain(&[0.0, 0.0, -1.0]);
    // The mean is 0; the calibration is 1.25 times and 0.5 less.
    assert!((explained.base + 0.5).abs() < 1e-15);
    assert!((explained.contributions[2] - 3.75).abs() < 1e-14);
    assert_eq!(explained.contributions.iter().filter(|added| **added != 0.0).count(), 1);
}
