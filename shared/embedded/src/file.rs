//! The file as a whole: made in one step, never taken for a new one where it was emptied, and left
//! alone once it is found damaged.
//!
//! | what is found | what then happens |
//! | --- | --- |
//! | no file, and no log beside it | it is made beside its place and put there when it is whole |
//! | a file without a byte, or a log without its file | damaged: `SQLite` would begin anew |
//! | fewer commits than were acknowledged ([`commits`](crate::commits)) | damaged: its log is cut short or gone |
//! | a page that is none of `SQLite`'s | damaged: from then on every call fails, so that nobody is put aside for it |

use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use mindmate_pipeline::{PortError, PortResult};

use crate::error::{FileTrouble, port_error};

/// The file and whether it was found damaged.
pub(crate) struct DbFile {
    pub(crate) path: PathBuf,
    damaged: AtomicBool,
}

impl DbFile {
    pub(crate) fn new(path: &Path) -> Self {
        Self { path: path.to_owned(), damaged: AtomicBool::new(false) }
    }

    /// Refuses once damage was found: what is not begun cannot make it worse, and a message that
    /// nobody can settle comes again when the file is whole.
    pub(crate) fn whole(&self) -> PortResult<()> {
        if self.damaged.load(Ordering::SeqCst) {
            let cause = "database disk image is malformed".to_owned();
            let trouble = FileTrouble::Damaged { path: self.path.clone(), cause };
            return Err(trouble.into_port_error());
        }
        Ok(())
    }

    /// How long its log is.
    pub(crate) fn log_bytes(&self) -> u64 {
        bytes(&beside(&self.path, "-wal")).unwrap_or(0)
    }

    /// An error of this file in the words of the ports. Remembers damage.
    pub(crate) fn error(&self, error: rusqlite::Error) -> PortError {
        if let Some(FileTrouble::Damaged { .. }) = FileTrouble::of(&self.path, &error) {
            self.damaged.store(true, Ordering::SeqCst);
        }
        port_error(&self.path, error)
    }
}

/// What is in the file's place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Found {
    Nothing,
    AFile,
}

/// Looks before `SQLite` does, which takes an empty file for a new one.
pub(crate) fn look(path: &Path) -> Result<Found, FileTrouble> {
    let damaged =
        |cause: &str| FileTrouble::Damaged { path: path.to_owned(), cause: cause.to_owned() };
    match (bytes(path), bytes(&beside(path, "-wal"))) {
        (Some(0), _) => Err(damaged("it is empty")),
        (Some(_), _) => Ok(Found::AFile),
        (None, Some(1..)) => Err(damaged("it is gone, and its log is still there")),
        (None, _) => Ok(Found::Nothing),
    }
}

fn bytes(path: &Path) -> Option<u64> {
    std::fs::metadata(path).ok().map(|file| file.len())
}

/// The path with something at its end.
pub(crate) fn beside(path: &Path, end: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(end);
    name.into()
}

/// Puts a file that was made whole into its place. Where another process was first, that one's stays.
pub(crate) fn put_in_place(made: &Path, path: &Path) -> io::Result<()> {
    std::fs::File::open(made)?.sync_all()?;
    match std::fs::hard_link(made, path) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
        _ => std::fs::remove_file(made)?,
    }
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => std::fs::File::open(folder)?.sync_all(),
        _ => Ok(()),
    }
}
