//! What cannot be true is put aside with its cause, and the records after it go on.

use jiff::SignedDuration;
use mindmate_activity_ingest::{AHEAD, KEPT, LATE};
use mindmate_contracts::messages::ActivityRecorded;
use mindmate_domain::app::EventKind;
use serde_json::{Value, json};

use crate::support::{HOUR, NOW, World, ada, body, completed, ended, started, suggested};

/// Two hours before now are 0.
const NOW_MILLIS: i64 = 2 * HOUR;

fn millis(span: SignedDuration) -> i64 {
    span.as_millis().try_into().unwrap()
}

/// The seconds of the sessions that there are.
fn sessions(world: &World) -> Vec<f64> {
    let events = world.events().into_iter();
    let seconds = events.filter_map(|event| match event.kind {
        EventKind::Session { duration_seconds } => Some(duration_seconds),
        _ => None,
    });
    seconds.collect()
}

/// Whichever comes second is put aside, and no session is made of the two.
#[tokio::test]
async fn a_session_of_minus_two_hours_or_of_three_days_is_none() {
    for (end, code) in [(-2 * HOUR, "ends-before-start"), (72 * HOUR, "session-too-long")] {
        // Told after it is over, so that no clock is ahead.
        let (start, end) = (started("s", -96 * HOUR), ended("s", end - 96 * HOUR));
        for (first, second) in [(&start, &end), (&end, &start)] {
            let world = World::new();
            world.take(first).await.unwrap();
            assert_eq!(world.refused(second).await, code);
            assert_eq!(world.refused(second).await, code, "again, when it comes again");
            assert_eq!(world.items(), []);
            // Another end that fits makes it a session all the same.
            world.take(&ended("s", -95 * HOUR)).await.unwrap();
            assert_eq!(sessions(&world), [3_600.0]);
        }
    }
}

/// An end that stood is taken back where an earlier start comes that it cannot belong to.
#[tokio::test]
async fn a_session_that_cannot_be_any_more_is_removed() {
    let world = World::new();
    world.take_all(&[started("s", -HOUR), ended("s", 0)]).await;
    assert_eq!(sessions(&world), [3_600.0]);
    assert_eq!(world.refused(&started("s", -72 * HOUR)).await, "session-too-long");
    assert_eq!(world.items(), []);
}

#[tokio::test]
async fn what_was_done_before_it_was_suggested_is_put_aside() {
    let (suggestion, completion) = (suggested("a", 0, "walk"), completed("a", -1, Some(true)));
    for (first, second) in [(&suggestion, &completion), (&completion, &suggestion)] {
        let world = World::new();
        world.take(first).await.unwrap();
        assert_eq!(world.refused(second).await, "completed-before-suggested");
        let events = world.events();
        assert_eq!(events.len(), 1, "the suggestion is true all the same");
        let EventKind::Activity { completed_at, helpful, .. } = events[0].kind else {
            unreachable!("expected an activity")
        };
        assert_eq!((completed_at, helpful), (None, None));
    }
}

/// A day ahead is a wrong clock; what is less is skew, and taken as it is.
#[tokio::test]
async fn a_clock_that_is_more_than_a_day_ahead_is_put_aside() {
    let world = World::new();
    let ahead = NOW_MILLIS + millis(AHEAD);
    assert_eq!(world.refused(&ended("s", ahead + 1)).await, "clock-ahead");
    world.take(&started("s", ahead - 1_000)).await.unwrap();
    world.take(&ended("s", ahead)).await.unwrap();
    assert_eq!(sessions(&world), [1.0]);
}

/// A record comes again after its fact is forgotten: it is too late then, and changes nothing.
#[tokio::test]
async fn what_comes_later_than_anything_is_kept_is_put_aside() {
    let world = World::new();
    let late = NOW_MILLIS - millis(LATE);
    assert_eq!(world.refused(&started("s", late - 1)).await, "too-late");
    world.take_all(&[started("s", late), ended("s", late + 1_000)]).await;
    assert_eq!(sessions(&world), [1.0]);

    let suggestion = suggested("a", NOW_MILLIS + millis(AHEAD), "walk");
    world.take(&suggestion).await.unwrap();
    let items = world.items();
    world.pass(KEPT + SignedDuration::from_millis(1));
    assert_eq!(world.refused(&suggestion).await, "too-late");
    assert_eq!(world.items(), items);
}

/// None of it counts then, for it would be those that happened to come first.
#[tokio::test]
async fn more_different_records_of_one_session_than_the_bound_are_none() {
    let ends: Vec<_> = (1..=32).map(|n| ended("s", n * 1_000)).collect();
    let all: Vec<_> = [started("s", 0)].into_iter().chain(ends).collect();
    let backwards: Vec<_> = all.iter().rev().cloned().collect();
    for records in [&all, &backwards] {
        let world = World::new();
        let (last, before) = records.split_last().unwrap();
        for recorded in before {
            world.take(recorded).await.unwrap();
        }
        assert_eq!(world.refused(last).await, "too-many-versions");
        assert_eq!(world.refused(&records[0]).await, "too-many-versions");
        assert_eq!(world.items(), []);
    }
    let world = World::new();
    world.take_all(&all[..32]).await;
    assert_eq!(sessions(&world), [31.0]);
}

/// With its code, and without a word of what was there (safety 17); its neighbours are taken.
#[tokio::test]
async fn a_record_that_cannot_be_read_is_put_aside_and_the_stream_goes_on() {
    let data = |session: &str, kind: &str| {
        let at = "2026-11-22T16:00:00.000Z";
        json!({"userId": "ada", "at": at, "kind": kind, "sessionId": session})
    };
    let bad = [
        data("", "sessionStarted"),
        data(&"canary".repeat(1_700), "sessionStarted"),
        data("canary\u{7}", "sessionStarted"),
        data("canary", "sessionDanced"),
    ];
    let world = World::new();
    let bodies = bad.iter().map(envelope).chain(["canary, not an envelope".to_owned()]);
    let [first, last] = [started("s", 0), ended("s", 60_000)].map(|fits| body(&fits));
    world.put([first].into_iter().chain(bodies).chain([last]).collect()).await;
    world.run().await;
    assert_eq!(sessions(&world), [60.0]);
    let aside = world.put_aside();
    let codes: Vec<_> = aside.iter().map(|aside| aside.attributes["code"].as_str()).collect();
    assert_eq!(codes, ["bad-data", "bad-data", "bad-data", "bad-data", "not-an-event"]);
    for aside in aside {
        assert_eq!(aside.attributes["stage"], "activity-ingest");
        assert!(!format!("{:?}", aside.attributes).contains("canary"));
    }
}

/// Nor is anybody's id in the cause of what contradicts itself.
#[tokio::test]
async fn the_cause_of_a_contradiction_says_what_and_not_who() {
    let world = World::new();
    let records: [ActivityRecorded; 4] = [
        started("canary", 0),
        ended("canary", -2 * HOUR),
        ended("canary", 100 * HOUR),
        started("other", 0),
    ];
    world.put(records.iter().map(body).collect()).await;
    world.run().await;
    let aside = world.put_aside();
    let causes: Vec<_> = aside.iter().map(|aside| aside.attributes["cause"].as_str()).collect();
    assert_eq!(
        causes,
        [
            "ends-before-start: expected a session to end after its start, found an end 2h before \
             it",
            "clock-ahead: expected an instant at most 24h ahead, found one 98h ahead",
        ]
    );
    assert!(!format!("{causes:?}").contains(ada().as_str()));
}

/// A body of this data.
fn envelope(data: &Value) -> String {
    let body = json!({
        "specversion": "1.0",
        "id": "5a8f",
        "source": "/mindmate/app",
        "type": "app.mindmate.activity.recorded.v1",
        "time": NOW,
        "data": data,
    });
    body.to_string()
}
