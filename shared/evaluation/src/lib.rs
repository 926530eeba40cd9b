//! Reads training sets and judges risk models on them (R3.4, R3.5, R7.5).
//!
//! | module | what is there |
//! | --- | --- |
//! | [`set`] | the strict reader of a training set |
//! | [`scores`] | what a scorer says of each row, by the code that serves, down the ladder |
//! | [`metrics`] | what is measured, with formulas and sources |
//! | [`bootstrap`] | intervals, by drawing people again |
//! | [`judging`] | scorers on the same rows: as a whole, at each level, by group, against each other, without a family of features |
//! | [`report`] | what was found |
//! | [`gates`] | what a model must show before it takes another's place |
//! | [`card`] | the model card, in Markdown |
//!
//! What is judged is the score alone: floors for crisis language lift levels in service, and are not in it.
//! `docs/adr/0017` has the reasons.

pub mod bootstrap;
pub mod card;

pub mod gates;
pub mod judging;
pub mod metrics;
mod ranked;
pub mod report;
mod sampled;
pub mod scores;
pub mod set;

pub use bootstrap::{Bootstrap, Interval};
pub use gates::{GateResult, Gates, GatesError, Verdict};
pub use judging::{Judge, Judged, found, thresholds};
pub use metrics::{AlertMetric, Metric};
pub use ranked::Ranked;
pub use report::{Curves, Difference, Measured, Report};
pub use scores::{Ladder, Scores, ScoresError};
pub use set::{Samples, SetError, TrainingSet};
