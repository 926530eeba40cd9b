//! What the file promises beyond the ports: full disks, failing neighbours, other processes, and
//! an audit trail that shows what was done to it.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use mindmate_contracts::{QueueName, StreamName};
use mindmate_domain::run::StageName;
use mindmate_embedded::db::Db;
use mindmate_embedded::{
    AuditBreak, DataDir, DataDirError, Embedded, FileTrouble, OpenError, Options,
};
use mindmate_pipeline::{Outgoing, PortError, SystemClock};
use mindmate_testkit::conformance::samples;
use rusqlite::Connection;

fn open(path: &Path) -> Embedded {
    Embedded::open(path, Arc::new(SystemClock), Options::default()).unwrap()
}

fn message(id: &str, size: usize) -> Outgoing {
    let channel = mindmate_contracts::Channel::Queue(QueueName::Scoring);
    Outgoing::new(channel, id.to_owned(), String::new(), "x".repeat(size))
}

#[tokio::test]
async fn a_full_disk_is_an_error_and_what_was_written_stays() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("mindmate.db");
    let options = Options { max_pages: Some(120), ..Options::default() };
    let backend = Embedded::open(&file, Arc::new(SystemClock), options).unwrap();
    let mut sent = 0;
    let error = loop {
        let result = backend.publisher().publish(&[message("m", 8_192)]).await.remove(0);
        match result {
            Ok(()) => sent += 1,
            Err(error) => break error,
        }
        assert!(sent < 1_000, "the disk never became full");
    };
    assert!(matches!(error, PortError::Outage { .. }), "space may be freed: {error}");
    let words = error.to_string();
    assert!(words.contains("full") && words.contains("make room"), "{words}");
    drop(backend);
    // More room, and the same file goes on.
    let backend = open(&file);
    assert_eq!(backend.queue(QueueName::Scoring).depth().await.unwrap().visible, sent);
    backend.publisher().publish(&[message("more", 8_192)]).await.remove(0).unwrap();
}

#[tokio::test]
async fn a_job_that_fails_is_undone_alone() {
    let folder = tempfile::tempdir().unwrap();
    let db = Db::open(&folder.path().join("a.db"), None).unwrap();
    let insert = |name: String, then_fail: bool| {
        let db = db.clone();
        async move {
            db.write(move |connection| {
                connection.execute("INSERT INTO settings VALUES (?1, 'v')", [&name])?;
                if then_fail { Err(rusqlite::Error::QueryReturnedNoRows) } else { Ok(()) }
            })
            .await
            .is_ok()
        }
    };
    let jobs = (0..200).map(|n| tokio::spawn(insert(format!("job-{n:03}"), n % 7 == 3)));
    let mut kept = BTreeSet::new();
    for (n, job) in jobs.collect::<Vec<_>>().into_iter().enumerate() {
        if job.await.unwrap() {
            kept.insert(format!("job-{n:03}"));
        }
    }
    let stored: BTreeSet<String> = db
        .read(|connection| {
            let mut names = connection.prepare("SELECT name FROM settings")?;
            names.query_map([], |row| row.get(0))?.collect()
        })
        .await
        .unwrap();
    assert_eq!(stored, kept);
    assert_eq!(kept.len(), 200 - 29);
}

#[tokio::test]
async fn two_processes_on_one_file_share_the_work() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("mindmate.db");
    let (one, other) = (open(&file), open(&file));
    let batch: Vec<_> = (0..100).map(|n| message(&format!("m{n}"), 10)).collect();
    for result in one.publisher().publish(&batch).await {
        result.unwrap();
    }
    let take = |backend: Embedded| async move {
        let queue = backend.queue(QueueName::Scoring);
        let mut taken = Vec::new();
        loop {
            let received = queue.receive(10, Duration::ZERO).await.unwrap();
            if received.is_empty() {
                return taken;
            }
            taken.extend(received.into_iter().map(|message| message.receipt.0));
        }
    };
    let (a, b) = tokio::join!(tokio::spawn(take(one)), tokio::spawn(take(other)));
    let (a, b) = (a.unwrap(), b.unwrap());
    let all: BTreeSet<_> = a.iter().chain(&b).collect();
    assert_eq!((all.len(), a.len() + b.len()), (100, 100), "each message once");
}

#[tokio::test]
async fn what_a_dead_host_held_is_given_back_and_its_count_stays() {
    let folder = tempfile::tempdir().unwrap();
    let backend = open(&folder.path().join("mindmate.db"));
    backend.publisher().publish(&[message("m", 10)]).await.remove(0).unwrap();
    let queue = backend.queue(QueueName::Scoring);
    assert_eq!(queue.receive(10, Duration::ZERO).await.unwrap().len(), 1);
    assert_eq!(queue.receive(10, Duration::ZERO).await.unwrap().len(), 0);
    assert_eq!(backend.release_orphans().await.unwrap(), 1);
    let again = queue.receive(10, Duration::ZERO).await.unwrap();
    assert_eq!(again[0].receive_count, 2, "a message that kills its consumer still ends as dead");
}

#[tokio::test]
async fn an_audit_trail_that_was_touched_says_where() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("mindmate.db");
    let backend = open(&file);
    for name in ["ada", "bob", "eve"] {
        let user = samples::user(name);
        let intervention = samples::check_in(&user, samples::AS_OF);
        let guard = samples::guard(intervention.level(), samples::AS_OF);
        backend.interventions().decide(&intervention, guard, None).await.unwrap();
    }
    assert_eq!(backend.verify_audit().await.unwrap(), Ok(3));
    let raw = Connection::open(&file).unwrap();
    assert!(raw.execute("DELETE FROM audit", []).is_err(), "the file itself refuses");
    raw.execute_batch("DROP TRIGGER audit_is_never_changed; DROP TRIGGER audit_is_never_shortened")
        .unwrap();
    raw.execute("UPDATE audit SET event = replace(event, 'bob', 'ann') WHERE number = 2", [])
        .unwrap();
    assert_eq!(backend.verify_audit().await.unwrap(), Err(AuditBreak::Changed { number: 2 }));
    raw.execute("DELETE FROM audit WHERE number = 1", []).unwrap();
    assert_eq!(backend.verify_audit().await.unwrap(), Err(AuditBreak::Missing { number: 1 }));
}

#[tokio::test]
async fn a_file_of_a_newer_version_is_left_untouched() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("mindmate.db");
    drop(open(&file));
    Connection::open(&file).unwrap().pragma_update(None, "user_version", 99).unwrap();
    let error = Embedded::open(&file, Arc::new(SystemClock), Options::default()).err().unwrap();
    assert!(matches!(error, OpenError::Newer { found: 99, .. }), "{error}");
}

/// What was entered before an entry had a rank is still shown, and first.
#[tokio::test]
async fn a_file_of_the_first_version_is_brought_up() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("mindmate.db");
    let old = Connection::open(&file).unwrap();
    old.execute_batch(include_str!("../src/schema/1.sql")).unwrap();
    old.pragma_update(None, "user_version", 1).unwrap();
    let body = r#"{"userId":"ada","asOf":"2026-11-22T06:00:00.000Z","reason":"criticalAssessment",
        "level":"critical","contentAllowed":false,"enteredAt":"2026-11-22T06:00:02.000Z",
        "dueAt":"2026-11-22T07:00:02.000Z"}"#;
    old.execute("INSERT INTO users (user, hash) VALUES ('ada', 1)", []).unwrap();
    let sql = "INSERT INTO reviews (uid, as_of, reason, due_at, body)
        VALUES (1, 1, 'criticalAssessment', 1, ?1)";
    old.execute(sql, [body]).unwrap();
    drop(old);
    let entries = open(&file).reviews().open(10).await.unwrap();
    assert_eq!((entries.len(), entries[0].user.as_str()), (1, "ada"));
    assert!(!entries[0].historical);
}

#[tokio::test]
async fn a_data_directory_has_one_run_at_a_time() {
    let folder = tempfile::tempdir().unwrap();
    let dir = DataDir::open(&folder.path().join("new")).unwrap();
    let lock = dir.lock_run().unwrap();
    assert!(matches!(dir.lock_run(), Err(DataDirError::Busy { .. })));
    drop(lock);
    dir.lock_run().unwrap();
}

#[tokio::test]
async fn a_checkpoint_survives_the_process() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("mindmate.db");
    let channel = mindmate_contracts::Channel::Stream(StreamName::Outcomes);
    let record = Outgoing::new(channel, "r".to_owned(), "k".to_owned(), "{}".to_owned());
    let backend = open(&file);
    backend.publisher().publish(&[record.clone(), record]).await.remove(0).unwrap();
    let stream = backend.stream(StreamName::Outcomes, StageName::RunReport.name());
    let first = stream.read(1).await.unwrap().remove(0);
    stream.checkpoint(first.sequence).await.unwrap();
    drop((stream, backend));
    let stream = open(&file).stream(StreamName::Outcomes, StageName::RunReport.name());
    assert_eq!(stream.read(10).await.unwrap().len(), 1);
}

/// What people wrote is in there.
#[cfg(unix)]
#[test]
fn a_new_data_directory_is_its_owners_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let path = folder.path().join("above/data");
    DataDir::open(&path).unwrap();
    assert_eq!(mode(&path), 0o700);
    // A mode that somebody chose stays.
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o750)).unwrap();
    DataDir::open(&path).unwrap();
    assert_eq!(mode(&path), 0o750);
}

/// `SQLite` takes an empty file for a new one: everybody in it would be gone without a word.
#[tokio::test]
async fn a_file_that_was_emptied_is_not_begun_anew() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("mindmate.db");
    drop(open(&file));
    std::fs::File::options().write(true).open(&file).unwrap().set_len(0).unwrap();
    let error = Embedded::open(&file, Arc::new(SystemClock), Options::default()).err().unwrap();
    assert!(matches!(error, OpenError::File(FileTrouble::Damaged { .. })), "{error}");
    let words = error.to_string();
    assert!(words.contains("mindmate.db") && words.contains("restore a backup"), "{words}");
    assert_eq!(std::fs::metadata(&file).unwrap().len(), 0, "left as it was found");
}

/// A damaged page is no message's fault: after it is met nothing is settled any more, so that the
/// host ends and nobody is put aside for it.
#[tokio::test]
async fn nothing_is_done_with_a_file_that_was_found_damaged() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("mindmate.db");
    let backend = open(&file);
    backend.publisher().publish(&[message("m", 10)]).await.remove(0).unwrap();
    drop(backend);
    assert!(!folder.path().join("mindmate.db-wal").exists(), "closed in order, no log is left");
    let root = "SELECT rootpage FROM sqlite_schema WHERE name = 'messages_ready'";
    let root: u64 = Connection::open(&file).unwrap().query_row(root, [], |row| row.get(0)).unwrap();
    let raw = std::fs::File::options().write(true).open(&file).unwrap();
    raw.write_all_at(&[0xA5; 4_096], (root - 1) * 4_096).unwrap();
    let backend = open(&file);
    let queue = backend.queue(QueueName::Scoring);
    for _ in 0..2 {
        let error = queue.receive(1, Duration::ZERO).await.unwrap_err();
        assert!(matches!(error, PortError::Permanent { code: "store-corrupt", .. }), "{error}");
        assert!(error.to_string().contains("restore a backup"), "{error}");
    }
    let sent = backend.publisher().publish(&[message("m", 10)]).await.remove(0);
    assert!(sent.is_err(), "a damaged file is not written to");
}

/// What nobody reads is found by nobody: but whoever looks over the file finds it, wherever it lies.
#[tokio::test]
async fn a_check_finds_each_page_that_was_overwritten() {
    const PAGE: u64 = 4_096;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("mindmate.db");
    let backend = open(&file);
    let many: Vec<Outgoing> = (0..60).map(|n| message(&format!("m-{n}"), 9_000)).collect();
    backend.publisher().publish(&many).await.into_iter().for_each(|sent| sent.unwrap());
    drop(backend);
    let bytes = std::fs::metadata(&file).unwrap().len();
    let whole = open(&file).check().await.unwrap();
    assert_eq!((whole.bytes, whole.pages), (bytes, bytes / PAGE));
    let original = std::fs::read(&file).unwrap();
    let mut looked_at = 0;
    // The first page is looked at whenever the file is opened.
    for page in 1..bytes / PAGE {
        let place = usize::try_from(page * PAGE).unwrap();
        let mut damaged = original.clone();
        damaged[place..place + 4_096].fill(0xA5);
        std::fs::write(&file, damaged).unwrap();
        let Ok(backend) = Embedded::open(&file, Arc::new(SystemClock), Options::default()) else {
            continue;
        };
        looked_at += 1;
        let error = backend.check().await.unwrap_err();
        assert!(matches!(error, PortError::Permanent { code: "store-corrupt", .. }), "{error}");
        assert!(error.to_string().contains("restore a backup"), "page {page}: {error}");
    }
    assert!(looked_at > bytes / PAGE * 9 / 10, "{looked_at} of {} pages", bytes / PAGE);
}
