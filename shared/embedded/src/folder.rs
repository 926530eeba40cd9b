//! What the stores that are folders of files share.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::Path;

use mindmate_pipeline::{PortError, PortResult};

/// A kind of store in a folder, by its port's name in errors.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Folder {
    pub(crate) port: &'static str,
}

impl Folder {
    /// Works on files where no task waits for it.
    pub(crate) async fn blocking<T: Send + 'static>(
        self,
        root: &Path,
        work: impl FnOnce() -> io::Result<T> + Send + 'static,
    ) -> PortResult<T> {
        let done = tokio::task::spawn_blocking(work).await;
        let done = done.map_err(|error| PortError::transient(self.port, error))?;
        done.map_err(|error| self.failed(root, &error))
    }

    /// A folder that cannot be used is mended by people, and no message is to blame.
    pub(crate) fn failed(self, root: &Path, error: &io::Error) -> PortError {
        PortError::outage(self.port, format!("cannot use {}: {error}", root.display()))
    }
}

/// Takes a lock that one process at a time has, until the file is dropped.
pub(crate) fn lock(path: &Path, else_say: &str) -> io::Result<File> {
    let lock = File::create(path)?;
    lock.try_lock().map_err(|error| match error {
        TryLockError::WouldBlock => io::Error::new(io::ErrorKind::ResourceBusy, else_say),
        TryLockError::Error(error) => error,
    })?;
    Ok(lock)
}

/// A file; none where there is none.
pub(crate) fn read(path: &Path) -> io::Result<Option<Vec<u8>>> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

pub(crate) fn remove_if_there(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Makes durable what a folder lists.
pub(crate) fn sync(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}
