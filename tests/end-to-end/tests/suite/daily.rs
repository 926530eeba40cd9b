//! The main job.

use std::process::Command;

use serde_json::{Value, json};

use crate::program::{END, Program, mood, open_play};
use crate::stores::number;

fn books_are_closed(ledger: &Value) -> u64 {
    let of = |name: &str| ledger[name].as_u64().unwrap();
    assert_eq!(of("assessed") + of("skipped") + of("deadLettered"), of("enqueued"), "{ledger}");
    assert_eq!(of("missing"), 0);
    assert!(of("enqueued") > 0, "nobody was assessed: {ledger}");
    of("enqueued")
}

/// R5.1, R5.4
#[test]
fn an_empty_directory_gets_a_cohort_and_a_closed_run() {
    let program = Program::new();
    let said = program.run(&["--format", "json", "daily"]).exited(0);
    assert!(said.err.contains("1,000 users"), "{said}");
    let result = said.json();
    assert!(books_are_closed(&result["ledger"]) > 700, "{result}");
    let report = std::fs::read_to_string(result["report"].as_str().unwrap()).unwrap();
    assert!(report.contains("<svg"));
    assert!(!report.contains("syn-"), "aggregates only");
    opens_in_a_browser(&program, result["report"].as_str().unwrap());
    program.run(&["audit", "verify"]).exited(0);
}

/// The page renders without an error; left out, in words, where there is no Chromium.
fn opens_in_a_browser(program: &Program, page: &str) {
    #[expect(clippy::disallowed_methods, reason = "the test command says which browser there is")]
    let chromium = std::env::var("CHROMIUM").unwrap_or_default();
    if chromium.is_empty() {
        eprintln!("left out: no CHROMIUM to open the report in");
        return;
    }
    let shot = program.file("report.png");
    let output = Command::new(chromium)
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"])
        .args(["--disable-background-networking", "--disable-component-update", "--disable-sync"])
        .args(["--enable-logging=stderr", "--window-size=1200,3200"])
        .arg(format!("--user-data-dir={}", program.file("browser").display()))
        .arg(format!("--screenshot={}", shot.display()))
        .arg(format!("file://{}", std::fs::canonicalize(page).unwrap().display()))
        .output()
        .unwrap();
    let log = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{log}");
    assert!(!log.contains("CONSOLE"), "the page says something to the console: {log}");
    assert!(std::fs::metadata(shot).unwrap().len() > 20_000, "the screenshot is blank");
}

#[test]
fn the_real_diaries_are_assessed_exactly() {
    let Some(export) = open_play() else {
        eprintln!("left out: the real diaries are not beside the repository");
        return;
    };
    let program = Program::new();
    let import = ["--format", "json", "import", export.to_str().unwrap()];
    let first = program.run(&import).exited(0).json();
    assert_eq!(first[0]["items"], 10_574);
    let again = program.run(&import).exited(0).json();
    assert_eq!((&again[0]["added"], &again[0]["replaced"]), (&json!(0), &json!(0)));
    let as_of = "2025-04-20T06:00:00Z";
    let result = program.run(&["--format", "json", "daily", "--as-of", as_of]).exited(0).json();
    assert_eq!(result["ledger"]["assessed"], 167);
    assert_eq!(result["ledger"]["enqueued"], 167);
    assert_eq!(result["historical"], true);
    let features = program.run(&["--format", "json", "features", "--all", "--as-of", as_of]);
    let vectors = features.exited(0).json();
    assert!(vectors.as_array().unwrap().len() >= 167);
    for vector in vectors.as_array().unwrap() {
        let (present, missing) = (&vector["features"], &vector["missing"]);
        let count = present.as_object().unwrap().len() + missing.as_object().unwrap().len();
        assert_eq!(count, 70);
    }
}

#[test]
fn a_second_run_of_the_same_day_only_shows_the_first() {
    let program = Program::with_cohort(40);
    let first = program.daily().exited(0).json();
    let chats = number(&program.database(), "SELECT count(*) FROM app_items");
    let second = program.daily().exited(0).complains("complete already").json();
    assert_eq!(first["ledger"], second["ledger"]);
    assert_eq!(number(&program.database(), "SELECT count(*) FROM app_items"), chats);
}

#[test]
fn the_next_day_assesses_again_and_holds_repeats_back() {
    let program = Program::with_cohort(120);
    program.daily().exited(0);
    let next = program.run(&["--format", "json", "daily", "--as-of", "2025-03-11T06:00:00Z"]);
    let result = next.exited(0).json();
    assert_eq!(result["closed"], true);
    books_are_closed(&result["ledger"]);
    // Low and moderate wait for days (safety 5).
    assert!(result["interventions"]["withheld"]["coolDown"].as_u64().unwrap() > 0, "{result}");
}

#[test]
fn a_date_has_one_as_of() {
    let program = Program::with_cohort(5);
    program.daily().exited(0);
    let other = program.run(&["daily", "--as-of", "2025-03-10T07:00:00Z"]);
    other
        .exited(1)
        .complains("expected asOf 2025-03-10T06:00:00.000Z as daily-2025-03-10 was started with");
}

#[test]
fn the_same_seed_gives_the_same_bytes() {
    let program = Program::new();
    let export = |name: &str, seed: &str| {
        let path = program.file(name);
        let args = ["cohort", "--users", "30", "--days", "20", "--seed", seed, "--end", END];
        let path_text = path.to_str().unwrap().to_owned();
        program.run(&[&args[..], &["--export", &path_text]].concat()).exited(0);
        std::fs::read(path).unwrap()
    };
    let first = export("a.json.gz", "7");
    assert_eq!(first, export("b.json.gz", "7"));
    assert_ne!(first, export("c.json.gz", "8"));
}

#[test]
fn an_exported_cohort_imports_without_a_defect() {
    let program = Program::new();
    let path = program.file("cohort.json.gz");
    let path = path.to_str().unwrap();
    program.run(&["cohort", "--users", "30", "--end", END, "--export", path]).exited(0);
    let result = program.run(&["--format", "json", "import", path]).exited(0).json();
    assert_eq!((&result[0]["badLines"], &result[0]["unfitItems"]), (&json!(0), &json!(0)));
}

/// R8.5
#[test]
fn a_score_is_shown_to_operators_alone() {
    let program = Program::new();
    program.import(&[
        mood("ada", "2025-03-08T08:00:00Z", "4", "a long day"),
        mood("ada", "2025-03-09T08:00:00Z", "3", "tired again"),
    ]);
    program.daily().exited(0);
    let shown = program.run(&["show", "ada"]).exited(0);
    assert!(!shown.out.contains("score"), "{shown}");
    let json = program.run(&["--format", "json", "show", "ada"]).exited(0);
    assert!(!json.out.contains("score") && !json.out.contains("logOdds"), "{json}");
    let operator = program.run(&["show", "ada", "--operator"]).exited(0);
    assert!(operator.out.contains("score 0."), "{operator}");
}

#[test]
fn features_come_as_a_table_too() {
    let program = Program::new();
    program.import(&[mood("ada", "2025-03-09T08:00:00Z", "3", "tired")]);
    let csv = program.run(&["--format", "csv", "features", "--user", "ada", "--as-of", END]);
    let csv = csv.exited(0);
    let lines: Vec<&str> = csv.out.lines().collect();
    assert_eq!(lines.len(), 2);
    assert_eq!(lines[0].split(',').count(), 72);
    assert!(lines[1].starts_with("ada,2025-03-10T06:00:00.000Z,"), "{csv}");
}
