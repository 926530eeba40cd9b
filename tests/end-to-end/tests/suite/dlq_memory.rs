//! Very many dead letters: looking at them and moving them takes no more memory than of few.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use mindmate_embedded::DataDir;
use mindmate_pipeline::{Clock as _, SystemClock};
use serde_json::json;

use crate::dlq::{dead, waiting};
use crate::dlq_bad_input::change;
use crate::program::{Program, profile};

/// So many letters, which nobody can read, of so many bytes.
fn with_many(letters: u64, body: u64) -> Program {
    let program = Program::new();
    program.import(&[profile("ada", &json!({}))]).exited(0);
    let numbers = format!(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {letters})"
    );
    let sql = format!(
        "PRAGMA synchronous = OFF; BEGIN;
         {numbers} INSERT INTO messages (id, queue, dead, visible_at, received)
         SELECT i, 'assessments', 1, 0, 1 FROM n;
         {numbers} INSERT INTO message_bodies (id, event_id, sent_at, body, attributes)
         SELECT i, 'e' || i, 0, i || printf('%.*c', {body}, 'x'),
                '{{\"stage\":\"feature-extraction\",\"code\":\"bad-data\"}}' FROM n;
         COMMIT;"
    );
    change(&program, &sql);
    program
}

/// The most that the program has had in memory when it ends, in bytes.
fn peak(program: &Program, args: &[&str]) -> u64 {
    let mut command = program.command(args);
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let status = format!("/proc/{}/status", child.id());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let mut most = 0;
    let ended = loop {
        most = resident_at_most(Path::new(&status)).unwrap_or(most);
        if let Some(ended) = child.try_wait().unwrap() {
            break ended;
        }
        runtime.block_on(SystemClock.sleep(Duration::from_millis(2)));
    };
    assert!(ended.success(), "{args:?}: {ended}");
    most
}

/// As the kernel tells it of a process that has not ended.
fn resident_at_most(status: &Path) -> Option<u64> {
    let status = std::fs::read_to_string(status).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.split_whitespace().next()?.parse::<u64>().ok()? * 1_024)
}

/// How much more the program takes for many letters than for few, to look at them and to move them.
fn takes_no_more_memory_for(many: u64, body: u64, bound: u64) {
    let few = 1_000;
    let (with_few, with_many) = (with_many(few, body), with_many(many, body));
    // Somebody else works here, so that the replay only moves.
    let dirs = [&with_few, &with_many].map(|one| DataDir::open(&one.data()).unwrap());
    let _locks = dirs.map(|dir| dir.lock_run().unwrap());
    for args in [
        &["dlq", "list"][..],
        &["--format", "json", "dlq", "show", "assessments"],
        &["dlq", "replay", "assessments", "--yes", "--canary", "0"],
    ] {
        let (less, more) = std::thread::scope(|scope| {
            let less = scope.spawn(|| peak(&with_few, args));
            let more = peak(&with_many, args);
            (less.join().unwrap(), more)
        });
        println!("{args:?}: {} KiB with {few}, {} KiB with {many}", less >> 10, more >> 10);
        assert!(more < less + bound, "{args:?}: {more} bytes, and {less} with {few} letters");
    }
    assert_eq!((dead(&with_many), waiting(&with_many)), (0, i64::try_from(many).unwrap()));
}

/// All bodies together are 80 MB. What each thread's heap keeps for itself is not the letters'.
#[test]
fn many_letters_take_no_more_memory_than_few() {
    takes_no_more_memory_for(10_000, 8_000, 24 << 20);
}

/// By hand. Of each letter a digest is kept, and no more.
#[ignore = "a million letters take minutes, and 2 GB of the disk"]
#[test]
fn a_million_letters_take_a_digest_each() {
    takes_no_more_memory_for(1_000_000, 300, 64 << 20);
}
