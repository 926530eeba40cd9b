//! Without consent nothing is read, sent or stored.

use std::sync::Arc;

use mindmate_contracts::app_table::Attribute;
use mindmate_domain::Consent;
use mindmate_domain::app::SentimentLabel;
use mindmate_testkit::conformance::samples::note;

use crate::support::{AT, Counting, NOTE, World, everything};

/// Safety 12: each on its own, read when the message is handled, not when it was sent.
#[tokio::test]
async fn without_consent_no_text_leaves_and_nothing_is_stored() {
    for refused in [Consent::Scoring, Consent::TextAnalysis] {
        let world = World::new().with(&note(AT, "so sad"));
        world.consent_to(everything().with(refused, false));
        let service = Arc::new(Counting::default());
        let stage = world.stage_with(service.clone());
        for attempt in 1..=4 {
            world.hand(&stage, NOTE, attempt).await.unwrap();
        }
        assert_eq!((service.texts(), world.sentiments()), (0, vec![]), "{refused:?}");
    }
}

#[tokio::test]
async fn no_other_consent_is_asked_for() {
    for refused in
        [Consent::LanguageModel, Consent::Training, Consent::Outreach, Consent::HumanReview]
    {
        let world = World::new().with(&note(AT, "so sad"));
        world.consent_to(everything().with(refused, false));
        world.analyze(NOTE).await;
        assert_eq!(world.sentiment().sentiment.label, SentimentLabel::Negative, "{refused:?}");
    }
}

/// Nobody can say what they allowed.
#[tokio::test]
async fn consents_that_cannot_be_read_allow_nothing() {
    let bad = ("consents", Attribute::text("yes"));
    let world = World::new().with(&note(AT, "so sad")).with_raw("PROFILE", &[bad]);
    world.analyze(NOTE).await;
    assert_eq!(world.sentiments(), []);
}

/// Then the policy says what holds for the app's first users, and texts are English.
#[tokio::test]
async fn without_a_profile_the_legacy_consents_hold() {
    let world = World::new().with(&note(AT, "so sad"));
    world.analyze(NOTE).await;
    assert_eq!(world.sentiment().sentiment.label, SentimentLabel::Negative);
}
