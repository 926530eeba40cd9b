//! What there is to go by: without a mood entry of the last 30 days and without a text nobody is scored.
//!
//! A count of words that is 0 says nothing by itself, since it is 0 without texts too; that somebody
//! opened the app says nothing either.

use mindmate_domain::Feature;
use mindmate_domain::feature::Family;

/// Whether a present feature says that there was a mood entry or a text to go by.
pub(crate) fn is_evidence(feature: Feature, value: f64) -> bool {
    match feature {
        // Counts: present wherever the source was read, even when it was empty.
        Feature::DespairKeywords
        | Feature::IsolationKeywords
        | Feature::CrisisKeywords
        | Feature::TotalMessagesAnalyzed
        | Feature::TotalMoodEntries
        | Feature::MoodLogsCount => value > 0.0,
        Feature::MissingDays7Day => false,
        // Behaviour and dynamics of texts, which need one.
        Feature::AvgMessageLength
        | Feature::NegativeWordFrequency
        | Feature::HelpSeekingFrequency
        | Feature::FirstPersonRate
        | Feature::AbsolutistRate
        | Feature::CrisisLanguageRecencyDays
        // Dynamics of mood, which need a day.
        | Feature::MoodTheilSen30Day
        | Feature::MoodMannKendallZ
        | Feature::MoodRmssd
        | Feature::MoodAcuteChange
        | Feature::MoodInertia
        | Feature::MoodRelativeSd
        | Feature::MoodEwmaAlarm
        | Feature::MoodSlowingDown
        | Feature::MoodPersonalDeviation => true,
        other => matches!(other.family(), Family::Mood | Family::Sentiment),
    }
}
