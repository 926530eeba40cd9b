//! A service that is down, throttles or refuses, and a table that does not answer.

use std::sync::Arc;
use std::time::Duration;

use mindmate_domain::app::SentimentLabel;
use mindmate_pipeline::ports::{
    Analysis, AppItems, PortError, PortResult, ProfileStore, SentimentAnalyzer,
};
use mindmate_pipeline::{RetryPolicy, SeededChance, StageError};
use mindmate_sentiment::SentimentPorts;
use mindmate_testkit::conformance::samples::note;
use mindmate_testkit::{Fault, FaultRates, Faults, Faulty};
use proptest::prelude::*;

use crate::support::{AT, Counting, NOTE, Saying, World, stage_over};

/// A word that no error may hold.
const CANARY: &str = "xylocanary";

fn world() -> World {
    World::new().with(&note(AT, &format!("so sad, {CANARY}")))
}

fn down() -> PortResult<Analysis> {
    Err(PortError::transient("comprehend", "no answer in time"))
}

fn throttles() -> PortResult<Analysis> {
    let retry_after = Some(Duration::from_secs(15));
    Err(PortError::Transient { port: "comprehend", source: "slow down".into(), retry_after })
}

fn refuses() -> PortResult<Analysis> {
    Err(PortError::permanent("comprehend", "aws-refused", "TextSizeLimitExceeded"))
}

fn service(
    says: impl Fn() -> PortResult<Analysis> + Send + Sync + 'static,
) -> Arc<dyn SentimentAnalyzer> {
    Arc::new(Saying(says))
}

/// The service is asked first, and its name is on what it found.
#[tokio::test]
async fn a_service_that_answers_serves() {
    let (world, service) = (world(), Arc::new(Counting::default()));
    world.hand(&world.stage_with(service.clone()), NOTE, 1).await.unwrap();
    assert_eq!((service.texts(), world.sentiment().analyzer.as_str()), (1, "service"));
}

/// Three tries are the service's; at the fourth the local analyser stands in, and says so.
#[tokio::test]
async fn a_service_that_is_down_is_tried_again_and_at_last_the_local_analyser_serves() {
    for says in [down, throttles] {
        let world = world();
        let stage = world.stage_with(service(says));
        for attempt in 1..4 {
            let error = world.hand(&stage, NOTE, attempt).await.unwrap_err();
            assert!(matches!(error, StageError::Transient { .. }), "{error}");
            assert!(!format!("{error} {error:?}").contains(CANARY), "{error:?}");
            assert_eq!(world.sentiments(), []);
        }
        world.hand(&stage, NOTE, 4).await.unwrap();
        assert_eq!(world.sentiment().analyzer, "vader-3.3.2");
        assert_eq!(world.sentiment().sentiment.label, SentimentLabel::Negative);
    }
}

#[tokio::test]
async fn throttling_waits_as_long_as_the_service_asks() {
    let world = world();
    let stage = world.stage_with(service(throttles));
    let error = world.hand(&stage, NOTE, 1).await.unwrap_err();
    let fifteen = Some(Duration::from_secs(15));
    assert!(
        matches!(error, StageError::Transient { retry_after, .. } if retry_after == fifteen),
        "{error}"
    );
}

/// Whatever the retries of its runner.
#[tokio::test]
async fn the_last_attempt_is_the_runners() {
    let world = world();
    let policy = RetryPolicy { attempts: 2, ..RetryPolicy::default() };
    let stage = world.stage_with(service(down)).with_retries(policy);
    world.hand(&stage, NOTE, 1).await.unwrap_err();
    world.hand(&stage, NOTE, 2).await.unwrap();
    assert_eq!(world.sentiment().analyzer, "vader-3.3.2");
}

/// Trying again changes nothing.
#[tokio::test]
async fn a_text_that_the_service_refuses_is_the_local_analysers_at_once() {
    let world = world();
    world.hand(&world.stage_with(service(refuses)), NOTE, 1).await.unwrap();
    assert_eq!(world.sentiment().analyzer, "vader-3.3.2");
}

/// The service may know the language: that it is down is the cause, and the daily run asks again.
#[tokio::test]
async fn where_the_local_analyser_cannot_stand_in_the_services_failure_is_told() {
    let world = World::new().with_locale("es").with(&note(AT, "estoy triste"));
    let error = world.hand(&world.stage_with(service(down)), NOTE, 4).await.unwrap_err();
    assert!(matches!(&error, StageError::Transient { .. }), "{error}");
    let error = world.hand(&world.stage_with(service(refuses)), NOTE, 1).await.unwrap_err();
    assert!(matches!(&error, StageError::Permanent { code: "aws-refused", .. }), "{error}");
    assert_eq!(world.sentiments(), []);
}

/// A service that does not know the language is no service that is down.
#[tokio::test]
async fn a_language_that_the_service_does_not_know_is_the_local_analysers() {
    let world = world();
    let unknown = || Ok(Analysis::Unknown { reason: "not mine".to_owned() });
    world.hand(&world.stage_with(service(unknown)), NOTE, 1).await.unwrap();
    assert_eq!(world.sentiment().analyzer, "vader-3.3.2");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// A table that fails at any call, before or after it did what it was asked: with enough tries
    /// the text has its sentiment, and the service was never asked for nothing.
    #[test]
    fn a_failing_table_loses_no_sentiment(seed: u64) {
        let world = world();
        let rates =
            FaultRates { before: 0.2, after: 0.2, ..FaultRates::default() };
        let clock = Arc::new(world.clock.clone());
        let faults = Faults::seeded(rates, Arc::new(SeededChance::new(seed)), clock);
        let items: Arc<dyn AppItems> = Faulty::new(world.backend.app_items(), &faults);
        let profiles: Arc<dyn ProfileStore> = Faulty::new(world.backend.profiles(), &faults);
        let service = Arc::new(Counting::default());
        let stage = stage_over(SentimentPorts { items, profiles }, Some(service.clone()));
        let mut attempts = 1;
        while futures::executor::block_on(world.hand(&stage, NOTE, attempts)).is_err() {
            attempts += 1;
            prop_assert!(attempts < 200);
        }
        prop_assert_eq!(world.sentiment().sentiment.label, SentimentLabel::Negative);
        prop_assert!(service.texts() <= attempts as usize);
    }
}

/// The analyser itself as a port that fails: nothing is stored of what nobody heard.
#[tokio::test]
async fn an_answer_that_was_lost_is_asked_for_again() {
    let world = world();
    let clock = Arc::new(world.clock.clone());
    let faults = Faults::seeded(FaultRates::default(), Arc::new(SeededChance::new(1)), clock);
    faults.script([Fault::Before, Fault::After, Fault::None]);
    let counting = Arc::new(Counting::default());
    let inner: Arc<dyn SentimentAnalyzer> = counting.clone();
    let stage = world.stage_with(Faulty::new(inner, &faults));
    for attempt in 1..3 {
        world.hand(&stage, NOTE, attempt).await.unwrap_err();
        assert_eq!(world.sentiments(), []);
    }
    world.hand(&stage, NOTE, 3).await.unwrap();
    assert_eq!((counting.texts(), world.sentiment().analyzer.as_str()), (2, "service"));
}
