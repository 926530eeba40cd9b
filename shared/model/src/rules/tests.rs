use mindmate_domain::feature::{FeatureValue, MissingReason};
use mindmate_domain::{Policy, RiskLevel};

use super::*;

/// How closely contributions and score agree, in log-odds.
pub(super) const TOLERANCE: f64 = 1e-12;

/// Two rules that are easy by hand.
const SMALL: &str = r#"
version = "small"
feature_version = 1
intercept = -2.0
rule = [
    { feature = "mood_mean_7day", from = 7.0, to = 3.0, weight = 2.0, why = "w" },
    { feature = "despair_keywords", from = 1.0, to = 3.0, weight = 1.0, why = "w" },
    { feature = "mood_min_7day", from = 6.0, to = 2.0, weight = 1.0, why = "w" },
]
"#;

pub(super) fn vector(values: &[(Feature, f64)]) -> FeatureVector {
    let mut vector = FeatureVector::all_missing(MissingReason::NoData);
    for (feature, value) in values {
        vector.set(*feature, FeatureValue::Value(*value));
    }
    vector
}

fn level(values: &[(Feature, f64)]) -> RiskLevel {
    let scored = RuleScorer::built_in().unwrap().score(&vector(values)).unwrap();
    Policy::built_in().unwrap().level(scored.score)
}

/// R4.2
#[test]
fn a_score_agrees_with_the_one_worked_out_by_hand() {
    let rules = RuleScorer::parse(SMALL).unwrap();
    // x = (4 - 7) / (3 - 7) = 0.75 and (2 - 1) / (3 - 1) = 0.5; z = -2 + 1.5 + 0.5 = 0.
    let scored = rules
        .score(&vector(&[(Feature::MoodMean7Day, 4.0), (Feature::DespairKeywords, 2.0)]))
        .unwrap();
    assert!((scored.score.for_operator() - 0.5).abs() < TOLERANCE);
    let found: Vec<_> = scored.contributions.iter().map(|c| (c.feature, c.log_odds)).collect();
    assert_eq!(found, [(Feature::MoodMean7Day, 1.5), (Feature::DespairKeywords, 0.5)]);
    // Two of the three rules, of weights 2 and 1 out of 4.
    assert!((scored.confidence - 0.75).abs() < TOLERANCE);
    // z = -2 alone: 1 / (1 + e^2).
    let scored = rules.score(&vector(&[(Feature::MoodMean7Day, 9.0)])).unwrap();
    assert!((scored.score.for_operator() - 0.119_202_922_022_117_56).abs() < TOLERANCE);
    assert_eq!(scored.contributions, []);
    assert!((scored.confidence - 0.5).abs() < TOLERANCE);
}

#[test]
fn contributions_come_strongest_first_and_in_input_order_among_equals() {
    let rules = RuleScorer::parse(SMALL).unwrap();
    let scored = rules
        .score(&vector(&[
            (Feature::DespairKeywords, 9.0),
            (Feature::MoodMin7Day, 1.0),
            (Feature::MoodMean7Day, 1.0),
        ]))
        .unwrap();
    let found: Vec<_> = scored.contributions.iter().map(|c| c.feature).collect();
    assert_eq!(found, [Feature::MoodMean7Day, Feature::MoodMin7Day, Feature::DespairKeywords]);
}

const HEALTHY: [(Feature, f64); 22] = [
    (Feature::MoodMean7Day, 7.0),
    (Feature::MoodMin7Day, 6.0),
    (Feature::LowMoodFrequency, 0.0),
    (Feature::ConsecutiveLowDays, 0.0),
    (Feature::MoodTrend14Day, 0.0),
    (Feature::MoodPersonalDeviation, 0.1),
    (Feature::MoodEwmaAlarm, 0.0),
    (Feature::MoodVolatility, 0.7),
    (Feature::LateNightUsage, 2.0),
    (Feature::NightGapHours, 10.5),
    (Feature::LongestGapDays, 1.0),
    (Feature::DaysSinceLastInteraction, 0.4),
    (Feature::EngagementTrend, 0.01),
    (Feature::HelpSeekingFrequency, 0.0),
    (Feature::AvgNegativeScore, 0.15),
    (Feature::SentimentTrend7Day, 0.0),
    (Feature::HopelessnessScore, 0.09),
    (Feature::DespairKeywords, 0.0),
    (Feature::IsolationKeywords, 0.0),
    (Feature::CrisisKeywords, 0.0),
    (Feature::FirstPersonRate, 8.0),
    (Feature::AbsolutistRate, 0.8),
];

/// The healthy user with some values changed.
fn changed(values: &[(Feature, f64)]) -> Vec<(Feature, f64)> {
    HEALTHY.into_iter().chain(values.iter().copied()).collect()
}

fn mood(mean: f64, min: f64, low: f64, run: f64, trend: f64) -> Vec<(Feature, f64)> {
    vec![
        (Feature::MoodMean7Day, mean),
        (Feature::MoodMin7Day, min),
        (Feature::LowMoodFrequency, low),
        (Feature::ConsecutiveLowDays, run),
        (Feature::MoodTrend14Day, trend),
    ]
}

/// R4.4: what the weights were set to do.
#[test]
fn typical_users_have_the_levels_that_the_file_promises() {
    let with = |mut values: Vec<_>, more: &[(Feature, f64)]| {
        values.extend_from_slice(more);
        changed(&values)
    };
    assert_eq!(level(&HEALTHY), RiskLevel::Minimal);
    let texts = |negative: f64, trend: f64, despair: f64| {
        let hopelessness = 0.6 * negative + 0.4 * (despair / 5.0).min(1.0);
        [
            (Feature::AvgNegativeScore, negative),
            (Feature::SentimentTrend7Day, trend),
            (Feature::HopelessnessScore, hopelessness),
            (Feature::DespairKeywords, despair),
        ]
    };
    let deviation = |by: f64, alarm: f64| {
        [(Feature::MoodPersonalDeviation, by), (Feature::MoodEwmaAlarm, alarm)]
    };
    let dip = with(mood(5.5, 4.0, 0.0, 1.0, -0.1), &deviation(-1.5, 0.0));
    assert_eq!(level(&with(dip, &texts(0.3, 0.01, 0.0))), RiskLevel::Low);
    let decline = with(mood(4.0, 3.0, 0.2, 2.0, -0.2), &deviation(-2.5, 0.0));
    assert_eq!(level(&with(decline, &texts(0.4, 0.02, 0.0))), RiskLevel::Moderate);
    let low = with(mood(3.0, 2.0, 0.6, 4.0, -0.25), &deviation(-3.0, 1.0));
    assert_eq!(level(&with(low, &texts(0.55, 0.04, 0.0))), RiskLevel::High);
    // Seven days at 2 or less.
    let despair = with(mood(1.8, 1.0, 1.0, 7.0, -0.25), &deviation(-4.0, 1.0));
    assert_eq!(level(&with(despair, &texts(0.75, 0.05, 2.0))), RiskLevel::Critical);
    // Three such days after four good ones.
    let sudden = with(mood(4.3, 1.5, 0.43, 3.0, -0.3), &deviation(-2.5, 1.0));
    assert_eq!(level(&with(sudden, &texts(0.7, 0.08, 3.0))), RiskLevel::Critical);
}

#[test]
fn mood_alone_is_enough_for_a_level_at_less_confidence() {
    let rules = RuleScorer::built_in().unwrap();
    let all = rules.score(&vector(&HEALTHY)).unwrap();
    let mood = rules.score(&vector(&mood(4.0, 3.0, 0.3, 3.0, -0.25))).unwrap();
    assert!(mood.confidence < all.confidence);
    assert!(all.confidence < 1.0, "nobody without crisis language has its recency");
}

#[test]
fn dark_thoughts_some_days_ago_are_not_minimal_in_a_good_mood() {
    let values =
        changed(&[(Feature::CrisisKeywords, 1.0), (Feature::CrisisLanguageRecencyDays, 5.0)]);
    assert!(level(&values).severity() >= RiskLevel::Low.severity());
}

/// Safety 8
#[test]
fn nothing_to_go_by_is_not_enough_evidence() {
    let rules = RuleScorer::built_in().unwrap();
    let without = [
        vec![],
        vec![(Feature::DaysSinceLastInteraction, 1.0), (Feature::LongestGapDays, 2.0)],
        // All texts were read and there are none: the counts are 0.
        vec![
            (Feature::DespairKeywords, 0.0),
            (Feature::IsolationKeywords, 0.0),
            (Feature::CrisisKeywords, 0.0),
            (Feature::NightGapHours, 9.0),
        ],
        // Present, but no rule looks at it.
        vec![(Feature::MoodMean30Day, 7.0)],
    ];
    for values in without {
        assert_eq!(
            rules.score(&vector(&values)),
            Err(ModelError::NotEnoughEvidence {
                version: "rules-1".to_owned(),
                looked_for: rules.rules().len()
            }),
            "{values:?}"
        );
    }
    for (feature, value) in [
        (Feature::ConsecutiveLowDays, 0.0),
        (Feature::MoodPersonalDeviation, 0.0),
        (Feature::FirstPersonRate, 0.0),
        (Feature::AvgNegativeScore, 0.1),
        (Feature::DespairKeywords, 1.0),
    ] {
        assert!(rules.score(&vector(&[(feature, value)])).is_ok(), "{feature}");
    }
}

#[test]
fn features_that_are_there_without_a_mood_or_a_text_are_no_evidence() {
    let without_evidence: Vec<_> =
        Feature::ALL.into_iter().filter(|feature| !is_evidence(*feature, 0.0)).collect();
    assert_eq!(
        without_evidence,
        [
            Feature::MissingDays7Day,
            Feature::TotalMoodEntries,
            Feature::DailyCheckinFrequency,
            Feature::AvgSessionDuration,
            Feature::EngagementTrend,
            Feature::ResponseTimeTrend,
            Feature::ActivityCompletionRate,
            Feature::SelfieFrequency,
            Feature::LateNightUsage,
            Feature::WeekendUsageChange,
            Feature::UsageConsistency,
            Feature::TotalInteractions,
            Feature::MoodLogsCount,
            Feature::SelfiesCount,
            Feature::DespairKeywords,
            Feature::IsolationKeywords,
            Feature::CrisisKeywords,
            Feature::TotalMessagesAnalyzed,
            Feature::DataYield30Day,
            Feature::LongestGapDays,
            Feature::InterdailyStability,
            Feature::IntradailyVariability,
            Feature::HourEntropy,
            Feature::NightGapHours,
            Feature::DaysSinceLastInteraction,
        ]
    );
}

#[test]
fn the_built_in_rules_are_whole() {
    let rules = RuleScorer::built_in().unwrap();
    assert_eq!(rules.version(), "rules-1");
    assert_eq!(rules.method(), Method::Rules);
    assert!(rules.intercept() < 0.0);
}

#[test]
fn a_file_that_cannot_be_right_is_refused() {
    for (from, to, complaint) in [
        ("intercept = -2.0", "intercept = nan", "finite intercept, found NaN"),
        ("weight = 2.0", "weight = 0.0", "above 0 for mood_mean_7day, found 0"),
        ("weight = 2.0", "weight = -1.0", "above 0 for mood_mean_7day, found -1"),
        ("weight = 2.0", "weight = inf", "finite weight above 0 for mood_mean_7day, found inf"),
        ("weight = 2.0", "weight = nan", "found NaN"),
        ("to = 3.0, weight = 2.0", "to = 7.0, weight = 2.0", "that differ for mood_mean_7day"),
        ("from = 7.0", "from = -inf", "found -inf and 3"),
        ("from = 7.0, to = 3.0", "from = 1e308, to = -1e308", "finite `from` and `to`"),
        ("mood_mean_7day", "mood_mean", "found \"mood_mean\""),
        ("mood_mean_7day", "mood_min_7day", "found two for mood_min_7day"),
        ("mood_mean_7day", "mood_variance_7day", "no alias, found a rule for mood_variance_7day"),
        ("why = \"w\"", "why = \" \"", "`why` of mood_mean_7day"),
        ("feature_version = 1", "feature_version = 2", "found version 2"),
        ("intercept", "bias", "bias"),
        (", why = \"w\"", "", "missing field `why`"),
    ] {
        let text = SMALL.replacen(from, to, 1);
        assert_ne!(text, SMALL, "{from}");
        let error = RuleScorer::parse(&text).unwrap_err().to_string();
        assert!(error.contains(complaint), "expected {complaint:?} in {error}");
    }
    let empty = "version = \"none\"\nfeature_version = 1\nintercept = 0.0\n";
    assert!(matches!(RuleScorer::parse(empty), Err(RulesError::Empty)));
}

#[test]
fn an_overflow_is_no_score() {
    let huge = SMALL.replace("weight = 2.0", "weight = 1.7e308");
    let error = RuleScorer::parse(&huge.replace("1.0, why", "1.7e308, why")).unwrap_err();
    assert!(error.to_string().contains("weights that add up"), "{error}");
    let rules = RuleScorer::parse(&huge.replace("-2.0", "1.7e308")).unwrap();
    let worst = vector(&[(Feature::MoodMean7Day, 1.0)]);
    assert_eq!(rules.score(&worst), Err(ModelError::NotANumber { version: "small".to_owned() }));
}
