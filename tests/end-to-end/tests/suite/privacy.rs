//! No log, report or listing holds a user's text, name or raw id (safety 17).

use serde_json::json;

use crate::program::{END, Program, mood, profile};

const NAME: &str = "Canaryname";
const TEXT: &str = "canarytext i want to kill myself tonight";
const USER: &str = "canaryuser";

#[test]
fn canaries_in_the_data_never_come_out() {
    let program = Program::new();
    let import = program.import(&[
        profile(USER, &json!({"name": {"S": NAME}, "country": {"S": "US"}})),
        mood(USER, "2025-03-09T20:00:00Z", "1", TEXT),
        mood(USER, "2025-03-09T21:00:00Z", "99", TEXT),
        mood("canaryuser-2", "2025-03-09T20:00:00Z", "2", "canarytext so alone"),
    ]);
    let mut outputs = vec![import.exited(0)];
    for args in [
        &["--log", "trace", "daily", "--as-of", END][..],
        &["--log", "trace", "--log-json", "runs", "daily-2025-03-10"],
        &["review"],
        &["runs"],
        &["audit", "verify"],
        &["check"],
        &["features", "--all", "--format", "csv", "--as-of", END],
    ] {
        outputs.push(program.run(args).exited(0));
    }
    let report = std::fs::read_to_string(program.data().join("report-daily-2025-03-10.html"));
    let mut texts: Vec<String> =
        outputs.iter().flat_map(|said| [said.out.clone(), said.err.clone()]).collect();
    texts.push(report.unwrap());
    // An operator who asked for everybody's features gets their ids, on standard output alone.
    let features = texts.len() - 3;
    assert!(texts[features].contains(USER));
    texts[features] = texts[features].replace(USER, "");
    for text in &texts {
        let lower = text.to_lowercase();
        let leak =
            ["canaryname", "canarytext", "canaryuser"].into_iter().find(|c| lower.contains(c));
        assert_eq!(leak, None, "in: {text}");
    }
    assert!(texts.concat().contains("u:"), "users are shown as keyed hashes");
}

/// What goes wrong is said without them: in the logs of a message that is put aside, and to humans.
#[test]
fn canaries_stay_out_of_what_goes_wrong() {
    let cohort = Program::with_cohort(20);
    cohort.import(&[
        profile(USER, &json!({"name": {"S": NAME}, "country": {"S": "US"}})),
        mood(USER, "2025-03-09T20:00:00Z", "1", TEXT),
    ]);
    let program = cohort.half_a_run();
    let connection = rusqlite::Connection::open(program.database()).unwrap();
    let poison = r#"UPDATE message_bodies
        SET body = replace(body, '"historical":true', '"historical":"canarytext"')
        WHERE body LIKE '%canaryuser%' AND event_id LIKE '%requested'"#;
    assert_eq!(connection.execute(poison, []).unwrap(), 1);
    drop(connection);
    let daily = program.run(&["--log", "trace", "daily", "--as-of", END]).exited(3);
    assert!(daily.err.contains("bad-data"), "{daily}");
    let review = program.run(&["review"]).exited(0);
    assert!(review.out.contains("u:"), "somebody looks at whom it was about: {review}");
    for said in [daily, review] {
        let text = said.to_string().to_lowercase();
        assert!(!text.contains("canary"), "in: {text}");
    }
}

/// serde's own messages quote the value that does not fit: here that is a person's words or id.
#[test]
fn lines_that_cannot_be_read_are_not_quoted_and_open_nothing() {
    let program = Program::new();
    let at = "2025-03-09T20:00:00Z";
    let mut bare_note = mood(USER, at, "1", "");
    bare_note["Item"]["notes"] = json!(TEXT);
    let mut bare_key = mood(USER, at, "1", TEXT);
    bare_key["Item"]["SK"] = json!({TEXT: "S"});
    let closed = profile(USER, &json!({"name": TEXT}));
    let said = program.import(&[bare_note, bare_key, closed, mood(USER, at, "1", TEXT)]).exited(6);
    assert_eq!(said.json()[0]["badLines"], 3);
    for output in [&said.out, &said.err] {
        assert!(!output.contains("canary"), "{output}");
    }
    let result = program.daily().exited(0).json();
    assert_eq!(result["ledger"]["skipped"], 1, "nobody knows what they consented to");
}

/// Safety 1, 3, 6
#[test]
fn a_plan_gets_crisis_resources_of_the_country_and_a_human() {
    let program = Program::new();
    program.import(&[
        profile(USER, &json!({"name": {"S": "Ada"}, "country": {"S": "US"}})),
        mood(USER, "2025-03-09T20:00:00Z", "8", TEXT),
        profile("far", &json!({"country": {"S": "TV"}})),
        mood("far", "2025-03-09T20:00:00Z", "8", TEXT),
    ]);
    program.daily().exited(0);
    let shown = program.run(&["--format", "json", "show", USER]).exited(0).json();
    assert_eq!(shown["assessments"][0]["level"], "critical");
    assert_eq!(shown["assessments"][0]["floor"]["category"], "planIntentMeans");
    let message = shown["interventions"][0]["message"].as_str().unwrap();
    assert!(message.contains("988") && message.contains("741741"), "{message}");
    let elsewhere = program.run(&["--format", "json", "show", "far"]).exited(0).json();
    let message = elsewhere["interventions"][0]["message"].as_str().unwrap();
    assert!(!message.contains("988") && message.contains("findahelpline.com"), "{message}");
    let review = program.run(&["--format", "json", "review"]).exited(0).json();
    assert_eq!(review["open"].as_array().unwrap().len(), 2);
    program.run(&["review", "--acknowledge", USER, "--by", "dr-b"]).exited(0);
    let review = program.run(&["--format", "json", "review"]).exited(0).json();
    assert_eq!(review["open"].as_array().unwrap().len(), 1);
}

/// Who took notice of one entry has not seen the others.
#[test]
fn one_entry_is_acknowledged_unless_all_are_asked_for() {
    let program = Program::new();
    program.import(&[mood(USER, "2025-03-09T20:00:00Z", "8", TEXT)]);
    program.daily().exited(0);
    program.run(&["daily", "--as-of", "2025-03-11T06:00:00Z"]).exited(0);
    let review = || program.run(&["--format", "json", "review"]).exited(0).json();
    assert_eq!(review()["count"], 2);
    let name = review()["open"][0]["user"].as_str().unwrap().to_owned();
    let unclear = program.run(&["review", "--acknowledge", &name, "--by", "dr-b"]).exited(1);
    unclear.complains("--as-of 2025-03-11").complains("--all");
    let one = ["review", "--acknowledge", &name, "--by", "dr-b", "--as-of", END];
    program.run(&one).exited(0);
    assert_eq!(review()["count"], 1);
    program.run(&["review", "--acknowledge", USER, "--by", "dr-b", "--all"]).exited(0);
    assert_eq!(review()["count"], 0);
}

/// R8.4, safety 13
#[test]
fn who_opted_out_is_left_in_peace() {
    let program = Program::new();
    let off =
        json!({"consents": {"M": {"outreach": {"BOOL": true}, "textAnalysis": {"BOOL": true}}}});
    program.import(&[profile("out", &off), mood("out", "2025-03-09T20:00:00Z", "1", TEXT)]);
    let result = program.daily().exited(0).json();
    assert_eq!(result["ledger"]["skipped"], 1);
    program.run(&["show", "out"]).exited(1).complains("nothing is held");
    program.run(&["features", "--user", "out", "--as-of", END]).exited(1).complains("consent");
}
