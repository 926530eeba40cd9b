//! The fakes pass the suites that every backend passes.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::Timestamp;
use mindmate_testkit::ManualClock;
use mindmate_testkit::conformance::MemoryUnderTest;

async fn fresh() -> MemoryUnderTest {
    let start: Timestamp = "2026-11-22T06:00:00Z".parse().unwrap();
    MemoryUnderTest::new(ManualClock::new(start), Duration::from_mins(3), 10)
}

mindmate_testkit::conformance_suites!(fresh);

/// A behaviour that is written and not listed would never be tested.
#[test]
fn every_behaviour_is_listed() {
    let listed = mindmate_testkit::conformance_suites!(@list names);
    let listed: BTreeSet<String> = listed.into_iter().map(str::to_owned).collect();
    let mut written = BTreeSet::new();
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/conformance");
    for file in std::fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        let port = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let source = std::fs::read_to_string(&path).unwrap();
        let names = source.lines().filter_map(|line| line.strip_prefix("pub async fn "));
        written.extend(names.map(|name| format!("{port}::{}", name.split('(').next().unwrap())));
    }
    assert_eq!(listed, written);
}
