//! How a tree is written: a column each, since 400 trees have some 12,000 splits, and each column as one
//! text of numbers with a space between, as LightGBM writes them: that is read in a third of the time that
//! JSON's numbers take. What follows from the rest is not written: the covers of splits.

use std::fmt::{Debug, Write as _};
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::{Branch, Child, Leaf, Split, Tree, TreeError};

/// The written form. Of children, numbers from 0 are splits, and -1, -2, … are leaves 0, 1, …
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Columns {
    input: String,
    threshold: String,
    /// `L` or `R` for each split.
    missing: String,
    left: String,
    right: String,
    value: String,
    /// Of the leaves.
    cover: String,
}

impl From<Tree> for Columns {
    fn from(tree: Tree) -> Self {
        let Tree { splits, leaves } = tree;
        Self {
            input: text(splits.iter().map(|split| split.input)),
            threshold: text(splits.iter().map(|split| split.threshold)),
            missing: splits.iter().map(|split| letter(split.missing)).collect(),
            left: text(splits.iter().map(|split| number(split.left))),
            right: text(splits.iter().map(|split| number(split.right))),
            value: text(leaves.iter().map(|leaf| leaf.value)),
            cover: text(leaves.iter().map(|leaf| leaf.cover)),
        }
    }
}

impl TryFrom<Columns> for Tree {
    type Error = TreeError;

    fn try_from(columns: Columns) -> Result<Self, TreeError> {
        let leaves = columns.leaves()?;
        let mut splits = columns.splits()?;
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
    fn leaves(&self) -> Result<Vec<Leaf>, TreeError> {
        let values = numbers::<f64>("value", &self.value, None)?;
        let covers = numbers::<f64>("cover", &self.cover, Some(values.len()))?;
        let both = values.into_iter().zip(covers);
        Ok(both.map(|(value, cover)| Leaf { value, cover }).collect())
    }

    fn splits(&self) -> Result<Vec<Split>, TreeError> {
        let inputs = numbers::<u16>("input", &self.input, None)?;
        let length = Some(inputs.len());
        let thresholds = numbers::<f64>("threshold", &self.threshold, length)?;
        let lefts = numbers::<i64>("left", &self.left, length)?;
        let rights = numbers::<i64>("right", &self.right, length)?;
        let (expected, found) = (inputs.len(), self.missing.len());
        if expected != found {
            return Err(TreeError::Column { column: "missing", expected, found });
        }
        let split = |index: usize| {
            Ok(Split {
                input: inputs[index],
                threshold: thresholds[index],
                missing: branch(self.missing.as_bytes()[index])?,
                left: child(lefts[index], index)?,
                right: child(rights[index], index)?,
                cover: 0.0,
            })
        };
        (0..inputs.len()).map(split).collect()
    }
}

/// Numbers in the form in which they are read again the same.
fn text<T: Debug>(numbers: impl Iterator<Item = T>) -> String {
    let mut text = String::new();
    for number in numbers {
        if !text.is_empty() {
            text.push(' ');
        }
        // Writing into a text never fails.
        write!(text, "{number:?}").ok();
    }
    text
}

fn numbers<T: FromStr>(
    column: &'static str,
    text: &str,
    length: Option<usize>,
) -> Result<Vec<T>, TreeError> {
    let number =
        |word: &str| word.parse().map_err(|_| TreeError::Number { column, found: word.to_owned() });
    let numbers: Vec<T> = text.split_ascii_whitespace().map(number).collect::<Result<_, _>>()?;
    match (length, numbers.len()) {
        (Some(expected), found) if expected != found => {
            Err(TreeError::Column { column, expected, found })
        }
        _ => Ok(numbers),
    }
}

fn letter(branch: Branch) -> char {
    match branch {
        Branch::Left => 'L',
        Branch::Right => 'R',
    }
}

fn branch(letter: u8) -> Result<Branch, TreeError> {
    match letter {
        b'L' => Ok(Branch::Left),
        b'R' => Ok(Branch::Right),
        other => Err(TreeError::Missing(char::from(other))),
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
