//! What becomes of a day's sessions and activities.

use mindmate_contracts::app_table::active_millis;
use mindmate_domain::app::{AppItem, EventKind, Profile};
use mindmate_domain::{Consent, Consents};
use mindmate_testkit::conformance::samples;

use crate::support::{HOUR, World, ada, at, body, completed, ended, started, suggested, viewed};

fn session(duration_seconds: f64) -> EventKind {
    EventKind::Session { duration_seconds }
}

#[tokio::test]
async fn a_session_stands_at_its_end_with_its_length() {
    let world = World::new();
    world.take_all(&[started("s", 0), viewed("s", 5_000), ended("s", 90_500)]).await;
    let events = world.events();
    assert_eq!(events.len(), 1);
    assert_eq!((events[0].at, &events[0].kind), (at(90_500).instant(), &session(90.5)));
    assert!(events[0].sk.starts_with("SESSION#2026-11-22T16:01:30.500Z#"), "{}", events[0].sk);
}

#[tokio::test]
async fn an_activity_stands_at_its_suggestion_and_is_completed_later() {
    let world = World::new();
    world.take(&suggested("a", 0, "walk")).await.unwrap();
    let activity = |completed_at, helpful| EventKind::Activity {
        activity: "walk".to_owned(),
        suggested: true,
        completed_at,
        helpful,
    };
    assert_eq!(world.events()[0].kind, activity(None, None));
    world.take(&completed("a", HOUR, None)).await.unwrap();
    assert_eq!(world.events()[0].kind, activity(Some(at(HOUR).instant()), None));
    world.take(&completed("a", HOUR + 1, Some(false))).await.unwrap();
    let events = world.events();
    assert_eq!(events.len(), 1);
    assert_eq!(events[0].kind, activity(Some(at(HOUR).instant()), Some(false)));
    assert!(events[0].sk.starts_with("ACTIVITY#2026-11-22T16:00:00.000Z#"), "{}", events[0].sk);
}

/// What the stage writes is what an assessment reads, and what makes the user active.
#[tokio::test]
async fn an_assessment_reads_what_is_written() {
    let world = World::new();
    world.take_all(&[started("s", 0), ended("s", 60_000), suggested("a", 0, "walk")]).await;
    let as_of = samples::as_of("2026-11-23T06:00:00.000Z");
    let history = world.backend.history().load(&ada(), as_of, Consents::NONE).await.unwrap();
    assert_eq!((history.sessions.len(), history.activities.len()), (1, 1));
    assert!((history.sessions[0].duration_seconds - 60.0).abs() < f64::EPSILON);
    for (sk, item) in world.items() {
        assert!(active_millis(&sk, &item).is_some(), "{sk}");
    }
}

#[tokio::test]
async fn an_end_waits_for_its_start() {
    let world = World::new();
    world.take(&ended("s", 60_000)).await.unwrap();
    assert_eq!(world.events(), []);
    world.take(&started("other", 0)).await.unwrap();
    assert_eq!(world.events(), [], "the start of another session is none of its own");
    world.take(&started("s", 0)).await.unwrap();
    assert_eq!(world.events()[0].kind, session(60.0));
}

/// It is no session of no length, nor one that lasts until now.
#[tokio::test]
async fn a_start_without_an_end_is_nothing() {
    let world = World::new();
    world.take_all(&[started("s", 0), viewed("s", 5_000), started("s", 10_000)]).await;
    assert_eq!(world.events(), []);
}

#[tokio::test]
async fn a_completion_waits_for_its_suggestion() {
    let world = World::new();
    world.take(&completed("a", HOUR, Some(true))).await.unwrap();
    assert_eq!(world.events(), []);
    world.take(&suggested("a", 0, "walk")).await.unwrap();
    assert_eq!(world.events().len(), 1);
}

/// A later end takes the place of an earlier one.
#[tokio::test]
async fn a_session_that_went_on_is_one_session() {
    let world = World::new();
    world.take_all(&[started("s", 0), ended("s", 60_000), ended("s", 90_000)]).await;
    let events = world.events();
    assert_eq!(events.len(), 1);
    assert_eq!(events[0].kind, session(90.0));
}

#[tokio::test]
async fn two_sessions_that_end_in_one_millisecond_are_two() {
    let world = World::new();
    let both = [started("s", 0), started("t", 30_000), ended("s", 60_000), ended("t", 60_000)];
    world.take_all(&both).await;
    let mut kinds: Vec<_> = world.events().into_iter().map(|event| event.kind).collect();
    kinds.sort_by(|a, b| format!("{a:?}").cmp(&format!("{b:?}")));
    assert_eq!(kinds, [session(30.0), session(60.0)]);
}

/// An item that the app put itself, as an import does, is neither replaced nor removed.
#[tokio::test]
async fn an_item_of_the_apps_own_stays() {
    let world = World::new();
    let own = samples::event("SESSION", "2026-11-22T16:01:00Z", session(7.0));
    world.backend.put_item(&ada(), &own);
    world.take_all(&[started("s", 0), ended("s", 60_000), ended("s", 90_000)]).await;
    let kinds: Vec<_> = world.events().into_iter().map(|event| event.kind).collect();
    assert_eq!(kinds, [session(7.0), session(90.0)]);
}

/// A session and an activity of one id are two things; and no key holds any part of an id.
#[tokio::test]
async fn ids_are_of_their_kind_and_in_no_key() {
    let world = World::new();
    for id in ["same", "a#b", "SESSION#2026-11-22", "día"] {
        world.take_all(&[started(id, 0), ended(id, 60_000), suggested(id, 0, "walk")]).await;
    }
    let keys: Vec<_> = world.items().into_iter().map(|(sk, _)| sk).collect();
    assert_eq!(keys.len(), 8);
    for key in keys {
        assert_eq!(key.matches('#').count(), 2, "{key}");
        assert!(key.bytes().all(|byte| byte.is_ascii_graphic()), "{key}");
    }
}

#[tokio::test]
async fn two_hundred_records_of_a_second_are_all_taken() {
    let world = World::new();
    let records = (0..100).flat_map(|n: i64| {
        let session = format!("s{n}");
        [body(&ended(&session, 60_000 + n * 10)), body(&started(&session, 60_000 - n * 10))]
    });
    world.put(records.collect()).await;
    world.run().await;
    assert_eq!(world.events().len(), 100);
    assert!(world.put_aside().is_empty());
}

/// Behavioural data is kept for scoring alone: without that consent nothing is, no state either.
#[tokio::test]
async fn nothing_is_kept_of_who_does_not_consent_to_scoring() {
    let scoring = Consents::NONE.with(Consent::Scoring, true);
    for (consents, kept) in [(Consents::NONE, 0), (scoring, 1)] {
        let world = World::new();
        world.backend.put_item(&ada(), &samples::profile(consents));
        world.take_all(&[started("s", 0), ended("s", 60_000), suggested("a", 0, "walk")]).await;
        assert_eq!(world.items().len(), 1 + 2 * kept, "besides the profile");
        world.backend.put_item(&ada(), &samples::profile(scoring));
        world.take(&ended("s", 90_000)).await.unwrap();
        let sessions = world.items().into_iter().filter(|(sk, _)| sk.starts_with("SESSION#"));
        assert_eq!(sessions.count(), kept, "no state was left of what was not kept");
    }
}

/// A user without a profile is one of the app's legacy users, who are scored; one whose consents
/// cannot be read allows nothing.
#[tokio::test]
async fn consents_that_cannot_be_read_allow_nothing() {
    let world = World::new();
    let closed = AppItem::Profile(Box::new(Profile::closed()));
    world.backend.put_item(&ada(), &closed);
    world.take_all(&[started("s", 0), ended("s", 60_000)]).await;
    assert_eq!(world.items().len(), 1);
}
