//! Every command line of the runbook is one that the program takes.
//!
//! Somebody types them at night: a flag that was renamed since must show here.

use clap::{CommandFactory as _, Parser as _};

use super::Args;

const RUNBOOK: &str = include_str!("../../../docs/RUNBOOK.md");

/// The lines of the blocks of shell.
fn shell_lines(markdown: &str) -> Vec<&str> {
    let mut lines = Vec::new();
    let mut inside = false;
    for line in markdown.lines() {
        match line {
            "```sh" => inside = true,
            "```" => inside = false,
            _ if inside => lines.push(line),
            _ => {}
        }
    }
    lines
}

/// What is typed after `mindmate`, up to a pipe, a redirection or a comment.
fn words(line: &str) -> Option<Vec<String>> {
    let rest = line.strip_prefix("mindmate ")?;
    let ends = |word: &&str| matches!(word.chars().next(), Some('|' | '<' | '>' | '#' | ';'));
    let typed = rest.split_whitespace().take_while(|word| !ends(word));
    Some(typed.map(|word| word.trim_matches(['"', '\'']).to_owned()).collect())
}

#[test]
fn every_command_of_the_runbook_is_one_that_the_program_takes() {
    // The runbook may be ahead of the program by this one command, which comes with its own issue.
    let has_dlq = Args::command().find_subcommand("dlq").is_some();
    let mut taken = 0;
    for line in shell_lines(RUNBOOK) {
        let Some(words) = words(line) else { continue };
        if words.contains(&"dlq".to_owned()) && !has_dlq {
            continue;
        }
        let typed = std::iter::once("mindmate".to_owned()).chain(words);
        if let Err(error) = Args::try_parse_from(typed) {
            panic!("{line}\n{error}");
        }
        taken += 1;
    }
    assert!(taken >= 15, "{taken} commands were found");
}

#[test]
fn a_line_is_read_up_to_what_the_shell_keeps_for_itself() {
    let line = "mindmate write --user 'demo' < words.txt   # and so on";
    assert_eq!(words(line).unwrap(), ["write", "--user", "demo"]);
    assert_eq!(words("aws sqs list-queues"), None);
    assert_eq!(shell_lines("a\n```sh\nb\n```\nc\n```\nd\n```"), ["b"]);
    assert!(Args::try_parse_from(["mindmate", "runs", "--no-such-flag"]).is_err());
}
