//! `mindmate text analyze`.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::Stdio;

use serde_json::{Value, json};

use crate::program::{Program, Said};

fn analyze(input: &[u8], args: &[&str]) -> Said {
    let program = Program::new();
    let mut command = program.command(&[&["text", "analyze"], args].concat());
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // The pipe takes more than any input here.
    child.stdin.take().unwrap().write_all(input).unwrap();
    child.wait_with_output().unwrap().into()
}

fn lines(said: &Said) -> Vec<Value> {
    said.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn each_line_is_read_as_the_pipeline_reads_it() {
    let input = [
        "I had a wonderful day, thank you!".to_owned(),
        json!({"id": 7, "text": "I want to kill myself"}).to_string(),
        json!({"id": "es", "text": "quiero morir", "lang": "es-MX"}).to_string(),
        json!({"text": "quiero morir", "lang": "fr"}).to_string(),
        "😭😭😭".to_owned(),
        String::new(),
        "私はとても悲しい".to_owned(),
        "I feel hopeless and so alone. Can someone help me please?".to_owned(),
    ];
    let said = analyze(input.map(|line| line + "\n").concat().as_bytes(), &[]).exited(0);
    let found = lines(&said);
    assert_eq!(found.len(), 8);
    assert_eq!(found[0]["sentiment"]["label"], "POSITIVE");
    assert_eq!((&found[0]["crisis"]["category"], &found[0]["line"]), (&Value::Null, &json!(1)));
    assert_eq!(
        (&found[1]["id"], &found[1]["crisis"]["category"]),
        (&json!(7), &json!("activeIdeation"))
    );
    let span = &found[1]["crisis"]["spans"][0];
    assert_eq!(span["kind"], "activeIdeation");
    assert!(span["start"].as_u64().unwrap() < span["end"].as_u64().unwrap());
    for (place, words) in [(2, json!(2)), (3, Value::Null)] {
        assert_eq!(found[place]["sentiment"], Value::Null);
        let reason = found[place]["reason"].as_str().unwrap();
        assert!(reason.contains("no analyser for this language"), "{reason}");
        assert!(found[place]["crisis"]["category"].is_string(), "{}", found[place]);
        assert_eq!(found[place]["words"], words);
    }
    assert_eq!(found[4]["sentiment"]["label"], "NEGATIVE");
    assert_eq!(found[5]["sentiment"]["label"], "NEUTRAL");
    assert_eq!(found[6]["sentiment"], Value::Null);
    assert!(found[6]["reason"].as_str().unwrap().contains("script"), "{}", found[6]);
    for (count, expected) in [("despair", 1), ("isolation", 1), ("helpSeeking", 1)] {
        assert_eq!(found[7][count], expected, "{count}: {}", found[7]);
    }
    assert!(!said.out.contains("morir") && !said.out.contains("wonderful"), "no word is written");
}

#[test]
fn help_says_what_is_read_and_written() {
    let program = Program::new();
    let help = program.run(&["text", "analyze", "--help"]).exited(0);
    for word in ["standard input", "`lang`", "sentiment", "crisis", "helpSeeking", "exit code is 6"]
    {
        assert!(help.out.contains(word), "{word}: {}", help.out);
    }
}

#[test]
fn a_bad_line_says_why_and_its_neighbours_are_read() {
    let long = format!("I am sad. {}\n", "so ".repeat(33_000));
    let mut input = b"\xff\xfe canary\n{\"canary\": 1}\nfine\n".to_vec();
    input.extend(long.as_bytes());
    let said = analyze(&input, &["--lang", "en-GB"]).exited(6).complains("2 of 4 lines");
    let found = lines(&said);
    assert!(found[0]["error"].as_str().unwrap().contains("UTF-8"), "{}", found[0]);
    assert!(found[1]["error"].as_str().unwrap().contains("`text`"), "{}", found[1]);
    assert_eq!(found[2]["sentiment"]["label"], "POSITIVE");
    assert_eq!(found[3]["words"], 33_003);
    assert!(!said.out.contains("canary"));
}

#[test]
fn a_byte_order_mark_and_the_line_ends_of_windows_are_no_part_of_a_text() {
    let input = "\u{FEFF}{\"id\": 1, \"text\": \"fine\"}\r\nI am sad\r\nno end";
    let found = lines(&analyze(input.as_bytes(), &[]).exited(0));
    assert_eq!(found.len(), 3);
    assert_eq!((&found[0]["id"], &found[0]["words"]), (&json!(1), &json!(1)));
    assert_eq!(found[1]["sentiment"]["label"], "NEGATIVE");
}

#[test]
fn each_line_is_answered_before_the_next_is_waited_for() {
    let program = Program::new();
    let mut command = program.command(&["text", "analyze"]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    let mut output = BufReader::new(child.stdout.take().unwrap()).lines();
    for number in 1..=3 {
        writeln!(input, "a fine day").unwrap();
        let said: Value = serde_json::from_str(&output.next().unwrap().unwrap()).unwrap();
        assert_eq!(said["line"], number);
    }
    drop(input);
    assert!(output.next().is_none());
    assert!(child.wait().unwrap().success());
}
