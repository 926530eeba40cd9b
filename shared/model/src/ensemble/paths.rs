//! What lies above each split of a tree.

use crate::tree::{Branch, Child, Tree};

/// The latest split above that looks at the same input, and the path's side there.
#[derive(Debug, Clone, Copy)]
pub(super) struct Above {
    pub(super) split: u32,
    pub(super) right: bool,
}

/// What its paths say of a tree's splits.
pub(super) struct Paths {
    /// For each split, the latest one above it of the same input.
    pub(super) latest: Vec<Option<Above>>,
    /// The most distinct inputs on a path.
    pub(super) most_inputs: usize,
}

impl Paths {
    pub(super) fn new(tree: &Tree) -> Self {
        let (parents, splits) = (parents(tree), tree.splits());
        let mut latest = Vec::with_capacity(splits.len());
        let mut distinct: Vec<usize> = Vec::with_capacity(splits.len());
        for (index, split) in splits.iter().enumerate() {
            let up = |above: &Above| parents[above.split as usize];
            let found = std::iter::successors(parents[index], up)
                .find(|above| splits[above.split as usize].input == split.input);
            let above = parents[index].map_or(0, |above| distinct[above.split as usize]);
            distinct.push(above + usize::from(found.is_none()));
            latest.push(found);
        }
        Self { latest, most_inputs: distinct.into_iter().max().unwrap_or(0) }
    }
}

fn parents(tree: &Tree) -> Vec<Option<Above>> {
    let mut parents = vec![None; tree.splits().len()];
    for (index, split) in tree.splits().iter().enumerate() {
        for side in [Branch::Left, Branch::Right] {
            if let Child::Split(below) = split.child(side) {
                let above = u32::try_from(index).unwrap_or(u32::MAX);
                parents[below as usize] =
                    Some(Above { split: above, right: side == Branch::Right });
            }
        }
    }
    parents
}
