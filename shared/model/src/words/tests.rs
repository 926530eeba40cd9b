use super::*;
use crate::rules::RuleScorer;

fn words() -> Words {
    Words::built_in().unwrap()
}

fn of(feature: Feature, value: f64) -> Option<String> {
    words().of(feature, FeatureValue::Value(value)).map(str::to_owned)
}

#[test]
fn the_built_in_words_are_whole() {
    let words = words();
    assert_eq!(words.version(), "words-1");
    assert_eq!(words.factors.len() + ALIASES.len(), Feature::ALL.len());
}

/// Safety 16
#[test]
fn words_to_the_user_hold_no_score_no_level_and_no_diagnosis() {
    let words = words();
    let forbidden = [
        "score",
        "risk",
        "level",
        "critical",
        "moderate",
        "depress",
        "suicid",
        "disorder",
        "diagnos",
        "symptom",
        "clinical",
        "crisis",
        "alarm",
        "keyword",
        "average",
        "should",
        "fail",
        "model",
        "entropy",
        "sentiment",
    ];
    let Missing { mood, texts, other } = &words.missing;
    let missing = [mood, texts, other].map(String::as_str);
    let sides = words.factors.values().flat_map(Factor::sides).map(|(words, _)| words);
    for words in sides.chain(missing) {
        assert_eq!(forbidden.iter().find(|word| words.contains(**word)), None, "{words}");
        assert!(!words.contains(|c: char| c.is_ascii_digit() || c.is_uppercase()), "{words}");
        assert!(words.contains("you") || words.starts_with("things"), "{words}");
        assert!(!words.ends_with('.'), "{words}");
    }
}

#[test]
fn words_are_said_only_where_the_value_says_so() {
    let low = Some("your mood has been low this week".to_owned());
    assert_eq!(of(Feature::MoodMean7Day, 3.0), low);
    assert_eq!(of(Feature::MoodMean7Day, 8.0), None);
    assert_eq!(of(Feature::CrisisKeywords, 0.0), None);
    let (less, more) = (of(Feature::EngagementTrend, -0.1), of(Feature::EngagementTrend, 0.1));
    assert_eq!(less.as_deref(), Some("you have been checking in less often"));
    assert_eq!(more.as_deref(), Some("you have been checking in more often"));
    assert_eq!(of(Feature::EngagementTrend, 0.0), None);
}

/// R1.6, safety 16
#[test]
fn what_is_missing_is_told_only_where_the_person_shared_little() {
    let words = words();
    let of = |feature, reason| words.of(feature, FeatureValue::Missing(reason));
    let few = MissingReason::TooFew { have: 1, need: 2 };
    assert_eq!(of(Feature::MoodTrend7Day, few), Some("we know little of your mood lately"));
    assert_eq!(of(Feature::MoodRmssd, few), Some("we know little of your mood lately"));
    let texts = Some("you have written little lately");
    assert_eq!(of(Feature::AvgNegativeScore, MissingReason::NoData), texts);
    let other = Some("we have seen little of you lately");
    assert_eq!(of(Feature::NightGapHours, MissingReason::NoData), other);
    assert_eq!(of(Feature::AvgNegativeScore, MissingReason::Unavailable), None);
    assert_eq!(of(Feature::MoodInertia, MissingReason::Undefined), None);
}

/// Whatever a rule counts in full has words.
#[test]
fn every_rule_at_its_worst_has_words() {
    for rule in RuleScorer::built_in().unwrap().rules() {
        assert!(of(rule.feature, rule.to).is_some(), "{}", rule.feature);
    }
}

#[test]
fn factors_come_strongest_first_and_each_once() {
    let mut features = FeatureVector::all_missing(MissingReason::Unavailable);
    for (feature, value) in [
        (Feature::MoodTrend7Day, -0.3),
        (Feature::MoodDeclineRate, 0.3),
        (Feature::MoodMean7Day, 2.0),
        (Feature::MoodMin7Day, 1.0),
        (Feature::NightGapHours, 11.0),
    ] {
        features.set(feature, FeatureValue::Value(value));
    }
    let added = |feature, log_odds| Contribution { feature, log_odds };
    let contributions = [
        added(Feature::MoodTrend7Day, 0.9),
        added(Feature::MoodMin7Day, -0.8),
        added(Feature::MoodDeclineRate, 0.7),
        added(Feature::NightGapHours, 0.6),
        added(Feature::MoodMean7Day, 0.5),
    ];
    let expected = ["your mood has been going down this week", "your mood has been low this week"];
    assert_eq!(words().factors(&contributions, &features), expected);
}

#[test]
fn a_file_that_cannot_be_right_is_refused() {
    let entry = "[[factor]]\nfeature = \"selfies_count\"\n";
    for (from, to, complaint) in [
        ("feature_version = 1", "feature_version = 2", "found version 2"),
        ("\"selfies_count\"", "\"selfie_frequency\"", "otherwise for selfie_frequency"),
        ("\"selfies_count\"", "\"mood_rmssd\"", "otherwise for mood_rmssd"),
        ("\"selfies_count\"", "\"mood_tomorrow\"", "mood_tomorrow"),
        ("above = 15.0", "above = inf", "finite bound for selfies_count"),
        (
            "words = \"you have taken many selfies this month\"",
            "words = \" \"",
            "for selfies_count",
        ),
        (entry, "[[factor]]\nfeature = \"selfies_count\"\nside = 1\n", "side"),
    ] {
        let text = BUILT_IN.replacen(from, to, 1);
        assert_ne!(text, BUILT_IN, "{from}");
        let error = Words::parse(&text).unwrap_err().to_string();
        assert!(error.contains(complaint), "expected {complaint:?} in {error}");
    }
    let without = BUILT_IN.split(entry).next().unwrap();
    assert!(matches!(Words::parse(without), Err(WordsError::Feature(Feature::SelfiesCount))));
}
