//! Factors in plain words, whichever model found them ("why this message", safety 16).

use std::collections::BTreeMap;

use mindmate_domain::assessment::Contribution;
use mindmate_domain::feature::{FEATURE_VERSION, Family};
use mindmate_domain::{Feature, FeatureValue, FeatureVector, MissingReason};
use serde::Deserialize;

use crate::port::ALIASES;

/// The words that ship with the pipeline.
const BUILT_IN: &str = include_str!("../data/words-1.toml");

/// What is wrong with a file of words.
#[derive(Debug, thiserror::Error)]
pub enum WordsError {
    /// It is not the TOML that a file of words is: an unknown feature among others.
    #[error("the file of words cannot be read: {0}")]
    Unreadable(#[from] toml::de::Error),
    /// It is for other definitions of the features.
    #[error("expected words for features of version {FEATURE_VERSION}, found version {0}")]
    FeatureVersion(u32),
    /// A feature has no words, or more than once, or is an alias.
    #[error("expected words for each feature but aliases, once; found otherwise for {0}")]
    Feature(Feature),
    /// A text is empty, or a bound no number.
    #[error("expected a text and a finite bound for {0}, found otherwise")]
    Blank(Feature),
}

/// What is said of values on one side of a bound.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Low {
    below: f64,
    words: String,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct High {
    above: f64,
    words: String,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Factor {
    feature: Feature,
    low: Option<Low>,
    high: Option<High>,
}

/// What is said where there was too little to make a feature of.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Missing {
    mood: String,
    texts: String,
    other: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    version: String,
    feature_version: u32,
    missing: Missing,
    factor: Vec<Factor>,
}

/// A checked file of words.
#[derive(Debug, Clone, PartialEq)]
pub struct Words {
    version: String,
    missing: Missing,
    factors: BTreeMap<Feature, Factor>,
}

impl Words {
    /// The words that ship with the pipeline.
    ///
    /// # Errors
    /// None, which a test shows; the signature is that of any file.
    pub fn built_in() -> Result<Self, WordsError> {
        Self::parse(BUILT_IN)
    }

    /// Reads and checks a file of words.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str) -> Result<Self, WordsError> {
        let File { version, feature_version, missing, factor } = toml::from_str(text)?;
        if feature_version != FEATURE_VERSION {
            return Err(WordsError::FeatureVersion(feature_version));
        }
        let mut factors = BTreeMap::new();
        for factor in factor {
            let feature = factor.feature;
            factor.check()?;
            if ALIASES.contains(&feature) || factors.insert(feature, factor).is_some() {
                return Err(WordsError::Feature(feature));
            }
        }
        let mut wanted = Feature::ALL.into_iter().filter(|feature| !ALIASES.contains(feature));
        match wanted.find(|feature| !factors.contains_key(feature)) {
            Some(feature) => Err(WordsError::Feature(feature)),
            None => Ok(Self { version, missing, factors }),
        }
    }

    /// Its version.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// What a value that raised the risk is to the user, as the rest of "because …". `None` where the value by
    /// itself says nothing of the kind, or is missing for a reason that is not the person's.
    pub fn of(&self, feature: Feature, value: FeatureValue) -> Option<&str> {
        match value {
            FeatureValue::Value(value) => self.factors.get(&feature)?.of(value),
            FeatureValue::Missing(MissingReason::NoData | MissingReason::TooFew { .. }) => {
                Some(self.missing.of(feature))
            }
            FeatureValue::Missing(MissingReason::Undefined | MissingReason::Unavailable) => None,
        }
    }

    /// What raised the risk, strongest first, in words, each once.
    pub fn factors(&self, contributions: &[Contribution], features: &FeatureVector) -> Vec<&str> {
        let mut factors = Vec::new();
        for raising in contributions.iter().filter(|found| found.log_odds > 0.0) {
            let words = self.of(raising.feature, features.get(raising.feature));
            factors.extend(words.filter(|words| !factors.contains(words)));
        }
        factors
    }
}

impl Factor {
    fn of(&self, value: f64) -> Option<&str> {
        let low = self.low.as_ref().filter(|low| value < low.below);
        let high = self.high.as_ref().filter(|high| value > high.above);
        low.map(|low| low.words.as_str()).or_else(|| high.map(|high| high.words.as_str()))
    }

    /// Its texts, each with its bound.
    fn sides(&self) -> impl Iterator<Item = (&str, f64)> {
        let low = self.low.iter().map(|low| (low.words.as_str(), low.below));
        low.chain(self.high.iter().map(|high| (high.words.as_str(), high.above)))
    }

    fn check(&self) -> Result<(), WordsError> {
        let whole = |(words, bound): (&str, f64)| !words.trim().is_empty() && bound.is_finite();
        let any = self.sides().next().is_some();
        if any && self.sides().all(whole) { Ok(()) } else { Err(WordsError::Blank(self.feature)) }
    }
}

impl Missing {
    fn of(&self, feature: Feature) -> &str {
        if feature.reads_texts() {
            &self.texts
        } else if feature.family() == Family::Mood || feature.name().starts_with("mood_") {
            &self.mood
        } else {
            &self.other
        }
    }
}

#[cfg(test)]
mod tests;
