//! Every row of "Bad input": a clear error or a data-quality entry, and no other user is touched.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};

use crate::program::{END, Program, mood, profile};
use crate::stores::number;

const AT: &str = "2025-03-09T20:00:00Z";

/// The assessment of a user among well-behaved neighbours, after a run in which nobody failed.
fn assessed_with(user: &str, lines: &[Value]) -> Value {
    let program = Program::new();
    let neighbour = mood("neighbour", AT, "7", "fine");
    program.import(&[&[neighbour][..], lines].concat());
    let result = program.daily().exited(0).json();
    assert_eq!(result["ledger"]["deadLettered"], 0);
    let neighbour = program.run(&["--format", "json", "show", "neighbour"]).exited(0).json();
    assert_eq!(neighbour["assessments"][0]["dataQuality"], json!({"noProfile": 1}));
    program.run(&["--format", "json", "show", user]).exited(0).json()["assessments"][0].clone()
}

fn quality(user: &str, lines: &[Value]) -> Value {
    assessed_with(user, lines)["dataQuality"].clone()
}

#[test]
fn items_that_do_not_fit_are_counted_in_the_data_quality() {
    let good = || [profile("u", &json!({})), mood("u", AT, "5", "ok")].to_vec();
    let with = |bad: Value| [good(), vec![bad]].concat();
    let changed = |name: &str, value: Value| {
        let mut line = mood("u", "2025-03-09T21:00:00Z", "5", "ok");
        line["Item"][name] = value;
        line
    };
    let long = "x".repeat(500 * 1024);
    for (bad, expected) in [
        (changed("mood", json!({"N": "14"})), json!({"moodOutOfRange": 1})),
        (changed("timestamp", json!({"S": "last tuesday"})), json!({"badInstant": 1})),
        (changed("type", json!({"S": "CHAT"})), json!({"keyContradictsType": 1})),
        (changed("notes", json!({"S": long})), json!({"textTooLong": 1})),
        (profile("u", &json!({"timezone": {"S": "Mars/Olympus"}})), json!({"unknownTimeZone": 1})),
    ] {
        assert_eq!(quality("u", &with(bad)), expected);
    }
    let mut unknown = changed("type", json!({"S": "WEATHER"}));
    unknown["Item"]["SK"] = json!({"S": "WEATHER#2025-03-09T21:00:00Z"});
    assert_eq!(quality("u", &with(unknown)), json!({}), "the app may add some tomorrow");
    assert_eq!(quality("u", &[mood("u", AT, "5", "ok")]), json!({"noProfile": 1}));
}

/// Safety 12
#[test]
fn consents_that_cannot_be_read_allow_nothing() {
    let program = Program::new();
    program.import(&[
        profile("u", &json!({"consents": {"S": "everything"}})),
        mood("u", AT, "2", "ok"),
    ]);
    assert_eq!(program.daily().exited(0).json()["ledger"]["skipped"], 1);
}

#[test]
fn bad_lines_are_shown_with_their_number_and_the_rest_is_kept() {
    let program = Program::new();
    let megabyte = mood("u", AT, "5", &"x".repeat(1024 * 1024)).to_string();
    let text = format!(
        "{}\nnot json\n{megabyte}\n\n{}\n",
        mood("u", AT, "5", "a"),
        mood("v", AT, "6", "b")
    );
    let path = program.write("mixed.jsonl", text);
    let said = program.run(&["import", path.to_str().unwrap()]).exited(6);
    assert!(said.out.contains("line 2: expected {\"Item\""), "{said}");
    assert!(said.out.contains("line 3: ") && said.out.contains("409600"), "{said}");
    assert_eq!(program.daily().exited(0).json()["ledger"]["assessed"], 2);
}

#[test]
fn an_empty_export_is_an_error() {
    let program = Program::new();
    let path = program.write("empty.jsonl", "");
    program.run(&["import", path.to_str().unwrap()]).exited(1).complains("no item");
    program.run(&["import", "no-such-file"]).exited(1).complains("cannot open no-such-file");
}

#[test]
fn a_truncated_gzip_keeps_what_came_before() {
    let program = Program::new();
    let mut gzip = GzEncoder::new(Vec::new(), Compression::none());
    for minute in 0..60 {
        let at = format!("2025-03-09T20:{minute:02}:00Z");
        writeln!(gzip, "{}", mood("u", &at, "5", "some words")).unwrap();
    }
    let mut bytes = gzip.finish().unwrap();
    bytes.truncate(bytes.len() / 2);
    let path = program.write("cut.json.gz", bytes);
    let said = program.run(&["import", path.to_str().unwrap()]).exited(6);
    assert!(said.out.contains("broke off after line"), "{said}");
    assert!(number(&program.database(), "SELECT count(*) FROM app_items") > 20);
}

#[test]
fn a_message_of_an_unknown_version_is_dead_lettered_and_counted() {
    let program = Program::with_cohort(20).half_a_run();
    let connection = rusqlite::Connection::open(program.database()).unwrap();
    let changed = connection
        .execute(
            "UPDATE message_bodies SET body = replace(body, 'requested.v1', 'requested.v9')
             WHERE id = (SELECT max(id) FROM messages WHERE queue LIKE 'assessments%')",
            [],
        )
        .unwrap();
    assert_eq!(changed, 1);
    drop(connection);
    let result = program.daily().exited(3).json();
    assert_eq!(result["ledger"]["deadLettered"], 1);
    assert_eq!(result["ledger"]["missing"], 0);
    let cause = "SELECT count(*) FROM messages JOIN message_bodies USING (id)
        WHERE dead = 1 AND attributes LIKE '%unknown-type%' AND attributes LIKE '%requested.v9%'";
    assert_eq!(number(&program.database(), cause), 1);
}

#[test]
fn a_data_directory_of_a_newer_version_is_left_alone() {
    let program = Program::with_cohort(3);
    let connection = rusqlite::Connection::open(program.database()).unwrap();
    connection.pragma_update(None, "user_version", 99).unwrap();
    drop(connection);
    program.daily().exited(1).complains("data of version 99; this program knows version 2");
}

#[test]
fn a_file_that_is_no_database_is_an_error() {
    let program = Program::new();
    std::fs::create_dir_all(program.data()).unwrap();
    std::fs::write(program.database(), "this is a letter, not a database, and quite a long one")
        .unwrap();
    program.daily().exited(1).complains("not a database");
}

#[test]
fn two_daily_runs_at_once_are_told_apart() {
    let program = Program::with_cohort(3);
    let lock = std::fs::File::create(program.data().join("run.lock")).unwrap();
    lock.lock().unwrap();
    program.daily().exited(5).complains("another daily run is working on");
    drop(lock);
    program.daily().exited(0);
}

#[test]
fn an_as_of_that_is_none_is_refused() {
    let program = Program::with_cohort(3);
    program.run(&["daily", "--as-of", "yesterday"]).exited(2).complains("RFC 3339");
    program.run(&["daily", "--as-of", "2999-01-01T06:00:00Z"]).exited(1).complains("future");
    program.run(&["show", "nobody"]).exited(1).complains("nothing is held");
    program.run(&["runs", "daily-1999-01-01"]).exited(1).complains("there is no run");
}

#[test]
fn a_policy_behind_the_safety_rules_is_refused() {
    let program = Program::with_cohort(3);
    let policy = include_str!("../../../../shared/domain/data/policy-1.toml");
    let weak = policy.replace("lookback_hours = 72", "lookback_hours = 1");
    let path = program.write("weak.toml", weak);
    let args = ["daily", "--as-of", END, "--policy", path.to_str().unwrap()];
    program.run(&args).exited(1).complains("lookback_hours from 72");
}

#[test]
fn a_service_never_invents_people() {
    let program = Program::new();
    program.run(&["daily", "--no-cohort"]).exited(1).complains("is empty");
    assert_eq!(number(&program.database(), "SELECT count(*) FROM users"), 0);
}
