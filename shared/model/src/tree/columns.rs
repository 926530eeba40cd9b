//! How a tree is written: a column each, since 400 trees have some 12,000 splits. What follows from
//! the rest is not written: the covers of splits.

use serde::{Deserialize, Serialize};

use super::{Branch, Child, Leaf, Split, Tree, TreeError};

/// The written form. Of children, numbers from 0 are splits, and -1, -2, … are leaves 0, 1, …
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Columns {
    input: Vec<u16>,
    threshold: Vec<f64>,
    /// `L` or `R` for each split.
    missing: String,
    left: Vec<i64>,
    right: Vec<i64>,
    value: Vec<f64>,
    /// Of the leaves.
    cover: Vec<f64>,
}

impl From<Tree> for Columns {
    fn from(tree: Tree) -> Self {
        let Tree { splits, leaves } = tree;
        Self {
            input: splits.iter().map(|split| split.input).collect(),
            threshold: splits.iter().map(|split| split.threshold).collect(),
            missing: splits.iter().map(|split| letter(split.missing)).collect(),
            left: splits.iter().map(|split| number(split.left)).collect(),
            right: splits.iter().map(|split| number(split.right)).collect(),
            value: leaves.iter().map(|leaf| leaf.value).collect(),
            cover: leaves.iter().map(|leaf| leaf.cover).collect(),
        }
    }
}

impl TryFrom<Columns> for Tree {
    type Error = TreeError;

    fn try_from(columns: Columns) -> Result<Self, TreeError> {
        columns.check_lengths()?;
        let leaves: Vec<Leaf> = columns
            .value
            .iter()
            .zip(&columns.cover)
            .map(|(&value, &cover)| Leaf { value, cover })
            .collect();
        let mut splits = Vec::with_capacity(columns.input.len());
        for (index, letter) in columns.missing.chars().enumerate() {
            splits.push(Split {
                input: columns.input[index],
                threshold: columns.threshold[index],
                missing: branch(letter)?,
                left: child(columns.left[index], index)?,
                right: child(columns.right[index], index)?,
                cover: 0.0,
            });
        }
        super::check_children(&splits, leaves.len())?;
        // Splits come after the split above them: backwards, what is below is known.
        for index in (0..splits.len()).rev() {
            let cover = |child| match child {
                Child::Split(below) => splits[below as usize].cover,
                Child::Leaf(below) => leaves[below as usize].cover,
            };
            splits[index].cover = cover(splits[index].left) + cover(splits[index].right);
        }
        Self::new(splits, leaves)
    }
}

impl Columns {
    fn check_lengths(&self) -> Result<(), TreeError> {
        let splits = self.input.len();
        let lengths = [
            ("threshold", splits, self.threshold.len()),
            ("missing", splits, self.missing.chars().count()),
            ("left", splits, self.left.len()),
            ("right", splits, self.right.len()),
            ("cover", self.value.len(), self.cover.len()),
        ];
        match lengths.into_iter().find(|(_, expected, found)| expected != found) {
            Some((column, expected, found)) => Err(TreeError::Column { column, expected, found }),
            None => Ok(()),
        }
    }
}

fn letter(branch: Branch) -> char {
    match branch {
        Branch::Left => 'L',
        Branch::Right => 'R',
    }
}

fn branch(letter: char) -> Result<Branch, TreeError> {
    match letter {
        'L' => Ok(Branch::Left),
        'R' => Ok(Branch::Right),
        other => Err(TreeError::Missing(other)),
    }
}

fn number(child: Child) -> i64 {
    match child {
        Child::Split(index) => i64::from(index),
        Child::Leaf(index) => -1 - i64::from(index),
    }
}

fn child(number: i64, split: usize) -> Result<Child, TreeError> {
    let (make, index): (fn(u32) -> Child, i64) =
        if number >= 0 { (Child::Split, number) } else { (Child::Leaf, -1 - number) };
    let none = TreeError::Child { split, found: make(u32::MAX) };
    u32::try_from(index).map(make).map_err(|_| none)
}
