//! The 70 features, in the model's input order, and what a value of one can be.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use sha2::{Digest, Sha256};

use crate::pseudonym::hex;

/// Changes whenever a feature's definition, its lexicons' constants or the order changes.
pub const FEATURE_VERSION: u32 = 1;

/// How many features there are.
pub const FEATURE_COUNT: usize = Feature::ALL.len();

/// What a set of features is told from others by: lower-case hexadecimal SHA-256 of the version and the
/// names in input order, a line each.
pub fn schema_hash() -> String {
    let mut lines = format!("features {FEATURE_VERSION}\n");
    for feature in Feature::ALL {
        lines.push_str(feature.name());
        lines.push('\n');
    }
    hex(&Sha256::digest(lines.as_bytes()))
}

/// The four groups of features.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "camelCase")]
pub enum Family {
    /// From mood entries.
    Mood,
    /// From what the person does in the app.
    Behaviour,
    /// From texts and their stored sentiment.
    Sentiment,
    /// Of change over time.
    Dynamics,
}

impl Family {
    /// All four, in input order.
    pub const ALL: [Self; 4] = [Self::Mood, Self::Behaviour, Self::Sentiment, Self::Dynamics];

    /// As in messages and reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Mood => "mood",
            Self::Behaviour => "behaviour",
            Self::Sentiment => "sentiment",
            Self::Dynamics => "dynamics",
        }
    }

    /// Its features, in input order.
    pub fn features(self) -> impl Iterator<Item = Feature> {
        Feature::ALL.into_iter().filter(move |feature| feature.family() == self)
    }
}

macro_rules! features {
    ($($family:ident { $($variant:ident = $name:literal,)+ })+) => {
        /// A feature. `Feature as usize` is its place in the model's input.
        ///
        /// Definitions, needs and sources are in `docs/FEATURES.md`.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[expect(missing_docs, reason = "the names are the documentation's")]
        pub enum Feature { $($($variant,)+)+ }

        impl Feature {
            /// All features in input order.
            pub const ALL: [Self; [$($(Self::$variant,)+)+].len()] = [$($(Self::$variant,)+)+];

            /// The name that the app, the messages and the model know.
            pub fn name(self) -> &'static str {
                match self { $($(Self::$variant => $name,)+)+ }
            }

            /// The group that it is computed in.
            pub fn family(self) -> Family {
                match self { $($(Self::$variant)|+ => Family::$family,)+ }
            }
        }

        impl FromStr for Feature {
            type Err = UnknownFeature;

            fn from_str(name: &str) -> Result<Self, Self::Err> {
                match name {
                    $($($name => Ok(Self::$variant),)+)+
                    other => Err(UnknownFeature(other.to_owned())),
                }
            }
        }
    };
}

/// A name that is no feature's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected one of the {FEATURE_COUNT} features of version {FEATURE_VERSION}, found {0:?}")]
pub struct UnknownFeature(String);

features! {
    Mood {
        MoodTrend7Day = "mood_trend_7day",
        MoodTrend14Day = "mood_trend_14day",
        MoodTrend30Day = "mood_trend_30day",
        MoodMean7Day = "mood_mean_7day",
        MoodMean14Day = "mood_mean_14day",
        MoodMean30Day = "mood_mean_30day",
        MoodStd7Day = "mood_std_7day",
        MoodStd14Day = "mood_std_14day",
        MoodStd30Day = "mood_std_30day",
        MoodVariance7Day = "mood_variance_7day",
        MoodMin7Day = "mood_min_7day",
        MoodMax7Day = "mood_max_7day",
        MoodVolatility = "mood_volatility",
        ConsecutiveLowDays = "consecutive_low_days",
        ConsecutiveHighDays = "consecutive_high_days",
        MoodDeclineRate = "mood_decline_rate",
        LowMoodFrequency = "low_mood_frequency",
        HighMoodFrequency = "high_mood_frequency",
        MissingDays7Day = "missing_days_7day",
        WeekendMoodDiff = "weekend_mood_diff",
        TotalMoodEntries = "total_mood_entries",
    }
    Behaviour {
        DailyCheckinFrequency = "daily_checkin_frequency",
        AvgSessionDuration = "avg_session_duration",
        EngagementTrend = "engagement_trend",
        ResponseTimeTrend = "response_time_trend",
        ActivityCompletionRate = "activity_completion_rate",
        SelfieFrequency = "selfie_frequency",
        AvgMessageLength = "avg_message_length",
        NegativeWordFrequency = "negative_word_frequency",
        HelpSeekingFrequency = "help_seeking_frequency",
        LateNightUsage = "late_night_usage",
        WeekendUsageChange = "weekend_usage_change",
        UsageConsistency = "usage_consistency",
        TotalInteractions = "total_interactions",
        MoodLogsCount = "mood_logs_count",
        SelfiesCount = "selfies_count",
    }
    Sentiment {
        SentimentTrend7Day = "sentiment_trend_7day",
        SentimentTrend30Day = "sentiment_trend_30day",
        NegativeSentimentFrequency = "negative_sentiment_frequency",
        PositiveSentimentFrequency = "positive_sentiment_frequency",
        NeutralSentimentFrequency = "neutral_sentiment_frequency",
        MixedSentimentFrequency = "mixed_sentiment_frequency",
        AvgNegativeScore = "avg_negative_score",
        AvgPositiveScore = "avg_positive_score",
        AvgNeutralScore = "avg_neutral_score",
        SentimentVolatility = "sentiment_volatility",
        DespairKeywords = "despair_keywords",
        IsolationKeywords = "isolation_keywords",
        HopelessnessScore = "hopelessness_score",
        CrisisKeywords = "crisis_keywords",
        TotalMessagesAnalyzed = "total_messages_analyzed",
    }
    Dynamics {
        MoodTheilSen30Day = "mood_theil_sen_30day",
        MoodMannKendallZ = "mood_mann_kendall_z",
        MoodRmssd = "mood_rmssd",
        MoodAcuteChange = "mood_acute_change",
        MoodInertia = "mood_inertia",
        MoodRelativeSd = "mood_relative_sd",
        MoodEwmaAlarm = "mood_ewma_alarm",
        MoodSlowingDown = "mood_slowing_down",
        MoodPersonalDeviation = "mood_personal_deviation",
        DataYield30Day = "data_yield_30day",
        LongestGapDays = "longest_gap_days",
        InterdailyStability = "interdaily_stability",
        IntradailyVariability = "intradaily_variability",
        HourEntropy = "hour_entropy",
        NightGapHours = "night_gap_hours",
        FirstPersonRate = "first_person_rate",
        AbsolutistRate = "absolutist_rate",
        DaysSinceLastInteraction = "days_since_last_interaction",
        CrisisLanguageRecencyDays = "crisis_language_recency_days",
    }
}

impl Feature {
    /// Whether it is made from what a user wrote, and so needs consent to text analysis.
    pub fn reads_texts(self) -> bool {
        self.family() == Family::Sentiment
            || matches!(
                self,
                Self::AvgMessageLength
                    | Self::NegativeWordFrequency
                    | Self::HelpSeekingFrequency
                    | Self::FirstPersonRate
                    | Self::AbsolutistRate
                    | Self::CrisisLanguageRecencyDays
            )
    }
}

impl fmt::Display for Feature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Serialize for Feature {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl<'de> Deserialize<'de> for Feature {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        name.parse().map_err(de::Error::custom)
    }
}

impl JsonSchema for Feature {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Feature".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let names: Vec<_> = Self::ALL.iter().map(|feature| feature.name()).collect();
        schemars::json_schema!({ "type": "string", "enum": names })
    }
}

/// Why a feature has no value. A missing feature is never 0 (R1.6).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "reason", rename_all = "camelCase")]
pub enum MissingReason {
    /// The source has nothing in the window.
    NoData,
    /// The source has less than the feature needs.
    TooFew {
        /// What there is, in the unit of the need; whole hours where entries are too close.
        have: u32,
        /// What it takes.
        need: u32,
    },
    /// The formula has no value here, for example with zero variance.
    Undefined,
    /// A source failed, is not consented to, is not configured or has no list for the language.
    Unavailable,
}

/// A feature's value, or why it has none.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum FeatureValue {
    /// Finite.
    Value(f64),
    /// No value, with the reason.
    Missing(MissingReason),
}

impl FeatureValue {
    /// The number, where there is one.
    pub fn value(self) -> Option<f64> {
        match self {
            Self::Value(value) => Some(value),
            Self::Missing(_) => None,
        }
    }
}

/// All features of one user at one instant.
#[derive(Debug, Clone, PartialEq)]
pub struct FeatureVector(Box<[FeatureValue; FEATURE_COUNT]>);

impl FeatureVector {
    /// A vector with every feature missing for this reason.
    pub fn all_missing(reason: MissingReason) -> Self {
        Self(Box::new([FeatureValue::Missing(reason); FEATURE_COUNT]))
    }

    /// The same without anything that was read of texts.
    #[must_use]
    pub fn without_texts(mut self) -> Self {
        for feature in Feature::ALL.into_iter().filter(|feature| feature.reads_texts()) {
            self.set(feature, FeatureValue::Missing(MissingReason::Unavailable));
        }
        self
    }

    /// The value of a feature.
    pub fn get(&self, feature: Feature) -> FeatureValue {
        self.0[feature as usize]
    }

    /// Sets a feature. What is not finite becomes [`MissingReason::Undefined`].
    pub fn set(&mut self, feature: Feature, value: FeatureValue) {
        self.0[feature as usize] = match value {
            FeatureValue::Value(number) if !number.is_finite() => {
                FeatureValue::Missing(MissingReason::Undefined)
            }
            other => other,
        };
    }

    /// Features with their values, in input order.
    pub fn iter(&self) -> impl Iterator<Item = (Feature, FeatureValue)> + '_ {
        Feature::ALL.into_iter().zip(self.0.iter().copied())
    }

    /// The present ones by name.
    pub fn present(&self) -> BTreeMap<Feature, f64> {
        self.iter().filter_map(|(feature, value)| Some((feature, value.value()?))).collect()
    }

    /// The missing ones by name.
    pub fn missing(&self) -> BTreeMap<Feature, MissingReason> {
        self.iter()
            .filter_map(|(feature, value)| match value {
                FeatureValue::Value(_) => None,
                FeatureValue::Missing(reason) => Some((feature, reason)),
            })
            .collect()
    }
}

/// The written form: what is present and what is missing, each by name.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Written {
    /// The version of the features' definitions.
    feature_version: u32,
    /// Present features by name.
    features: BTreeMap<Feature, f64>,
    /// Missing features by name, with the reason.
    missing: BTreeMap<Feature, MissingReason>,
}

impl Serialize for FeatureVector {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Written {
            feature_version: FEATURE_VERSION,
            features: self.present(),
            missing: self.missing(),
        }
        .serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for FeatureVector {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let written = Written::deserialize(deserializer)?;
        if written.feature_version != FEATURE_VERSION {
            return Err(de::Error::custom(format!(
                "expected features of version {FEATURE_VERSION}, found version {}",
                written.feature_version
            )));
        }
        let mut vector = Self::all_missing(MissingReason::NoData);
        for feature in Feature::ALL {
            let value = match (written.features.get(&feature), written.missing.get(&feature)) {
                (Some(value), None) => FeatureValue::Value(*value),
                (None, Some(reason)) => FeatureValue::Missing(*reason),
                (Some(_), Some(_)) => {
                    return Err(de::Error::custom(format!(
                        "{feature} is both present and missing"
                    )));
                }
                (None, None) => {
                    return Err(de::Error::custom(format!(
                        "{feature} is neither present nor missing"
                    )));
                }
            };
            vector.set(feature, value);
        }
        Ok(vector)
    }
}

impl JsonSchema for FeatureVector {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "FeatureVector".into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        Written::json_schema(generator)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_21_15_15_and_19_features() {
        let sizes: Vec<_> = Family::ALL.iter().map(|family| family.features().count()).collect();
        assert_eq!(sizes, [21, 15, 15, 19]);
        assert_eq!(FEATURE_COUNT, 70);
    }

    #[test]
    fn a_vector_survives_writing_and_reading() {
        let mut vector = FeatureVector::all_missing(MissingReason::TooFew { have: 1, need: 2 });
        vector.set(Feature::MoodMean7Day, FeatureValue::Value(5.5));
        let text = serde_json::to_string(&vector).unwrap();
        assert_eq!(serde_json::from_str::<FeatureVector>(&text).unwrap(), vector);
    }

    #[test]
    fn a_vector_of_another_version_or_with_a_hole_is_refused() {
        let vector = FeatureVector::all_missing(MissingReason::NoData);
        let mut json = serde_json::to_value(&vector).unwrap();
        json["missing"].as_object_mut().unwrap().remove("mood_rmssd");
        let hole = serde_json::from_value::<FeatureVector>(json.clone()).unwrap_err().to_string();
        assert!(hole.contains("mood_rmssd"), "{hole}");
        json["featureVersion"] = 99.into();
        let version = serde_json::from_value::<FeatureVector>(json).unwrap_err().to_string();
        assert!(version.contains("found version 99"), "{version}");
    }

    #[test]
    fn what_is_not_finite_becomes_undefined() {
        let mut vector = FeatureVector::all_missing(MissingReason::NoData);
        vector.set(Feature::MoodRmssd, FeatureValue::Value(f64::NAN));
        assert_eq!(vector.get(Feature::MoodRmssd), FeatureValue::Missing(MissingReason::Undefined));
    }
}
