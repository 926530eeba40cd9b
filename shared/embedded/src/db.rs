//! One `SQLite` file: a writer thread with group commit, and readers beside it.

use std::path::Path;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use mindmate_pipeline::{PortError, PortResult};
use rusqlite::{Connection, OpenFlags};
use tokio::sync::{Semaphore, oneshot};

use crate::commits::{self, Acknowledged};
use crate::error::{OpenError, gone, open_error};
use crate::file::{DbFile, Found, beside, look, put_in_place};
use crate::schema;

/// How long a statement waits for another process's transaction.
const BUSY: Duration = Duration::from_secs(20);

/// Most jobs in one commit: bounds how long the first of them waits.
const JOBS_PER_COMMIT: usize = 512;

/// Readers at the same time; more would only wait for the cores.
const READERS: usize = 4;

/// Prepared statements that a connection keeps.
const STATEMENTS: usize = 96;

/// The database. Cheap to clone; closed when the last clone is dropped.
#[derive(Clone)]
pub struct Db {
    inner: Arc<Inner>,
}

struct Inner {
    file: Arc<DbFile>,
    jobs: Option<Sender<Box<dyn Work>>>,
    writer: Option<JoinHandle<()>>,
    readers: Mutex<Vec<Connection>>,
    permits: Semaphore,
}

impl Drop for Inner {
    fn drop(&mut self) {
        // Readers first: whoever closes last takes the log into the file, and they cannot. So a
        // log that is there says that the end was none in order.
        self.readers.get_mut().unwrap_or_else(PoisonError::into_inner).clear();
        // Closing the channel ends the writer, after the jobs that wait.
        drop(self.jobs.take());
        if let Some(writer) = self.writer.take()
            && writer.join().is_err()
        {
            tracing::error!("the writer of the database ended in a panic");
        }
    }
}

impl Db {
    /// Opens the file, makes it where it is absent, and brings its schema up to date.
    ///
    /// `max_pages` bounds its size; a test fills a disk with it.
    ///
    /// # Errors
    /// [`OpenError`]: a file of a newer version is left untouched.
    pub fn open(path: &Path, max_pages: Option<u32>) -> Result<Self, OpenError> {
        if look(path)? == Found::Nothing {
            make(path)?;
        }
        let sqlite = |source| open_error(path, source);
        let mut connection = connect(path, OpenFlags::default()).map_err(sqlite)?;
        commits::check(&connection, path)?;
        schema::prepare(&mut connection, path)?;
        if let Some(pages) = max_pages {
            connection.pragma_update(None, "max_page_count", pages).map_err(sqlite)?;
        }
        let (jobs, queue) = channel();
        let file = Arc::new(DbFile::new(path));
        let written = Arc::clone(&file);
        let noted = Acknowledged::open(path);
        let writer = std::thread::Builder::new()
            .name("sqlite-writer".to_owned())
            .spawn(move || write_until_closed(&connection, &queue, &written, noted))
            .map_err(|source| OpenError::Thread { path: path.to_owned(), source })?;
        let inner = Inner {
            file,
            jobs: Some(jobs),
            writer: Some(writer),
            readers: Mutex::new(Vec::new()),
            permits: Semaphore::new(READERS),
        };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// Runs a job in a transaction and returns when it is durable.
    ///
    /// The job may run twice: where another job of the same commit fails, all are undone and each
    /// is run again in a transaction of its own.
    ///
    /// # Errors
    /// The job's, or the commit's.
    pub async fn write<T, F>(&self, job: F) -> PortResult<T>
    where
        T: Send + 'static,
        F: FnMut(&Connection) -> rusqlite::Result<T> + Send + 'static,
    {
        self.inner.file.whole()?;
        let (answer, answered) = oneshot::channel();
        let work = Job { run: job, value: None, answer };
        let jobs = self.inner.jobs.as_ref().ok_or_else(gone)?;
        jobs.send(Box::new(work)).map_err(|_| gone())?;
        answered.await.map_err(|_| gone())?
    }

    /// Runs a query beside the writer, on what was last committed.
    ///
    /// # Errors
    /// The query's.
    pub async fn read<T, F>(&self, query: F) -> PortResult<T>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    {
        self.inner.file.whole()?;
        let _permit = self.inner.permits.acquire().await.map_err(|_| gone())?;
        let inner = Arc::clone(&self.inner);
        let answer = tokio::task::spawn_blocking(move || inner.with_reader(query));
        answer.await.map_err(|error| PortError::transient("sqlite", error))?
    }
}

impl Inner {
    fn with_reader<T>(
        &self,
        query: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> PortResult<T> {
        let idle = self.readers.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let error = |error| self.file.error(error);
        let connection = match idle {
            Some(connection) => connection,
            None => connect(&self.file.path, OpenFlags::SQLITE_OPEN_READ_ONLY).map_err(error)?,
        };
        let answer = query(&connection).map_err(error);
        self.readers.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
        answer
    }
}

/// Makes the file whole before it is in its place: one that is killed meanwhile leaves none.
fn make(path: &Path) -> Result<(), OpenError> {
    let made = beside(path, &format!(".new-{}", std::process::id()));
    let mut connection =
        connect(&made, OpenFlags::default()).map_err(|error| open_error(path, error))?;
    schema::prepare(&mut connection, &made)?;
    connection.close().map_err(|(_, error)| open_error(path, error))?;
    let place = |source| OpenError::Place { path: path.to_owned(), source };
    commits::forget(path).map_err(place)?;
    put_in_place(&made, path).map_err(place)
}

fn connect(path: &Path, flags: OpenFlags) -> rusqlite::Result<Connection> {
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(BUSY)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    // In KiB; small on purpose: the operating system caches the file, and memory stays flat.
    connection.pragma_update(None, "cache_size", -8_192)?;
    Ok(connection)
}

/// What the writer does for somebody.
trait Work: Send {
    fn run(&mut self, connection: &Connection) -> rusqlite::Result<()>;
    fn answer(self: Box<Self>, result: Result<(), PortError>);
}

struct Job<T, F> {
    run: F,
    value: Option<T>,
    answer: oneshot::Sender<PortResult<T>>,
}

impl<T, F> Work for Job<T, F>
where
    T: Send,
    F: FnMut(&Connection) -> rusqlite::Result<T> + Send,
{
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

fn write_until_closed(
    connection: &Connection,
    queue: &Receiver<Box<dyn Work>>,
    file: &DbFile,
    mut noted: Acknowledged,
) {
    while let Ok(first) = queue.recv() {
        let mut batch = vec![first];
        batch.extend(queue.try_iter().take(JOBS_PER_COMMIT - 1));
        match commit(connection, &mut batch, &mut noted) {
            Ok(()) => batch.into_iter().for_each(|work| work.answer(Ok(()))),
            Err(error) => {
                tracing::debug!(%error, jobs = batch.len(), "a group commit failed: one by one");
                for mut work in batch {
                    let whole = file.whole();
                    let result = whole.and_then(|()| {
                        let one = std::slice::from_mut(&mut work);
                        commit(connection, one, &mut noted).map_err(|error| file.error(error))
                    });
                    work.answer(result);
                }
            }
        }
    }
}

fn commit(
    connection: &Connection,
    batch: &mut [Box<dyn Work>],
    noted: &mut Acknowledged,
) -> rusqlite::Result<()> {
    // Immediate: a transaction that begins by reading could lose its snapshot to another process.
    let transaction =
        rusqlite::Transaction::new_unchecked(connection, rusqlite::TransactionBehavior::Immediate)?;
    for work in batch {
        work.run(&transaction)?;
    }
    let count = commits::count(&transaction)?;
    transaction.commit()?;
    noted.note(count);
    Ok(())
}
