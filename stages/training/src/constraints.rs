//! Which inputs may turn the risk in one direction alone, and whether trees keep to it.
//!
//! LightGBM is told of them, by its basic method: of a split on such an input, every leaf on the one side is at
//! most as high as every leaf on the other. [`Constraints::check`] reads that off the trees themselves, so that
//! nothing depends on a parameter's being understood.

#[cfg(test)]
mod tests;

use mindmate_domain::Feature;
use mindmate_model::{Child, Tree};
use serde::Deserialize;

/// The table of this program.
const TABLE: &str = include_str!("../data/monotone-1.toml");

/// Where the risk may go as a value rises.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Direction {
    /// It stays or rises.
    NeverFalls,
    /// It stays or falls.
    NeverRises,
}

/// The constraints of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Constraints {
    version: String,
    of: Vec<(Feature, Direction)>,
}

/// What is wrong with a table.
#[derive(Debug, thiserror::Error)]
pub enum ConstraintsError {
    /// It is no table of constraints.
    #[error("expected a table of monotone constraints: {0}")]
    Unreadable(#[from] toml::de::Error),
    /// A feature comes twice.
    #[error("expected one constraint for each feature, found two for {0}")]
    Twice(Feature),
}

/// A tree in which the risk goes where it must not.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error(
    "expected that the risk {} as {feature} rises, found {lower} up to {threshold} and {upper} \
     above it in tree {tree}: the trees do not keep to the table of constraints",
    match direction { Direction::NeverFalls => "never falls", Direction::NeverRises => "never rises" }
)]
pub struct Violation {
    /// The input.
    pub feature: Feature,
    /// What should hold of it.
    pub direction: Direction,
    /// The tree's index in its member.
    pub tree: usize,
    /// The split's.
    pub threshold: f64,
    /// The offending leaf's value up to the threshold.
    pub lower: f64,
    /// The offending leaf's value above it.
    pub upper: f64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    version: String,
    constraint: Vec<Row>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    feature: Feature,
    risk: Direction,
    #[serde(rename = "why")]
    _why: String,
}

impl Constraints {
    /// Those of `data/monotone-1.toml`.
    ///
    /// # Errors
    /// Never, unless the program was built with a table that cannot be read.
    pub fn built_in() -> Result<Self, ConstraintsError> {
        Self::parse(TABLE)
    }

    /// Reads a table.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str) -> Result<Self, ConstraintsError> {
        let table: Table = toml::from_str(text)?;
        let mut of: Vec<_> = table.constraint.iter().map(|row| (row.feature, row.risk)).collect();
        of.sort_by_key(|(feature, _)| *feature);
        match of.windows(2).find(|pair| pair[0].0 == pair[1].0) {
            Some(pair) => Err(ConstraintsError::Twice(pair[0].0)),
            None => Ok(Self { version: table.version, of }),
        }
    }

    /// Its name, as stored with the model.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// Of a feature, where there is one.
    pub fn of(&self, feature: Feature) -> Option<Direction> {
        self.of.iter().find(|(of, _)| *of == feature).map(|(_, direction)| *direction)
    }

    /// As LightGBM writes them: 1, -1 or 0 for each input.
    pub fn as_parameter(&self, inputs: &[Feature]) -> String {
        let signs = inputs.iter().map(|input| match self.of(*input) {
            Some(Direction::NeverFalls) => "1",
            Some(Direction::NeverRises) => "-1",
            None => "0",
        });
        signs.collect::<Vec<_>>().join(",")
    }

    /// Whether trees over these inputs keep to the table.
    ///
    /// # Errors
    /// The first split whose sides are the wrong way round.
    pub fn check(&self, inputs: &[Feature], trees: &[Tree]) -> Result<(), Violation> {
        trees.iter().enumerate().try_for_each(|(index, tree)| self.check_tree(inputs, index, tree))
    }

    fn check_tree(&self, inputs: &[Feature], index: usize, tree: &Tree) -> Result<(), Violation> {
        let ranges = ranges(tree);
        let range = |child: Child| match child {
            Child::Split(below) => ranges[below as usize],
            Child::Leaf(leaf) => Range::at(tree.leaves()[leaf as usize].value),
        };
        for split in tree.splits() {
            let Some(&feature) = inputs.get(usize::from(split.input)) else { continue };
            let Some(direction) = self.of(feature) else { continue };
            let (left, right) = (range(split.left), range(split.right));
            let (lower, upper, keeps) = match direction {
                Direction::NeverFalls => (left.most, right.least, left.most <= right.least),
                Direction::NeverRises => (left.least, right.most, left.least >= right.most),
            };
            if !keeps {
                let (tree, threshold) = (index, split.threshold);
                return Err(Violation { feature, direction, tree, threshold, lower, upper });
            }
        }
        Ok(())
    }
}

/// The least and the greatest leaf below a split.
#[derive(Clone, Copy)]
struct Range {
    least: f64,
    most: f64,
}

impl Range {
    fn at(value: f64) -> Self {
        Self { least: value, most: value }
    }

    fn with(self, other: Self) -> Self {
        Self { least: self.least.min(other.least), most: self.most.max(other.most) }
    }
}

/// Of each split. What is below a split comes after it, so they are made from the last.
fn ranges(tree: &Tree) -> Vec<Range> {
    let mut ranges = vec![Range::at(0.0); tree.splits().len()];
    for (index, split) in tree.splits().iter().enumerate().rev() {
        let range = |child: Child| match child {
            Child::Split(below) => ranges[below as usize],
            Child::Leaf(leaf) => Range::at(tree.leaves()[leaf as usize].value),
        };
        ranges[index] = range(split.left).with(range(split.right));
    }
    ranges
}
