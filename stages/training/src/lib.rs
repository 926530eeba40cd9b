//! Trains the risk model: a random forest and gradient boosting, calibrated, with a challenger beside them.
//!
//! ```text
//! training set ─► both members on all training rows ──────────────► trees ─┐
//!      │      └─► both on each k − 1 of k folds of users ─► margins of the ├─► artefact ─► metrics on the
//!      │                fold that they did not see ─► Platt ─► operating point ┘               validation side
//!      └────────► logistic regression ─► challenger ──────────────────────────► the same metrics
//! ```
//!
//! Nothing is fitted on the validation side: it judges. The same set, hyperparameters and program give the same bytes, on
//! any number of threads. LightGBM is behind the feature `lightgbm`; everything else is here without it.
//!
//! | what can fail | what then happens |
//! | --- | --- |
//! | the set or a hyperparameter is not as it must be | refused, with the file, line and column; exit code 3 |
//! | labels of one class, too few users with a crisis, no input with two values | refused: there is nothing to learn; exit code 8 |
//! | what was learned says nothing of held-out users | refused at the calibration; exit code 8 |
//! | trees that break a monotone constraint, or that we cannot serve | refused; exit code 1 |
//! | the disk is full, the process is killed | no model, and an earlier one stays as it is: each file is renamed into its place whole |

pub mod challenger;
pub mod checks;
pub mod constraints;
pub mod folds;
pub mod hyperparameters;
pub mod jobs;
#[cfg(feature = "lightgbm")]
pub mod learning;
#[cfg(feature = "lightgbm")]
pub mod lightgbm;
pub mod lightgbm_text;
pub mod logistic;
pub mod members;
pub mod operating;
pub mod output;
pub mod places;
pub mod platt;
pub mod report;
pub mod rows;
#[cfg(feature = "lightgbm")]
pub mod training;

pub use challenger::Challenger;
pub use constraints::Constraints;
pub use hyperparameters::{HyperparameterError, Hyperparameters};
pub use rows::Rows;
