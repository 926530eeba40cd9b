//! The members of the ensemble, as LightGBM is asked for them.

use serde_json::{Value, json};

use crate::constraints::Constraints;
use crate::hyperparameters::Hyperparameters;
use crate::rows::Rows;

/// A member.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Trees on samples of rows, averaged (Breiman 2001). LightGBM's `rf` takes one Newton step from the log-odds that all rows
    /// have alike, so that its margins are log-odds, if cautious ones.
    RandomForest,
    /// Trees on what those before left over (Friedman 2001).
    GradientBoosting,
}

impl Kind {
    /// Both, as they stand in a model.
    pub const ALL: [Self; 2] = [Self::RandomForest, Self::GradientBoosting];

    /// As in a model.
    pub fn name(self) -> &'static str {
        match self {
            Self::RandomForest => "randomForest",
            Self::GradientBoosting => "gradientBoosting",
        }
    }

    /// What LightGBM is told.
    ///
    /// Everything that could let the machine into the result is set: `deterministic`, `force_row_wise` (otherwise it is
    /// chosen by timing), one thread for each member. More of the machine is used by training members beside each other.
    pub fn parameters(self, of: &Hyperparameters, constraints: &Constraints, rows: &Rows) -> Value {
        let mut parameters = json!({
            "objective": "binary",
            "num_iterations": of.trees,
            "max_depth": of.depth,
            "num_leaves": of.leaves,
            "min_data_in_leaf": of.leaf_rows,
            "lambda_l2": of.leaf_penalty,
            "is_unbalance": of.balanced,
            "use_missing": true,
            "zero_as_missing": false,
            "monotone_constraints": constraints.as_parameter(&rows.inputs),
            "monotone_constraints_method": "basic",
            "bagging_freq": 1,
            "seed": of.seed,
            "deterministic": true,
            "force_row_wise": true,
            "num_threads": 1,
            "verbosity": -1,
        });
        let own = match self {
            Self::RandomForest => json!({
                "boosting": "rf",
                "bagging_fraction": of.forest_rows,
                "feature_fraction_bynode": of.forest_inputs,
            }),
            Self::GradientBoosting => json!({
                "boosting": "gbdt",
                "learning_rate": of.learning_rate,
                "bagging_fraction": of.boosting_rows,
                "feature_fraction": of.boosting_inputs,
            }),
        };
        if let (Value::Object(all), Value::Object(own)) = (&mut parameters, own) {
            all.extend(own);
        }
        parameters
    }
}

/// Why a member cannot be grown.
#[derive(Debug, thiserror::Error)]
pub enum GrowError {
    /// LightGBM's own words.
    #[error("LightGBM refused: {0}")]
    Refused(String),
    /// What it tells is not read.
    #[error(transparent)]
    Text(#[from] crate::lightgbm_text::TextError),
    /// The trees turn the risk where it must not go.
    #[error(transparent)]
    Violation(#[from] crate::constraints::Violation),
}
