//! What the write-ahead log promises: it is whole, or somebody says that it is not; and where a loss of
//! power takes its end, what is left is what was there at some earlier instant.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use mindmate_contracts::{QueueName, StreamName};
use mindmate_domain::RiskLevel;
use mindmate_embedded::{Embedded, FileTrouble, OpenError, Options};
use mindmate_pipeline::ports::Settlement;
use mindmate_pipeline::{Outgoing, SystemClock};
use mindmate_testkit::conformance::samples;
use tempfile::TempDir;

const QUEUE: QueueName = QueueName::Scoring;
const FILE: &str = "mindmate.db";

fn try_open(path: &Path) -> Result<Embedded, OpenError> {
    Embedded::open(path, Arc::new(SystemClock), Options::default())
}

fn refused(path: &Path) -> bool {
    matches!(try_open(path), Err(OpenError::File(FileTrouble::Damaged { .. })))
}

/// A file on which somebody works, and what would be found of it if they died now.
struct Worked {
    folder: TempDir,
    backend: Embedded,
}

impl Worked {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let backend = try_open(&folder.path().join(FILE)).unwrap();
        Self { folder, backend }
    }

    async fn sends(&self, n: u32) {
        let message = samples::message(QUEUE, n);
        self.backend.publisher().publish(&[message]).await.remove(0).unwrap();
    }

    fn beside(&self, end: &str) -> PathBuf {
        self.folder.path().join(format!("{FILE}{end}"))
    }

    fn log_bytes(&self) -> u64 {
        std::fs::metadata(self.beside("-wal")).unwrap().len()
    }

    /// A copy whose log has so many bytes.
    fn as_left(&self, log_bytes: u64) -> Left {
        let folder = tempfile::tempdir().unwrap();
        for end in ["", "-wal", "-commits"] {
            let name = format!("{FILE}{end}");
            std::fs::copy(self.beside(end), folder.path().join(name)).unwrap();
        }
        let log = std::fs::File::options().write(true).open(folder.path().join("mindmate.db-wal"));
        log.unwrap().set_len(log_bytes).unwrap();
        Left(folder)
    }
}

struct Left(TempDir);

impl Left {
    fn file(&self) -> PathBuf {
        self.0.path().join(FILE)
    }

    /// As after the whole system died: the note is none that anybody could go by.
    fn without_note(&self) -> &Self {
        std::fs::remove_file(self.0.path().join("mindmate.db-commits")).unwrap();
        self
    }

    async fn messages(&self) -> u64 {
        let depth = try_open(&self.file()).unwrap().queue(QUEUE).depth().await.unwrap();
        depth.visible + depth.in_flight
    }
}

/// `SQLite` goes on with what is left of a log: what was acknowledged last would be gone without a
/// word.
#[tokio::test]
async fn commits_that_are_gone_with_their_log_are_noticed() {
    let worked = Worked::new();
    for n in 0..20 {
        worked.sends(n).await;
    }
    let all = worked.log_bytes();
    assert_eq!(worked.as_left(all).messages().await, 20, "a kill alone loses nothing");

    let left = worked.as_left(all / 2);
    let words = try_open(&left.file()).err().unwrap().to_string();
    assert!(words.contains("restore a backup") && words.contains("mindmate.db-commits"), "{words}");
    assert!(refused(&left.file()), "all of it, again and again");
    let log = left.0.path().join("mindmate.db-wal");
    assert_eq!(std::fs::metadata(&log).unwrap().len(), all / 2, "left as it was found");
    std::fs::remove_file(&log).unwrap();
    assert!(refused(&left.file()), "a log that is gone");

    // Who has no backup says so.
    assert!(left.without_note().messages().await < 20);
}

/// Where a loss of power may end the log, by `SQLite`'s file format: a header of 32 bytes, then a page
/// with 24 bytes before it for each frame.
fn ends(log: &Path) -> impl Iterator<Item = u64> {
    let bytes = std::fs::read(log).unwrap();
    let page = u32::from_be_bytes(bytes[8..12].try_into().unwrap());
    (32..=bytes.len() as u64).step_by(page as usize + 24)
}

/// Whether a message, its assessment and its outcome are there, and whether it is settled.
async fn seen(left: &Left) -> [bool; 4] {
    let backend = try_open(&left.file()).unwrap();
    let user = samples::request(1).user_id;
    let depth = backend.queue(QUEUE).depth().await.unwrap();
    let there = depth.visible + depth.in_flight > 0;
    let assessed = !backend.assessments().latest(&user, 1).await.unwrap().is_empty();
    let told = !backend.stream(StreamName::Outcomes, "test").read(1).await.unwrap().is_empty();
    [there || told, assessed, told, told && !there]
}

/// ADR 14: what waits for no disk may go with the power, and never alone. Wherever the log ends, no step
/// is there without those before it; and only an end before what was durable is taken for damage.
#[tokio::test]
async fn a_log_that_ends_early_is_an_earlier_instant_of_the_whole() {
    let worked = Worked::new();
    worked.sends(1).await;
    let message = worked.backend.queue(QUEUE).receive(1, Duration::ZERO).await.unwrap().remove(0);
    let request = samples::request(1);
    let assessment = samples::assessment(&request.user_id, request.as_of, RiskLevel::Low);
    worked.backend.assessments().put(&assessment).await.unwrap();
    let outcome = samples::record("told", 1);
    worked.backend.publisher().publish(&[outcome]).await.remove(0).unwrap();
    let durable = worked.log_bytes();
    worked.backend.queue(QUEUE).settle(&message, &Settlement::Delete).await.unwrap();

    let mut states = Vec::new();
    for end in ends(&worked.beside("-wal")) {
        let left = worked.as_left(end);
        assert_eq!(refused(&left.file()), end < durable, "{end} of {durable}");
        let state = seen(worked.as_left(end).without_note()).await;
        assert!(state.is_sorted_by(|before, after| before >= after), "{state:?} at {end}");
        if states.last() != Some(&state) {
            states.push(state);
        }
    }
    let steps: Vec<_> =
        states.iter().map(|state| state.iter().filter(|done| **done).count()).collect();
    assert_eq!(steps, [0, 1, 2, 3, 4], "each step is a commit of its own");
}

/// `SQLite` leaves the log as long as it once was.
#[tokio::test]
async fn a_log_that_grew_while_somebody_read_is_begun_anew() {
    const MEBIBYTE: u64 = 1024 * 1024;
    let worked = Worked::new();
    let reader = rusqlite::Connection::open(worked.beside("")).unwrap();
    let snapshot = reader.unchecked_transaction().unwrap();
    snapshot.query_row("SELECT count(*) FROM messages", [], |row| row.get::<_, u64>(0)).unwrap();
    // Some three megabytes in one transaction.
    let messages = |from: u32| -> Vec<Outgoing> {
        let of = |n| Outgoing { body: "x".repeat(200_000), ..samples::message(QUEUE, n) };
        (from..from + 15).map(of).collect()
    };
    let mut sent = 0;
    while worked.log_bytes() < 29 * MEBIBYTE {
        for result in worked.backend.publisher().publish(&messages(sent)).await {
            result.unwrap();
        }
        sent += 15;
    }
    snapshot.commit().unwrap();
    for _ in 0..2 {
        for result in worked.backend.publisher().publish(&messages(sent)).await {
            result.unwrap();
        }
        sent += 15;
    }
    let depth = worked.backend.queue(QUEUE).depth().await.unwrap();
    assert_eq!(depth.visible, u64::from(sent));
    assert!(worked.log_bytes() < 8 * MEBIBYTE, "{} bytes", worked.log_bytes());
}
