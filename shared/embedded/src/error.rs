//! How `SQLite` fails, in the words of the ports.

use std::path::{Path, PathBuf};

use mindmate_contracts::JsonFault;
use mindmate_domain::ids::UserIdError;
use mindmate_pipeline::{BoxError, PortError};
use rusqlite::{ErrorCode, ffi};

/// Why the database of a data directory could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// It was written by a newer version of this program.
    #[error(
        "{} has data of version {found}; this program knows version {known}: use the newer program that wrote it, or another data directory",
        path.display()
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// What it says.
        found: i64,
        /// What is known here.
        known: i64,
    },
    /// The file itself is in trouble.
    #[error(transparent)]
    File(#[from] FileTrouble),
    /// `SQLite` could not open or prepare it.
    #[error("cannot open {}: {source}", path.display())]
    Sqlite {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: rusqlite::Error,
    },
    /// It was made and could not be put into its place.
    #[error("cannot make {}: {source}", path.display())]
    Place {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The writer's thread could not be started.
    #[error("cannot start the writer of {}: {source}", path.display())]
    Thread {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
}

/// Name of this backend in errors.
const PORT: &str = "sqlite";

/// What is wrong with the file or its disk, and what to do.
#[derive(Debug, thiserror::Error)]
pub enum FileTrouble {
    /// Its content is not what was written.
    #[error(
        "{} is damaged: {cause}; nothing more is done with it: restore a backup: end whatever works on it, move it and the files beside it that end in -wal, -shm and -commits away, put the backup in its place, and run the same command again",
        path.display()
    )]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What was found.
        cause: String,
    },
    /// It cannot be written to.
    #[error(
        "cannot write to {}: {cause}; make room on its disk (or lift the quota or limit that it meets), then run the same command again where it has ended",
        path.display()
    )]
    NoRoom {
        /// The file.
        path: PathBuf,
        /// What `SQLite` says.
        cause: String,
    },
}

/// The extended codes of what the system refuses for want of room: a write past a limit of a file's
/// size, a flush, and the file of shared memory that cannot grow.
const NO_ROOM: [i32; 3] =
    [ffi::SQLITE_IOERR_WRITE, ffi::SQLITE_IOERR_FSYNC, ffi::SQLITE_IOERR_SHMSIZE];

impl FileTrouble {
    /// What of an error is the file's or its disk's.
    pub(crate) fn of(path: &Path, error: &rusqlite::Error) -> Option<Self> {
        let (path, cause) = (path.to_owned(), error.to_string());
        let extended = error.sqlite_error().map(|error| error.extended_code);
        match error.sqlite_error_code()? {
            ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase => {
                Some(Self::Damaged { path, cause })
            }
            ErrorCode::DiskFull => Some(Self::NoRoom { path, cause }),
            _ if extended.is_some_and(|code| NO_ROOM.contains(&code)) => {
                Some(Self::NoRoom { path, cause })
            }
            _ => None,
        }
    }

    /// Damage does not heal; room may be made, and no message is to blame that there is none.
    pub(crate) fn into_port_error(self) -> PortError {
        match self {
            Self::Damaged { .. } => PortError::permanent(PORT, "store-corrupt", self),
            Self::NoRoom { .. } => PortError::outage(PORT, self),
        }
    }
}

/// Why the file could not be opened.
pub(crate) fn open_error(path: &Path, source: rusqlite::Error) -> OpenError {
    match FileTrouble::of(path, &source) {
        Some(trouble) => trouble.into(),
        None => OpenError::Sqlite { path: path.to_owned(), source },
    }
}

/// Says of an error whether it may heal.
pub(crate) fn port_error(path: &Path, error: rusqlite::Error) -> PortError {
    if let Some(trouble) = FileTrouble::of(path, &error) {
        return trouble.into_port_error();
    }
    match error.sqlite_error_code() {
        // Busy, locked, out of memory, input/output, and whatever else the machine does.
        Some(_) => PortError::transient(PORT, error),
        // A value of a wrong type or a row that is not there: what is stored is not ours.
        None => PortError::permanent(PORT, "store-unreadable", error),
    }
}

/// A stored value that cannot be read, said without any of it.
pub(crate) struct Unreadable(BoxError);

impl From<serde_json::Error> for Unreadable {
    fn from(error: serde_json::Error) -> Self {
        Self(JsonFault::from(error).into())
    }
}

impl From<jiff::Error> for Unreadable {
    fn from(error: jiff::Error) -> Self {
        Self(error.into())
    }
}

impl From<UserIdError> for Unreadable {
    fn from(error: UserIdError) -> Self {
        Self(error.into())
    }
}

/// A stored value that cannot be read.
pub(crate) fn unreadable(error: impl Into<Unreadable>) -> PortError {
    PortError::permanent(PORT, "store-unreadable", error.into().0)
}

/// The writer or a reader is gone, which only happens while the process stops.
pub(crate) fn gone() -> PortError {
    PortError::transient(PORT, "the database is closed")
}
