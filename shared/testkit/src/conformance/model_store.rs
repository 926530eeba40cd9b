//! Trained models and the pointer to one. See [`ModelStore`](mindmate_pipeline::ports::ModelStore).

use mindmate_pipeline::ports::{JobName, ModelPut, ModelVersion, Pointer, PortError};

use super::Backend;

fn version(name: &str) -> ModelVersion {
    name.parse().expect("a version")
}

fn pointer(current: Option<&str>, previous: &[&str]) -> Pointer {
    let since = "2026-11-22T06:00:00.123Z".parse().expect("an instant");
    let previous = previous.iter().map(|name| version(name)).collect();
    Pointer { current: current.map(version), since, previous }
}

/// To the byte, and of an unknown version there is nothing.
pub async fn a_model_reads_back_as_it_was_put(backend: &dyn Backend) {
    let store = backend.model_store();
    assert_eq!(store.get(&version("m1")).await.expect("asked"), None);
    let bytes: Vec<u8> = (0..=255).cycle().take(300_000).collect();
    assert_eq!(store.put(&version("m1"), bytes.clone()).await.expect("put"), ModelPut::Written);
    assert_eq!(store.get(&version("m1")).await.expect("asked"), Some(bytes));
    assert_eq!(store.get(&version("m")).await.expect("asked"), None);
}

/// What a version means never changes.
pub async fn a_version_is_written_once(backend: &dyn Backend) {
    let store = backend.model_store();
    for (bytes, expected) in
        [(b"one", ModelPut::Written), (b"one", ModelPut::Existing), (b"two", ModelPut::Taken)]
    {
        assert_eq!(store.put(&version("m1"), bytes.to_vec()).await.expect("put"), expected);
    }
    assert_eq!(store.get(&version("m1")).await.expect("asked"), Some(b"one".to_vec()));
}

/// And the pointer is none of them.
pub async fn versions_come_in_order(backend: &dyn Backend) {
    let store = backend.model_store();
    assert_eq!(store.versions().await.expect("listed"), []);
    for name in ["m2", "m10", "m1"] {
        store.put(&version(name), name.into()).await.expect("put");
    }
    assert!(store.point(None, &pointer(Some("m1"), &[])).await.expect("set"));
    let expected = ["m1", "m10", "m2"].map(version);
    assert_eq!(store.versions().await.expect("listed"), expected);
}

/// As the job put it, and it is no model.
pub async fn what_a_training_job_made_is_found_beside_the_models(backend: &dyn Backend) {
    let store = backend.model_store();
    let job: JobName = "mindmate-1".parse().expect("a name");
    assert_eq!(store.output(&job, 10).await.expect("asked"), None);
    backend.put_output(&job, b"0123456789".to_vec()).await;
    assert_eq!(store.output(&job, 10).await.expect("asked"), Some(b"0123456789".to_vec()));
    let error = store.output(&job, 9).await.expect_err("too large");
    assert!(matches!(error, PortError::Permanent { code: "too-large", .. }), "{error}");
    let other = "mindmate-2".parse().expect("a name");
    assert_eq!(store.output(&other, 10).await.expect("asked"), None);
    store.put(&version("m1"), b"one".to_vec()).await.expect("put");
    assert_eq!(store.versions().await.expect("listed"), [version("m1")]);
}

/// None is no error: nothing was ever promoted.
pub async fn without_a_pointer_there_is_none(backend: &dyn Backend) {
    assert_eq!(backend.model_store().pointer().await.expect("read"), None);
}

/// With what served before.
pub async fn a_pointer_reads_back_as_it_was_set(backend: &dyn Backend) {
    let store = backend.model_store();
    let first = pointer(Some("m1"), &[]);
    assert!(store.point(None, &first).await.expect("set"));
    let standing = store.pointer().await.expect("read").expect("set");
    assert_eq!(standing.pointer, first);
    let second = pointer(Some("m2"), &["m0", "m1"]);
    assert!(store.point(Some(&standing), &second).await.expect("set"));
    assert_eq!(store.pointer().await.expect("read").expect("set").pointer, second);
}

/// The one that was first stays.
pub async fn of_two_who_change_the_pointer_one_is_told(backend: &dyn Backend) {
    let store = backend.model_store();
    let [first, second, third] = ["m1", "m2", "m3"].map(|name| pointer(Some(name), &[]));
    assert!(store.point(None, &first).await.expect("set"));
    assert!(!store.point(None, &second).await.expect("refused"));
    let seen = store.pointer().await.expect("read").expect("set");
    assert!(store.point(Some(&seen), &second).await.expect("set"));
    assert!(!store.point(Some(&seen), &third).await.expect("refused"));
    assert_eq!(store.pointer().await.expect("read").expect("set").pointer, second);
}

/// A rollback of the only model.
pub async fn a_pointer_may_say_that_the_rules_serve(backend: &dyn Backend) {
    let store = backend.model_store();
    assert!(store.point(None, &pointer(None, &[])).await.expect("set"));
    let standing = store.pointer().await.expect("read").expect("set");
    assert_eq!(standing.pointer.current, None);
}
