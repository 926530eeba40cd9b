//! How a run's books close, and what the summary says.

use mindmate_domain::assessment::Method;
use mindmate_domain::intervention::{InterventionType, WithheldReason};
use mindmate_domain::quality::Defect;
use mindmate_domain::run::Fate::{self, Completed, DeadLettered, Skipped};
use mindmate_domain::{
    Assessment, Feature, FeatureValue, Position, RiskLevel, RiskScore, RunId, StageName,
};
use mindmate_pipeline::ports::MarkKind;
use mindmate_run_report::{Closing, Ledger, Missing, MissingAt, SCORE_BINS, Summary};
use mindmate_testkit::conformance::samples::{as_of, assessment};

use crate::support::{USERS, World, person, position, run};

const EXTRACTION: StageName = StageName::FeatureExtraction;
pub(crate) const SCORING: StageName = StageName::Scoring;
pub(crate) const INTERVENTION: StageName = StageName::Intervention;

impl World {
    async fn put_assessment(&self, assessment: &Assessment) {
        self.backend.assessments().put(assessment).await.unwrap();
    }

    /// Assessed, with an assessment of this score.
    pub(crate) async fn assessed(&self, ordinal: u32, score: f64, level: RiskLevel) {
        self.fate(ordinal, SCORING, Completed).await;
        let score = RiskScore::new(score).ok();
        let found = Assessment { score, ..assessment(&person(ordinal), run().as_of, level) };
        self.put_assessment(&found).await;
    }

    pub(crate) async fn sent_on(&self, ordinal: u32) {
        self.mark(ordinal, SCORING, MarkKind::sent_on()).await;
    }

    async fn stored_summary(&self) -> Option<Summary> {
        let json = self.backend.ledger().summary(&run().id).await.unwrap()?;
        Some(serde_json::from_str(&json).unwrap())
    }
}

fn summary(closing: Closing) -> Summary {
    match closing {
        Closing::Closed(summary) | Closing::Open { summary, .. } => summary,
    }
}

/// R5.4
#[tokio::test]
async fn a_run_closes_when_everybody_is_accounted_for() {
    let world = World::new().await;
    for ordinal in 0..3 {
        world.assessed(ordinal, 0.1, RiskLevel::Minimal).await;
    }
    world.fate(3, EXTRACTION, Skipped).await;
    world.fate(4, SCORING, Skipped).await;
    assert!(matches!(world.close().await, Closing::Open { .. }));
    assert_eq!(world.stored_summary().await, None);

    world.fate(5, EXTRACTION, DeadLettered).await;
    let Closing::Closed(summary) = world.close().await else { panic!("still open") };
    let (enqueued, missing) = (u64::from(USERS), 0);
    let ledger = Ledger { enqueued, assessed: 3, skipped: 2, dead_lettered: 1, missing };
    assert_eq!(summary.ledger, ledger);
    assert_eq!(world.stored_summary().await, Some(summary));
    assert!(world.backend.ledger().run(&run().id).await.unwrap().unwrap().completed_at.is_some());
}

#[tokio::test]
async fn the_first_summary_stays() {
    let world = World::new().await;
    for ordinal in 0..USERS {
        world.fate(ordinal, SCORING, DeadLettered).await;
    }
    let Closing::Closed(first) = world.close().await else { panic!("still open") };
    world.assessed(0, 0.5, RiskLevel::Moderate).await;
    let Closing::Closed(second) = world.close().await else { panic!("open again") };
    assert_eq!((first.ledger.dead_lettered, second.ledger.dead_lettered), (6, 5));
    assert_eq!(world.stored_summary().await, Some(first));
}

#[tokio::test]
async fn the_missing_are_named_with_what_is_missing() {
    let world = World::new().await;
    for ordinal in [0, 1, 3, 4] {
        world.assessed(ordinal, 0.3, RiskLevel::Low).await;
    }
    world.sent_on(1).await;
    world.sent_on(3).await;
    world.fate(3, INTERVENTION, Skipped).await;
    world.fate(5, SCORING, DeadLettered).await;
    let Closing::Open { missing, summary } = world.close().await else { panic!("closed") };
    let expected = [(1, MissingAt::Intervention), (2, MissingAt::Assessment)]
        .map(|(n, at)| Missing { position: position(n), user: person(n), at });
    assert_eq!(missing, expected);
    assert_eq!((summary.ledger.missing, summary.interventions.missing), (1, 1));
}

#[tokio::test]
async fn a_shard_that_is_not_paged_to_its_end_keeps_the_run_open() {
    let world = World::unpaged().await;
    assert!(matches!(world.close().await, Closing::Open { .. }));
    world.put_page(0, 0..4, false).await;
    for ordinal in 0..4 {
        world.fate(ordinal, SCORING, DeadLettered).await;
    }
    let Closing::Open { missing, summary } = world.close().await else { panic!("closed") };
    assert_eq!((missing, summary.ledger.missing), (vec![], 0));
}

/// R5.4
#[tokio::test]
async fn the_average_is_that_of_the_scores_and_everybody_has_a_level() {
    let world = World::new().await;
    world.assessed(0, 0.0, RiskLevel::Minimal).await;
    world.assessed(1, 0.25, RiskLevel::Low).await;
    world.assessed(2, 1.0, RiskLevel::Critical).await;
    let unknown = Assessment {
        score: None,
        method: Method::Unknown,
        ..assessment(&person(3), run().as_of, RiskLevel::Unknown)
    };
    world.fate(3, SCORING, Completed).await;
    world.put_assessment(&unknown).await;
    let summary = summary(world.close().await);
    let average = summary.average_score.unwrap();
    assert!((average - 1.25 / 3.0).abs() < 1e-12, "{average}");
    let filled: Vec<_> = (0..SCORE_BINS).filter(|bin| summary.score_histogram[*bin] > 0).collect();
    assert_eq!(filled, [0, 5, 19]);
    assert_eq!(summary.score_histogram.iter().sum::<u64>(), 3);
    let levels: Vec<_> = summary.levels.iter().map(|(name, n)| (name.as_str(), *n)).collect();
    let expected =
        [("critical", 1), ("high", 0), ("low", 1), ("minimal", 1), ("moderate", 0), ("unknown", 1)];
    assert_eq!(levels, expected);
    assert_eq!(summary.methods.into_values().sum::<u64>(), 4);
}

#[tokio::test]
async fn without_a_score_there_is_no_average() {
    let world = World::new().await;
    assert_eq!(summary(world.close().await).average_score, None);
}

#[tokio::test]
async fn an_assessment_that_another_run_made_counts_and_one_of_a_skipped_user_does_not() {
    let world = World::new().await;
    let other = Position { run: RunId::named("other"), shard: 2, ordinal: 9 };
    for ordinal in [0, 1] {
        let found = Assessment {
            position: Some(other.clone()),
            ..assessment(&person(ordinal), run().as_of, RiskLevel::High)
        };
        world.put_assessment(&found).await;
    }
    let yesterday = assessment(&person(2), as_of("2026-11-21T06:00:00.000Z"), RiskLevel::High);
    world.put_assessment(&yesterday).await;
    for (ordinal, fate) in [(0, Completed), (1, Skipped), (2, Completed)] {
        world.fate(ordinal, SCORING, fate).await;
    }
    assert_eq!(summary(world.close().await).levels["high"], 1);
}

#[tokio::test]
async fn missing_features_and_defects_are_added_up() {
    let world = World::new().await;
    for ordinal in 0..2 {
        let mut found = assessment(&person(ordinal), run().as_of, RiskLevel::Low);
        if ordinal == 0 {
            found.features.set(Feature::MoodRmssd, FeatureValue::Value(1.0));
        }
        found.data_quality.count(Defect::MoodOutOfRange);
        found.data_quality.count(Defect::BadInstant);
        found.data_quality.count(Defect::BadInstant);
        world.put_assessment(&found).await;
        world.fate(ordinal, SCORING, Completed).await;
    }
    let summary = summary(world.close().await);
    assert_eq!(summary.missing_features[&Feature::MoodRmssd], 1);
    assert_eq!(summary.missing_features[&Feature::MoodMean7Day], 2);
    assert_eq!(summary.data_quality[&Defect::MoodOutOfRange], 2);
    assert_eq!(summary.data_quality[&Defect::BadInstant], 4);
}

/// R10.3
#[tokio::test]
async fn each_intervention_is_counted_in_one_place() {
    let world = World::new().await;
    let withheld = |ordinal, reason| world.mark(ordinal, INTERVENTION, MarkKind::withheld(reason));
    for ordinal in 0..USERS {
        world.fate(ordinal, SCORING, Completed).await;
        world.sent_on(ordinal).await;
    }
    let fates: [(u32, Fate); 6] = [
        (0, Completed),
        (1, Skipped),
        (1, Completed),
        (2, Skipped),
        (3, DeadLettered),
        (4, Skipped),
    ];
    for (ordinal, fate) in fates {
        world.fate(ordinal, INTERVENTION, fate).await;
    }
    for ordinal in [0, 1] {
        let kind = MarkKind::delivered(InterventionType::Encouragement);
        world.mark(ordinal, INTERVENTION, kind).await;
    }
    // Withheld first, delivered by a replay; and withheld for two reasons, one after the other.
    withheld(1, WithheldReason::CoolDown).await;
    withheld(2, WithheldReason::CoolDown).await;
    withheld(2, WithheldReason::Stale).await;
    withheld(4, WithheldReason::NoOutreachConsent).await;
    let found = summary(world.close().await).interventions;
    assert_eq!((found.requested, found.dead_lettered, found.missing), (6, 1, 1));
    assert_eq!(found.delivered["encouragement"], 2);
    assert_eq!(found.withheld["coolDown"], 1);
    assert_eq!(found.withheld["noOutreachConsent"], 1);
    let sum = |counts: &std::collections::BTreeMap<String, u64>| counts.values().sum::<u64>();
    let counted = sum(&found.delivered) + sum(&found.withheld);
    assert_eq!(counted + found.dead_lettered + found.missing, found.requested);
}

/// Safety 17
#[tokio::test]
async fn the_summary_names_nobody() {
    let world = World::new().await;
    world.assessed(0, 0.9, RiskLevel::Critical).await;
    let json = serde_json::to_string(&summary(world.close().await)).unwrap();
    assert!(json.contains("\"averageScore\":0.9"), "{json}");
    assert!(!json.contains("syn-"), "{json}");
}
