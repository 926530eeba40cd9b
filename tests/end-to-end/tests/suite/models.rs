//! The model's life by the programs themselves: trained, judged, promoted, serving, taken back.

use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::sync::LazyLock;

use jiff::{SignedDuration, Timestamp};
use mindmate_domain::pseudonym::KEY_BYTES;
use mindmate_end_to_end_tests::stores::keep_key;
use serde_json::{Value, json};

use crate::program::{END, Program, Said, mood, profile};

const PEOPLE: i64 = 240;

const DAYS: i64 = 150;

/// The key of pseudonyms, which says who is in which part of a set: drawn, a trial of each run would be another.
const KEY: [u8; KEY_BYTES] = [6; KEY_BYTES];

/// Days from one low to the next.
const CYCLE: i64 = 56;

/// When in it the mood begins to fall, when it is at its bottom, and when it is well again.
const FALL: std::ops::Range<i64> = 30..44;
const LOW: std::ops::Range<i64> = 44..48;

/// People whose mood falls for two weeks before each low of four days. Of eight falls one ends well, so
/// that nobody can tell for sure.
fn with_people() -> Program {
    let program = Program::new();
    let end: Timestamp = END.parse().unwrap();
    let mut lines = Vec::new();
    for n in 0..PEOPLE {
        let user = format!("canary-{n:04}");
        lines.push(profile(
            &user,
            &json!({ "consents": { "M": {
                "scoring": { "BOOL": true }, "textAnalysis": { "BOOL": true },
                "training": { "BOOL": true }, "outreach": { "BOOL": true },
            }}}),
        ));
        for day in 0..DAYS {
            let at = end - SignedDuration::from_hours(24 * (DAYS - day) - 1 - n % 20);
            let number = format!("{:.1}", mood_of(n, day));
            lines.push(mood(&user, &at.to_string(), &number, "a canary"));
        }
    }
    program.import(&lines).exited(0);
    keep_key(&program.database(), KEY);
    program
}

fn mood_of(person: i64, day: i64) -> f64 {
    let (cycle, at) = ((day + person * 5) / CYCLE, (day + person * 5) % CYCLE);
    let noise = ((person * 31 + day * 17) % 11) as f64 / 10.0;
    let ends_well = (cycle + person) % 3 == 0;
    if FALL.contains(&at) {
        6.5 - 0.33 * (at - FALL.start) as f64 + noise / 2.0
    } else if LOW.contains(&at) && !ends_well {
        1.2 + noise / 2.0
    } else {
        6.5 + noise
    }
}

/// The program that trains, as `tests/run` builds it.
fn trainer() -> PathBuf {
    let path = PathBuf::from(env!("CARGO_BIN_EXE_mindmate-under-test")).with_file_name("train");
    let build = "cargo build -p mindmate-training --features lightgbm --bin train";
    assert!(path.exists(), "expected the trainer at {}: {build}", path.display());
    path
}

/// Trees enough for so few people, and no more.
const SMALL: [&str; 2] = ["--resamples", "100"];

impl Program {
    fn retrain(&self, trainer: &std::path::Path, more: &[&str]) -> Said {
        let mut args = vec!["--format", "json", "retrain", "--until", END, "--trainer"];
        args.push(trainer.to_str().unwrap());
        args.extend(SMALL);
        args.extend(more);
        self.run(&args)
    }

    fn models(&self) -> Value {
        self.run(&["--format", "json", "models", "list"]).json()
    }

    /// A trainer that does as this script says.
    fn broken_trainer(&self, script: &str) -> PathBuf {
        let path = self.write("trainer.sh", format!("#!/bin/sh\n{script}\n"));
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o700)).unwrap();
        path
    }

    /// What the latest assessment of somebody says of its scorer.
    fn scorer(&self) -> Value {
        let shown = self.run(&["--format", "json", "show", "canary-0003", "--operator"]).exited(0);
        shown.json()["assessments"][0].clone()
    }
}

/// Somebody's data with a model that serves, which is made once.
static SERVING: LazyLock<Program> = LazyLock::new(|| {
    let program = with_people();
    let said = program.retrain(&trainer(), &[]).exited(0);
    assert_eq!(said.json()["status"], "promoted", "{said}");
    program
});

/// R3.2, R4.2, R4.5, R7.6
#[test]
fn what_is_trained_and_promoted_scores_until_it_is_taken_back() {
    let program = SERVING.copy();
    let serves = program.models()["serves"]["current"].as_str().unwrap().to_owned();
    let run = program.daily().exited(0).json();
    assert_eq!(run["methods"], json!({ "model": PEOPLE }), "{run}");
    assert_eq!(run["models"], json!({ &serves: PEOPLE }));
    let assessment = program.scorer();
    assert_eq!(
        (&assessment["method"], &assessment["modelVersion"]),
        (&json!("model"), &json!(serves))
    );
    assert!(!assessment["contributions"].as_array().unwrap().is_empty(), "{assessment}");
    let card = program.run(&["models", "show", "--card"]).exited(0);
    assert!(card.out.starts_with('#'), "{card}");
    program.run(&["models", "rollback", "--reason", "a trial"]).exited(0);
    assert_eq!(program.models()["serves"]["current"], Value::Null);
    let next = program.run(&["--format", "json", "daily", "--as-of", "2025-03-11T06:00:00Z"]);
    assert_eq!(next.exited(0).json()["methods"], json!({ "rules": PEOPLE }));
    program.run(&["audit", "verify"]).exited(0);
    program.run(&["models", "rollback"]).exited(1).complains("nothing to take back");
}

/// R7.5: what was trained on the same set by another seed ranks much the same.
#[test]
fn a_model_that_is_no_better_does_not_serve_and_its_training_says_why() {
    let program = SERVING.copy();
    let before = program.models()["serves"].clone();
    let refused = program.retrain(&trainer(), &["--seed", "2"]).exited(9);
    let verdict = &refused.json()["verdict"];
    assert_eq!(verdict["passed"], false, "{refused}");
    let models = program.models();
    assert_eq!(models["serves"], before);
    assert_eq!(models["models"].as_array().unwrap().len(), 2);
    assert_eq!(models["trainings"][0]["status"], "refused", "{models}");
    let version = verdict["candidate"].as_str().unwrap();
    let forced = program.run(&["models", "promote", version, "--force", "a trial"]).exited(0);
    assert!(forced.out.contains("on record"), "{forced}");
    assert_eq!(program.models()["serves"]["current"], version);
    assert_eq!(program.models()["serves"]["previous"], json!([before["current"]]));
}

/// R4.2: what was learned from invented people does not score real ones.
#[test]
fn the_model_that_ships_is_named_so_and_does_not_pass_beside_people_who_are_real() {
    let program = SERVING.copy();
    let before = program.models()["serves"].clone();
    let shipped = program.models()["shipped"].as_str().unwrap().to_owned();
    assert!(shipped.starts_with("synthetic"), "{shipped}");
    let shown = program.run(&["models", "show", "shipped"]).exited(0);
    assert!(shown.out.contains("trained on invented people"), "{shown}");
    let refused = program.run(&["--format", "json", "models", "promote", "shipped"]).exited(9);
    let gates = refused.json()["verdict"]["gates"].clone();
    let gate = gates.as_array().unwrap().iter().find(|it| it["name"] == "trained on such people");
    assert_eq!(gate.unwrap()["passed"], false, "{refused}");
    assert_eq!(program.models()["serves"], before);
}

/// "An artefact that is corrupt" and "a pointer to a missing version": what served before does, else the rules.
#[test]
fn a_damaged_or_missing_model_leaves_people_to_the_rules_and_says_so() {
    for damage in [b"{\"mindmate\":1}".as_slice(), b""] {
        let program = SERVING.copy();
        let serves = program.models()["serves"]["current"].as_str().unwrap().to_owned();
        let path = program.data().join("models").join(format!("{serves}.json"));
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        if damage.is_empty() {
            std::fs::remove_file(&path).unwrap();
            program.run(&["models", "list"]).exited(1).complains("models rollback");
        } else {
            std::fs::write(&path, damage).unwrap();
            let list = program.run(&["models", "list"]).exited(6);
            assert!(list.out.contains("CANNOT SERVE"), "{list}");
            let file = path.to_str().unwrap();
            program.run(&["models", "promote", file]).exited(1).complains("expected");
        }
        let run = program.daily().exited(0).json();
        assert_eq!(run["methods"], json!({ "rules": PEOPLE }), "{run}");
    }
}

/// R3.7: what served before does, the row and a notice say what went wrong.
#[test]
fn a_training_that_fails_is_on_record_and_changes_nothing() {
    let program = SERVING.copy();
    let before = program.models()["serves"].clone();
    for (script, words) in [
        ("echo 'no space left on the device' >&2; exit 1", "no space left on the device"),
        ("kill -9 $$", "signal: 9"),
        ("exit 0", "model.json"),
    ] {
        let trained = program.data().join("trained");
        if trained.exists() {
            std::fs::remove_dir_all(trained).unwrap();
        }
        let broken = program.broken_trainer(script);
        program.retrain(&broken, &[]).exited(1).complains(words);
        let models = program.models();
        assert_eq!(models["serves"], before);
        let training = &models["trainings"][0];
        assert_eq!(training["status"], "failed", "{models}");
        assert!(training["failure"].as_str().unwrap().contains(words), "{training}");
    }
    let review = program.run(&["review"]).exited(0);
    assert!(review.out.contains("was not finished"), "{review}");
}

/// R2.7
#[test]
fn with_too_little_data_no_training_begins() {
    let program = Program::with_cohort(30);
    let never = program.broken_trainer("echo 'it began' >&2; exit 1");
    let said = program.retrain(&never, &[]).exited(8);
    assert!(!said.err.contains("it began"), "{said}");
    assert_eq!(program.models()["trainings"][0]["status"], "skipped");
    let missing = program.file("no-such-trainer");
    program.retrain(&missing, &[]).exited(1).complains("--features lightgbm");
    program.retrain(&never, &["--dry-run"]).exited(2);
}
