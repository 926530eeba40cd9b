//! Every row of "Bad input": a clear error or a data-quality entry, and no other user is touched.

use std::io::Write as _;
use std::os::unix::fs::FileExt as _;

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};

use crate::program::{END, Program, comes_to, mood, profile};
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
    let cut = bytes.split_off(bytes.len() / 2);
    let path = program.write("part.json.gz", &bytes);
    let said = program.run(&["import", path.to_str().unwrap()]).exited(6);
    assert!(said.out.contains("broke off after line"), "{said}");
    assert!(number(&program.database(), "SELECT count(*) FROM app_items") > 20);
    // Who is missing would be assessed by nobody: a run asks for the whole file first.
    program.daily().exited(1).complains("only a part was imported of \"part.json.gz\"");
    let args = ["daily", "--as-of", "2025-03-09T21:00:00Z", "--incomplete-import"];
    program.run(&args).exited(0).complains("people and consents may be missing");
    program.import(&[mood("v", AT, "5", "another file")]).exited(0);
    program.daily().exited(1).complains("only a part");
    program.write("part.json.gz", [bytes, cut].concat());
    program.run(&["import", path.to_str().unwrap()]).exited(0);
    program.daily().exited(0);
}

/// Safety 12: of a profile that is cut off, too long or broken, its user keeps that nothing is
/// allowed.
#[test]
fn a_profile_that_cannot_be_read_leaves_nothing_allowed() {
    let whole = profile("u", &json!({"consents": {"M": {}}})).to_string();
    let long = profile("u", &json!({"zname": {"S": "x".repeat(2 * 1024 * 1024)}})).to_string();
    let cut = &whole[..whole.len() - 3];
    let mood = mood("u", AT, "2", "words");
    for bad in [&long, &whole.replace("\"M\"", "\"M"), cut] {
        let program = Program::new();
        let path = program.write("bad.jsonl", format!("\u{feff}{mood}\n{bad}"));
        let said = program.run(&["--format", "json", "import", path.to_str().unwrap()]).exited(6);
        let result = said.json()[0].clone();
        assert_eq!((&result["items"], &result["closedProfiles"]), (&json!(1), &json!(1)));
        let args = ["--format", "json", "daily", "--as-of", END, "--incomplete-import"];
        assert_eq!(program.run(&args).exited(0).json()["ledger"]["skipped"], 1, "{bad:.80}");
    }
}

/// The last line of a file that ends in the middle of it.
#[test]
fn a_plain_file_that_is_cut_off_is_not_taken_for_whole() {
    let program = Program::new();
    let (first, second) =
        (mood("u", AT, "5", "a").to_string(), mood("v", AT, "5", "b").to_string());
    let cut = &second[..second.len() / 2];
    let path = program.write("cut.jsonl", format!("{first}\n{cut}"));
    let import = || program.run(&["import", path.to_str().unwrap()]);
    assert!(import().exited(6).out.contains("broke off in line 2"));
    program.daily().exited(1).complains("import the whole file again");
    // A last line needs no end.
    program.write("cut.jsonl", format!("{first}\n{second}"));
    import().exited(0);
    assert_eq!(program.daily().exited(0).json()["ledger"]["assessed"], 2);
}

#[test]
fn a_failed_first_import_is_not_made_up_for_by_invented_people() {
    let program = Program::new();
    program.run(&["import", "no-such-file"]).exited(1);
    program.daily().exited(1).complains("an import was tried there that brought nobody");
    assert_eq!(number(&program.database(), "SELECT count(*) FROM users"), 0);
    program.import(&[mood("u", AT, "5", "ok")]).exited(0);
    program.daily().exited(0);
}

/// Killed when a part of it was written.
#[test]
fn half_a_cohort_is_made_whole() {
    let program = Program::new();
    let users = "SELECT count(*) FROM users";
    let args = ["cohort", "--users", "300", "--days", "40", "--end", END];
    let mut cohort = program.start(&args);
    let begun = || {
        // Never made by this look: an empty file would be called damaged.
        let existing = rusqlite::OpenFlags::SQLITE_OPEN_READ_WRITE;
        let path = program.database();
        let connection = rusqlite::Connection::open_with_flags(path, existing).ok()?;
        connection.busy_timeout(std::time::Duration::from_secs(9)).ok()?;
        connection.query_row(users, [], |row| row.get::<_, i64>(0)).ok()
    };
    let is_begun = comes_to(&mut cohort, || begun().unwrap_or(0) > 0);
    assert!(is_begun, "ended before it could be killed");
    cohort.kill().unwrap();
    cohort.wait().unwrap();
    assert!(number(&program.database(), users) < 300);
    let service = ["daily", "--as-of", END, "--no-cohort"];
    program.run(&service).exited(1).complains("only a part of a synthetic cohort");
    let said = program.daily().exited(0).complains("it is made whole");
    assert_eq!(said.json()["origin"], "synthetic");
    assert_eq!(number(&program.database(), users), 300);
    // But for what the run itself wrote there.
    let items = "SELECT count(*) FROM app_items
        WHERE sk NOT LIKE 'CHAT#%#%' AND sk NOT LIKE 'SENTIMENT#%'";
    let whole = Program::new();
    whole.run(&args).exited(0);
    assert_eq!(number(&program.database(), items), number(&whole.database(), items));
}

#[test]
fn an_import_over_invented_people_is_said_to_be_mixed() {
    let program = Program::with_cohort(3);
    program.import(&[mood("u", AT, "5", "ok")]).exited(0);
    let said = program.run(&["daily", "--as-of", END]).exited(0);
    assert!(said.out.contains("a synthetic cohort and imported people"), "{said}");
    let report = std::fs::read_to_string(program.data().join("report-daily-2025-03-10.html"));
    assert!(report.unwrap().contains("Mixed: a synthetic cohort and imported people"));
    assert_eq!(program.daily().exited(0).json()["origin"], "mixed");
}

#[test]
fn a_message_of_an_unknown_version_is_dead_lettered_and_counted() {
    // So many that some messages wait which the killed process had not taken.
    let program = Program::with_cohort(160).half_a_run();
    program.break_a_request();
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
    program.daily().exited(1).complains("data of version 99; this program knows version 7");
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
    program.daily().exited(5).complains("is working on");
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

/// A page that nothing of this reads: whoever goes on with it, and whoever backs it up, is to know.
#[test]
fn a_check_finds_a_damaged_page_that_no_run_reads() {
    let program = Program::new();
    program.import(&[mood("u", AT, "5", "ok")]);
    program.daily().exited(0);
    let whole = program.run(&["--format", "json", "check"]).exited(0).json();
    let bytes = std::fs::metadata(program.database()).unwrap().len();
    assert_eq!((&whole["whole"], &whole["bytes"]), (&true.into(), &bytes.into()));
    let page = "SELECT rootpage FROM sqlite_schema WHERE name = 'training_jobs'";
    let page = u64::try_from(number(&program.database(), page)).unwrap();
    let file = std::fs::File::options().write(true).open(program.database()).unwrap();
    file.write_all_at(&[0xA5; 4_096], (page - 1) * 4_096).unwrap();
    program.daily().exited(0);
    let said = program.run(&["check"]).exited(1);
    for words in ["mindmate.db is damaged", "restore a backup"] {
        assert!(said.err.contains(words), "{said}");
    }
}
