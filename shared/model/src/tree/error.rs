//! What is wrong with a tree.

use super::Child;

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
    /// A column of the written form ends before the others.
    #[error("expected as many entries in `{column}` as in the others, found only {found}")]
    Short {
        /// The column.
        column: &'static str,
        /// How many it has.
        found: usize,
    },
    /// A column of the written form goes on after the others.
    #[error("expected {expected} entries in `{column}`, found more")]
    Long {
        /// The column.
        column: &'static str,
        /// How many the others have.
        expected: usize,
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
