//! R4.7: model, rules, last known level, unknown.

use std::sync::Arc;

use mindmate_contracts::messages::AssessmentCompleted;
use mindmate_domain::assessment::{Contribution, Method, MissingPart, PartCause};
use mindmate_domain::feature::Family;
use mindmate_domain::{Assessment, Feature, FeatureVector, RiskLevel, RiskScore};
use mindmate_model::{ModelError, RiskModel, Scored};
use mindmate_pipeline::ports::AssessmentStore;
use mindmate_pipeline::{Stage, StageError};
use mindmate_scoring::ScoringPorts;
use mindmate_testkit::conformance::samples::{as_of, assessment};
use mindmate_testkit::{Fault, Faulty};

use crate::support::{World, data, extracted, intervention, person, unwell, well};

/// A trained model that answers as it is told.
enum Model {
    Scores(f64),
    Fails,
    NotANumber,
    NanContribution,
    NanConfidence,
    Panics,
}

impl RiskModel for Model {
    fn version(&self) -> &'static str {
        "trained-1"
    }

    fn method(&self) -> Method {
        Method::Model
    }

    fn score(&self, _: &FeatureVector) -> Result<Scored, ModelError> {
        let (mut log_odds, mut confidence, mut score) = (0.5, 0.8, 0.5);
        match self {
            Self::Scores(given) => score = *given,
            Self::Fails => {
                let version = self.version().to_owned();
                return Err(ModelError::NotEnoughEvidence { version, looked_for: 70 });
            }
            Self::NotANumber => score = f64::NAN,
            Self::NanContribution => log_odds = f64::NAN,
            Self::NanConfidence => confidence = f64::NAN,
            Self::Panics => panic!("a tree without leaves"),
        }
        let not_a_number = || ModelError::NotANumber { version: self.version().to_owned() };
        let score = RiskScore::new(score).map_err(|_| not_a_number())?;
        let contributions = vec![Contribution { feature: Feature::MoodRmssd, log_odds }];
        Ok(Scored { score, contributions, confidence })
    }
}

impl World {
    /// With this model before the rules.
    fn with(mut self, model: Model) -> Self {
        self.models.insert(0, Arc::new(model));
        self
    }

    /// Nothing that scores.
    fn without_models(mut self) -> Self {
        self.models = vec![Arc::new(Model::Fails)];
        self
    }

    async fn assessed_at(&self, at: &str, level: RiskLevel, method: Method) {
        let earlier = Assessment { method, ..assessment(&person(), as_of(at), level) };
        self.backend.assessments().put(&earlier).await.unwrap();
    }

    async fn outcome(&self) -> (RiskLevel, Method, Option<String>) {
        let written = self.assessment().await.unwrap();
        (written.level, written.method, written.model_version)
    }
}

/// R4.2, R4.7
#[tokio::test]
async fn the_trained_model_is_asked_first() {
    let world = World::new().with(Model::Scores(0.61));
    world.handle(well()).await;
    let expected = (RiskLevel::High, Method::Model, Some("trained-1".to_owned()));
    assert_eq!(world.outcome().await, expected);
}

/// R4.7
#[tokio::test]
async fn whatever_is_wrong_with_the_model_the_rules_are_next() {
    for model in [
        Model::Fails,
        Model::NotANumber,
        Model::NanContribution,
        Model::NanConfidence,
        Model::Panics,
    ] {
        let world = World::new().with(model);
        world.handle(unwell()).await;
        let expected = (RiskLevel::Critical, Method::Rules, Some("rules-1".to_owned()));
        assert_eq!(world.outcome().await, expected);
    }
}

/// R4.7
#[tokio::test]
async fn without_a_score_the_last_known_level_holds() {
    let world = World::new().without_models();
    world.assessed_at("2026-11-20T06:00:00.000Z", RiskLevel::High, Method::Rules).await;
    world.assessed_at("2026-11-21T06:00:00.000Z", RiskLevel::Unknown, Method::Unknown).await;
    let sent = world.handle(well()).await;
    assert_eq!(world.outcome().await, (RiskLevel::High, Method::LastKnown, None));
    let written = world.assessment().await.unwrap();
    assert_eq!((written.score, written.confidence), (None, 0.0));
    assert_eq!(intervention(&sent).unwrap().factors, []);
}

/// R4.7
#[tokio::test]
async fn a_level_of_seven_days_ago_still_counts_and_an_older_one_does_not() {
    for (at, method) in [
        ("2026-11-15T06:00:00.000Z", Method::LastKnown),
        ("2026-11-15T05:59:59.999Z", Method::Unknown),
    ] {
        let world = World::new().without_models();
        world.assessed_at(at, RiskLevel::Moderate, Method::Rules).await;
        world.handle(well()).await;
        assert_eq!(world.outcome().await.1, method, "{at}");
    }
}

/// R4.7: else a level would be carried on for ever.
#[tokio::test]
async fn a_level_that_was_carried_over_is_not_carried_on() {
    let world = World::new().without_models();
    world.assessed_at("2026-11-10T06:00:00.000Z", RiskLevel::High, Method::Rules).await;
    world.assessed_at("2026-11-16T06:00:00.000Z", RiskLevel::High, Method::LastKnown).await;
    world.handle(well()).await;
    assert_eq!(world.outcome().await.1, Method::Unknown);
}

/// Safety 8
#[tokio::test]
async fn nothing_to_go_by_is_unknown_and_never_minimal() {
    let world = World::new();
    let sent = world.handle(extracted(&[])).await;
    assert_eq!(world.outcome().await, (RiskLevel::Unknown, Method::Unknown, None));
    assert_eq!(sent.len(), 1, "nothing is sent at unknown");
    let completed: AssessmentCompleted = data(&sent[0]);
    assert_eq!((completed.level, completed.method), (RiskLevel::Unknown, Method::Unknown));
    let written = world.assessment().await.unwrap();
    assert_eq!((written.score, written.confidence), (None, 0.0));
}

/// R1.7
#[tokio::test]
async fn a_missing_part_lowers_the_confidence_by_its_share() {
    let part = |family, cause| MissingPart { family, cause };
    let mut confidences = Vec::new();
    for missing_parts in [
        vec![],
        vec![part(Family::Behaviour, PartCause::ExtractorFailed)],
        vec![
            part(Family::Sentiment, PartCause::ExtractorFailed),
            part(Family::Sentiment, PartCause::NotAnalysed),
            part(Family::Dynamics, PartCause::ExtractorFailed),
        ],
    ] {
        let world = World::new().with(Model::Scores(0.1));
        let mut input = well();
        input.missing_parts.clone_from(&missing_parts);
        world.handle(input).await;
        let written = world.assessment().await.unwrap();
        assert_eq!(written.missing_parts, missing_parts);
        confidences.push(written.confidence);
    }
    for (found, expected) in confidences.iter().zip([0.8, 0.6, 0.4]) {
        assert!((found - expected).abs() < 1e-12, "{confidences:?}");
    }
}

#[tokio::test]
async fn a_store_that_does_not_know_the_last_level_is_asked_again() {
    let world = World::new().without_models();
    let faults = world.faults();
    faults.script([Fault::Before]);
    let assessments: Arc<dyn AssessmentStore> = Faulty::new(world.backend.assessments(), &faults);
    let stage = world.stage_over(ScoringPorts { assessments, ..world.ports() });
    let error = stage.handle(well(), &world.delivery()).await.unwrap_err();
    assert!(matches!(error, StageError::Transient { .. }), "{error}");
    assert_eq!(world.assessment().await, None, "unknown is not written for a store that is down");
}
