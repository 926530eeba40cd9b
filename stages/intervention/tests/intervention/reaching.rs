//! What is sent to whom.

use mindmate_contracts::app_table::Attribute;
use mindmate_domain::app::Profile;
use mindmate_domain::audit::AuditAction;
use mindmate_domain::intervention::{Content, DeliveryStatus, InterventionType, ReviewReason};
use mindmate_domain::{InterventionId, RiskLevel};
use mindmate_pipeline::{Clock, StageError};
use mindmate_testkit::conformance::samples::{AS_OF, as_of};

use crate::support::{World, asked, person, profile};

/// The one intervention that is stored.
async fn content(world: &World) -> Content {
    world.stored().await.remove(0).intervention.content().clone()
}

/// R6.1, R6.2, R6.4
#[tokio::test]
async fn each_level_is_answered_by_its_own_type() {
    for kind in InterventionType::ALL {
        let world = World::new();
        let said = world.handle(asked(kind.level())).await;
        let id = InterventionId::derive(&person(), as_of(AS_OF), kind);
        let delivered = said.delivered().unwrap();
        assert_eq!((delivered.intervention, &delivered.intervention_id), (kind, &id));
        assert_eq!(said.message.id, "daily-2026-11-22/3/17/delivered");
        let stored = world.stored().await.remove(0);
        assert_eq!(stored.intervention.content().kind(), kind);
        assert_eq!(stored.status, DeliveryStatus::Delivered { at: world.clock.now() });
        let [(sk, item)] = &world.backend.chat_items(&person())[..] else { panic!("one chat") };
        assert_eq!(*sk, stored.intervention.chat_sk());
        let text = stored.intervention.content().message().text.clone();
        assert!(item.values().any(|it| *it == Attribute::S(text.clone())), "{kind:?}");
    }
}

#[tokio::test]
async fn a_level_that_nothing_answers_is_dead_lettered_at_once() {
    for level in [RiskLevel::Minimal, RiskLevel::Unknown] {
        let world = World::new();
        let error = world.handle_by(&world.stage(), asked(level)).await.unwrap_err();
        assert!(matches!(error, StageError::Permanent { code: "nothing-to-send", .. }), "{error}");
        assert_eq!(world.chats(), 0);
    }
}

/// Safety 1, R6.2
#[tokio::test]
async fn a_critical_message_holds_the_helplines_of_the_profiles_country() {
    let world = World::new();
    world.handle(asked(RiskLevel::Critical)).await;
    let Content::CrisisSupport { message, resources } = content(&world).await else {
        panic!("crisis support")
    };
    assert_eq!(resources.country(), Some("US"));
    for expected in ["988", "741741"] {
        assert!(message.text.contains(expected), "{}", message.text);
    }
}

/// Safety 1: never another country's number.
#[tokio::test]
async fn without_a_known_country_there_is_no_number_of_another_one() {
    for country in [None, Some("XX".to_owned())] {
        let world = World::new();
        world.set_profile(Profile { country, ..profile() });
        world.handle(asked(RiskLevel::Critical)).await;
        let Content::CrisisSupport { message, resources } = content(&world).await else {
            panic!("crisis support")
        };
        assert_eq!(resources.country(), None);
        for line in resources.helplines() {
            assert!(message.text.contains(&line.contact), "{}", message.text);
        }
        let digits = message.text.chars().filter(char::is_ascii_digit).count();
        assert!(digits < 3, "{}", message.text);
    }
}

/// Safety 1: somebody without a profile is reached too.
#[tokio::test]
async fn somebody_without_a_profile_has_the_international_resources() {
    let world = World::new();
    world.set_profile(Profile::default());
    assert!(world.handle(asked(RiskLevel::Critical)).await.delivered().is_some());
    assert!(matches!(content(&world).await, Content::CrisisSupport { .. }));
}

/// Safety 2
#[tokio::test]
async fn every_intervention_has_its_audit_event() {
    for kind in InterventionType::ALL {
        let world = World::new();
        world.handle(asked(kind.level())).await;
        let [event] = &world.backend.audit()[..] else { panic!("one event") };
        assert_eq!(event.action, AuditAction::InterventionCreated);
        let id = InterventionId::derive(&person(), as_of(AS_OF), kind);
        assert_eq!((event.subject.as_str(), event.user.clone()), (id.as_str(), Some(person())));
    }
}

/// Safety 6
#[tokio::test]
async fn only_a_critical_assessment_enters_the_review_queue() {
    for kind in InterventionType::ALL {
        let world = World::new();
        world.handle(asked(kind.level())).await;
        let critical = kind == InterventionType::CrisisSupport;
        let expected = if critical { vec![ReviewReason::CriticalAssessment] } else { vec![] };
        assert_eq!(world.review_reasons().await, expected);
        for entry in world.reviews().await {
            assert_eq!((entry.level, entry.content_allowed), (RiskLevel::Critical, true));
            let sla = entry.due_at.duration_since(entry.entered_at);
            assert_eq!(sla, jiff::SignedDuration::from_hours(1));
        }
        assert_eq!(world.pages(), 0);
    }
}

/// R6.4
#[tokio::test]
async fn coping_activities_follow_the_persons_preferences() {
    let mut chosen = Vec::new();
    for liked in ["music", "walking"] {
        let world = World::new();
        world.set_profile(Profile { preferences: vec![liked.to_owned()], ..profile() });
        world.handle(asked(RiskLevel::Moderate)).await;
        let Content::CopingActivities { activities, .. } = content(&world).await else {
            panic!("activities")
        };
        assert_eq!(activities.len(), 3);
        chosen.push(activities);
    }
    assert_ne!(chosen[0], chosen[1]);
}

#[tokio::test]
async fn a_message_is_in_the_language_of_the_locale() {
    let world = World::new();
    world.set_profile(Profile { locale: Some("es-MX".to_owned()), ..profile() });
    world.handle(asked(RiskLevel::High)).await;
    assert!(content(&world).await.message().template.starts_with("es/"));
}

/// R8.5, safety 17: an outcome holds no score, no text and no name.
#[tokio::test]
async fn an_outcome_says_what_happened_and_nothing_of_the_content() {
    for kind in InterventionType::ALL {
        let world = World::new();
        let body = world.handle(asked(kind.level())).await.message.body;
        let text = content(&world).await.message().text.clone();
        assert!(!text.to_lowercase().contains("score"), "{text}");
        for word in ["score", "Ada", text.as_str()] {
            assert!(!body.contains(word), "{word} in {body}");
        }
    }
}
