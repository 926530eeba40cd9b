//! What scoring writes and sends, and what it does when something fails.

use std::sync::Arc;

use jiff::SignedDuration;
use mindmate_contracts::messages::{AssessmentCompleted, AssessmentSkipped, SkipReason};
use mindmate_contracts::{Channel, QueueName, StreamName};
use mindmate_domain::assessment::{Method, MissingPart, PartCause};
use mindmate_domain::feature::Family;
use mindmate_domain::intervention::ReviewReason;
use mindmate_domain::{
    Assessment, Consent, Consents, CrisisCategory, CrisisCheck, Feature, RiskLevel, StageName,
};
use mindmate_pipeline::ports::{AssessmentStore, ProfileStore};
use mindmate_pipeline::{Stage, StageError};
use mindmate_scoring::ScoringPorts;
use mindmate_testkit::conformance::samples::{self, AS_OF, as_of, instant};
use mindmate_testkit::{Fault, Faulty};

use crate::support::{
    World, data, extracted, intervention, person, policy, position, unwell, well, with_crisis,
};

/// R4.5
#[tokio::test]
async fn an_assessment_is_written_and_said_to_be_complete() {
    let world = World::new();
    let sent = world.handle(well()).await;
    let written = world.assessment().await.unwrap();
    assert_eq!((written.level, written.method), (RiskLevel::Minimal, Method::Rules));
    assert_eq!(written.model_version.as_deref(), Some("rules-1"));
    assert_eq!(written.policy_version, "policy-1");
    assert_eq!(written.position, Some(position()));
    assert!(written.score.is_some() && written.confidence > 0.0);
    assert_eq!(written.created_at, instant("2026-11-22T06:00:30.123Z"));
    let kept = written.expires_at.duration_since(written.created_at);
    assert_eq!(kept, SignedDuration::from_hours(24 * 90));

    assert_eq!(sent.len(), 1, "nothing is sent at minimal");
    assert_eq!(sent[0].channel, Channel::Stream(StreamName::Outcomes));
    assert_eq!(sent[0].id, "daily-2026-11-22/3/17/completed");
    assert_eq!(sent[0].key, person().partition_key());
    let completed = AssessmentCompleted {
        request: well().request,
        stage: StageName::Scoring,
        level: RiskLevel::Minimal,
        method: Method::Rules,
        sent_on: vec![],
    };
    assert_eq!(data::<AssessmentCompleted>(&sent[0]), completed);
}

/// R4.6, R9.7
#[tokio::test]
async fn a_high_level_asks_to_reach_out_by_the_priority_queue_with_what_weighed_most() {
    let world = World::new();
    let sent = world.handle(unwell()).await;
    assert_eq!(sent[0].channel, Channel::Queue(QueueName::InterventionsPriority));
    assert_eq!(sent[0].id, "daily-2026-11-22/3/17/intervention");
    let asked = intervention(&sent).unwrap();
    assert_eq!(asked.level, RiskLevel::Critical);
    let written = world.assessment().await.unwrap();
    let strongest: Vec<_> = written.contributions[..5].iter().map(|it| it.feature).collect();
    assert_eq!(asked.factors, strongest);
    let completed: AssessmentCompleted = data(&sent[1]);
    assert_eq!(completed.sent_on, ["InterventionRequested"]);
}

#[tokio::test]
async fn a_low_level_takes_the_normal_queue_unless_the_request_is_urgent() {
    for (urgent, queue) in
        [(false, QueueName::Interventions), (true, QueueName::InterventionsPriority)]
    {
        let world = World::new();
        let low = samples::assessment(&person(), as_of(AS_OF), RiskLevel::Low);
        world.backend.assessments().put(&low).await.unwrap();
        let mut input = well();
        input.request.urgent = urgent;
        assert_eq!(world.handle(input).await[0].channel, Channel::Queue(queue));
    }
}

/// R8.5: types keep the score out; this shows that they do.
#[tokio::test]
async fn no_message_holds_a_score_a_weight_or_a_confidence() {
    let crisis = with_crisis(unwell(), CrisisCategory::PlanIntentMeans);
    for input in [well(), unwell(), crisis, extracted(&[])] {
        for message in World::new().handle(input).await {
            let body = message.body.to_lowercase();
            for word in ["score", "logodds", "confidence", "contribution"] {
                assert!(!body.contains(word), "{word} in {body}");
            }
        }
    }
}

/// R8.4: an opt-out takes effect on what is already queued.
#[tokio::test]
async fn an_opt_out_since_extraction_skips_with_the_reason() {
    let world = World::new();
    world.set_consents(Consents { scoring: false, ..policy().legacy_consents });
    let sent = world.handle(with_crisis(unwell(), CrisisCategory::PlanIntentMeans)).await;
    assert_eq!(sent.len(), 1);
    let skipped: AssessmentSkipped = data(&sent[0]);
    assert_eq!((skipped.stage, skipped.reason), (StageName::Scoring, SkipReason::NoScoringConsent));
    assert_eq!(world.assessment().await, None);
    assert_eq!(world.reviews().await, []);
}

/// R8.4, safety 12: nothing that was read of texts is used after an opt-out of their reading.
#[tokio::test]
async fn an_opt_out_of_text_analysis_since_extraction_scores_without_texts() {
    let world = World::new();
    world.set_consents(policy().legacy_consents.with(Consent::TextAnalysis, false));
    let asked = with_crisis(unwell(), CrisisCategory::PlanIntentMeans);
    world.handle(asked).await;
    let written = world.assessment().await.unwrap();
    assert_eq!((written.floor, &written.crisis_check), (None, &CrisisCheck::NotConsented));
    let part = MissingPart { family: Family::Sentiment, cause: PartCause::NotConsented };
    assert!(written.missing_parts.contains(&part));
    for feature in Feature::ALL {
        let value = written.features.get(feature).value();
        assert!(value.is_none() || !feature.reads_texts(), "{feature}");
    }
}

/// Safety 3: what was found stands where a part of the look failed.
#[tokio::test]
async fn signals_of_a_look_that_failed_in_part_set_their_floor() {
    let world = World::new();
    let mut input = with_crisis(well(), CrisisCategory::PlanIntentMeans);
    input.crisis = input.crisis.failed();
    world.handle(input).await;
    assert_eq!(world.assessment().await.unwrap().level, RiskLevel::Critical);
    let [entry] = &world.reviews().await[..] else { panic!("one entry") };
    assert_eq!(entry.reason, ReviewReason::CrisisCheckFailed);
}

/// Safety 3: whatever the model says.
#[tokio::test]
async fn crisis_language_lifts_the_level_to_its_floor() {
    for (category, level) in [
        (CrisisCategory::PassiveIdeation, RiskLevel::High),
        (CrisisCategory::SelfHarm, RiskLevel::High),
        (CrisisCategory::ActiveIdeation, RiskLevel::High),
        (CrisisCategory::PlanIntentMeans, RiskLevel::Critical),
    ] {
        let world = World::new();
        let sent = world.handle(with_crisis(well(), category)).await;
        let written = world.assessment().await.unwrap();
        assert_eq!(written.floor.unwrap().category, category);
        assert_eq!((written.level, written.method), (level, Method::Rules));
        assert_eq!(intervention(&sent).unwrap().level, level);
        assert_eq!(sent[0].channel, Channel::Queue(QueueName::InterventionsPriority));
    }
}

/// Safety 3: even where the model or the features failed.
#[tokio::test]
async fn the_floor_stands_where_nothing_could_score() {
    let mut world = World::new();
    world.models.clear();
    let sent = world.handle(with_crisis(extracted(&[]), CrisisCategory::PlanIntentMeans)).await;
    let written = world.assessment().await.unwrap();
    assert_eq!((written.level, written.method), (RiskLevel::Critical, Method::Unknown));
    assert_eq!(intervention(&sent).unwrap().level, RiskLevel::Critical);
}

/// Safety 3: where the look failed, a human reviews.
#[tokio::test]
async fn a_failed_look_for_crisis_language_goes_to_a_human() {
    for (consents, allowed) in [(None, true), (Some(Consent::HumanReview), false)] {
        let world = World::new();
        if let Some(refused) = consents {
            world.set_consents(policy().legacy_consents.with(refused, false));
        }
        let mut input = well();
        input.crisis = CrisisCheck::Failed { signals: vec![] };
        world.handle(input.clone()).await;
        world.handle(input).await;
        let [entry] = &world.reviews().await[..] else { panic!("one entry") };
        assert_eq!(entry.reason, ReviewReason::CrisisCheckFailed);
        assert_eq!((entry.level, entry.content_allowed), (RiskLevel::Minimal, allowed));
        let sla = entry.due_at.duration_since(entry.entered_at);
        assert_eq!(sla, SignedDuration::from_hours(1));
    }
}

#[tokio::test]
async fn a_standing_assessment_is_sent_on_unchanged() {
    let world = World::new();
    let standing = Assessment {
        method: Method::LastKnown,
        ..samples::assessment(&person(), as_of(AS_OF), RiskLevel::High)
    };
    world.backend.assessments().put(&standing).await.unwrap();
    let sent = world.handle(well()).await;
    assert_eq!(world.assessment().await, Some(standing));
    assert_eq!(intervention(&sent).unwrap().level, RiskLevel::High);
    let completed: AssessmentCompleted = data(&sent[1]);
    assert_eq!((completed.level, completed.method), (RiskLevel::High, Method::LastKnown));
    assert_eq!(completed.request.run, Some(position()), "the position is the request's own");
}

#[tokio::test]
async fn a_second_try_sends_the_same_whatever_the_first_came_to() {
    let expected = World::new().handle(unwell()).await;
    for fault in [Fault::Before, Fault::After] {
        let world = World::new();
        let faults = world.faults();
        faults.script([fault]);
        let assessments: Arc<dyn AssessmentStore> =
            Faulty::new(world.backend.assessments(), &faults);
        let stage = world.stage_over(ScoringPorts { assessments, ..world.ports() });
        let error = stage.handle(unwell(), &world.delivery()).await.unwrap_err();
        assert!(matches!(error, StageError::Transient { .. }), "{error}");
        assert_eq!(stage.handle(unwell(), &world.delivery()).await.unwrap(), expected);
        // Even where the model has changed its mind since: what stands is what is said.
        assert_eq!(stage.handle(well(), &world.delivery()).await.unwrap(), expected);
    }
}

#[tokio::test]
async fn consents_that_cannot_be_read_are_tried_again_and_nothing_is_written() {
    let world = World::new();
    let faults = world.faults();
    faults.script([Fault::Before]);
    let profiles: Arc<dyn ProfileStore> = Faulty::new(world.backend.profiles(), &faults);
    let stage = world.stage_over(ScoringPorts { profiles, ..world.ports() });
    assert!(stage.handle(unwell(), &world.delivery()).await.is_err());
    assert_eq!(world.assessment().await, None);
}
