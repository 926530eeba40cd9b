//! What people write now is assessed now.

use std::io::Write as _;
use std::ops::RangeInclusive;
use std::process::Stdio;
use std::sync::LazyLock;

use jiff::SignedDuration;
use mindmate_pipeline::{Clock as _, SystemClock};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};

use crate::program::{Program, Said, comes_to, profile};
use crate::stores::{self, number};

const CRISIS: &str = "I have the pills here and I am going to kill myself tonight";

fn write(program: &Program, args: &[&str], text: &str) -> Said {
    let mut command = program.command(&[&["write"], args].concat());
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    child.wait_with_output().unwrap().into()
}

fn assessments(program: &Program, user: &str) -> Vec<Value> {
    let shown = program.run(&["--format", "json", "show", user]).exited(0).json();
    shown["assessments"].as_array().unwrap().clone()
}

/// Safety 1, 4, 6: from the words to the helplines and to a human.
#[test]
fn crisis_language_leads_to_helplines_and_to_a_human() {
    let program = Program::new();
    program.import(&[profile("ada", &json!({"country": {"S": "US"}}))]).exited(0);
    write(&program, &["--user", "ada"], CRISIS).exited(0);
    program.run(&["serve", "--once"]).exited(0);
    let made = assessments(&program, "ada");
    assert_eq!(made.len(), 1, "{made:?}");
    assert_eq!(made[0]["level"], "critical");
    let chat = "SELECT count(*) FROM app_items WHERE sk LIKE 'CHAT#%#%' AND item LIKE '%988%'";
    assert_eq!(number(&program.database(), chat), 1, "the helpline of their country");
    assert_eq!(number(&program.database(), "SELECT count(*) FROM reviews"), 1);
}

/// No loop: the pipeline's own message comes by the same stream, and nothing comes of it.
#[test]
fn the_pipelines_own_message_leads_to_nothing() {
    let program = Program::new();
    write(&program, &["--user", "ada"], CRISIS).exited(0);
    for _ in 0..3 {
        program.run(&["serve", "--once"]).exited(0);
    }
    assert_eq!(assessments(&program, "ada").len(), 1);
    assert_eq!(number(&program.database(), "SELECT count(*) FROM interventions"), 1);
}

/// What is held back is there, hidden, and nobody waits for it.
#[test]
fn a_second_text_waits_for_the_end_of_the_quarter_of_an_hour() {
    let program = Program::new();
    for text in ["a long walk", "and tea", "and a book"] {
        write(&program, &["--user", "ada", "--mood", "6"], text).exited(0);
        program.run(&["serve", "--once"]).exited(0);
    }
    assert_eq!(assessments(&program, "ada").len(), 1);
    let waiting = "SELECT count(*) FROM messages WHERE queue = 'assessments-priority'";
    assert_eq!(number(&program.database(), waiting), 1);
    write(&program, &["--user", "ada", "--mood", "2"], "").exited(0);
    program.run(&["serve", "--once"]).exited(0);
    assert_eq!(assessments(&program, "ada").len(), 2, "a low mood is not held back");
}

/// What is held back is no concern of the daily run: neither it nor the next one refuses.
#[test]
fn a_daily_run_goes_its_way_while_something_is_held_back() {
    let program = Program::new();
    for text in ["a long walk", "and tea"] {
        write(&program, &["--user", "ada", "--mood", "6"], text).exited(0);
    }
    program.run(&["daily"]).exited(0);
    let waiting = "SELECT count(*) FROM messages WHERE queue = 'assessments-priority'";
    assert_eq!(number(&program.database(), waiting), 1);
    program.run(&["daily"]).exited(0);
}

/// Neither is decided at the other's time.
#[test]
fn runs_of_the_past_and_people_of_now_do_not_meet() {
    let program = Program::with_cohort(20);
    write(&program, &["--user", "ada"], CRISIS).exited(0);
    // Nothing asked for an assessment of them yet: the run of the past leaves them where they are.
    program.daily().exited(0);
    assert_eq!(
        number(
            &program.database(),
            "SELECT count(*) FROM assessments JOIN users USING (uid) WHERE user = 'ada'"
        ),
        0
    );
    for text in ["a long walk", "and tea"] {
        write(&program, &["--user", "bob"], text).exited(0);
    }
    program.run(&["serve", "--once"]).exited(0);
    assert_eq!(assessments(&program, "ada")[0]["level"], "critical");
    let refused = program.run(&["daily", "--as-of", "2025-03-11T06:00:00Z"]).exited(1);
    refused.complains("expected no real-time assessment in the queues");

    let half = Program::with_cohort(160).half_a_run();
    half.run(&["serve", "--once"]).exited(1).complains("expected no historical run in the queues");
}

#[test]
fn what_cannot_be_written_is_refused_in_words() {
    let program = Program::new();
    let refused = |args: &[&str], text: &str, words: &str| {
        write(&program, args, text).exited(1).complains(words);
    };
    refused(&["--user", "ada"], " \n", "expected a message on standard input");
    refused(&["--user", "ada", "--mood", "14"], "", "expected a mood from 1 to 10, found 14");
    refused(&["--user", "ada", "--into-app-table"], "x", "expected --backend aws");
    refused(&["--user", "ada"], &"x".repeat(400_000), "an item holds no longer text");
}

/// A text of 100 KB, of emoji only, in no language that anybody supports.
#[test]
fn odd_texts_are_assessed_all_the_same() {
    let program = Program::new();
    for (n, text) in
        ["so ".repeat(33_000), "😭🔪😭".to_owned(), "ᚠᚢᚦᚨᚱᚲ".to_owned()].into_iter().enumerate()
    {
        let user = format!("odd-{n}");
        write(&program, &["--user", &user], &text).exited(0);
        program.run(&["serve", "--once"]).exited(0);
        assert_eq!(assessments(&program, &user).len(), 1);
    }
    let dead = "SELECT (SELECT count(*) FROM messages WHERE dead = 1)
        + (SELECT count(*) FROM stream_aside)";
    assert_eq!(number(&program.database(), dead), 0);
}

/// The stages as they run all day: what is written is assessed while they work, and a signal ends
/// them in order.
#[test]
fn the_stages_follow_what_is_written_until_a_signal_says_stop() {
    let program = Program::new();
    program.import(&[profile("ada", &json!({"country": {"S": "US"}}))]).exited(0);
    let mut serving = program.start(&["serve"]);
    write(&program, &["--user", "ada"], CRISIS).exited(0);
    let connection = stores::open(&program.database());
    let delivered = "SELECT count(*) FROM interventions WHERE delivered_at IS NOT NULL";
    let began = SystemClock.now();
    let is_delivered = comes_to(&mut serving, || {
        let waited = SystemClock.now().duration_since(began);
        assert!(waited < SignedDuration::from_mins(1), "nothing was delivered");
        connection.query_row(delivered, [], |row| row.get::<_, i64>(0)).unwrap() > 0
    });
    assert!(is_delivered, "the stages ended");
    program.run(&["daily"]).exited(5).complains("is working on");
    let pid = Pid::from_raw(i32::try_from(serving.id()).unwrap()).unwrap();
    kill_process(pid, Signal::TERM).unwrap();
    assert_eq!(serving.wait().unwrap().code(), Some(0));
    let held = "SELECT count(*) FROM messages WHERE held = 1";
    assert_eq!(number(&program.database(), held), 0);
}

/// A day of people in the streams, with the daily run in the middle.
const DAY: [&str; 9] =
    ["simulate-day", "--users", "40", "--days", "20", "--date", "2026-11-22", "--step", "15m"];

/// Moments of a day at which it is killed, spread over its way.
const MOMENTS: i64 = 20;

#[test]
fn a_simulated_day_closes_its_ledger_and_loses_no_text() {
    let program = Program::new();
    let day = program.run(&[&["--format", "json"][..], &DAY].concat()).exited(0).json();
    assert_eq!(day["closed"], true, "{day}");
    assert_eq!(day["putAside"], 0, "{day}");
    let played = &day["played"];
    assert!(played["texts"].as_u64().unwrap() > 10, "{day}");
    assert_eq!(day["sessions"], played["sessions"], "each session that was told of is an item");
    let ledger = &day["run"]["ledger"];
    let realtime = day["assessments"].as_u64().unwrap() - ledger["assessed"].as_u64().unwrap();
    assert!(realtime > 10, "{day}");
    // Of the texts of those who consent, all whose language the analyser knows have a sentiment.
    let of_those = |sentiment: &str| {
        format!(
            "SELECT count(*) FROM app_items AS texts
        WHERE sk LIKE 'CHAT#2026-11-22T%' AND item LIKE '%userMessage%'
        AND {sentiment} (SELECT 1 FROM app_items AS found
                        WHERE found.uid = texts.uid AND found.sk = 'SENTIMENT#' || texts.sk)
        AND EXISTS (SELECT 1 FROM app_items AS profile
                    WHERE profile.uid = texts.uid AND profile.sk = 'PROFILE'
                    AND profile.item LIKE '%\"locale\":{{\"S\":\"en%'
                    AND profile.item LIKE '%\"textAnalysis\":{{\"BOOL\":true}}%'
                    AND profile.item LIKE '%\"scoring\":{{\"BOOL\":true}}%')"
        )
    };
    assert!(number(&program.database(), &of_those("EXISTS")) > 5);
    assert_eq!(number(&program.database(), &of_those("NOT EXISTS")), 0);
    let again = program.run(&[&["--format", "json"][..], &DAY].concat()).exited(0).json();
    assert_eq!(again["assessments"], day["assessments"], "a day that is over stays as it is");
    let mut another = DAY;
    another[2] = "41";
    program.run(&another).exited(1).complains("expected the day that was begun in");
}

/// Whatever works when the process dies: a trigger, an ingest, an analysis, an assessment. The same
/// command again, and nobody can tell: no count is another, no text is lost.
fn is_finished_by_the_same_command(moments: RangeInclusive<i64>) {
    let all = number(&UNINTERRUPTED.database(), RECORDS);
    for moment in moments {
        let program = killed_at(all * moment / (MOMENTS + 5));
        program.run(&DAY).exited(0);
        assert_eq!(counts(&program), counts(&UNINTERRUPTED), "killed at moment {moment}");
    }
}

/// Two tests, which run beside each other: as one it was the longest of all.
#[test]
fn a_day_killed_at_ten_early_moments_is_finished_by_the_same_command() {
    is_finished_by_the_same_command(1..=MOMENTS / 2);
}

#[test]
fn a_day_killed_at_ten_late_moments_is_finished_by_the_same_command() {
    is_finished_by_the_same_command(MOMENTS / 2 + 1..=MOMENTS);
}

/// The day that nobody kills.
static UNINTERRUPTED: LazyLock<Program> = LazyLock::new(|| {
    let program = Program::new();
    program.run(&DAY).exited(0);
    program
});

const RECORDS: &str = "SELECT coalesce(max(sequence), 0) FROM stream_records";

/// Kills a day from outside once this many records are in the streams.
fn killed_at(records: i64) -> Program {
    let program = Program::new();
    let mut day = program.start(&DAY);
    let is_there = || {
        let connection = rusqlite::Connection::open_with_flags(
            program.database(),
            rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY,
        );
        let count = connection.and_then(|it| it.query_row(RECORDS, [], |row| row.get::<_, i64>(0)));
        count.is_ok_and(|count| count >= records)
    };
    assert!(comes_to(&mut day, is_there), "the day ended before {records} records");
    day.kill().unwrap();
    day.wait().unwrap();
    program
}

/// What a day comes to, but for what depends on which of two assessments of one moment is first:
/// which of their messages the cool-down holds back.
fn counts(program: &Program) -> Vec<i64> {
    [
        "SELECT count(*) FROM assessments",
        "SELECT coalesce(sum(as_of % 1000003), 0) FROM assessments",
        "SELECT count(*) FROM assessments WHERE level = 'critical'",
        "SELECT count(*) FROM assessments WHERE level = 'high'",
        "SELECT count(*) FROM app_items WHERE sk NOT LIKE 'CHAT#%#%'",
        "SELECT count(*) FROM app_items WHERE sk LIKE 'SENTIMENT#%'",
        "SELECT count(*) FROM app_items WHERE sk LIKE 'SESSION#%'",
        "SELECT count(*) FROM app_items WHERE sk LIKE 'ACTIVITY#%'",
        "SELECT count(*) FROM messages",
        "SELECT count(*) FROM stream_aside",
        "SELECT count(*) FROM runs WHERE completed_at IS NOT NULL",
        "SELECT count(*) FROM interventions WHERE delivered_at IS NULL",
    ]
    .into_iter()
    .map(|sql| number(&program.database(), sql))
    .collect()
}
