//! The thread that writes: jobs of many callers in one commit.
//!
//! | a job waits until | its transaction | what a loss of power may take |
//! | --- | --- | --- |
//! | it is durable | waits for the disk at its commit | nothing that was answered |
//! | it is seen | does not | the jobs since the last that was durable, in order, the last first |

use std::sync::mpsc::Receiver;

use mindmate_pipeline::{PortError, PortResult};
use rusqlite::{Connection, Transaction, TransactionBehavior};
use tokio::sync::oneshot;

use crate::commits::{self, Acknowledged};
use crate::error::gone;
use crate::file::DbFile;
use crate::log::Log;

/// Most jobs in one commit: bounds how long the first of them waits.
const JOBS_PER_COMMIT: usize = 512;

/// When a job is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Until {
    /// When the others see it.
    Seen,
    /// When it is on the disk.
    Durable,
}

impl Until {
    /// What `SQLite` calls it: in a write-ahead log neither can break the file.
    fn synchronous(self) -> &'static str {
        match self {
            Self::Seen => "NORMAL",
            Self::Durable => "FULL",
        }
    }
}

/// What the writer does for somebody.
pub(crate) trait Work: Send {
    fn until(&self) -> Until;
    fn run(&mut self, connection: &Connection) -> rusqlite::Result<()>;
    fn answer(self: Box<Self>, result: Result<(), PortError>);
}

/// A job and who waits for it.
pub(crate) struct Job<T, F> {
    pub(crate) run: F,
    pub(crate) value: Option<T>,
    pub(crate) until: Until,
    pub(crate) answer: oneshot::Sender<PortResult<T>>,
}

impl<T, F> Work for Job<T, F>
where
    T: Send,
    F: FnMut(&Connection) -> rusqlite::Result<T> + Send,
{
    fn until(&self) -> Until {
        self.until
    }

    fn run(&mut self, connection: &Connection) -> rusqlite::Result<()> {
        self.value = Some((self.run)(connection)?);
        Ok(())
    }

    fn answer(self: Box<Self>, result: Result<(), PortError>) {
        let Self { value, answer, .. } = *self;
        let result = result.and_then(|()| value.ok_or_else(gone));
        if answer.send(result).is_err() {
            tracing::debug!("nobody waits for a committed write any more");
        }
    }
}

/// Works until the channel is closed and empty.
pub(crate) fn write_until_closed(
    connection: &Connection,
    queue: &Receiver<Box<dyn Work>>,
    file: &DbFile,
    noted: Acknowledged,
) {
    // As the schema leaves it.
    let mut writer = Writer { connection, file, noted, until: Until::Durable };
    let mut log = Log::new();
    while let Ok(first) = queue.recv() {
        let batch = std::iter::once(first).chain(queue.try_iter()).take(JOBS_PER_COMMIT);
        let (seen, durable) = batch.partition(|work| work.until() == Until::Seen);
        // Those that wait for no disk first, so that they do not wait for it with the others.
        writer.write(seen, Until::Seen);
        writer.write(durable, Until::Durable);
        log.keep_short(connection, file);
    }
}

struct Writer<'a> {
    connection: &'a Connection,
    file: &'a DbFile,
    noted: Acknowledged,
    /// What commits wait for now.
    until: Until,
}

impl Writer<'_> {
    /// Writes jobs in one transaction, or in one of its own each where that fails, and answers
    /// them.
    fn write(&mut self, mut batch: Vec<Box<dyn Work>>, until: Until) {
        if batch.is_empty() {
            return;
        }
        match self.commit(&mut batch, until) {
            Ok(()) => batch.into_iter().for_each(|work| work.answer(Ok(()))),
            Err(error) => {
                tracing::debug!(%error, jobs = batch.len(), "a group commit failed: one by one");
                for mut work in batch {
                    let result = self.write_one(&mut work, until);
                    work.answer(result);
                }
            }
        }
    }

    fn write_one(&mut self, work: &mut Box<dyn Work>, until: Until) -> PortResult<()> {
        self.file.whole()?;
        self.commit(std::slice::from_mut(work), until).map_err(|error| self.file.error(error))
    }

    fn commit(&mut self, batch: &mut [Box<dyn Work>], until: Until) -> rusqlite::Result<()> {
        if self.until != until {
            self.connection.pragma_update(None, "synchronous", until.synchronous())?;
            self.until = until;
        }
        // Immediate: a transaction that begins by reading could lose its snapshot to another process.
        let immediate = TransactionBehavior::Immediate;
        let transaction = Transaction::new_unchecked(self.connection, immediate)?;
        for work in batch {
            work.run(&transaction)?;
        }
        let count = commits::count(&transaction)?;
        transaction.commit()?;
        // What does not wait for the disk may go with the power, and is missed by nobody.
        if until == Until::Durable {
            self.noted.note(count);
        }
        Ok(())
    }
}
