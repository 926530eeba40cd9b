//! How a tree is written: a column each, since 400 trees have some 12,000 splits, and each column as one
//! text of numbers with a space between, as LightGBM writes them. What follows from the rest is not written:
//! the covers of splits.

use std::borrow::Cow;
use std::fmt::Debug;
use std::str::{FromStr, SplitAsciiWhitespace};

use serde::{Deserialize, Serialize};

use super::{Branch, Child, Leaf, Split, Tree, TreeError};

/// The written form. Of children, numbers from 0 are splits, and -1, -2, … are leaves 0, 1, …
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Columns<'a> {
    #[serde(borrow)]
    input: Cow<'a, str>,
    #[serde(borrow)]
    threshold: Cow<'a, str>,
    /// `L` or `R` for each split.
    #[serde(borrow)]
    missing: Cow<'a, str>,
    #[serde(borrow)]
    left: Cow<'a, str>,
    #[serde(borrow)]
    right: Cow<'a, str>,
    #[serde(borrow)]
    value: Cow<'a, str>,
    /// Of the leaves.
    #[serde(borrow)]
    cover: Cow<'a, str>,
}

impl From<&Tree> for Columns<'_> {
    fn from(tree: &Tree) -> Self {
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

impl TryFrom<Columns<'_>> for Tree {
    type Error = TreeError;

    fn try_from(columns: Columns<'_>) -> Result<Self, TreeError> {
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

impl Columns<'_> {
    fn leaves(&self) -> Result<Vec<Leaf>, TreeError> {
        let mut leaves = Vec::with_capacity(self.missing.len() + 1);
        let mut covers = Column::new("cover", &self.cover);
        for value in self.value.split_ascii_whitespace() {
            leaves.push(Leaf { value: number_of("value", value)?, cover: covers.next()? });
        }
        covers.end()?;
        Ok(leaves)
    }

    fn splits(&self) -> Result<Vec<Split>, TreeError> {
        let mut splits = Vec::with_capacity(self.missing.len());
        let mut inputs = Column::new("input", &self.input);
        let mut thresholds = Column::new("threshold", &self.threshold);
        let mut lefts = Column::new("left", &self.left);
        let mut rights = Column::new("right", &self.right);
        for (index, letter) in self.missing.bytes().enumerate() {
            splits.push(Split {
                input: inputs.next()?,
                threshold: thresholds.next()?,
                missing: branch(letter)?,
                left: child(lefts.next()?, index)?,
                right: child(rights.next()?, index)?,
                cover: 0.0,
            });
        }
        [inputs, thresholds, lefts, rights].into_iter().try_for_each(Column::end)?;
        Ok(splits)
    }
}

/// A column while it is read.
struct Column<'a> {
    name: &'static str,
    words: SplitAsciiWhitespace<'a>,
    read: usize,
}

impl<'a> Column<'a> {
    fn new(name: &'static str, text: &'a str) -> Self {
        Self { name, words: text.split_ascii_whitespace(), read: 0 }
    }

    fn next<T: FromStr>(&mut self) -> Result<T, TreeError> {
        let Some(word) = self.words.next() else {
            return Err(TreeError::Short { column: self.name, found: self.read });
        };
        self.read += 1;
        number_of(self.name, word)
    }

    /// Whether there is nothing more in it.
    fn end(mut self) -> Result<(), TreeError> {
        match self.words.next() {
            Some(_) => Err(TreeError::Long { column: self.name, expected: self.read }),
            None => Ok(()),
        }
    }
}

fn number_of<T: FromStr>(column: &'static str, word: &str) -> Result<T, TreeError> {
    word.parse().map_err(|_| TreeError::Number { column, found: word.to_owned() })
}

/// Numbers in the form in which they are read again the same.
fn text<T: Debug>(numbers: impl Iterator<Item = T>) -> Cow<'static, str> {
    let mut text = String::new();
    for number in numbers {
        if !text.is_empty() {
            text.push(' ');
        }
        text += &format!("{number:?}");
    }
    text.into()
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
