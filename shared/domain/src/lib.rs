//! Types and rules of the risk pipeline. No I/O, no async.
//!
//! Everything else in the workspace imports this crate and it imports nothing of ours. What is
//! here is what every part must agree on: how an instant is written, what a feature is, which
//! levels of risk there are, what the policy file may say, and what a finished assessment or
//! intervention holds.

pub mod app;
pub mod assessment;
pub mod audit;
pub mod bitmap;
pub mod consent;
pub mod crisis;
pub mod feature;
pub mod history;
pub mod ids;
pub mod instant;
pub mod intervention;
pub mod policy;
pub mod pseudonym;
pub mod quality;
pub mod risk;
pub mod run;
mod sentiment;

pub use assessment::Assessment;
pub use consent::{Consent, Consents};
pub use crisis::{CrisisCategory, CrisisCheck, CrisisSignal};
pub use feature::{Feature, FeatureValue, FeatureVector, MissingReason};
pub use history::History;
pub use ids::{InterventionId, RunId, UserId};
pub use instant::{AsOf, Window};
pub use policy::Policy;
pub use risk::{RiskLevel, RiskScore};
pub use run::{Position, StageName};
