//! `ActivityRecorded`, as the app may send it.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use mindmate_contracts::messages::{ActivityRecorded, RecordedActivity};
use mindmate_contracts::{AppName, Contract, DecodeError, RawEvent};
use serde_json::{Value, json};

fn decode(data: &Value) -> Result<ActivityRecorded, DecodeError> {
    let body = json!({
        "specversion": "1.0",
        "id": "5a8f",
        "source": "/mindmate/app",
        "type": "app.mindmate.activity.recorded.v1",
        "data": data,
    });
    ActivityRecorded::decode(&RawEvent::parse(&body.to_string()).unwrap())
}

fn started(session: &str) -> Value {
    let at = "2026-11-22T06:00:00.000Z";
    json!({"userId": "syn-1", "at": at, "kind": "sessionStarted", "sessionId": session})
}

/// Any text that is bounded and prints: no key is made of it, so that a `#` means nothing.
#[test]
fn ids_are_taken_up_to_their_bound() {
    for id in ["7f3a", "a#b", "SESSION#2026", " ", "día-é", &"x".repeat(128)] {
        let session_id = AppName::new(id).unwrap();
        let read = decode(&started(id)).unwrap();
        assert_eq!(read.activity, RecordedActivity::SessionStarted { session_id });
    }
}

/// And the fault says nothing of what was there (safety 17).
#[test]
fn what_does_not_fit_is_bad_data_and_never_quoted() {
    let mut unknown_kind = started("canary");
    unknown_kind["kind"] = "canaryDanced".into();
    let mut no_kind = started("canary");
    no_kind.as_object_mut().unwrap().remove("kind");
    let mut too_fine = started("canary");
    too_fine["at"] = "2026-11-22T06:00:00.000001Z".into();
    let mut no_offset = started("canary");
    no_offset["at"] = "2026-11-22T06:00:00".into();
    let mut no_user = started("canary");
    no_user["userId"] = "".into();
    let mut endless_user = started("canary");
    endless_user["userId"] = "canary".repeat(2_000).into();
    let (mut endless, mut odd) = (started("canary"), started("canary"));
    endless["sessionId"] = "canary".repeat(2_000).into();
    odd["sessionId"] = 7.into();
    let bad = [
        started(""),
        endless,
        started("canary\n"),
        started("canary\u{0}"),
        started("canary\u{85}"),
        odd,
        unknown_kind,
        no_kind,
        too_fine,
        no_offset,
        no_user,
        endless_user,
    ];
    for data in bad {
        let error = decode(&data).unwrap_err();
        assert_eq!(error.code(), "bad-data");
        assert!(!error.to_string().contains("canary"), "{error}");
    }
}

/// Safety 19.
#[test]
fn debug_shows_no_id() {
    let recorded = decode(&started("canary")).unwrap();
    assert!(!format!("{recorded:?}").contains("canary"));
}
