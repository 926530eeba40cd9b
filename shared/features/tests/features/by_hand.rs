//! Values that were worked out by hand, and each missing reason that a feature can have.

mod behaviour;
mod dynamics;
mod mood;
mod rhythm;
mod sentiment;

use mindmate_domain::feature::Family;
use mindmate_domain::{Feature, FeatureValue, History, MissingReason};
use mindmate_features::{TextReadings, extract};

use crate::support::{Diary, agree};

/// A history with what features of it must be.
pub(super) struct Case {
    name: &'static str,
    history: History,
    texts: TextReadings,
    expected: Vec<(Feature, FeatureValue)>,
}

impl Case {
    fn new(name: &'static str, diary: &Diary) -> Self {
        let texts = crate::support::read(Vec::new());
        Self { name, history: diary.history(), texts, expected: Vec::new() }
    }

    fn texts(mut self, texts: TextReadings) -> Self {
        self.texts = texts;
        self
    }

    fn is(mut self, feature: Feature, expected: FeatureValue) -> Self {
        self.expected.push((feature, expected));
        self
    }

    fn are(mut self, features: &[Feature], expected: FeatureValue) -> Self {
        self.expected.extend(features.iter().map(|feature| (*feature, expected)));
        self
    }

    fn check(&self) {
        let features = extract(&self.history, &self.texts).features;
        for (feature, expected) in &self.expected {
            let found = features.get(*feature);
            let name = self.name;
            assert!(agree(found, *expected), "{name}: {feature} is {found:?}, not {expected:?}");
        }
    }
}

fn all_cases() -> Vec<Case> {
    [mood::cases(), behaviour::cases(), sentiment::cases(), dynamics::cases(), rhythm::cases()]
        .into_iter()
        .flatten()
        .collect()
}

#[test]
fn features_are_what_was_worked_out_by_hand() {
    all_cases().iter().for_each(Case::check);
}

/// The reasons for which a feature can be missing where its extractor does not fail.
fn reasons(feature: Feature) -> &'static [&'static str] {
    use Feature as F;
    const ALWAYS: &[&str] = &[];
    const NO_DATA: &[&str] = &["no data"];
    const FEW: &[&str] = &["no data", "too few"];
    const FEW_OR_UNDEFINED: &[&str] = &["no data", "too few", "undefined"];
    match feature {
        F::MissingDays7Day
        | F::TotalMoodEntries
        | F::DailyCheckinFrequency
        | F::SelfieFrequency
        | F::LateNightUsage
        | F::TotalInteractions
        | F::MoodLogsCount
        | F::SelfiesCount
        | F::LongestGapDays => ALWAYS,
        F::DespairKeywords
        | F::IsolationKeywords
        | F::CrisisKeywords
        | F::TotalMessagesAnalyzed => &["unavailable"],
        F::AvgMessageLength | F::HelpSeekingFrequency | F::HopelessnessScore => {
            &["no data", "unavailable"]
        }
        F::NegativeWordFrequency
        | F::FirstPersonRate
        | F::AbsolutistRate
        | F::CrisisLanguageRecencyDays
        | F::SentimentTrend7Day
        | F::SentimentTrend30Day
        | F::SentimentVolatility => &["no data", "too few", "unavailable"],
        F::MoodMean7Day
        | F::MoodMean14Day
        | F::MoodMean30Day
        | F::MoodMin7Day
        | F::MoodMax7Day
        | F::ConsecutiveLowDays
        | F::ConsecutiveHighDays
        | F::LowMoodFrequency
        | F::HighMoodFrequency
        | F::AvgSessionDuration
        | F::DataYield30Day
        | F::HourEntropy
        | F::DaysSinceLastInteraction => NO_DATA,
        F::InterdailyStability | F::IntradailyVariability => &["no data", "undefined"],
        F::MoodInertia | F::MoodRelativeSd | F::MoodEwmaAlarm | F::MoodSlowingDown => {
            FEW_OR_UNDEFINED
        }
        sentiment if sentiment.family() == Family::Sentiment => &["no data", "unavailable"],
        _ => FEW,
    }
}

fn kind(value: FeatureValue) -> &'static str {
    match value {
        FeatureValue::Value(_) => "value",
        FeatureValue::Missing(MissingReason::NoData) => "no data",
        FeatureValue::Missing(MissingReason::TooFew { .. }) => "too few",
        FeatureValue::Missing(MissingReason::Undefined) => "undefined",
        FeatureValue::Missing(MissingReason::Unavailable) => "unavailable",
    }
}

#[test]
fn each_of_the_70_features_has_a_value_and_each_of_its_reasons_worked_out() {
    let cases = all_cases();
    let worked_out = |feature: Feature, wanted: &str| {
        let mut expected = cases.iter().flat_map(|case| &case.expected);
        expected.any(|(found, value)| *found == feature && kind(*value) == wanted)
    };
    let mut missing = Vec::new();
    for feature in Feature::ALL {
        for wanted in ["value"].iter().chain(reasons(feature)) {
            if !worked_out(feature, wanted) {
                missing.push(format!("{feature}: {wanted}"));
            }
        }
    }
    assert_eq!(missing, Vec::<String>::new());
}
