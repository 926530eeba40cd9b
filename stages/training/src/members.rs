//! The members of the ensemble, as LightGBM is asked for them.

use serde_json::{Value, json};

use crate::constraints::Constraints;
use crate::hyperparameters::Hyperparameters;
use crate::rows::Rows;

/// A member.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Trees on samples of rows, averaged (Breiman 2001). A leaf of LightGBM's `rf` is one Newton step from even odds: with
    /// balanced weights 4 · (share of crises − ½), from −2 to 2, before the penalty.
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
    /// Everything that could let the machine into the result is set: `deterministic`, `force_col_wise` (otherwise it is
    /// chosen by timing), one thread for each member. More of the machine is used by training members beside each other.
    pub fn parameters(self, of: &Hyperparameters, constraints: &Constraints, rows: &Rows) -> Value {
        let mut parameters = json!({
            "objective": "binary",
            "num_iterations": of.trees,
            "max_depth": of.depth,
            "num_leaves": of.leaves,
            "min_data_in_leaf": of.leaf_rows,
            "lambda_l2": of.leaf_penalty,
            "use_missing": true,
            "zero_as_missing": false,
            "monotone_constraints": constraints.as_parameter(&rows.inputs),
            "monotone_constraints_method": "basic",
            "bagging_freq": 1,
            "seed": of.seed,
            "deterministic": true,
            "force_col_wise": true,
            "num_threads": 1,
            "verbosity": -1,
        });
        let own = match self {
            Self::RandomForest => json!({
                "boosting": "rf",
                "bagging_fraction": of.forest_rows,
                "feature_fraction": of.forest_inputs,
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

/// What each row weighs, or `None` where all weigh alike. Crises weigh as much as all other rows together (R2.5, R3.3).
///
/// Weights and not LightGBM's `is_unbalance`: that leaves out the start, the log-odds that all rows have alike, and from there a
/// forest's margins would grow as crises get rarer and drown the other member's in the mean.
pub fn weights(rows: &Rows, balanced: bool) -> Option<Vec<f32>> {
    let crises = rows.crises();
    let quiet = rows.len() - crises;
    #[expect(clippy::cast_possible_truncation, reason = "LightGBM's own precision")]
    let of_a_crisis = (quiet as f64 / crises as f64) as f32;
    let weight = |label: &bool| if *label { of_a_crisis } else { 1.0 };
    balanced.then(|| rows.labels.iter().map(weight).collect())
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
