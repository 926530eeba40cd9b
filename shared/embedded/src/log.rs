//! The write-ahead log, begun anew before it grows without end.
//!
//! `SQLite` copies what is in its log into the file by itself, and writes the log from its beginning again once nobody reads in it. In
//! a run of many users somebody always does: the log would grow for as long as the run lasts, and every page that is read is looked
//! for in all of it first. So whoever writes waits now and then until those who read have come to their end; who begins to read
//! meanwhile finds everything in the file, and none has to wait.

use std::time::Duration;

use rusqlite::Connection;

use crate::db::BUSY;
use crate::file::DbFile;

/// Bytes after which it is begun anew: twice what it has where nobody reads.
const LONGEST: u64 = 32 * 1024 * 1024;

/// So long those who read are waited for at most: mostly it takes milliseconds, where the disk is slow a second. Who reads for longer
/// is left alone, and waited for again when the log is twice as long.
const READERS_MAY_TAKE: Duration = Duration::from_secs(2);

/// When the log is begun anew.
pub(crate) struct Log {
    longest: u64,
    readers_may_take: Duration,
    /// Bytes after which it is tried next.
    next: u64,
}

impl Log {
    pub(crate) fn new() -> Self {
        Self { longest: LONGEST, readers_may_take: READERS_MAY_TAKE, next: LONGEST }
    }

    /// Begins it anew where it is too long; between two transactions of this connection. Where that fails nothing is lost but room.
    pub(crate) fn keep_short(&mut self, connection: &Connection, file: &DbFile) {
        let bytes = file.log_bytes();
        if bytes < self.next {
            return;
        }
        let begun = self.begin_anew(connection).unwrap_or_else(|error| {
            tracing::debug!(%error, "the log could not be begun anew");
            false
        });
        self.next = if begun { self.longest } else { bytes.saturating_mul(2) };
    }

    /// Whether nobody reads in it any more. It is cut off at once, since who reads next could keep the next writer from it.
    fn begin_anew(&self, connection: &Connection) -> rusqlite::Result<bool> {
        connection.busy_timeout(self.readers_may_take)?;
        let anew = "PRAGMA wal_checkpoint(TRUNCATE)";
        let busy = connection.query_row(anew, [], |row| row.get::<_, i64>(0));
        connection.busy_timeout(BUSY)?;
        Ok(busy? == 0)
    }
}

#[cfg(test)]
mod tests {
    use rusqlite::params;

    use super::*;

    /// With somebody who reads in it from before the first write on.
    #[test]
    fn a_log_is_begun_anew_once_nobody_reads_in_it() {
        let folder = tempfile::tempdir().unwrap();
        let file = DbFile::new(&folder.path().join("a.db"));
        let [writer, reader] = [(); 2].map(|()| Connection::open(&file.path).unwrap());
        writer.pragma_update(None, "journal_mode", "WAL").unwrap();
        writer.execute_batch("CREATE TABLE rows (row BLOB)").unwrap();
        let write = || writer.execute("INSERT INTO rows VALUES (?1)", params![vec![7_u8; 50_000]]);
        let count = |of: &Connection| -> u64 {
            of.query_row("SELECT count(*) FROM rows", [], |row| row.get(0)).unwrap()
        };
        let mut log = Log { longest: 100_000, readers_may_take: Duration::ZERO, next: 100_000 };

        let snapshot = reader.unchecked_transaction().unwrap();
        assert_eq!(count(&snapshot), 0);
        for _ in 0..10 {
            write().unwrap();
            log.keep_short(&writer, &file);
        }
        assert!(file.log_bytes() > 500_000, "somebody reads an earlier instant");
        assert!(log.next > file.log_bytes(), "and is not waited for after each write");
        assert_eq!(count(&snapshot), 0, "undisturbed");
        snapshot.commit().unwrap();

        for _ in 0..30 {
            write().unwrap();
            log.keep_short(&writer, &file);
        }
        assert!(file.log_bytes() < 200_000, "{} bytes", file.log_bytes());
        assert_eq!((count(&writer), count(&reader)), (40, 40));
    }
}
