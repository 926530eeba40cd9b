//! The strict reader of a training set: what does not fit is refused, with its file, line and column.
//!
//! Nothing is repaired or left out. A number that was read wrongly would train a model that looks well.

mod parsing;
mod samples;
#[cfg(test)]
mod tests;

use std::fs;
use std::path::{Path, PathBuf};

use mindmate_contracts::training_set::{
    Columns, FileEntry, MANIFEST_PATH, Manifest, ManifestError, Side,
};
use mindmate_domain::feature::{FEATURE_VERSION, schema_hash};
use mindmate_domain::pseudonym::hex;
use sha2::{Digest as _, Sha256};

pub use self::parsing::{RowError, RowFault};
pub use self::samples::{GroupColumn, Samples, vector};

/// A set whose manifest was read and fits this program.
#[derive(Debug, Clone, PartialEq)]
pub struct TrainingSet {
    root: PathBuf,
    manifest: Manifest,
    manifest_sha256: String,
}

/// Why a set cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum SetError {
    /// A file is not there, or cannot be read.
    #[error("{path} cannot be read (mindmate training-data makes a training set): {source}", path = path.display())]
    Unread {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The manifest is none, or another version's.
    #[error("{path}: {source}", path = path.display())]
    Manifest {
        /// Which.
        path: PathBuf,
        /// Why.
        source: ManifestError,
    },
    /// The features are defined in another way than this program's.
    #[error(
        "expected features of version {FEATURE_VERSION} with the schema {expected}, found version {version} with {found}: prepare the set again with this program (mindmate training-data)"
    )]
    Features {
        /// This program's schema.
        expected: String,
        /// The set's version.
        version: u32,
        /// The set's schema.
        found: String,
    },
    /// A column that the manifest lists is another than this program's.
    #[error("the manifest's column {place}: expected {expected}, found {found}")]
    ManifestColumn {
        /// Which, from 1.
        place: usize,
        /// Its name here.
        expected: String,
        /// Its name there.
        found: String,
    },
    /// The manifest lists no file of a side.
    #[error("the manifest lists no file of the side {0}")]
    NoFile(&'static str),
    /// A file is another than the one that the manifest speaks of.
    #[error(
        "{path}: expected {expected_bytes} bytes with the SHA-256 {expected}, found {found_bytes} with {found}: the file was changed, or another set is being put there; read it again, or prepare it again (mindmate training-data)"
    )]
    Digest {
        /// Which.
        path: String,
        /// What the manifest says.
        expected: String,
        /// What the manifest says.
        expected_bytes: u64,
        /// What it is.
        found: String,
        /// What it is.
        found_bytes: usize,
    },
    /// A line does not fit.
    #[error("{path}{source}")]
    Row {
        /// Which file.
        path: String,
        /// Where in it, and why.
        source: RowError,
    },
    /// The rows are not those that the manifest counts.
    #[error("{path}: expected {expected} {what} as the manifest says, found {found}")]
    Count {
        /// Which file.
        path: String,
        /// Of what.
        what: &'static str,
        /// What the manifest says.
        expected: u64,
        /// How many there are.
        found: u64,
    },
}

impl TrainingSet {
    /// Reads the manifest of the set in a folder, and holds it against this program's features.
    ///
    /// # Errors
    /// Where there is none, or it does not fit.
    pub fn open(root: &Path) -> Result<Self, SetError> {
        Self::open_by(root, root.join(MANIFEST_PATH))
    }

    /// The same where the manifest lies elsewhere.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn open_by(root: &Path, path: PathBuf) -> Result<Self, SetError> {
        let bytes =
            fs::read(&path).map_err(|source| SetError::Unread { path: path.clone(), source })?;
        Self::of(root, &bytes).map_err(|error| match error {
            SetError::Manifest { source, .. } => SetError::Manifest { path, source },
            other => other,
        })
    }

    /// The set that these bytes are the manifest of, wherever its files lie; `root` is where
    /// [`read`](Self::read) looks for them.
    ///
    /// # Errors
    /// Where it does not fit.
    pub fn of(root: &Path, manifest: &[u8]) -> Result<Self, SetError> {
        let manifest_sha256 = hex(&Sha256::digest(manifest));
        let manifest = Manifest::parse(manifest)
            .map_err(|source| SetError::Manifest { path: MANIFEST_PATH.into(), source })?;
        check_features(&manifest)?;
        check_columns(&manifest.columns)?;
        Ok(Self { root: root.to_owned(), manifest, manifest_sha256 })
    }

    /// What is said of the set.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// The lower-case hexadecimal SHA-256 of the manifest's bytes: what a model says it was made from.
    pub fn manifest_sha256(&self) -> &str {
        &self.manifest_sha256
    }

    /// Reads a side's file.
    ///
    /// All of it is in memory: a row takes 560 bytes for its features and some 40 for the rest, so that
    /// 100,000 rows take 60 MB, and as long as it is read the file's own bytes as well.
    ///
    /// # Errors
    /// As [`parse`](Self::parse), and where the file cannot be read.
    pub fn read(&self, side: Side) -> Result<Samples, SetError> {
        let path = self.root.join(&self.entry(side)?.path);
        let bytes = fs::read(&path).map_err(|source| SetError::Unread { path, source })?;
        self.parse(side, &bytes)
    }

    /// Reads a side's samples from the bytes of its file.
    ///
    /// # Errors
    /// Where the bytes are not those that the manifest speaks of, or a line does not fit.
    pub fn parse(&self, side: Side, bytes: &[u8]) -> Result<Samples, SetError> {
        let entry = self.entry(side)?;
        check_digest(entry, bytes)?;
        let samples = parsing::samples(bytes)
            .map_err(|source| SetError::Row { path: entry.path.clone(), source })?;
        check_counts(entry, &samples)?;
        Ok(samples)
    }

    fn entry(&self, side: Side) -> Result<&FileEntry, SetError> {
        self.manifest.file(side).ok_or(SetError::NoFile(side.name()))
    }
}

fn check_features(manifest: &Manifest) -> Result<(), SetError> {
    let (expected, versions) = (schema_hash(), &manifest.versions);
    if versions.features == FEATURE_VERSION && versions.feature_schema_sha256 == expected {
        return Ok(());
    }
    let found = versions.feature_schema_sha256.clone();
    Err(SetError::Features { expected, version: versions.features, found })
}

fn check_columns(columns: &Columns) -> Result<(), SetError> {
    let ours = Columns::all();
    match parsing::first_difference(ours.names(), columns.names()) {
        None => Ok(()),
        Some((place, expected, found)) => Err(SetError::ManifestColumn { place, expected, found }),
    }
}

fn check_digest(entry: &FileEntry, bytes: &[u8]) -> Result<(), SetError> {
    let found = hex(&Sha256::digest(bytes));
    if found == entry.sha256 {
        return Ok(());
    }
    Err(SetError::Digest {
        path: entry.path.clone(),
        expected: entry.sha256.clone(),
        expected_bytes: entry.bytes,
        found,
        found_bytes: bytes.len(),
    })
}

fn check_counts(entry: &FileEntry, samples: &Samples) -> Result<(), SetError> {
    let crises = samples.labels().iter().filter(|label| **label).count();
    for (what, expected, found) in [
        ("rows", entry.counts.rows, samples.len()),
        ("crises", entry.counts.crisis, crises),
        ("users", entry.users, samples.user_count()),
    ] {
        let found = found as u64;
        if found != expected {
            return Err(SetError::Count { path: entry.path.clone(), what, expected, found });
        }
    }
    Ok(())
}
