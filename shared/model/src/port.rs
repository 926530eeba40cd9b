//! What every risk model answers to (R4.1, R4.2).

use mindmate_domain::assessment::{Contribution, Method};
use mindmate_domain::{Feature, FeatureVector, RiskScore};

/// Scores the features of one user at one instant.
///
/// The same features always have the same outcome: no clock, no chance, no state. A model scores
/// many users at once from many threads.
pub trait RiskModel: Send + Sync {
    /// Its version, as stored with every assessment that it made.
    fn version(&self) -> &str;

    /// What stands in the assessment as the method: [`Method::Model`] or [`Method::Rules`].
    fn method(&self) -> Method;

    /// By how much the log-odds of its scores stand above those of its calibrated probabilities: 0 where scores
    /// are what it has.
    fn shift(&self) -> f64 {
        0.0
    }

    /// Scores a user.
    ///
    /// # Errors
    /// [`ModelError`] where it can say nothing. That is never a low risk: the caller takes the
    /// next rung of the ladder (R4.7).
    fn score(&self, features: &FeatureVector) -> Result<Scored, ModelError>;
}

/// A score and where it comes from.
#[derive(Debug, Clone, PartialEq)]
pub struct Scored {
    /// What levels are taken from. Less [`RiskModel::shift`] in log-odds it is the probability.
    pub score: RiskScore,
    /// What each feature adds in log-odds, strongest first by magnitude, among equals in the
    /// features' order. Only those that add something.
    pub contributions: Vec<Contribution>,
    /// 0 to 1: the share of the evidence that the model looks for and had.
    pub confidence: f64,
}

/// Why a model can say nothing about a user.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ModelError {
    /// Nothing that would speak about the person's state is there.
    #[error(
        "expected a mood entry of the last 30 days or a text, found neither among the \
         {looked_for} features that {version} looks at"
    )]
    NotEnoughEvidence {
        /// The model.
        version: String,
        /// How many features it looks at.
        looked_for: usize,
    },
    /// The arithmetic came to no number.
    #[error("expected a finite number from {version}, found none")]
    NotANumber {
        /// The model.
        version: String,
    },
}

/// Names that the app knows for what another feature already says. A model does not take them in:
/// they would share out the contributions of the feature that they repeat.
pub const ALIASES: [Feature; 4] = [
    Feature::TotalMoodEntries,
    Feature::DailyCheckinFrequency,
    Feature::SelfieFrequency,
    Feature::MoodVariance7Day,
];

/// Puts contributions in the order of [`Scored::contributions`].
pub fn strongest_first(contributions: &mut [Contribution]) {
    contributions.sort_by(|a, b| {
        let by_magnitude = b.log_odds.abs().total_cmp(&a.log_odds.abs());
        by_magnitude.then(a.feature.cmp(&b.feature))
    });
}
