//! The policy file: every number that decides whom the pipeline reaches, and its checks.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::consent::Consents;
use crate::crisis::{CrisisCategory, CrisisSignal};
use crate::instant::Window;
use crate::risk::{RiskLevel, RiskScore};

/// The policy that ships with the pipeline.
const BUILT_IN: &str = include_str!("../data/policy-1.toml");

/// Scores from which an assessment has each level at the latest (R4.4). A file may reach people
/// earlier; later, and somebody whom the documents call high is left at moderate.
const LATEST: LevelBounds = LevelBounds { low: 0.2, moderate: 0.4, high: 0.6, critical: 0.8 };

/// A checked policy.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    /// Its name, as on every assessment.
    pub version: String,
    /// Lower bounds of the levels.
    pub levels: LevelBounds,
    /// What crisis language does.
    pub floor: FloorRule,
    /// The last rungs of the ladder.
    pub fallback: Fallback,
    /// How long a repeat waits.
    pub cooldown: Cooldown,
    /// When an intervention is too late.
    pub interventions: InterventionRule,
    /// How soon a human looks.
    pub review: ReviewRule,
    /// How long assessments are kept.
    pub assessments: Retention,
    /// What holds for users without a consents block.
    #[serde(rename = "legacyConsents")]
    pub legacy_consents: Consents,
}

/// Lower bound of each level, as a score; below `low` is minimal.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "the names are the levels'")]
pub struct LevelBounds {
    pub low: f64,
    pub moderate: f64,
    pub high: f64,
    pub critical: f64,
}

impl LevelBounds {
    /// Each bound with its level, lowest first.
    pub fn named(&self) -> [(RiskLevel, f64); 4] {
        [
            (RiskLevel::Low, self.low),
            (RiskLevel::Moderate, self.moderate),
            (RiskLevel::High, self.high),
            (RiskLevel::Critical, self.critical),
        ]
    }

    /// Whether they rise, and none begins later than the documented one. Not a number compares
    /// with nothing, so it does not rise either.
    fn check(&self) -> Result<(), PolicyError> {
        let Self { low, moderate, high, critical } = *self;
        let rises = 0.0 < low && low < moderate && moderate < high && high < critical;
        if !rises {
            return Err(PolicyError::Bounds(*self));
        }
        for ((level, found), (_, latest)) in self.named().into_iter().zip(LATEST.named()) {
            if found > latest {
                return Err(PolicyError::BeginsTooLate { level, latest, found });
            }
        }
        Ok(())
    }
}

/// The floor that crisis language sets.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct FloorRule {
    /// How far back a text still sets a floor, in hours.
    pub lookback_hours: u32,
    /// The level of each category.
    #[serde(flatten)]
    pub levels: BTreeMap<CrisisCategory, RiskLevel>,
}

/// See the policy file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fallback {
    /// Days after which the last known level says nothing any more.
    pub last_known_max_age_days: u32,
}

/// See the policy file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "the names are the levels'")]
pub struct Cooldown {
    pub critical_hours: u32,
    pub high_hours: u32,
    pub moderate_hours: u32,
    pub low_hours: u32,
    /// Times as long where the last one was answered.
    pub answered_factor: u32,
}

impl Cooldown {
    /// How long a repeat of this level waits; `None` for levels that nothing is sent at.
    pub fn of(&self, level: RiskLevel) -> Option<SignedDuration> {
        let hours = match level {
            RiskLevel::Critical => self.critical_hours,
            RiskLevel::High => self.high_hours,
            RiskLevel::Moderate => self.moderate_hours,
            RiskLevel::Low => self.low_hours,
            RiskLevel::Minimal | RiskLevel::Unknown => return None,
        };
        Some(SignedDuration::from_hours(hours.into()))
    }
}

/// See the policy file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InterventionRule {
    /// Hours after which an assessment is too old to be acted on without a human.
    pub max_assessment_age_hours: u32,
}

/// See the policy file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReviewRule {
    /// Minutes within which a critical entry is acknowledged.
    pub sla_minutes: u32,
}

/// See the policy file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Retention {
    /// Days that an assessment is kept.
    pub retention_days: u32,
}

/// The floor under an assessment, as stored with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Floor {
    /// The level below which the assessment may not fall.
    pub level: RiskLevel,
    /// The category that set it.
    pub category: CrisisCategory,
    /// The text's instant.
    #[serde(with = "crate::instant::serde_key_form")]
    pub at: Timestamp,
}

/// What is wrong with a policy file.
#[derive(Debug, thiserror::Error)]
pub enum PolicyError {
    /// It is not the TOML that a policy is.
    #[error("the policy file cannot be read: {0}")]
    Unreadable(#[from] toml::de::Error),
    /// The level bounds do not rise.
    #[error("expected 0 < low < moderate < high < critical under [levels], found {0:?}")]
    Bounds(LevelBounds),
    /// A level begins at a higher score than the documented one.
    #[error("expected {level} <= {latest} under [levels], found {found}")]
    BeginsTooLate {
        /// The level.
        level: RiskLevel,
        /// The score at which it begins at the latest.
        latest: f64,
        /// What the file says.
        found: f64,
    },
    /// A floor is missing or lower than the safety rules allow.
    #[error("expected a floor of at least {least} for {category:?} under [floor], found {found:?}")]
    Floor {
        /// The category.
        category: CrisisCategory,
        /// The least that the safety rules allow.
        least: RiskLevel,
        /// What the file says.
        found: Option<RiskLevel>,
    },
    /// A number falls behind the safety rules.
    #[error("expected {name} from {} to {} under [{section}], found {found}", range.0, range.1)]
    OutOfRange {
        /// The part of the file.
        section: &'static str,
        /// The number's name.
        name: &'static str,
        /// The least and the most that the safety rules allow.
        range: (u32, u32),
        /// What the file says.
        found: u32,
    },
}

impl ReviewRule {
    /// By when an entry of this instant is to be acknowledged.
    pub fn due(&self, entered_at: Timestamp) -> Timestamp {
        let sla = SignedDuration::from_mins(self.sla_minutes.into());
        entered_at.saturating_add(sla).unwrap_or(Timestamp::MAX)
    }
}

impl Policy {
    /// The policy that ships with the pipeline.
    ///
    /// # Errors
    /// None, which a test shows; the signature is that of any policy.
    pub fn built_in() -> Result<Self, PolicyError> {
        Self::parse(BUILT_IN)
    }

    /// Reads and checks a policy file.
    ///
    /// # Errors
    /// What is wrong with it: a file that falls behind the safety rules is refused.
    pub fn parse(text: &str) -> Result<Self, PolicyError> {
        let policy: Self = toml::from_str(text)?;
        policy.levels.check()?;
        for (section, name, found, range) in policy.numbers() {
            if !(range.0..=range.1).contains(&found) {
                return Err(PolicyError::OutOfRange { section, name, range, found });
            }
        }
        for category in CrisisCategory::ALL {
            let least = match category {
                CrisisCategory::PlanIntentMeans => RiskLevel::Critical,
                _ => RiskLevel::High,
            };
            let found = policy.floor.levels.get(&category).copied();
            if found.is_none_or(|level| level.severity() < least.severity()) {
                return Err(PolicyError::Floor { category, least, found });
            }
        }
        Ok(policy)
    }

    /// Each number whose range the safety rules limit: section, name, value, least and most.
    fn numbers(&self) -> [(&'static str, &'static str, u32, (u32, u32)); 10] {
        let Cooldown { critical_hours, high_hours, moderate_hours, low_hours, answered_factor } =
            self.cooldown;
        let age = self.interventions.max_assessment_age_hours;
        let last_known = self.fallback.last_known_max_age_days;
        [
            // A history goes back 35 days: older texts are not read.
            ("floor", "lookback_hours", self.floor.lookback_hours, (72, 840)),
            // Older, and a level says nothing of today: "unknown" is its own level (R4.7, safety 8).
            ("fallback", "last_known_max_age_days", last_known, (0, 7)),
            // Longer than safety 5 says, and somebody who gets worse waits too long.
            ("cooldown", "critical_hours", critical_hours, (0, 6)),
            ("cooldown", "high_hours", high_hours, (0, 24)),
            ("cooldown", "moderate_hours", moderate_hours, (0, 72)),
            ("cooldown", "low_hours", low_hours, (0, 168)),
            ("cooldown", "answered_factor", answered_factor, (1, 2)),
            ("interventions", "max_assessment_age_hours", age, (1, 24)),
            ("review", "sla_minutes", self.review.sla_minutes, (1, 60)),
            ("assessments", "retention_days", self.assessments.retention_days, (1, 90)),
        ]
    }

    /// The level of a score (R4.4).
    pub fn level(&self, score: RiskScore) -> RiskLevel {
        let score = score.for_operator();
        let bounds = &self.levels;
        if score >= bounds.critical {
            RiskLevel::Critical
        } else if score >= bounds.high {
            RiskLevel::High
        } else if score >= bounds.moderate {
            RiskLevel::Moderate
        } else if score >= bounds.low {
            RiskLevel::Low
        } else {
            RiskLevel::Minimal
        }
    }

    /// The time in which a text still sets a floor at `as_of`.
    pub fn floor_window(&self, as_of: Timestamp) -> Window {
        let lookback = SignedDuration::from_hours(self.floor.lookback_hours.into());
        Window { after: as_of.saturating_sub(lookback).unwrap_or(Timestamp::MIN), until: as_of }
    }

    /// The floor that these signals set at `as_of`: the most severe, the latest among equals.
    pub fn floor(&self, signals: &[CrisisSignal], as_of: Timestamp) -> Option<Floor> {
        let window = self.floor_window(as_of);
        signals
            .iter()
            .filter(|signal| window.contains(signal.at))
            .filter_map(|signal| {
                let level = *self.floor.levels.get(&signal.category)?;
                Some(Floor { level, category: signal.category, at: signal.at })
            })
            .max_by_key(|floor| (floor.level.severity(), floor.category, floor.at))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn score(score: f64) -> RiskScore {
        RiskScore::new(score).unwrap()
    }

    /// R4.4
    #[test]
    fn levels_begin_at_their_bounds() {
        let policy = Policy::built_in().unwrap();
        for (number, level) in [
            (0.0, RiskLevel::Minimal),
            (0.199_999, RiskLevel::Minimal),
            (0.2, RiskLevel::Low),
            (0.4, RiskLevel::Moderate),
            (0.6, RiskLevel::High),
            (0.799_999, RiskLevel::High),
            (0.8, RiskLevel::Critical),
            (1.0, RiskLevel::Critical),
        ] {
            assert_eq!(policy.level(score(number)), level, "{number}");
        }
    }

    /// Safety 3
    #[test]
    fn crisis_language_of_72_hours_sets_the_floor() {
        let policy = Policy::built_in().unwrap();
        let as_of: Timestamp = "2025-04-20T06:00:00Z".parse().unwrap();
        let signal = |category, at: &str| CrisisSignal { category, at: at.parse().unwrap() };
        let passive = signal(CrisisCategory::PassiveIdeation, "2025-04-17T06:00:01Z");
        let plan = signal(CrisisCategory::PlanIntentMeans, "2025-04-17T06:00:00Z");
        assert_eq!(policy.floor(&[passive, plan], as_of).unwrap().level, RiskLevel::High);
        let plan = signal(CrisisCategory::PlanIntentMeans, "2025-04-18T06:00:00Z");
        assert_eq!(policy.floor(&[passive, plan], as_of).unwrap().level, RiskLevel::Critical);
        assert_eq!(policy.floor(&[], as_of), None);
    }

    #[test]
    fn a_policy_that_reaches_people_earlier_is_taken() {
        let earlier = BUILT_IN.replacen("high = 0.6", "high = 0.5", 1);
        assert_eq!(Policy::parse(&earlier).unwrap().level(score(0.55)), RiskLevel::High);
    }

    #[test]
    fn a_policy_behind_the_safety_rules_is_refused() {
        for (from, to, complaint) in [
            ("planIntentMeans = \"critical\"", "planIntentMeans = \"high\"", "PlanIntentMeans"),
            ("selfHarm = \"high\"", "", "SelfHarm"),
            ("lookback_hours = 72", "lookback_hours = 24", "lookback_hours"),
            ("moderate = 0.4", "moderate = 0.1", "0 < low < moderate"),
            ("critical = 0.8", "critical = nan", "0 < low < moderate"),
            ("critical = 0.8", "critical = 0.9", "critical <= 0.8"),
            ("high = 0.6", "high = 0.79", "expected high <= 0.6 under [levels], found 0.79"),
            ("moderate = 0.4", "moderate = 0.5", "moderate <= 0.4"),
            ("low = 0.2", "low = 0.3", "low <= 0.2"),
            ("age_days = 7", "age_days = 30", "last_known_max_age_days from 0 to 7"),
            ("critical_hours = 6", "critical_hours = 7", "critical_hours from 0 to 6"),
            ("high_hours = 24", "high_hours = 240", "high_hours from 0 to 24"),
            ("answered_factor = 2", "answered_factor = 0", "answered_factor from 1 to 2"),
            ("age_hours = 24", "age_hours = 25", "max_assessment_age_hours from 1 to 24"),
            ("sla_minutes = 60", "sla_minutes = 0", "sla_minutes from 1 to 60"),
            ("retention_days = 90", "retention_days = 0", "retention_days from 1 to 90"),
            ("[review]", "[reviews]", "reviews"),
        ] {
            let text = BUILT_IN.replacen(from, to, 1);
            assert_ne!(text, BUILT_IN, "{from}");
            let error = Policy::parse(&text).unwrap_err().to_string();
            assert!(error.contains(complaint), "{error}");
        }
    }
}
