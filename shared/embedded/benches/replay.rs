//! How fast dead letters are played back, beside the same rows through bare SQLite in the same
//! transactions; and how long a listing of a million takes, with the memory of this process.
//!
//!     cargo bench -p mindmate-embedded --bench replay [-- LETTERS_TO_REPLAY LETTERS_TO_LIST]

#![expect(clippy::unwrap_used, reason = "a benchmark fails by panicking")]

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use mindmate_contracts::{Channel, QueueName};
use mindmate_embedded::{Embedded, Options};
use mindmate_pipeline::letters::PAGE;
use mindmate_pipeline::ports::DeadLetter;
use mindmate_pipeline::replay::{Pace, Replay, ReplayPorts};
use mindmate_pipeline::{Clock as _, SystemClock};
use rusqlite::Connection;

const QUEUE: Channel = Channel::Queue(QueueName::Scoring);

/// About as long as a `FeaturesExtracted`.
const BODY: usize = 4_000;

static GO_ON: AtomicBool = AtomicBool::new(false);

fn main() {
    let mut numbers = std::env::args().filter_map(|argument| argument.parse::<u64>().ok());
    let replayed = numbers.next().unwrap_or(100_000);
    let listed = numbers.next().unwrap_or(1_000_000);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        replay(replayed).await;
        list(listed).await;
    });
}

/// A file with so many dead letters.
fn with_letters(path: &std::path::Path, letters: u64, body: usize) -> Embedded {
    let backend = Embedded::open(path, Arc::new(SystemClock), Options::default()).unwrap();
    let connection = Connection::open(path).unwrap();
    let sql = format!(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {letters})
         INSERT INTO messages (id, queue, dead, visible_at, received)
         SELECT i, 'scoring', 1, 0, 1 FROM n;
         WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {letters})
         INSERT INTO message_bodies (id, event_id, sent_at, body, attributes)
         SELECT i, 'e' || i, 0, printf('%.*c', {body}, 'x'),
                '{{\"stage\":\"scoring\",\"code\":\"' || iif(i % 10, 'bad-data', 'panicked') || '\"}}'
         FROM n;"
    );
    connection.execute_batch(&sql).unwrap();
    backend
}

async fn replay(letters: u64) {
    let folder = tempfile::tempdir().unwrap();
    let backend = with_letters(&folder.path().join("replay.db"), letters, BODY);
    let (dead, publisher) = (backend.dead_letters_of(QUEUE), backend.publisher());
    let ports = ReplayPorts { letters: &*dead, publisher: &*publisher, clock: &SystemClock };
    let all = |_: &DeadLetter| true;
    let began = SystemClock.now();
    let mut replay = Replay::begin(ports, QUEUE, "bench".to_owned(), &all).await.unwrap();
    let pace = Pace { most: None, rate: None, stop: &GO_ON };
    assert!(!replay.send(pace, |_| {}).await.unwrap());
    let seconds = SystemClock.now().duration_since(began).as_secs_f64();
    assert_eq!(replay.counts().replayed, letters);
    println!("replay       {letters} letters, {:.0} a second", letters as f64 / seconds);

    let path = folder.path().join("bare.db");
    drop(with_letters(&path, letters, BODY));
    let connection = Connection::open(&path).unwrap();
    connection.pragma_update(None, "synchronous", "FULL").unwrap();
    let began = SystemClock.now();
    bare(&connection, letters);
    let seconds = SystemClock.now().duration_since(began).as_secs_f64();
    println!("bare SQLite  {letters} letters, {:.0} a second", letters as f64 / seconds);
}

/// Hold, copy, remove: a page in each transaction, as a replay has them.
fn bare(connection: &Connection, letters: u64) {
    let page = PAGE as u64;
    for first in (1..=letters).step_by(PAGE) {
        let own = format!("id >= {first} AND id < {}", first + page);
        let (held, copied) = (
            format!("UPDATE messages SET held = 1, received = 2, visible_at = 9 WHERE {own}"),
            format!(
                "INSERT INTO messages (id, queue, visible_at)
                 SELECT id + {letters}, queue, 1 FROM messages WHERE {own};
                 INSERT INTO message_bodies
                 SELECT id + {letters}, event_id, 1, body, attributes FROM message_bodies
                 WHERE {own};"
            ),
        );
        let removed =
            format!("DELETE FROM messages WHERE {own}; DELETE FROM message_bodies WHERE {own};");
        for sql in [held, copied, removed] {
            connection.execute_batch(&format!("BEGIN IMMEDIATE; {sql}; COMMIT;")).unwrap();
        }
    }
}

async fn list(letters: u64) {
    let folder = tempfile::tempdir().unwrap();
    let backend = with_letters(&folder.path().join("list.db"), letters, 300);
    let before = resident_mb();
    let began = SystemClock.now();
    let dead = backend.dead_letters_of(QUEUE);
    let standing = dead.standing().await.unwrap();
    let causes = dead.causes(1_000).await.unwrap();
    let seconds = SystemClock.now().duration_since(began).as_secs_f64();
    assert_eq!((standing.visible, causes.looked_at), (letters, letters));
    let grown = resident_mb() - before;
    println!("list         {letters} letters in {seconds:.2} s, {grown:.0} MB more resident");
}

/// What this process has in memory, by the kernel.
fn resident_mb() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmRSS:"));
    let kilobytes = line.and_then(|line| line.split_whitespace().nth(1)?.parse().ok());
    kilobytes.unwrap_or(f64::NAN) / 1024.0
}
