//! The data directory: where the file lies, and who may run on it.

use std::fs::{File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

/// A directory that holds everything of an installation on one machine.
#[derive(Debug, Clone)]
pub struct DataDir(PathBuf);

/// Why a data directory cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum DataDirError {
    /// It cannot be made or written to.
    #[error("cannot use {} as a data directory: {source}", path.display())]
    Unusable {
        /// The directory.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// Another run works on it.
    #[error(
        "another run (`mindmate daily`, `serve` or `simulate-day`) is working on {}: wait until it has ended, or name another directory with --data",
        path.display()
    )]
    Busy {
        /// The directory.
        path: PathBuf,
    },
}

/// Held while a run works on the directory; released when it is dropped or the process dies.
#[derive(Debug)]
pub struct RunLock {
    _file: File,
}

impl DataDir {
    /// Takes a directory; makes it where it is absent, for its owner alone: what people wrote lies
    /// in it. One that is there keeps the mode that somebody gave it.
    ///
    /// # Errors
    /// [`DataDirError::Unusable`].
    pub fn open(path: &Path) -> Result<Self, DataDirError> {
        make_private(path)
            .map_err(|source| DataDirError::Unusable { path: path.to_owned(), source })?;
        Ok(Self(path.to_owned()))
    }

    /// The directory.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// The database's file.
    pub fn database(&self) -> PathBuf {
        self.0.join("mindmate.db")
    }

    /// Where the report of a run is put unless somebody says otherwise.
    pub fn report(&self, run: &str) -> PathBuf {
        self.0.join(format!("report-{run}.html"))
    }

    /// Where the latent truth of a synthetic cohort is put, apart from what the pipeline reads.
    pub fn truth(&self) -> PathBuf {
        self.0.join("cohort-truth.jsonl")
    }

    /// Where the training set is put unless somebody says otherwise.
    pub fn training(&self) -> PathBuf {
        self.0.join("training")
    }

    /// Where a trainer writes.
    pub fn trained(&self) -> PathBuf {
        self.0.join("trained")
    }

    /// Where models are kept.
    pub fn models(&self) -> PathBuf {
        self.0.join("models")
    }

    /// Claims the directory for a run of this process.
    ///
    /// # Errors
    /// [`DataDirError::Busy`] where another process has it.
    pub fn lock_run(&self) -> Result<RunLock, DataDirError> {
        let unusable = |source| DataDirError::Unusable { path: self.0.clone(), source };
        let file = File::create(self.0.join("run.lock")).map_err(unusable)?;
        match file.try_lock() {
            Ok(()) => Ok(RunLock { _file: file }),
            Err(TryLockError::WouldBlock) => Err(DataDirError::Busy { path: self.0.clone() }),
            Err(TryLockError::Error(source)) => Err(unusable(source)),
        }
    }
}

/// Makes the directory with nobody else allowed in; the ones above it as ever.
pub(crate) fn make_private(path: &Path) -> io::Result<()> {
    if let Some(above) = path.parent() {
        std::fs::create_dir_all(above)?;
    }
    let mut builder = std::fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.recursive(true).create(path)
}
