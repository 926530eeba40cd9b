//! How `SQLite` fails, in the words of the ports.

use std::path::PathBuf;

use mindmate_contracts::JsonFault;
use mindmate_domain::ids::UserIdError;
use mindmate_pipeline::{BoxError, PortError};
use rusqlite::ErrorCode;

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
    /// `SQLite` could not open or prepare it.
    #[error("cannot open {}: {source}", path.display())]
    Sqlite {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: rusqlite::Error,
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

/// Says of an error whether it may heal.
pub(crate) fn port_error(error: rusqlite::Error) -> PortError {
    let code = error.sqlite_error_code();
    match code {
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
            PortError::permanent(PORT, "store-corrupt", error)
        }
        // Busy, locked, full, out of memory, input/output, and whatever else the machine does.
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
