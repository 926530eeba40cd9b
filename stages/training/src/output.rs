//! What a training leaves behind: whole, or not at all.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

/// The model's file.
pub const MODEL_FILE: &str = "model.json";

/// The challenger's.
pub const CHALLENGER_FILE: &str = "challenger.json";

/// A file that could not be written.
#[derive(Debug, thiserror::Error)]
#[error("{path} cannot be written: {source}{advice}", path = path.display(), advice = advice(source))]
pub struct Unwritten {
    path: PathBuf,
    source: io::Error,
}

fn advice(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => {
            ": make room and train again; what was there before is as it was"
        }
        _ => "",
    }
}

/// Puts a file into a folder, which is made where it is not there. It is written beside its place, made durable,
/// and renamed into it: whoever reads meanwhile, or after a kill, has the earlier file or this one.
///
/// # Errors
/// Where it could not be written; then nothing of it is left.
pub fn put(folder: &Path, name: &str, bytes: &[u8]) -> Result<(), Unwritten> {
    let path = folder.join(name);
    let unwritten = |source| Unwritten { path: path.clone(), source };
    fs::create_dir_all(folder).map_err(unwritten)?;
    // Two trainings into one folder do not write into each other's file.
    let beside = folder.join(format!(".{name}.{}", std::process::id()));
    let placed = write(&beside, bytes).and_then(|()| {
        fs::rename(&beside, &path)?;
        File::open(folder)?.sync_all()
    });
    if placed.is_err() && beside.exists() {
        fs::remove_file(&beside).map_err(unwritten)?;
    }
    placed.map_err(unwritten)
}

fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = File::create(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::put;

    #[test]
    fn a_file_replaces_the_earlier_one_and_leaves_nothing_beside() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path().join("out");
        put(&folder, "model.json", b"one").unwrap();
        put(&folder, "model.json", b"two").unwrap();
        assert_eq!(std::fs::read(folder.join("model.json")).unwrap(), b"two");
        assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 1);
    }

    #[test]
    fn a_place_that_cannot_be_taken_is_named_and_nothing_is_left() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("model.json")).unwrap();
        let error = put(folder.path(), "model.json", b"one").unwrap_err().to_string();
        assert!(error.contains("model.json cannot be written"), "{error}");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
