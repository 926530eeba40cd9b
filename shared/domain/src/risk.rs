//! Levels of risk and the score behind them.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A level of risk (R4.4). `Unknown` is its own level: it is never shown or stored as minimal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "the names say it; the bounds are in the policy file")]
pub enum RiskLevel {
    Unknown,
    Minimal,
    Low,
    Moderate,
    High,
    Critical,
}

impl RiskLevel {
    /// All levels, as reports list them.
    pub const ALL: [Self; 6] =
        [Self::Unknown, Self::Minimal, Self::Low, Self::Moderate, Self::High, Self::Critical];

    /// As in messages, stores and reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Minimal => "minimal",
            Self::Low => "low",
            Self::Moderate => "moderate",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }

    /// The level of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|level| level.name() == name)
    }

    /// How severe a known level is, from 0 for minimal to 4 for critical; `None` for unknown,
    /// which is neither more nor less severe than any other.
    pub fn severity(self) -> Option<u8> {
        match self {
            Self::Unknown => None,
            Self::Minimal => Some(0),
            Self::Low => Some(1),
            Self::Moderate => Some(2),
            Self::High => Some(3),
            Self::Critical => Some(4),
        }
    }

    /// Whether such a user's next assessment takes the priority queue (R9.7).
    pub fn is_urgent(self) -> bool {
        matches!(self, Self::High | Self::Critical)
    }

    /// This level, or the floor where that is more severe. An unknown level takes the floor.
    #[must_use]
    pub fn at_least(self, floor: Self) -> Self {
        if self.severity() < floor.severity() { floor } else { self }
    }
}

impl fmt::Display for RiskLevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The estimated probability of a crisis in the coming week, 0 to 1.
///
/// It has no `Display` and its `Debug` is redacted, so that it cannot slip into what a user reads
/// (R8.5); an operator's view calls [`RiskScore::for_operator`].
#[derive(Clone, Copy, PartialEq, PartialOrd, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "f64", into = "f64")]
#[schemars(with = "f64")]
pub struct RiskScore(f64);

/// A number that is no probability.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
#[error("expected a score from 0 to 1, found {0}")]
pub struct ScoreError(f64);

impl RiskScore {
    /// Takes a probability.
    ///
    /// # Errors
    /// The number, where it lies outside 0 to 1 or is NaN.
    pub fn new(score: f64) -> Result<Self, ScoreError> {
        if (0.0..=1.0).contains(&score) { Ok(Self(score)) } else { Err(ScoreError(score)) }
    }

    /// The number, for stores, models and an operator's view. Never for a user.
    pub fn for_operator(self) -> f64 {
        self.0
    }
}

impl fmt::Debug for RiskScore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RiskScore(…)")
    }
}

impl TryFrom<f64> for RiskScore {
    type Error = ScoreError;

    fn try_from(score: f64) -> Result<Self, Self::Error> {
        Self::new(score)
    }
}

impl From<RiskScore> for f64 {
    fn from(score: RiskScore) -> Self {
        score.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_floor_lifts_and_never_lowers() {
        assert_eq!(RiskLevel::Unknown.at_least(RiskLevel::High), RiskLevel::High);
        assert_eq!(RiskLevel::Low.at_least(RiskLevel::High), RiskLevel::High);
        assert_eq!(RiskLevel::Critical.at_least(RiskLevel::High), RiskLevel::Critical);
    }

    #[test]
    fn nan_is_no_score() {
        assert!(RiskScore::new(f64::NAN).is_err());
        assert!(RiskScore::new(1.000_001).is_err());
    }

    /// R8.5
    #[test]
    fn debug_never_shows_the_score() {
        assert!(!format!("{:?}", RiskScore::new(0.731).unwrap()).contains("731"));
    }
}
