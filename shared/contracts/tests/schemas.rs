//! `schemas/` says what the Rust types say.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use mindmate_contracts::messages::{
    ActivityRecorded, AppItemChanged, AssessmentRequested, FanOutShardRequested, FeaturesExtracted,
    InterventionRequested, Outcome, TextReceived,
};
use mindmate_contracts::{Contract, RawEvent, channels, examples, schemas};
use serde_json::Value;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../schemas")
}

#[test]
fn the_files_are_as_the_command_writes_them() {
    let files = schemas::files().unwrap();
    for (path, expected) in &files {
        let found = std::fs::read_to_string(root().join(path)).unwrap_or_default();
        assert_eq!(&found, expected, "{path}: cargo run -p mindmate-contracts --bin schemas");
    }
    let written: BTreeSet<_> = files.keys().cloned().collect();
    let mut found = BTreeSet::new();
    for (folder, prefix) in [(root(), ""), (root().join("examples"), "examples/")] {
        for entry in std::fs::read_dir(folder).unwrap() {
            let entry = entry.unwrap();
            if entry.path().is_file() {
                found.insert(format!("{prefix}{}", entry.file_name().to_str().unwrap()));
            }
        }
    }
    assert_eq!(found, written, "a file that no type writes any more");
}

#[test]
fn every_example_fits_its_schema_and_its_type() {
    for example in examples::all().unwrap() {
        let schema = serde_json::to_value(&example.schema).unwrap();
        let validator = jsonschema::validator_for(&schema).unwrap();
        let body: Value = serde_json::from_str(&example.body).unwrap();
        let errors: Vec<_> =
            validator.iter_errors(&body["data"]).map(|error| error.to_string()).collect();
        assert_eq!(errors, Vec::<String>::new(), "{}", example.name);
        let mut broken = body["data"].clone();
        broken.as_object_mut().unwrap().clear();
        assert!(!validator.is_valid(&broken), "the schema of {} takes anything", example.name);
        assert!(decodes(&example.body), "{}", example.name);
    }
}

fn decodes(body: &str) -> bool {
    let event = RawEvent::parse(body).unwrap();
    FanOutShardRequested::decode(&event).is_ok()
        || AppItemChanged::decode(&event).is_ok()
        || TextReceived::decode(&event).is_ok()
        || ActivityRecorded::decode(&event).is_ok()
        || AssessmentRequested::decode(&event).is_ok()
        || FeaturesExtracted::decode(&event).is_ok()
        || InterventionRequested::decode(&event).is_ok()
        || Outcome::decode(&event).is_ok()
}

#[test]
fn every_message_has_a_route_and_every_route_a_message() {
    let messages: BTreeSet<_> = examples::all().unwrap().iter().map(|one| one.name).collect();
    let routed: BTreeSet<_> = channels::ROUTES.iter().map(|route| route.message).collect();
    assert_eq!(messages, routed);
}

#[test]
fn a_body_that_is_no_message_says_why() {
    for (body, code, words) in [
        ("", "not-an-event", "CloudEvents"),
        ("[1,2]", "not-an-event", "CloudEvents"),
        (
            r#"{"specversion":"0.3","id":"1","type":"t","source":"s","data":{}}"#,
            "not-an-event",
            "0.3",
        ),
    ] {
        let error = RawEvent::parse(body).unwrap_err();
        assert_eq!(error.code(), code);
        assert!(error.to_string().contains(words), "{error}");
    }
    let newer = r#"{"specversion":"1.0","id":"1","type":"app.mindmate.assessment.requested.v9",
        "source":"s","data":{"run":{"run":"daily-2026-11-22","shard":3,"ordinal":17}}}"#;
    let event = RawEvent::parse(newer).unwrap();
    let error = AssessmentRequested::decode(&event).unwrap_err();
    assert_eq!(error.code(), "unknown-type");
    assert!(error.to_string().contains("requested.v9"), "{error}");
    assert_eq!(event.position().unwrap().ordinal, 17, "it is counted all the same");
}
