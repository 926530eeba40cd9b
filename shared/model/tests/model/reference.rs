//! The same by the definitions, slowly.

use mindmate_model::{Branch, Child, Contents, Tree};

/// The value of the leaf where a row ends.
pub(crate) fn value(tree: &Tree, row: &[f64]) -> f64 {
    value_below(tree, tree.root(), row)
}

fn value_below(tree: &Tree, at: Child, row: &[f64]) -> f64 {
    match at {
        Child::Leaf(leaf) => tree.leaves()[leaf as usize].value,
        Child::Split(index) => {
            let split = &tree.splits()[index as usize];
            let value = row[usize::from(split.input)];
            let left = if value.is_nan() {
                split.missing == Branch::Left
            } else {
                value <= split.threshold
            };
            value_below(tree, if left { split.left } else { split.right }, row)
        }
    }
}

/// The mean of a tree over the training rows that agree with a row in the known inputs, as far as the tree
/// can tell: Lundberg et al. 2018, algorithm 1.
fn expectation(tree: &Tree, at: Child, row: &[f64], known: &[bool]) -> f64 {
    let Child::Split(index) = at else { return value_below(tree, at, row) };
    let split = &tree.splits()[index as usize];
    let input = usize::from(split.input);
    if known[input] {
        return expectation(tree, split.child(split.branch(row[input])), row, known);
    }
    let sides = [split.left, split.right];
    sides.map(|child| tree.cover(child) * expectation(tree, child, row, known)).iter().sum::<f64>()
        / split.cover
}

/// The Shapley values of the first `inputs` inputs, by all subsets of them.
pub(crate) fn shapley_by_subsets(tree: &Tree, row: &[f64], inputs: usize) -> Vec<f64> {
    let of = |set: usize| {
        let known: Vec<bool> = (0..inputs).map(|input| set >> input & 1 == 1).collect();
        expectation(tree, tree.root(), row, &known)
    };
    let game: Vec<f64> = (0..1_usize << inputs).map(of).collect();
    let added = |input: usize| {
        let without = (0..game.len()).filter(|set| set >> input & 1 == 0);
        without
            .map(|set| {
                let weight = weight(set.count_ones() as usize, inputs);
                weight * (game[set | 1 << input] - game[set])
            })
            .sum()
    };
    (0..inputs).map(added).collect()
}

/// The Shapley values of all inputs, leaf by leaf, by how many others of a leaf's path are known.
pub(crate) fn shapley_by_leaves(tree: &Tree, row: &[f64]) -> Vec<f64> {
    let mut added = vec![0.0; row.len()];
    let mut open = vec![(tree.root(), Vec::<(usize, f64, f64)>::new())];
    while let Some((at, path)) = open.pop() {
        match at {
            Child::Leaf(leaf) => {
                let value = tree.leaves()[leaf as usize].value;
                for (place, (input, one, zero)) in path.iter().enumerate() {
                    let others = path.iter().enumerate().filter(|(other, _)| *other != place);
                    let chance = chance_of(others.map(|(_, of)| *of), path.len());
                    added[*input] += value * (one - zero) * chance;
                }
            }
            Child::Split(index) => {
                let split = &tree.splits()[index as usize];
                let input = usize::from(split.input);
                let taken = split.branch(row[input]);
                for side in [Branch::Left, Branch::Right] {
                    let child = split.child(side);
                    let one = if side == taken { 1.0 } else { 0.0 };
                    let zero = tree.cover(child) / split.cover;
                    let mut below = path.clone();
                    match below.iter_mut().find(|(of, _, _)| *of == input) {
                        Some((_, ones, zeros)) => (*ones, *zeros) = (*ones * one, *zeros * zero),
                        None => below.push((input, one, zero)),
                    }
                    open.push((child, below));
                }
            }
        }
    }
    added
}

/// The mean, over all orders of `players` inputs, of the product over the others of one factor or the other.
fn chance_of(others: impl Iterator<Item = (usize, f64, f64)>, players: usize) -> f64 {
    // By how many are known, the sum of the products.
    let mut sums = vec![1.0];
    for (_, one, zero) in others {
        sums.push(0.0);
        for known in (0..sums.len()).rev() {
            let with = if known > 0 { one * sums[known - 1] } else { 0.0 };
            sums[known] = zero * sums[known] + with;
        }
    }
    sums.iter().enumerate().map(|(known, sum)| weight(known, players) * sum).sum()
}

/// The share of the orders of `players` in which just these `known` come before one of the others.
fn weight(known: usize, players: usize) -> f64 {
    // known! · (players − 1 − known)! / players!
    let choose =
        (1..=known).fold(1.0, |product, k| product * (players - 1 - known + k) as f64 / k as f64);
    1.0 / (players as f64 * choose)
}

/// The log-odds of a row, from its trees one by one.
pub(crate) fn log_odds(contents: &Contents, row: &[f64]) -> f64 {
    let margins = contents.members.iter().map(|member| {
        let sum: f64 = member.trees.iter().map(|tree| value(tree, row)).sum();
        if member.averaged { sum / member.trees.len() as f64 } else { sum }
    });
    let mean = margins.sum::<f64>() / contents.members.len() as f64;
    contents.calibration.slope * mean + contents.calibration.intercept
}

/// What each input adds to the log-odds of a row, from its trees one by one.
pub(crate) fn contributions(
    contents: &Contents,
    row: &[f64],
    of: impl Fn(&Tree) -> Vec<f64>,
) -> Vec<f64> {
    let mut added = vec![0.0; row.len()];
    for member in &contents.members {
        let trees = if member.averaged { member.trees.len() as f64 } else { 1.0 };
        let scale = contents.calibration.slope / (contents.members.len() as f64 * trees);
        for tree in &member.trees {
            added.iter_mut().zip(of(tree)).for_each(|(sum, one)| *sum += scale * one);
        }
    }
    added
}
