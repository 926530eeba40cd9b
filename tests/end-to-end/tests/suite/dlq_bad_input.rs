//! Dead letters that something is wrong with: a bug that is still there, attributes that nobody can
//! read, words that would steer a terminal.

use std::path::Path;

use mindmate_contracts::QueueName;
use mindmate_pipeline::Outgoing;
use rusqlite::Connection;
use serde_json::json;

use crate::dlq::{Queues, assessment, dead, rows, waiting, with_letters};
use crate::program::{Program, profile};

const ASSESSMENTS: QueueName = QueueName::Assessments;

pub(crate) fn change(program: &Program, sql: &str) {
    Connection::open(program.database()).unwrap().execute_batch(sql).unwrap();
}

/// A sender's bug that nobody has mended: the consumer refuses the canary as it refused the rest.
#[test]
fn a_replay_of_what_is_not_mended_stops_at_the_canary() {
    let program = Program::new();
    program.import(&[profile("ada", &json!({}))]).exited(0);
    let bad = |n| {
        let good = assessment(n);
        let body = good.body.replace(r#""trigger":"realtime""#, r#""trigger":"tidal""#);
        assert_ne!(body, good.body);
        Outgoing { body, ..good }
    };
    let letters: Vec<_> = (0..8).map(bad).collect();
    Queues::of(&program).put_aside(ASSESSMENTS, "bad-data", &letters);
    let said = program.run(&["dlq", "replay", "assessments", "--yes", "--canary", "2"]).exited(7);
    assert!(said.out.contains("2 of them came back: the cause is not mended. 6"), "{said}");
    assert_eq!((dead(&program), waiting(&program)), (8, 0), "nothing is lost by it");
    let codes = &rows(&program)[0]["causes"];
    assert_eq!(codes, &json!([{"stage": "feature-extraction", "code": "bad-data", "count": 8}]));
}

/// One letter that cannot be read hides no other, and is played back with them.
#[test]
fn attributes_that_nobody_can_read_are_a_cause_of_their_own() {
    let program = with_letters(3);
    let broken = "UPDATE message_bodies SET attributes = 'no json'
        WHERE id = (SELECT min(id) FROM messages WHERE dead = 1)";
    change(&program, broken);
    let row = rows(&program).remove(0);
    let causes = json!([
        {"stage": null, "code": "unreadable", "count": 1},
        {"stage": "feature-extraction", "code": "bad-data", "count": 2},
    ]);
    assert_eq!((&row["letters"], &row["causes"]), (&json!(3), &causes));
    let only = ["dlq", "show", "assessments", "--code", "unreadable"];
    assert!(program.run(&only).exited(0).out.contains("\n1 letters"));
    program.run(&["dlq", "replay", "assessments", "--yes"]).exited(0);
    assert_eq!((dead(&program), waiting(&program)), (0, 0));
}

/// What others wrote steers no terminal, and fills none.
#[test]
fn words_of_strangers_are_shown_harmless_and_in_short() {
    let program = with_letters(1);
    let wild = "UPDATE message_bodies SET
        attributes = json_set(attributes, '$.cause', char(27) || '[2J' || printf('%.*c', 90000, 'x'),
                              '$.code', 'b' || char(155) || '31m'),
        body = json_set(body, '$.data.runId', 'run' || char(27) || '[8m' || printf('%.*c', 9000, 'y'))";
    change(&program, wild);
    for args in [&["dlq", "list"][..], &["dlq", "show", "assessments"]] {
        let said = program.run(args).exited(0);
        assert!(!said.out.contains(['\u{1b}', '\u{9b}']), "{said}");
        assert!(said.out.contains(r"b\u{9b}31m") && said.out.len() < 2_000, "{said}");
    }
    let said = program.run(&["dlq", "show", "assessments"]).exited(0);
    assert!(said.out.contains(r"in run\u{1b}[8myy") && said.out.contains(r"\u{1b}[2Jxx"), "{said}");
}

/// Whoever changes something is known.
#[test]
fn a_name_of_nothing_is_no_name() {
    let program = with_letters(1);
    for args in [
        &["dlq", "replay", "assessments", "--yes", "--by", ""][..],
        &["dlq", "drop", "assessments", "--yes", "--by", " "],
        &["dlq", "export", "assessments", "--out", "letters.jsonl", "--by", ""],
        &["dlq", "show", "assessments", "--reveal", "--by", ""],
    ] {
        program.run(args).exited(2).complains("expected the name of who does it");
    }
    assert_eq!(dead(&program), 1);
}

/// On one machine nothing expires, and the list says so.
#[test]
fn letters_of_one_machine_never_expire() {
    let said = with_letters(1).run(&["dlq", "list"]).exited(0);
    assert!(said.out.contains("gone never") && !said.out.contains("WARNING"), "{said}");
}

/// The table of the decision names tests that there are, in the files that it names.
#[test]
fn the_table_of_bad_input_names_real_tests() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let read = |path: &str| std::fs::read_to_string(root.join(path)).expect(path);
    let decision = read("docs/adr/0012-dead-letters-in-the-shape-of-sqs.md");
    let (_, table) = decision.split_once("**Shown.**").unwrap();
    let mut rows = 0;
    for row in table.lines().filter(|line| line.starts_with("| ")).skip(2) {
        let cells: Vec<_> = row.split('|').map(ticked).collect();
        let files: Vec<_> = cells[3].iter().filter(|file| file.contains('/')).collect();
        let text: String = files.iter().map(|file| read(file)).collect();
        for name in &cells[2] {
            assert!(text.contains(&format!(" {name}(")), "{name} is not in {files:?}");
        }
        rows += usize::from(!cells[2].is_empty());
    }
    assert!(rows >= 10, "{rows} rows");
}

/// What stands between back ticks.
fn ticked(cell: &str) -> Vec<&str> {
    cell.split('`').skip(1).step_by(2).collect()
}
