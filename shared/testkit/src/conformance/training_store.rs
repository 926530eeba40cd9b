//! Where the training set is put. See [`TrainingStore`](mindmate_pipeline::ports::TrainingStore).

use mindmate_pipeline::ports::{MANIFEST_PATH, Side};

use super::Backend;

/// Publishes a set of these words.
async fn publish(backend: &dyn Backend, train: &str, validation: &str, manifest: &str) {
    let mut draft = backend.training_store().draft().await.expect("begun");
    for (side, words) in [(Side::Train, train), (Side::Validation, validation)] {
        draft.append(side, words.as_bytes().to_vec()).await.expect("written");
    }
    draft.publish(manifest.as_bytes().to_vec()).await.expect("published");
}

/// What is there: train, validation, manifest.
async fn found(backend: &dyn Backend) -> [Option<String>; 3] {
    let mut found = [None, None, None];
    let paths = [Side::Train.path(), Side::Validation.path(), MANIFEST_PATH];
    for (slot, path) in found.iter_mut().zip(paths) {
        let bytes = backend.training_store().read(path).await.expect("read");
        *slot = bytes.map(|bytes| String::from_utf8(bytes).expect("text"));
    }
    found
}

fn set(train: &str, validation: &str, manifest: &str) -> [Option<String>; 3] {
    [train, validation, manifest].map(|words| Some(words.to_owned()))
}

/// What is appended to a side stands there in that order.
pub async fn a_published_set_reads_back_as_it_was_written(backend: &dyn Backend) {
    let mut draft = backend.training_store().draft().await.expect("begun");
    for (side, words) in [
        (Side::Train, "a\n"),
        (Side::Validation, "x\n"),
        (Side::Train, "b\n"),
        (Side::Train, "c\n"),
    ] {
        draft.append(side, words.as_bytes().to_vec()).await.expect("written");
    }
    draft.publish(b"{}".to_vec()).await.expect("published");
    assert_eq!(found(backend).await, set("a\nb\nc\n", "x\n", "{}"));
}

/// Nothing half-written.
pub async fn nothing_of_a_draft_shows_before_it_is_published(backend: &dyn Backend) {
    let mut draft = backend.training_store().draft().await.expect("begun");
    draft.append(Side::Train, b"a".to_vec()).await.expect("written");
    assert_eq!(found(backend).await, [None, None, None]);
    draft.publish(b"{}".to_vec()).await.expect("published");
    assert_eq!(found(backend).await, set("a", "", "{}"));
}

/// The earlier one stands as it was.
pub async fn a_discarded_draft_leaves_the_earlier_set(backend: &dyn Backend) {
    publish(backend, "a", "x", "1").await;
    let mut draft = backend.training_store().draft().await.expect("begun");
    draft.append(Side::Train, b"b".to_vec()).await.expect("written");
    draft.discard().await.expect("discarded");
    assert_eq!(found(backend).await, set("a", "x", "1"));
}

/// Also with shorter files: nothing of the earlier one is left.
pub async fn the_next_set_replaces_the_earlier_one(backend: &dyn Backend) {
    publish(backend, "aaaa", "xxxx", "1111").await;
    publish(backend, "b", "y", "2").await;
    assert_eq!(found(backend).await, set("b", "y", "2"));
}

/// And so is one to which nothing was appended.
pub async fn a_side_without_a_sample_is_an_empty_file(backend: &dyn Backend) {
    let draft = backend.training_store().draft().await.expect("begun");
    draft.publish(b"{}".to_vec()).await.expect("published");
    assert_eq!(found(backend).await, set("", "", "{}"));
}

/// More than one part of any store's: 18 MB.
pub async fn a_file_of_several_parts_is_whole(backend: &dyn Backend) {
    const LINES: usize = 300;
    let line = |n: usize| format!("{n:05}{}\n", "x".repeat(60_000));
    let mut draft = backend.training_store().draft().await.expect("begun");
    for n in 0..LINES {
        draft.append(Side::Train, line(n).into_bytes()).await.expect("written");
    }
    draft.publish(b"{}".to_vec()).await.expect("published");
    let file = backend.training_store().read(Side::Train.path()).await.expect("read");
    let file = file.expect("a file");
    let expected: String = (0..LINES).map(line).collect();
    assert!(file == expected.into_bytes(), "{} bytes were found", file.len());
}

/// Taking away what is not there is no error.
pub async fn a_removed_set_is_gone(backend: &dyn Backend) {
    backend.training_store().remove().await.expect("nothing to remove");
    publish(backend, "a", "x", "1").await;
    backend.training_store().remove().await.expect("removed");
    assert_eq!(found(backend).await, [None, None, None]);
}
