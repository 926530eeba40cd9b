//! The program on a few seconds of load: it measures, writes, and finds what was lost.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::Path;
use std::process::{Command, Output};

use mindmate_load_tests::result::LoadResult;

/// The scenario that has everything, smaller still: these tests run without optimisations.
fn run(out: &Path, more: &[&str]) -> Output {
    run_scenario("small.toml", out, more)
}

/// The daily wave, with fewer people.
fn run_wave(out: &Path, more: &[&str]) -> Output {
    run_scenario("daily-10k.toml", out, &[&["--users", "40", "--days", "40"], more].concat())
}

fn run_scenario(file: &str, out: &Path, more: &[&str]) -> Output {
    let scenario = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios").join(file);
    let mut command = Command::new(env!("CARGO_BIN_EXE_mindmate-load"));
    command.arg("run").arg(scenario).arg("--out").arg(out).args(more);
    command.output().unwrap()
}

fn said(output: &Output) -> String {
    let (out, err) = (&output.stdout, &output.stderr);
    format!("{}{}", String::from_utf8_lossy(out), String::from_utf8_lossy(err))
}

#[test]
fn a_small_load_is_measured_and_its_ledger_closes() {
    let out = tempfile::tempdir().unwrap();
    let output = run(out.path(), &[]);
    let words = said(&output);
    assert_eq!(output.status.code(), Some(0), "{words}");
    assert!(words.contains("to the assessment") && words.contains("p99.9"), "{words}");

    let result = LoadResult::read(&out.path().join("small.json")).unwrap();
    let ledger = &result.ledger;
    assert_eq!(ledger.sent, ledger.assessed + ledger.skipped + ledger.dead_lettered);
    assert!(ledger.sent > 60 && ledger.dead_lettered > 0 && ledger.delivered > 0, "{ledger:?}");
    assert_eq!(result.assessment.count, ledger.assessed);
    assert!(result.assessment.p50_us > 0 && result.sending.p50_us > 0, "{words}");
    for stage in ["feature-extraction", "scoring", "intervention", "run-report"] {
        let is_stream = stage == "run-report";
        assert!(is_stream || result.stages[stage].count > 0, "{stage}");
    }
    let last = result.series.last().unwrap();
    assert!(last.cpu_seconds > 0.0 && last.rss_mib > 1.0 && last.dead > 0, "{last:?}");

    let page = std::fs::read_to_string(out.path().join("small.html")).unwrap();
    assert!(page.contains("The ledger closes") && page.matches("<svg").count() == 5);
    assert!(!page.contains("syn-") && !page.contains("http://") && !page.contains("<script"));

    let json = out.path().join("small.json");
    let compare = Command::new(env!("CARGO_BIN_EXE_mindmate-load"))
        .args([Path::new("compare"), &json, &json])
        .output()
        .unwrap();
    assert!(compare.status.success());
    assert!(said(&compare).contains("1.00"), "{}", said(&compare));
}

/// A message that is taken away is found: the ledger does not close, and who is missing is named by
/// keyed hash.
#[test]
fn a_message_that_is_taken_away_keeps_the_ledger_open() {
    let out = tempfile::tempdir().unwrap();
    let output = run(out.path(), &["--seconds", "2.5", "--lose", "1"]);
    let words = said(&output);
    assert_eq!(output.status.code(), Some(4), "{words}");
    assert!(words.contains("THE LEDGER DOES NOT CLOSE") && words.contains("1 MISSING"), "{words}");
    assert!(words.contains("missing: u:") && words.contains("no assessment"), "{words}");
    assert!(!words.contains("syn-"), "{words}");
    let result = LoadResult::read(&out.path().join("small.json")).unwrap();
    assert_eq!((result.ledger.missing, result.ledger.missing_named.len()), (1, 1));
    let page = std::fs::read_to_string(out.path().join("small.html")).unwrap();
    assert!(page.contains("The ledger does not close") && !page.contains("syn-"));
}

/// The daily wave goes by the fan-out: nobody but the ledger knows beforehand who comes.
#[test]
fn a_wave_is_the_daily_run() {
    let out = tempfile::tempdir().unwrap();
    let output = run_wave(out.path(), &[]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    let result = LoadResult::read(&out.path().join("daily-10k.json")).unwrap();
    assert!((20..=40).contains(&result.ledger.sent), "{:?}", result.ledger);
    assert_eq!(result.stages["fan-out"].count, 16);
}

/// Its ledger knows of a shard that nobody fanned out.
#[test]
fn a_shard_that_is_taken_away_keeps_the_wave_open() {
    let out = tempfile::tempdir().unwrap();
    let output = run_wave(out.path(), &["--lose", "1"]);
    let words = said(&output);
    assert_eq!(output.status.code(), Some(4), "{words}");
    assert!(words.contains("THE LEDGER DOES NOT CLOSE"), "{words}");
    assert!(words.contains("not every shard was fanned out"), "{words}");
}

/// A trial of the check that took less away than was asked for would say that the check is good.
#[test]
fn more_than_the_harness_sends_cannot_be_taken_away() {
    let out = tempfile::tempdir().unwrap();
    let words = said(&run_wave(out.path(), &["--lose", "17"]));
    assert!(words.contains("expected at most 16") && words.contains("found 17"), "{words}");
}

#[test]
fn a_scenario_that_makes_no_sense_is_refused_with_its_file_and_key() {
    let out = tempfile::tempdir().unwrap();
    let output = run(out.path(), &["--rate", "-3"]);
    let words = said(&output);
    assert_eq!(output.status.code(), Some(1), "{words}");
    for word in ["small.toml", "arrivals.rate", "expected a number above 0", "-3"] {
        assert!(words.contains(word), "{word}: {words}");
    }
}
