//! Trees that tests and the bench grow, and models of them.

use mindmate_model::{Artefact, Branch, Child, Ensemble, Leaf, Member, Split, Tree};

use crate::support::contents;

/// One step of growing a tree: a leaf becomes a split.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cut {
    /// Which leaf, of those that there are by then.
    pub(crate) leaf: usize,
    /// What the split looks at.
    pub(crate) input: u16,
    /// Up to where a value goes left.
    pub(crate) threshold: f64,
    /// Where a missing one goes.
    pub(crate) missing: Branch,
}

/// Grows a tree: the cut leaf stays on the left, a new one comes on the right. `leaves` gives values and
/// covers, over and over where there are fewer.
pub(crate) fn grow(cuts: &[Cut], leaves: &[(f64, u32)]) -> Tree {
    // Where each leaf hangs: below which split, on which side.
    let mut hangs: Vec<Option<(usize, Branch)>> = vec![None];
    let mut splits: Vec<Split> = Vec::new();
    for cut in cuts {
        let cut_leaf = cut.leaf % hangs.len();
        let (index, new_leaf) = (splits.len(), hangs.len());
        if let Some((above, side)) = hangs[cut_leaf] {
            let child = Child::Split(u32::try_from(index).expect("few splits"));
            match side {
                Branch::Left => splits[above].left = child,
                Branch::Right => splits[above].right = child,
            }
        }
        splits.push(Split {
            input: cut.input,
            threshold: cut.threshold,
            missing: cut.missing,
            left: Child::Leaf(u32::try_from(cut_leaf).expect("few leaves")),
            right: Child::Leaf(u32::try_from(new_leaf).expect("few leaves")),
            cover: 0.0,
        });
        hangs[cut_leaf] = Some((index, Branch::Left));
        hangs.push(Some((index, Branch::Right)));
    }
    let leaves: Vec<Leaf> = (0..hangs.len())
        .map(|leaf| leaves[leaf % leaves.len()])
        .map(|(value, cover)| Leaf { value, cover: f64::from(cover) })
        .collect();
    for index in (0..splits.len()).rev() {
        let cover = |child| match child {
            Child::Split(below) => splits[below as usize].cover,
            Child::Leaf(leaf) => leaves[leaf as usize].cover,
        };
        splits[index].cover = cover(splits[index].left) + cover(splits[index].right);
    }
    Tree::new(splits, leaves).expect("what is grown is a tree")
}

/// A member of these trees.
pub(crate) fn member(name: &str, averaged: bool, trees: Vec<Tree>) -> Member {
    Member { name: name.to_owned(), averaged, trees }
}

/// A model of a forest and of boosted trees.
pub(crate) fn ensemble(forest: Vec<Tree>, boosted: Vec<Tree>) -> Ensemble {
    let members =
        vec![member("randomForest", true, forest), member("gradientBoosting", false, boosted)];
    Ensemble::new(Artefact::new(contents(members)).expect("what is made up is a model"))
}
