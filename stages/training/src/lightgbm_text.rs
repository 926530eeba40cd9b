//! LightGBM's own text of a model, read into the trees that serve.
//!
//! What the text says, as LightGBM 4 writes it (`src/io/tree.cpp`, `Tree::ToString`):
//!
//! - a node's children are `left_child` and `right_child`: from 0 the index of a node, below 0 the leaf −1 − n;
//! - a value up to the threshold goes left;
//! - `decision_type` has bits: 1 for a split by category, 2 where what is missing goes left, and 4 and 8 for what
//!   counts as missing: nothing (0), zero (4), NaN (8);
//! - `leaf_count` and `internal_count` are training rows, by which contributions weigh the two sides of a split.
//!
//! Where nothing was missing in training, LightGBM takes what is missing later for 0, which would be a mood of 0.
//! It goes the way of most training rows here, left where there are as many (R1.6). Splits by category, zeros
//! that count as missing, and linear trees are refused: we never ask for them.

mod block;
#[cfg(test)]
mod tests;

use mindmate_model::{Branch, Child, Leaf, Split, Tree, TreeError};

use self::block::Block;

/// The version of the format that is read.
const VERSION: &str = "v4";

/// The objective whose margins are log-odds.
const OBJECTIVE: &str = "binary sigmoid:1";

const BY_CATEGORY: u32 = 1;
const MISSING_LEFT: u32 = 2;
const WHAT_IS_MISSING: u32 = 4 | 8;
const NOTHING: u32 = 0;
const NOT_A_NUMBER: u32 = 8;

/// A model as LightGBM tells it.
#[derive(Debug, Clone, PartialEq)]
pub struct Grown {
    /// In order.
    pub trees: Vec<Tree>,
    /// Whether the margin is their mean instead of their sum.
    pub averaged: bool,
    /// What the splits on each input gained, in all.
    pub gains: Vec<f64>,
}

impl Grown {
    /// The margin of a row of the inputs; NaN is missing.
    pub fn margin(&self, row: &[f64]) -> f64 {
        let sum: f64 = self.trees.iter().map(|tree| value(tree, row)).sum();
        if self.averaged { sum / self.trees.len() as f64 } else { sum }
    }
}

/// The leaf that a row comes to.
fn value(tree: &Tree, row: &[f64]) -> f64 {
    let mut at = tree.root();
    loop {
        match at {
            Child::Leaf(leaf) => return tree.leaves()[leaf as usize].value,
            Child::Split(index) => {
                let split = &tree.splits()[index as usize];
                at = split.child(split.branch(row[usize::from(split.input)]));
            }
        }
    }
}

/// Why a text is not read.
#[derive(Debug, thiserror::Error)]
pub enum TextError {
    /// Something is missing or is not what it must be.
    #[error("expected {expected} in the text of LightGBM's model, found {found}")]
    Unexpected {
        /// What should be there.
        expected: String,
        /// What is there.
        found: String,
    },
    /// A tree that we cannot serve.
    #[error("tree {tree} of LightGBM's model has {found}, which is not served")]
    NotServed {
        /// Its index.
        tree: usize,
        /// What it has.
        found: &'static str,
    },
    /// A tree is none.
    #[error("tree {tree} of LightGBM's model: {error}")]
    Tree {
        /// Its index.
        tree: usize,
        /// What is wrong with it.
        error: TreeError,
    },
}

/// Reads the text of a model over `inputs` inputs that was trained on `rows` rows.
///
/// # Errors
/// What is not as it must be.
pub fn read(text: &str, inputs: usize, rows: usize) -> Result<Grown, TextError> {
    let (head, trees) = block::split(text);
    head.expect("version", VERSION)?;
    head.expect("num_class", "1")?;
    head.expect("num_tree_per_iteration", "1")?;
    head.expect("objective", OBJECTIVE)?;
    head.expect("max_feature_idx", &inputs.saturating_sub(1).to_string())?;
    let mut grown = Grown {
        trees: Vec::with_capacity(trees.len()),
        averaged: head.has("average_output"),
        gains: vec![0.0; inputs],
    };
    for (index, block) in trees.iter().enumerate() {
        let nodes = Nodes::read(block, index)?;
        nodes.add_gains(&mut grown.gains)?;
        let tree = nodes.tree(rows)?;
        grown.trees.push(tree.map_err(|error| TextError::Tree { tree: index, error })?);
    }
    if grown.trees.is_empty() {
        return Err(unexpected("a tree", "none"));
    }
    Ok(grown)
}

fn unexpected(expected: impl Into<String>, found: impl Into<String>) -> TextError {
    TextError::Unexpected { expected: expected.into(), found: found.into() }
}

/// The columns of a tree.
struct Nodes {
    inputs: Vec<u16>,
    gains: Vec<f64>,
    thresholds: Vec<f64>,
    decisions: Vec<u32>,
    left: Vec<i32>,
    right: Vec<i32>,
    counts: Vec<f64>,
    leaf_values: Vec<f64>,
    leaf_counts: Vec<f64>,
}

impl Nodes {
    fn read(block: &Block<'_>, tree: usize) -> Result<Self, TextError> {
        if block.text("num_cat")? != "0" {
            return Err(TextError::NotServed { tree, found: "a split by category" });
        }
        if block.text("is_linear")? != "0" {
            return Err(TextError::NotServed { tree, found: "linear leaves" });
        }
        let leaves: usize = block.number("num_leaves")?;
        let splits = leaves.saturating_sub(1);
        let nodes = Self {
            inputs: block.numbers("split_feature", splits)?,
            gains: block.numbers("split_gain", splits)?,
            thresholds: block.numbers("threshold", splits)?,
            decisions: block.numbers("decision_type", splits)?,
            left: block.numbers("left_child", splits)?,
            right: block.numbers("right_child", splits)?,
            counts: block.numbers("internal_count", splits)?,
            leaf_values: block.numbers("leaf_value", leaves)?,
            // Of a tree without a split LightGBM tells no count.
            leaf_counts: if splits == 0 {
                Vec::new()
            } else {
                block.numbers("leaf_count", leaves)?
            },
        };
        for decision in &nodes.decisions {
            if decision & BY_CATEGORY != 0 {
                return Err(TextError::NotServed { tree, found: "a split by category" });
            }
            if ![NOTHING, NOT_A_NUMBER].contains(&(decision & WHAT_IS_MISSING)) {
                return Err(TextError::NotServed { tree, found: "zeros that count as missing" });
            }
        }
        Ok(nodes)
    }

    fn add_gains(&self, to: &mut [f64]) -> Result<(), TextError> {
        for (input, gain) in self.inputs.iter().zip(&self.gains) {
            let inputs = to.len();
            let sum = to.get_mut(usize::from(*input)).ok_or_else(|| {
                unexpected(format!("an input below {inputs}"), format!("split_feature {input}"))
            })?;
            *sum += gain.max(0.0);
        }
        Ok(())
    }

    fn tree(&self, rows: usize) -> Result<Result<Tree, TreeError>, TextError> {
        if self.inputs.is_empty() {
            let value = self.leaf_values.first().copied().unwrap_or_default();
            return Ok(Tree::of_one_leaf(Leaf { value, cover: rows as f64 }));
        }
        let splits = (0..self.inputs.len()).map(|node| self.split(node));
        let splits = splits.collect::<Result<Vec<_>, _>>()?;
        let leaves = self.leaf_values.iter().zip(&self.leaf_counts);
        let leaves = leaves.map(|(&value, &cover)| Leaf { value, cover }).collect();
        Ok(Tree::new(splits, leaves))
    }

    fn split(&self, node: usize) -> Result<Split, TextError> {
        let (left, right) = (child(self.left[node])?, child(self.right[node])?);
        let decision = self.decisions[node];
        let missing_left = if decision & WHAT_IS_MISSING == NOT_A_NUMBER {
            decision & MISSING_LEFT != 0
        } else {
            self.count(left)? >= self.count(right)?
        };
        Ok(Split {
            input: self.inputs[node],
            threshold: finite(self.thresholds[node]),
            missing: if missing_left { Branch::Left } else { Branch::Right },
            left,
            right,
            cover: self.counts[node],
        })
    }

    fn count(&self, of: Child) -> Result<f64, TextError> {
        let found = match of {
            Child::Split(node) => self.counts.get(node as usize),
            Child::Leaf(leaf) => self.leaf_counts.get(leaf as usize),
        };
        found.copied().ok_or_else(|| unexpected("a child that is there", format!("{of:?}")))
    }
}

/// A split between what is there and what is missing has no upper end in LightGBM. Values are finite, so the
/// greatest number is none either, and it can be written as JSON.
fn finite(threshold: f64) -> f64 {
    if threshold == f64::INFINITY { f64::MAX } else { threshold }
}

fn child(index: i32) -> Result<Child, TextError> {
    let wrong = |_| unexpected("the index of a child", index.to_string());
    if index < 0 {
        u32::try_from(-1 - i64::from(index)).map(Child::Leaf).map_err(wrong)
    } else {
        u32::try_from(index).map(Child::Split).map_err(wrong)
    }
}
