//! A decision tree: splits and leaves as flat arrays, checked once, so that whoever walks it needs
//! no check.

mod columns;
mod error;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use self::columns::Columns;
pub use self::error::TreeError;

/// A side of a split.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Branch {
    /// Values up to the threshold.
    Left,
    /// Values above it.
    Right,
}

/// What lies below a side of a split.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Child {
    /// The split at this index; it is greater than that of the split above it.
    Split(u32),
    /// The leaf at this index.
    Leaf(u32),
}

/// Where a row goes left or right.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Split {
    /// Which input it looks at: an index into the artefact's inputs.
    pub input: u16,
    /// A value up to it goes left, in the input's unit. Finite; see [`Tree::new`] for infinity.
    pub threshold: f64,
    /// Where a missing value goes.
    pub missing: Branch,
    /// What lies on the left.
    pub left: Child,
    /// What lies on the right.
    pub right: Child,
    /// How many training rows came by: those of the left and of the right together.
    pub cover: f64,
}

/// Where a row ends.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Leaf {
    /// What the tree adds to the margin, in log-odds. Finite.
    pub value: f64,
    /// How many training rows ended here; above 0.
    pub cover: f64,
}

/// A checked tree. Its root is split 0, or its only leaf where there is no split.
///
/// Splits come after the split above them; each is below exactly one, and so is each leaf.
#[derive(Debug, Clone, PartialEq)]
pub struct Tree {
    splits: Vec<Split>,
    leaves: Vec<Leaf>,
}

impl Tree {
    /// Checks a tree.
    ///
    /// LightGBM parts what is present from what is missing by a threshold of infinity. It is taken as the greatest
    /// finite number, which says the same of every value and can be written.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn new(mut splits: Vec<Split>, leaves: Vec<Leaf>) -> Result<Self, TreeError> {
        check_leaves(&splits, &leaves)?;
        check_children(&splits, leaves.len())?;
        for (index, split) in splits.iter_mut().enumerate() {
            if split.threshold == f64::INFINITY {
                split.threshold = f64::MAX;
            }
            if !split.threshold.is_finite() {
                let found = split.threshold;
                return Err(TreeError::NotFinite { what: "threshold", index, found });
            }
        }
        let tree = Self { splits, leaves };
        tree.check_covers()?;
        Ok(tree)
    }

    /// A tree without a split.
    ///
    /// # Errors
    /// As [`Tree::new`].
    pub fn of_one_leaf(leaf: Leaf) -> Result<Self, TreeError> {
        Self::new(Vec::new(), vec![leaf])
    }

    /// Its splits; the first is the root.
    pub fn splits(&self) -> &[Split] {
        &self.splits
    }

    /// Its leaves.
    pub fn leaves(&self) -> &[Leaf] {
        &self.leaves
    }

    /// The root.
    pub fn root(&self) -> Child {
        if self.splits.is_empty() { Child::Leaf(0) } else { Child::Split(0) }
    }

    /// The training rows that came by a child.
    pub fn cover(&self, child: Child) -> f64 {
        match child {
            Child::Split(index) => self.splits[index as usize].cover,
            Child::Leaf(index) => self.leaves[index as usize].cover,
        }
    }

    /// The most splits that a row comes by.
    pub fn depth(&self) -> usize {
        let mut depths = vec![0_usize; self.splits.len()];
        let mut deepest = 0;
        for (index, split) in self.splits.iter().enumerate() {
            let depth = depths[index] + 1;
            deepest = deepest.max(depth);
            for child in [split.left, split.right] {
                if let Child::Split(below) = child {
                    depths[below as usize] = depth;
                }
            }
        }
        deepest
    }

    fn check_covers(&self) -> Result<(), TreeError> {
        for (index, split) in self.splits.iter().enumerate() {
            // Counts of rows add up to the last digit.
            let expected = self.cover(split.left) + self.cover(split.right);
            if split.cover.total_cmp(&expected).is_ne() {
                let expected = expected.to_string();
                let found = split.cover;
                return Err(TreeError::Cover { what: "split", index, expected, found });
            }
        }
        Ok(())
    }
}

impl Serialize for Tree {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Columns::from(self).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Tree {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Columns::deserialize(deserializer)?.try_into().map_err(de::Error::custom)
    }
}

impl Split {
    /// Which side a value goes to; a missing one is NaN.
    pub fn branch(&self, value: f64) -> Branch {
        if value.is_nan() {
            self.missing
        } else if value <= self.threshold {
            Branch::Left
        } else {
            Branch::Right
        }
    }

    /// What lies on a side.
    pub fn child(&self, branch: Branch) -> Child {
        match branch {
            Branch::Left => self.left,
            Branch::Right => self.right,
        }
    }
}

fn check_leaves(splits: &[Split], leaves: &[Leaf]) -> Result<(), TreeError> {
    let (splits, expected, found) = (splits.len(), splits.len() + 1, leaves.len());
    if found != expected {
        return Err(TreeError::Leaves { splits, expected, found });
    }
    for (index, leaf) in leaves.iter().enumerate() {
        if !leaf.value.is_finite() {
            return Err(TreeError::NotFinite { what: "value", index, found: leaf.value });
        }
        if !(leaf.cover.is_finite() && leaf.cover > 0.0) {
            let (expected, found) = ("more than 0 rows".to_owned(), leaf.cover);
            return Err(TreeError::Cover { what: "leaf", index, expected, found });
        }
    }
    Ok(())
}

/// Each split but the root, and each leaf, is below one split that comes before it: with that, all
/// hang together and nothing goes in circles.
fn check_children(splits: &[Split], leaves: usize) -> Result<(), TreeError> {
    let mut split_seen = vec![false; splits.len()];
    let mut leaf_seen = vec![false; leaves];
    for (index, split) in splits.iter().enumerate() {
        for child in [split.left, split.right] {
            let seen = match child {
                Child::Split(below) if below as usize > index => split_seen.get_mut(below as usize),
                Child::Split(_) => None,
                Child::Leaf(below) => leaf_seen.get_mut(below as usize),
            };
            let Some(seen) = seen else {
                return Err(TreeError::Child { split: index, found: child });
            };
            if std::mem::replace(seen, true) {
                return Err(TreeError::Twice(child));
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
