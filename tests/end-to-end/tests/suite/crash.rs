//! A run that is killed anywhere goes on where it stopped, and nobody can tell.

use std::os::unix::process::ExitStatusExt as _;
use std::sync::LazyLock;

use crate::program::{END, Program, comes_to};
use crate::stores::{self, dump, number};

const USERS: u32 = 160;

/// Moments of a run at which it is killed, spread over its way.
const MOMENTS: i64 = 20;

/// A cohort that no run was made on yet.
static COHORT: LazyLock<Program> = LazyLock::new(|| {
    let program = Program::with_cohort(USERS);
    let first = program.copy();
    first.daily().exited(0);
    stores::add_sentiments(&program.database(), &first.database());
    program
});

/// What an uninterrupted run leaves.
static UNINTERRUPTED: LazyLock<String> = LazyLock::new(|| {
    let program = COHORT.copy();
    program.daily().exited(0);
    dump(&program.database())
});

const ASSESSED: &str = "SELECT count(*) FROM assessments";
const OPEN_RUNS: &str = "SELECT count(*) FROM runs WHERE completed_at IS NULL";

/// The same command again: then nothing is lost, nothing is twice.
fn finishes_like_an_uninterrupted_run(program: &Program) {
    program.daily().exited(0);
    let (found, expected) = (dump(&program.database()), &*UNINTERRUPTED);
    if found != *expected {
        let differing = found.lines().zip(expected.lines()).find(|(a, b)| a != b);
        panic!("the stores differ, first in: {differing:#?}");
    }
    let database = program.database();
    assert_eq!(number(&database, "SELECT count(*) FROM messages"), 0);
    let chats = "SELECT count(*) FROM app_items WHERE sk LIKE 'CHAT#%#%'";
    let delivered = "SELECT count(*) FROM interventions WHERE delivered_at IS NOT NULL";
    let delivered = number(&database, delivered);
    assert!(delivered > 0);
    assert_eq!(number(&database, chats), delivered, "each chat is delivered exactly once");
}

/// Kills at a crash point, the nth time that it is passed.
fn killed_at(point: &str, nth: u32) -> Program {
    let program = COHORT.copy();
    let at = format!("{point}:{nth}");
    let status = program.start(&["daily", "--as-of", END, "--crash-at", &at]).wait().unwrap();
    assert_eq!(status.signal(), Some(9), "{at} was never passed");
    program
}

#[test]
fn a_run_killed_at_any_crash_point_is_finished_by_the_same_command() {
    let points = include_str!("../../../../shared/pipeline/src/crash.rs");
    let points: Vec<&str> = points
        .lines()
        .filter_map(|line| line.trim().strip_prefix('"')?.strip_suffix("\","))
        .collect();
    assert_eq!(points.len(), 9, "{points:?}");
    for point in points {
        for nth in [1, 7] {
            if point == "run-report.before-checkpoint" && nth > 1 {
                // How often the stream is looked at depends on the machine's speed.
                continue;
            }
            finishes_like_an_uninterrupted_run(&killed_at(point, nth));
        }
    }
}

#[test]
fn a_run_killed_again_and_again_is_finished_all_the_same() {
    let program = COHORT.copy();
    for point in
        ["runner.after-publish:40", "intervention.after-chat:2", "scoring.after-assessment:9"]
    {
        let mut run = program.start(&["daily", "--as-of", END, "--crash-at", point]);
        assert_eq!(run.wait().unwrap().signal(), Some(9), "{point}");
    }
    finishes_like_an_uninterrupted_run(&program);
}

#[test]
fn a_run_killed_at_twenty_moments_is_finished_by_the_same_command() {
    let all = {
        let program = COHORT.copy();
        program.daily().exited(0);
        number(&program.database(), ASSESSED)
    };
    for moment in 1..=MOMENTS {
        let killed = (0..5).find_map(|_| killed_after(all * moment / (MOMENTS + 5)));
        finishes_like_an_uninterrupted_run(&killed.expect("killed in the middle"));
    }
}

/// Kills a run from outside once this many users are assessed; `None` where it ended before.
fn killed_after(assessed: i64) -> Option<Program> {
    let program = COHORT.copy();
    let mut run = program.start(&["daily", "--as-of", END]);
    let connection = stores::open(&program.database());
    let count = || connection.query_row(ASSESSED, [], |row| row.get::<_, i64>(0)).unwrap();
    if !comes_to(&mut run, || count() >= assessed) {
        return None;
    }
    drop(connection);
    run.kill().unwrap();
    run.wait().unwrap();
    // Shown to be in the middle: something is done and the run is not.
    let is_open = number(&program.database(), OPEN_RUNS) == 1;
    (is_open && number(&program.database(), ASSESSED) > 0).then_some(program)
}

/// The next day's command, after a run of `END` was killed.
fn next_day(program: &Program) -> serde_json::Value {
    let said = program.run(&["--format", "json", "daily", "--as-of", "2025-03-11T06:00:00Z"]);
    said.exited(0).complains("daily-2025-03-10 was stopped before its end").json()
}

#[test]
fn a_run_that_died_early_does_not_keep_the_next_day_from_anybody() {
    let result = next_day(&killed_at("fan-out.before-page", 1));
    assert_eq!(result["closed"], true);
    let enqueued = result["ledger"]["enqueued"].as_u64().unwrap();
    assert!(enqueued > u64::from(USERS) / 2, "{result}");
    assert_eq!(result["ledger"]["missing"], 0);
}

/// A run is not forgotten because nothing of it waits in a queue: its row says that it has not
/// ended, whether it died before it sent anything or a stored page was never sent.
#[test]
fn a_dead_run_without_a_message_is_finished_by_the_next_day() {
    for point in ["fan-out.before-page", "fan-out.after-page"] {
        let program = killed_at(point, 1);
        let connection = rusqlite::Connection::open(program.database()).unwrap();
        let sql = "DELETE FROM messages; DELETE FROM message_bodies;";
        connection.execute_batch(sql).unwrap();
        drop(connection);
        let result = next_day(&program);
        let other = &result["otherRuns"][0];
        assert_eq!(other["runId"], "daily-2025-03-10", "{point}: {result}");
        assert_eq!((&other["closed"], &other["ledger"]["missing"]), (&true.into(), &0.into()));
        assert!(other["ledger"]["assessed"].as_u64().unwrap() > u64::from(USERS) / 2, "{other}");
        assert_eq!(number(&program.database(), OPEN_RUNS), 0);
    }
}

/// The exit code of the next day is that of the worst run: 3 for a user who was dead-lettered.
#[test]
fn the_next_day_ends_as_the_worst_of_the_runs_that_it_finished() {
    let program = COHORT.half_a_run();
    program.break_a_request();
    let next = ["--format", "json", "daily", "--as-of", "2025-03-11T06:00:00Z"];
    let result = program.run(&next).exited(3).json();
    assert_eq!(result["ledger"]["deadLettered"], 0);
    assert_eq!(result["otherRuns"][0]["ledger"]["deadLettered"], 1);
}

#[test]
fn what_a_dead_run_left_is_finished_under_its_own_clock() {
    let program = killed_at("runner.after-publish", 60);
    next_day(&program);
    let database = program.database();
    assert_eq!(number(&database, OPEN_RUNS), 0);
    // 2025-03-11T06:00:00Z in milliseconds: the first run's clock never came so far.
    let strays = "SELECT count(*) FROM interventions
        WHERE body LIKE '%\"asOf\":\"2025-03-10T%' AND created_at >= 1741672800000";
    let of_the_first =
        "SELECT count(*) FROM interventions WHERE body LIKE '%\"asOf\":\"2025-03-10T%'";
    assert!(number(&database, of_the_first) > 0);
    assert_eq!(number(&database, strays), 0);
}

#[test]
fn a_run_of_an_earlier_date_does_not_take_over_a_dead_runs_messages() {
    let program = killed_at("runner.after-publish", 60);
    let earlier = ["--format", "json", "daily", "--as-of", "2025-03-05T06:00:00Z"];
    program.run(&earlier).exited(0).complains("daily-2025-03-10 was stopped before its end");
    // 2025-03-10T06:00:00Z in milliseconds.
    let strays = "SELECT count(*) FROM interventions
        WHERE body LIKE '%\"asOf\":\"2025-03-10T%' AND created_at < 1741586400000";
    assert_eq!(number(&program.database(), strays), 0);
}
