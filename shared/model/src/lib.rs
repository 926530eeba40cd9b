//! Risk models: the port that scoring asks, and the documented rules behind it.
//!
//! A model is given the features of one user at one instant and says how likely a crisis in the
//! coming week is, what each feature added to that, and how much of the evidence that it looks
//! for was there. Where there is none it says so instead of scoring, and the caller takes the next
//! rung of the ladder: model, rules, last known level, unknown. Unknown is never minimal.
//!
//! - [`port`] is what every model answers to.
//! - [`rules`] scores by the documented rules of `data/rules-1.toml`. Their weights were set by
//!   judgement and prove nothing clinical.

pub mod port;
pub mod rules;

pub use port::{ModelError, RiskModel, Scored};
pub use rules::{RuleScorer, RulesError};
