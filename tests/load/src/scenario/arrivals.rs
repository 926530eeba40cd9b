//! The keys of `[arrivals]` as a file has them: which of them a profile takes.

use std::fmt;

use mindmate_pipeline::daily::DEFAULT_SHARDS;
use serde::{Deserialize, Serialize};

use super::{Arrivals, Spacing};

/// For readers of the results.
impl fmt::Display for Arrivals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::DailyWave { .. } => f.write_str("all at once"),
            Self::Steady { rate, seconds, .. } => write!(f, "{rate} a second for {seconds} s"),
            Self::Spike { rate, seconds, peak_rate, peak_seconds, .. } => write!(
                f,
                "{rate} a second for {seconds} s, {peak_rate} for {peak_seconds} s of them"
            ),
        }
    }
}

/// All keys of `[arrivals]`.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ArrivalKeys {
    profile: Profile,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    shards: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    rate: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    seconds: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    peak_rate: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    peak_at: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    peak_seconds: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    spacing: Option<Spacing>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Profile {
    DailyWave,
    Steady,
    Spike,
}

impl Profile {
    fn name(self) -> &'static str {
        match self {
            Self::DailyWave => "daily-wave",
            Self::Steady => "steady",
            Self::Spike => "spike",
        }
    }
}

/// A key that is missing, or that the profile does not take.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum KeyError {
    #[error("missing key arrivals.{key}: expected a number, for the profile is {profile}")]
    Missing { key: &'static str, profile: &'static str },
    #[error("arrivals.{key}: expected no such key, for the profile is {profile}")]
    NotTaken { key: &'static str, profile: &'static str },
}

impl ArrivalKeys {
    fn need(self, key: &'static str, value: Option<f64>) -> Result<f64, KeyError> {
        value.ok_or(KeyError::Missing { key, profile: self.profile.name() })
    }

    /// Refuses those of these keys that are there.
    fn refuse(self, keys: &[(&'static str, bool)]) -> Result<(), KeyError> {
        let profile = self.profile.name();
        let found = keys.iter().find(|(_, is_there)| *is_there);
        found.map_or(Ok(()), |(key, _)| Err(KeyError::NotTaken { key, profile }))
    }

    fn steady(rate: f64, seconds: f64, spacing: Spacing) -> Self {
        Self {
            profile: Profile::Steady,
            shards: None,
            rate: Some(rate),
            seconds: Some(seconds),
            peak_rate: None,
            peak_at: None,
            peak_seconds: None,
            spacing: Some(spacing),
        }
    }
}

impl TryFrom<ArrivalKeys> for Arrivals {
    type Error = KeyError;

    fn try_from(keys: ArrivalKeys) -> Result<Self, KeyError> {
        let peak = [
            ("peak_rate", keys.peak_rate.is_some()),
            ("peak_at", keys.peak_at.is_some()),
            ("peak_seconds", keys.peak_seconds.is_some()),
        ];
        if keys.profile == Profile::DailyWave {
            keys.refuse(&peak)?;
            keys.refuse(&[
                ("rate", keys.rate.is_some()),
                ("seconds", keys.seconds.is_some()),
                ("spacing", keys.spacing.is_some()),
            ])?;
            return Ok(Self::DailyWave { shards: keys.shards.unwrap_or(DEFAULT_SHARDS) });
        }
        keys.refuse(&[("shards", keys.shards.is_some())])?;
        let rate = keys.need("rate", keys.rate)?;
        let seconds = keys.need("seconds", keys.seconds)?;
        let spacing = keys.spacing.unwrap_or_default();
        if keys.profile == Profile::Steady {
            keys.refuse(&peak)?;
            return Ok(Self::Steady { rate, seconds, spacing });
        }
        Ok(Self::Spike {
            rate,
            seconds,
            peak_rate: keys.need("peak_rate", keys.peak_rate)?,
            peak_at: keys.need("peak_at", keys.peak_at)?,
            peak_seconds: keys.need("peak_seconds", keys.peak_seconds)?,
            spacing,
        })
    }
}

impl From<Arrivals> for ArrivalKeys {
    fn from(arrivals: Arrivals) -> Self {
        match arrivals {
            Arrivals::DailyWave { shards } => Self {
                profile: Profile::DailyWave,
                shards: Some(shards),
                rate: None,
                seconds: None,
                spacing: None,
                ..Self::steady(0.0, 0.0, Spacing::default())
            },
            Arrivals::Steady { rate, seconds, spacing } => Self::steady(rate, seconds, spacing),
            Arrivals::Spike { rate, seconds, peak_rate, peak_at, peak_seconds, spacing } => Self {
                profile: Profile::Spike,
                peak_rate: Some(peak_rate),
                peak_at: Some(peak_at),
                peak_seconds: Some(peak_seconds),
                ..Self::steady(rate, seconds, spacing)
            },
        }
    }
}
