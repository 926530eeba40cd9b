//! One `SQLite` file: a writer thread with group commit, and readers beside it.

use std::path::Path;
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use mindmate_pipeline::{PortError, PortResult};
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};
use tokio::sync::{Semaphore, oneshot};

use crate::commits::{self, Acknowledged};
use crate::error::{OpenError, gone, open_error};
use crate::file::{DbFile, Found, beside, look, put_in_place};
use crate::schema;
use crate::writer::{Job, Until, Work, write_until_closed};

/// How long a statement waits for another process's transaction.
pub(crate) const BUSY: Duration = Duration::from_secs(20);

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
        self.commit(job, Until::Durable).await
    }

    /// A [`Db::write`] that returns when everybody sees it, whoever kills this process. It is on the
    /// disk before anything that is written after it: a machine that loses its power goes back to an
    /// earlier instant of the whole file, and never loses this alone.
    ///
    /// So it is for steps between two others, which are done again from that instant: taking a message
    /// and settling it, an assessment that is sent on.
    ///
    /// # Errors
    /// The job's, or the commit's.
    pub async fn note<T, F>(&self, job: F) -> PortResult<T>
    where
        T: Send + 'static,
        F: FnMut(&Connection) -> rusqlite::Result<T> + Send + 'static,
    {
        self.commit(job, Until::Seen).await
    }

    async fn commit<T, F>(&self, job: F, until: Until) -> PortResult<T>
    where
        T: Send + 'static,
        F: FnMut(&Connection) -> rusqlite::Result<T> + Send + 'static,
    {
        self.inner.file.whole()?;
        let (answer, answered) = oneshot::channel();
        let work = Job { run: job, value: None, until, answer };
        let jobs = self.inner.jobs.as_ref().ok_or_else(gone)?;
        jobs.send(Box::new(work)).map_err(|_| gone())?;
        answered.await.map_err(|_| gone())?
    }

    /// Runs a query beside the writer, on what was last committed: all of it on one snapshot, however
    /// many statements it has. (Each statement by itself would take a snapshot of its own, and forget
    /// all pages that it knows where anything was written meanwhile.)
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

    /// Where the file is.
    pub fn path(&self) -> &Path {
        &self.inner.file.path
    }

    /// A [`Db::read`] that touches a page or a few, by key: of one person, of one message, of the end
    /// of a stream. It runs where it is called, since to hand it to another thread and back would cost
    /// more than the query.
    ///
    /// # Errors
    /// The query's.
    pub async fn look<T, F>(&self, query: F) -> PortResult<T>
    where
        F: FnOnce(&Connection) -> rusqlite::Result<T>,
    {
        self.inner.file.whole()?;
        // One look after the other would never let another task run.
        tokio::task::coop::consume_budget().await;
        self.inner.with_reader(query)
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
        let answer = on_a_snapshot(&connection, query).map_err(error);
        self.readers.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
        answer
    }
}

fn on_a_snapshot<T>(
    connection: &Connection,
    query: impl FnOnce(&Connection) -> rusqlite::Result<T>,
) -> rusqlite::Result<T> {
    let snapshot = connection.unchecked_transaction()?;
    let answer = query(&snapshot)?;
    snapshot.commit()?;
    Ok(answer)
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
    // Plans that go by no bound value: else each statement with a bound `LIMIT` is compiled anew
    // whenever it runs, which costs more than what it finds.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    // In KiB; small on purpose: the operating system caches the file, and memory stays flat.
    connection.pragma_update(None, "cache_size", -8_192)?;
    Ok(connection)
}
