//! The fallback ladder (R4.7): trained model, documented rules, last known level, unknown.
//!
//! The confidence of a rung is the share of the evidence that its scorer looks for and had, times
//! the share of the families of features that could be made (R1.7): a family that failed or may
//! not be read lowers it by a quarter of itself, even where the scorer would not have missed it.
//! Where nothing scored it is 0.

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use jiff::SignedDuration;
use mindmate_domain::assessment::{Contribution, Method, MissingPart};
use mindmate_domain::feature::Family;
use mindmate_domain::{AsOf, FeatureVector, Policy, RiskLevel, RiskScore};
use mindmate_model::{RiskModel, Scored};
use tracing::warn;

/// What a rung says, before the floor.
#[derive(Debug, Clone, PartialEq)]
pub struct Rung {
    /// The score, where something scored.
    pub score: Option<RiskScore>,
    /// The level.
    pub level: RiskLevel,
    /// Which rung it is.
    pub method: Method,
    /// The version of what scored.
    pub model_version: Option<String>,
    /// What each feature adds, strongest first.
    pub contributions: Vec<Contribution>,
    /// 0 to 1; see the module.
    pub confidence: f64,
}

impl Rung {
    /// The first model that scores, if any does.
    pub fn of_models(
        models: &[Arc<dyn RiskModel>],
        features: &FeatureVector,
        missing_parts: &[MissingPart],
        policy: &Policy,
    ) -> Option<Self> {
        models.iter().find_map(|model| {
            let scored = ask(&**model, features)?;
            Some(Self {
                score: Some(scored.score),
                level: policy.level(scored.score),
                method: model.method(),
                model_version: Some(model.version().to_owned()),
                contributions: scored.contributions,
                confidence: scored.confidence * share_made(missing_parts),
            })
        })
    }

    /// The last rungs: the last known level, if it is not too old at `as_of`, or unknown.
    pub fn without_a_score(
        last_known: Option<(AsOf, RiskLevel)>,
        as_of: AsOf,
        policy: &Policy,
    ) -> Self {
        let days = i64::from(policy.fallback.last_known_max_age_days);
        let oldest = SignedDuration::from_hours(days * 24);
        let known =
            last_known.filter(|(at, _)| as_of.instant().duration_since(at.instant()) <= oldest);
        let (method, level) = match known {
            Some((_, level)) => (Method::LastKnown, level),
            None => (Method::Unknown, RiskLevel::Unknown),
        };
        Self {
            score: None,
            level,
            method,
            model_version: None,
            contributions: Vec::new(),
            confidence: 0.0,
        }
    }
}

/// What a model says, if it says something sound. A model that panics has failed like any other.
fn ask(model: &dyn RiskModel, features: &FeatureVector) -> Option<Scored> {
    // The features are only read and the answer is new: nothing is left half-changed.
    let answer = catch_unwind(AssertUnwindSafe(|| model.score(features)));
    let model = model.version();
    match answer {
        Ok(Ok(scored)) if is_sound(&scored) => Some(scored),
        Ok(Ok(_)) => {
            warn!(model, "a model gave numbers that are none: next rung");
            None
        }
        Ok(Err(error)) => {
            warn!(model, %error, "a model gave no score: next rung");
            None
        }
        Err(_) => {
            warn!(model, "a model panicked: next rung");
            None
        }
    }
}

/// Whether every number is one. The score's type has seen to itself.
fn is_sound(scored: &Scored) -> bool {
    (0.0..=1.0).contains(&scored.confidence)
        && scored.contributions.iter().all(|contribution| contribution.log_odds.is_finite())
}

/// The share of the families of features that could be made, 0 to 1.
fn share_made(missing: &[MissingPart]) -> f64 {
    let missing: BTreeSet<Family> = missing.iter().map(|part| part.family).collect();
    let families = Family::ALL.len();
    families.saturating_sub(missing.len()) as f64 / families as f64
}
