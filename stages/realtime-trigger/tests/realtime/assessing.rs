//! What is assessed, and when.

use std::time::Duration;

use mindmate_contracts::messages::{TextReceived, Trigger};
use mindmate_domain::CrisisCategory;
use mindmate_domain::app::Author;
use mindmate_pipeline::Stage;
use mindmate_testkit::Faulty;
use mindmate_testkit::conformance::samples::{as_of, chat, instant, mood, note};

use crate::support::{CRISIS, NOW, World, changed, person, requests, says, sk_of, texts, written};

/// R9.7: what a person writes is assessed from the instant that the table noted it, by the priority
/// queue; its sentiment is asked for by its key.
#[tokio::test]
async fn a_text_is_assessed_at_once_and_its_sentiment_is_asked_for() {
    let item = says("a long walk with the dog");
    let outgoing = World::new().with(&item).handle(written(&item)).await;
    let [(asked, hidden)] = &requests(&outgoing)[..] else { panic!("expected one request") };
    assert_eq!((asked.request.as_of, *hidden), (as_of(NOW), Duration::ZERO));
    assert_eq!(asked.request.user_id, person());
    assert_eq!((asked.request.trigger, asked.request.urgent), (Trigger::Realtime, true));
    assert_eq!((&asked.request.run, asked.request.historical), (&None, false));
    assert_eq!(asked.seen, []);
    assert_eq!(texts(&outgoing), [TextReceived { user_id: person(), sk: sk_of(&item) }]);
}

#[tokio::test]
async fn what_comes_within_a_quarter_of_an_hour_waits_for_its_end_together() {
    let world = World::new().with(&mood("2026-11-22T08:59:00.000Z", 6.0));
    let first = changed("MOOD#2026-11-22T08:59:00.000Z", "2026-11-22T08:59:00.000Z");
    assert_eq!(world.requests(first).await.len(), 1);
    let item = says("better now");
    let world = world.with(&item);
    let held_back = world.requests(written(&item)).await;
    let [(asked, hidden)] = &held_back[..] else { panic!("expected one request") };
    assert_eq!(asked.request.as_of, as_of("2026-11-22T09:14:00.000Z"));
    assert_eq!(*hidden, Duration::from_mins(14));
    // 200 more of the same second ask for nothing more.
    for n in 0..200 {
        let item = chat(&format!("2026-11-22T09:00:00.{n:03}Z"), Author::User, "and more");
        let world = world.clone().with(&item);
        let at = format!("2026-11-22T09:00:00.{n:03}Z");
        assert_eq!(world.requests(changed(&sk_of(&item), &at)).await, []);
    }
}

/// Safety 4: however often somebody was assessed just now.
#[tokio::test]
async fn crisis_language_is_never_held_back_and_says_what_was_seen() {
    let world = World::new().with(&mood("2026-11-22T08:59:00.000Z", 6.0));
    world.requests(changed("MOOD#2026-11-22T08:59:00.000Z", "2026-11-22T08:59:00.000Z")).await;
    for (item, at) in [
        (says(CRISIS), NOW),
        (note("2026-11-22T09:00:01.000Z", CRISIS), "2026-11-22T09:00:01.000Z"),
    ] {
        let world = world.clone().with(&item);
        let asked = world.requests(changed(&sk_of(&item), at)).await;
        let [(asked, Duration::ZERO)] = &asked[..] else { panic!("expected one request at once") };
        assert_eq!(asked.request.as_of, as_of(at));
        let seen: Vec<_> = asked.seen.iter().map(|it| (it.category, it.at)).collect();
        assert_eq!(seen, [(CrisisCategory::ActiveIdeation, instant(at))]);
    }
}

#[tokio::test]
async fn a_low_mood_is_never_held_back() {
    let world = World::new();
    for (n, value, at_once) in [(0, 6.0, true), (1, 2.5, false), (2, 2.0, true), (3, 1.0, true)] {
        let at = format!("2026-11-22T09:00:0{n}.000Z");
        let item = mood(&at, value);
        world.backend.put_item(&person(), &item);
        let asked = world.requests(changed(&sk_of(&item), &at)).await;
        assert_eq!(asked.len(), 1);
        assert_eq!(asked[0].1.is_zero(), at_once, "a mood of {value}");
    }
}

/// No store stands between crisis language and its assessment but the item's and the profile's own.
#[tokio::test]
async fn an_urgent_one_needs_no_state() {
    let item = says(CRISIS);
    let world = World::new().with(&item);
    let faults = world.broken();
    let stage = world.stage_over(Faulty::new(world.backend.states(), &faults));
    let outgoing = stage.handle(written(&item), &world.delivery()).await.unwrap();
    assert_eq!(requests(&outgoing).len(), 1);
}

/// The clock of the client is a day ahead: the assessment would not see the text yet.
#[tokio::test]
async fn a_client_ahead_of_its_time_is_heard_now() {
    let item = chat("2026-11-23T09:00:00.000Z", Author::User, CRISIS);
    let asked = World::new().with(&item).requests(written(&item)).await;
    assert_eq!(asked[0].0.request.as_of, as_of(NOW));
    assert_eq!(asked[0].0.seen[0].at, instant(NOW));
}

/// The clock of the client is a little ahead: an assessment that looked back from the change would
/// not see what it is made for.
#[tokio::test]
async fn a_low_mood_of_a_clock_that_is_ahead_is_seen_by_its_assessment() {
    let item = mood("2026-11-22T09:00:07.000Z", 1.0);
    let asked = World::new().with(&item).requests(written(&item)).await;
    assert_eq!(asked[0].0.request.as_of, as_of("2026-11-22T09:00:07.000Z"));
    let far = mood("2026-11-22T21:00:00.000Z", 1.0);
    let asked = World::new().with(&far).requests(written(&far)).await;
    assert_eq!(asked[0].0.request.as_of, as_of(NOW), "it is seen when its time has come");
}
