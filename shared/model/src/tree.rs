//! A decision tree: splits and leaves as flat arrays, checked once, so that whoever walks it needs
//! no check.

mod columns;

use serde::{Deserialize, Serialize};

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
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "columns::Columns", into = "columns::Columns")]
pub struct Tree {
    splits: Vec<Split>,
    leaves: Vec<Leaf>,
}

/// What is wrong with a tree.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum TreeError {
    /// A binary tree has one leaf more than splits.
    #[error("expected {expected} leaves for {splits} splits, found {found}")]
    Leaves {
        /// How many splits there are.
        splits: usize,
        /// One more.
        expected: usize,
        /// How many leaves there are.
        found: usize,
    },
    /// The columns of the written form differ in length.
    #[error("expected {expected} entries in `{column}`, found {found}")]
    Column {
        /// The column.
        column: &'static str,
        /// The length of the first column of its kind.
        expected: usize,
        /// Its own.
        found: usize,
    },
    /// A column holds something that is no number of its kind.
    #[error("expected numbers with a space between in `{column}`, found {found:?}")]
    Number {
        /// The column.
        column: &'static str,
        /// What stands there.
        found: String,
    },
    /// Neither `L` nor `R` stands for where a missing value goes.
    #[error("expected L or R for where a missing value goes, found {0:?}")]
    Missing(char),
    /// A child is not there, or comes before its own split.
    #[error("expected a child of split {split} that is there and comes after it, found {found:?}")]
    Child {
        /// The split.
        split: usize,
        /// Its child.
        found: Child,
    },
    /// Two splits have the same child.
    #[error("expected each child below one split, found {0:?} below two")]
    Twice(Child),
    /// A threshold or a leaf's value is no finite number.
    #[error("expected a finite {what} at {index}, found {found}")]
    NotFinite {
        /// `threshold` or `value`.
        what: &'static str,
        /// Of the split or leaf.
        index: usize,
        /// What stands there.
        found: f64,
    },
    /// A cover is not the count of rows that it has to be.
    #[error("expected a cover of {expected} at {what} {index}, found {found}")]
    Cover {
        /// `split` or `leaf`.
        what: &'static str,
        /// Its index.
        index: usize,
        /// What would be right.
        expected: String,
        /// What stands there.
        found: f64,
    },
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
            if split.cover != expected {
                let expected = expected.to_string();
                let found = split.cover;
                return Err(TreeError::Cover { what: "split", index, expected, found });
            }
        }
        Ok(())
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
