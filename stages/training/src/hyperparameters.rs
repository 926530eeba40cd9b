//! The numbers that a training is told: by a file, by SageMaker, by flags.
//!
//! A file is one JSON object of names and values. SageMaker writes all values as text, so text is read as what it
//! says. What is not named keeps its default.

#[cfg(test)]
mod tests;

use std::fmt;
use std::ops::RangeInclusive;
use std::str::FromStr;

use serde::Serialize;
use serde_json::Value;

/// What a training is told. [`KNOWN`] has the words and the ranges.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "`KNOWN` has the words")]
pub struct Hyperparameters {
    pub seed: u64,
    pub trees: u64,
    pub depth: u64,
    pub leaves: u64,
    pub leaf_rows: u64,
    pub balanced: bool,
    pub learning_rate: f64,
    pub boosting_rows: f64,
    pub boosting_inputs: f64,
    pub forest_rows: f64,
    pub forest_inputs: f64,
    pub leaf_penalty: f64,
    pub folds: u64,
    pub resamples: u64,
    pub challenger_penalty: f64,
}

/// A hyperparameter that is known.
#[derive(Debug, Clone, Copy)]
pub struct Known {
    /// As in files and flags.
    pub name: &'static str,
    /// What it says, with its range.
    pub words: &'static str,
}

/// All of them.
pub const KNOWN: [Known; 15] = [
    Known { name: "seed", words: "what chance is drawn from, 0 to 2147483647" },
    Known { name: "trees", words: "of each member, 1 to 2000" },
    Known { name: "depth", words: "splits on the way to a leaf at most, 1 to 30" },
    Known { name: "leaves", words: "of a tree at most, 2 to 1024" },
    Known { name: "leafRows", words: "training rows in a leaf at least, 1 to 100000" },
    Known {
        name: "balanced",
        words: "crises weigh as much as all other rows together, true or false",
    },
    Known { name: "learningRate", words: "of gradient boosting, 0.001 to 1" },
    Known {
        name: "boostingRows",
        words: "share of rows that a tree of gradient boosting sees, 0.05 to 1",
    },
    Known { name: "boostingInputs", words: "share of inputs that it sees, 0.05 to 1" },
    Known {
        name: "forestRows",
        words: "share of rows that a tree of the random forest sees, 0.05 to 0.95",
    },
    Known { name: "forestInputs", words: "share of inputs that it sees, 0.05 to 1" },
    Known { name: "leafPenalty", words: "L2 penalty on leaves, 0 to 1000" },
    Known {
        name: "folds",
        words: "of users, to calibrate on rows that the trees did not see, 2 to 20",
    },
    Known {
        name: "resamples",
        words: "of users, for the intervals of what is measured, 0 to 100000",
    },
    Known {
        name: "challengerPenalty",
        words: "L2 penalty of the logistic regression, 0.000001 to 1000000",
    },
];

/// What is wrong with a hyperparameter.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HyperparameterError {
    /// The file is no JSON object.
    #[error("expected a JSON object of hyperparameters, found {0}")]
    NoObject(String),
    /// There is none of that name.
    #[error("expected a hyperparameter ({names}), found {0:?}", names = names())]
    Unknown(String),
    /// The value does not say what it should.
    #[error("expected {name} {expected}, found {found:?}")]
    Value {
        /// Whose.
        name: String,
        /// Its range.
        expected: String,
        /// What stands there.
        found: String,
    },
}

fn names() -> String {
    KNOWN.map(|known| known.name).join(", ")
}

impl Default for Hyperparameters {
    fn default() -> Self {
        Self {
            seed: 7,
            trees: 200,
            depth: 10,
            leaves: 31,
            leaf_rows: 20,
            balanced: true,
            learning_rate: 0.05,
            boosting_rows: 0.8,
            boosting_inputs: 0.5,
            // The share of distinct rows in a bootstrap sample of the same size: 1 − 1/e.
            forest_rows: 0.632,
            forest_inputs: 0.33,
            leaf_penalty: 1.0,
            // Platt's own choice: the margins of three parts, each by what was fitted on the other two.
            folds: 3,
            resamples: 1_000,
            challenger_penalty: 1.0,
        }
    }
}

impl Hyperparameters {
    /// Takes what a file says.
    ///
    /// # Errors
    /// What is wrong with it; then some of it may be taken.
    pub fn take_json(&mut self, bytes: &[u8]) -> Result<(), HyperparameterError> {
        let no_object = |found: String| HyperparameterError::NoObject(found);
        let value: Value =
            serde_json::from_slice(bytes).map_err(|error| no_object(error.to_string()))?;
        let Value::Object(object) = value else {
            return Err(no_object(value.to_string()));
        };
        object.iter().try_for_each(|(name, value)| match value {
            Value::String(text) => self.set(name, text),
            other => self.set(name, &other.to_string()),
        })
    }

    /// Sets one by its name.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn set(&mut self, name: &str, text: &str) -> Result<(), HyperparameterError> {
        let of = |range| (name, text, range);
        match name {
            "seed" => self.seed = within(of(0..=2_147_483_647))?,
            "trees" => self.trees = within(of(1..=2_000))?,
            "depth" => self.depth = within(of(1..=30))?,
            "leaves" => self.leaves = within(of(2..=1_024))?,
            "leafRows" => self.leaf_rows = within(of(1..=100_000))?,
            "balanced" => self.balanced = within((name, text, false..=true))?,
            "learningRate" => self.learning_rate = within((name, text, 0.001..=1.0))?,
            "boostingRows" => self.boosting_rows = within((name, text, 0.05..=1.0))?,
            "boostingInputs" => self.boosting_inputs = within((name, text, 0.05..=1.0))?,
            "forestRows" => self.forest_rows = within((name, text, 0.05..=0.95))?,
            "forestInputs" => self.forest_inputs = within((name, text, 0.05..=1.0))?,
            "leafPenalty" => self.leaf_penalty = within((name, text, 0.0..=1_000.0))?,
            "folds" => self.folds = within(of(2..=20))?,
            "resamples" => self.resamples = within(of(0..=100_000))?,
            "challengerPenalty" => self.challenger_penalty = within((name, text, 1e-6..=1e6))?,
            other => return Err(HyperparameterError::Unknown(other.to_owned())),
        }
        Ok(())
    }
}

fn within<T: FromStr + PartialOrd + fmt::Display>(
    (name, text, range): (&str, &str, RangeInclusive<T>),
) -> Result<T, HyperparameterError> {
    let value = text.trim().parse().ok().filter(|value| range.contains(value));
    value.ok_or_else(|| HyperparameterError::Value {
        name: name.to_owned(),
        expected: format!("from {} to {}", range.start(), range.end()),
        found: text.to_owned(),
    })
}
