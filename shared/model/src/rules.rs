//! The documented rules: a score that anybody can work out by hand.
//!
//! z = intercept + Σ weightᵢ · xᵢ and score = 1 / (1 + e⁻ᶻ), where xᵢ is how far the value lies on
//! the way from `from` to `to`, held between 0 and 1. What a rule adds to z is its contribution,
//! so the explanation *is* the computation.
//!
//! **The weights were set by judgement.** Nobody has measured them on people and they prove
//! nothing clinical. They stand in until a trained model is there, and whenever it fails.
//!
//! **Monotone by construction.** Weights are above 0 and xᵢ never falls as the value moves from
//! `from` to `to`; so no rule can lower the score as its sign gets worse, and a sign that goes
//! missing can only lower the score, together with the confidence.
//!
//! **Nothing to go by is not low risk.** Without a mood entry of the last 30 days and without a
//! text there is [`ModelError::NotEnoughEvidence`]. A count of words that is 0 says nothing by
//! itself, since it is 0 without texts too; that somebody opened the app says nothing either.

use std::collections::BTreeSet;

use mindmate_domain::assessment::{Contribution, Method};
use mindmate_domain::feature::FEATURE_VERSION;
use mindmate_domain::{Feature, FeatureVector, RiskScore};
use serde::Deserialize;

use crate::evidence::is_evidence;
use crate::odds::logistic;
use crate::port::{ALIASES, ModelError, RiskModel, Scored, strongest_first};

/// The rules that ship with the pipeline.
const BUILT_IN: &str = include_str!("../data/rules-1.toml");

/// What is wrong with a file of rules.
#[derive(Debug, thiserror::Error)]
pub enum RulesError {
    /// It is not the TOML that a file of rules is: an unknown feature among others.
    #[error("the file of rules cannot be read: {0}")]
    Unreadable(#[from] toml::de::Error),
    /// It is for other definitions of the features.
    #[error("expected rules for features of version {FEATURE_VERSION}, found version {0}")]
    FeatureVersion(u32),
    /// There is no rule.
    #[error("expected at least one rule, found none")]
    Empty,
    /// The intercept is no finite number.
    #[error("expected a finite intercept, found {0}")]
    Intercept(f64),
    /// A weight is not a finite number above 0.
    #[error("expected a finite weight above 0 for {feature}, found {found}")]
    Weight {
        /// The rule's feature.
        feature: Feature,
        /// What the file says.
        found: f64,
    },
    /// All weights together are more than a number can hold.
    #[error("expected weights that add up to a finite number")]
    TotalWeight,
    /// A rule has no way to go.
    #[error("expected finite `from` and `to` that differ for {feature}, found {from} and {to}")]
    Range {
        /// The rule's feature.
        feature: Feature,
        /// What the file says.
        from: f64,
        /// What the file says.
        to: f64,
    },
    /// A feature has two rules.
    #[error("expected one rule a feature, found two for {0}")]
    Duplicate(Feature),
    /// A rule looks at a repetition of another feature.
    #[error("expected no alias, found a rule for {0}, which repeats another feature")]
    Alias(Feature),
    /// A rule does not say why it is there.
    #[error("expected a text for `why` of {0}, found none")]
    Blank(Feature),
}

/// One rule.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// What it looks at.
    pub feature: Feature,
    /// The value, in the feature's unit, up to which it adds nothing.
    pub from: f64,
    /// The value from which it adds its whole weight; below `from` where the sign is a low value.
    pub to: f64,
    /// What it adds at most, in log-odds; above 0.
    pub weight: f64,
    /// Why it is there: a source, or the clinical sense.
    pub why: String,
}

impl Rule {
    /// What it adds to the log-odds at this value: 0 to `weight`.
    pub fn log_odds(&self, value: f64) -> f64 {
        let way = (value - self.from) / (self.to - self.from);
        self.weight * way.clamp(0.0, 1.0)
    }

    fn check(&self) -> Result<(), RulesError> {
        let &Self { feature, from, to, weight, .. } = self;
        if !(weight.is_finite() && weight > 0.0) {
            return Err(RulesError::Weight { feature, found: weight });
        }
        // The difference too: it is 0 or infinite for some ends that are finite and differ.
        let way = to - from;
        if !(from.is_finite() && to.is_finite() && way.is_normal()) {
            return Err(RulesError::Range { feature, from, to });
        }
        if ALIASES.contains(&feature) {
            return Err(RulesError::Alias(feature));
        }
        if self.why.trim().is_empty() {
            return Err(RulesError::Blank(feature));
        }
        Ok(())
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    version: String,
    feature_version: u32,
    intercept: f64,
    #[serde(default, rename = "rule")]
    rules: Vec<Rule>,
}

/// Scores by a checked file of rules.
#[derive(Debug, Clone, PartialEq)]
pub struct RuleScorer {
    version: String,
    intercept: f64,
    rules: Vec<Rule>,
    total_weight: f64,
}

impl RuleScorer {
    /// The rules that ship with the pipeline.
    ///
    /// # Errors
    /// None, which a test shows; the signature is that of any file.
    pub fn built_in() -> Result<Self, RulesError> {
        Self::parse(BUILT_IN)
    }

    /// Reads and checks a file of rules.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str) -> Result<Self, RulesError> {
        let File { version, feature_version, intercept, rules } = toml::from_str(text)?;
        if feature_version != FEATURE_VERSION {
            return Err(RulesError::FeatureVersion(feature_version));
        }
        if !intercept.is_finite() {
            return Err(RulesError::Intercept(intercept));
        }
        let mut seen = BTreeSet::new();
        for rule in &rules {
            rule.check()?;
            if !seen.insert(rule.feature) {
                return Err(RulesError::Duplicate(rule.feature));
            }
        }
        if rules.is_empty() {
            return Err(RulesError::Empty);
        }
        let total_weight: f64 = rules.iter().map(|rule| rule.weight).sum();
        if !total_weight.is_finite() {
            return Err(RulesError::TotalWeight);
        }
        Ok(Self { version, intercept, rules, total_weight })
    }

    /// The log-odds of somebody in whom no rule sees a sign.
    pub fn intercept(&self) -> f64 {
        self.intercept
    }

    /// The rules, as in the file.
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }
}

impl RiskModel for RuleScorer {
    fn version(&self) -> &str {
        &self.version
    }

    fn method(&self) -> Method {
        Method::Rules
    }

    fn score(&self, features: &FeatureVector) -> Result<Scored, ModelError> {
        let present: Vec<(&Rule, f64)> = self
            .rules
            .iter()
            .filter_map(|rule| Some((rule, features.get(rule.feature).value()?)))
            .collect();
        if !present.iter().any(|(rule, value)| is_evidence(rule.feature, *value)) {
            return Err(ModelError::NotEnoughEvidence {
                version: self.version.clone(),
                looked_for: self.rules.len(),
            });
        }
        let mut contributions: Vec<Contribution> = present
            .iter()
            .map(|(rule, value)| Contribution {
                feature: rule.feature,
                log_odds: rule.log_odds(*value),
            })
            .filter(|contribution| contribution.log_odds != 0.0)
            .collect();
        let log_odds = self.intercept + contributions.iter().map(|c| c.log_odds).sum::<f64>();
        let not_a_number = || ModelError::NotANumber { version: self.version.clone() };
        if !log_odds.is_finite() {
            return Err(not_a_number());
        }
        let score = RiskScore::new(logistic(log_odds)).map_err(|_| not_a_number())?;
        strongest_first(&mut contributions);
        let weight: f64 = present.iter().map(|(rule, _)| rule.weight).sum();
        let confidence = (weight / self.total_weight).clamp(0.0, 1.0);
        Ok(Scored { score, contributions, confidence })
    }
}

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;
