//! How many commits were acknowledged, kept beside the database.
//!
//! Where the log is cut short or removed after a kill, `SQLite` goes on with what is left: the file
//! is whole, and what was committed last is gone without a word. So each commit counts itself in
//! the file, and is noted here once it is durable and before anybody hears of it. A file that
//! counts fewer than are noted has lost some.
//!
//! The note is not flushed. A process that dies leaves it to the system; where that dies too, the
//! note is behind. Then something may go unnoticed, and nothing is ever noticed wrongly.

use std::fs::File;
use std::io::{self, Seek as _, Write as _};
use std::path::Path;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OptionalExtension as _};

use crate::error::{FileTrouble, OpenError, open_error};
use crate::file::beside;

/// What the note's name ends in.
const END: &str = "-commits";

/// The note of one process.
pub(crate) struct Acknowledged(Option<File>);

impl Acknowledged {
    /// Opens the note, or makes it. Without one, as on a full disk, commits go unnoted: that is
    /// less to check by and no reason to stop.
    pub(crate) fn open(path: &Path) -> Self {
        let name = beside(path, END);
        let file = File::options().read(true).write(true).create(true).truncate(false).open(&name);
        if let Err(error) = &file {
            tracing::warn!(%error, file = %name.display(), "commits are not noted");
        }
        Self(file.ok())
    }

    /// Notes that so many commits are durable.
    pub(crate) fn note(&mut self, count: i64) {
        let Some(file) = &mut self.0 else { return };
        // Of one length, so that a later note overwrites an earlier one whole.
        let noted =
            file.rewind().and_then(|()| file.write_all(format!("{count:020}\n").as_bytes()));
        if let Err(error) = noted {
            tracing::debug!(%error, "a commit was not noted");
        }
    }
}

/// Counts a commit in its own transaction; gives how many there are with it.
pub(crate) fn count(transaction: &Connection) -> rusqlite::Result<i64> {
    let mut count =
        transaction.prepare_cached("UPDATE commits SET count = count + 1 RETURNING count")?;
    count.query_row([], |row| row.get(0))
}

/// Refuses a file that has lost commits, before anything is written into it.
pub(crate) fn check(connection: &Connection, path: &Path) -> Result<(), OpenError> {
    // First: what another process commits meanwhile is counted before it is noted.
    let Some(noted) = noted(path) else { return Ok(()) };
    let sqlite = |source| open_error(path, source);
    let sql = "SELECT 1 FROM sqlite_schema WHERE name = 'commits'";
    let counts = connection.query_row(sql, [], |_| Ok(())).optional().map_err(sqlite)?;
    if counts.is_none() {
        return Ok(());
    }
    let counted: i64 =
        connection.query_row("SELECT count FROM commits", [], |row| row.get(0)).map_err(sqlite)?;
    if counted >= noted {
        return Ok(());
    }
    // What is left of the log stays as it is.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true).map_err(sqlite)?;
    let (lost, note) = (noted - counted, beside(path, END));
    let cause = format!(
        "its last {lost} commits are gone, with its log or a part of that (who has no backup goes on without them by removing {})",
        note.display()
    );
    Err(FileTrouble::Damaged { path: path.to_owned(), cause }.into())
}

/// Removes the note of a file that was there before.
pub(crate) fn forget(path: &Path) -> io::Result<()> {
    match std::fs::remove_file(beside(path, END)) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// How many are noted; `None` where that cannot be read, as after the system died.
fn noted(path: &Path) -> Option<i64> {
    std::fs::read_to_string(beside(path, END)).ok()?.trim().parse().ok()
}
