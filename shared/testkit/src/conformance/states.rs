//! Small states of users. See [`UserStates`](mindmate_pipeline::ports::UserStates).

use super::Backend;
use super::samples::{instant, user};

async fn put(backend: &dyn Backend, who: &str, value: &str, seen: Option<&str>) -> bool {
    let expires = instant("2026-11-25T06:00:00Z");
    backend.states().put(&user(who), "realtime", value, seen, expires).await.expect("no error")
}

async fn state(backend: &dyn Backend, who: &str, name: &str) -> Option<String> {
    backend.states().state(&user(who), name).await.expect("read")
}

/// Of a user and a name.
pub async fn a_state_reads_back_as_it_was_put(backend: &dyn Backend) {
    assert_eq!(state(backend, "ada", "realtime").await, None);
    assert!(put(backend, "ada", "one", None).await);
    assert_eq!(state(backend, "ada", "realtime").await.as_deref(), Some("one"));
    assert_eq!(state(backend, "ada", "other").await, None);
    assert_eq!(state(backend, "ada2", "realtime").await, None);
}

/// Whoever saw something else looks again.
pub async fn a_state_changes_only_from_what_was_seen(backend: &dyn Backend) {
    assert!(!put(backend, "ada", "two", Some("one")).await, "there is none yet");
    assert!(put(backend, "ada", "one", None).await);
    assert!(!put(backend, "ada", "two", None).await, "there is one already");
    assert!(!put(backend, "ada", "two", Some("three")).await);
    assert_eq!(state(backend, "ada", "realtime").await.as_deref(), Some("one"));
    assert!(put(backend, "ada", "two", Some("one")).await);
    assert_eq!(state(backend, "ada", "realtime").await.as_deref(), Some("two"));
}

/// Two that saw the same do not both write.
pub async fn one_of_two_racing_states_wins(backend: &dyn Backend) {
    let (one, two) =
        futures::join!(put(backend, "ada", "one", None), put(backend, "ada", "two", None));
    assert!(one != two, "exactly one is written");
    let written = if one { "one" } else { "two" };
    assert_eq!(state(backend, "ada", "realtime").await.as_deref(), Some(written));
}
