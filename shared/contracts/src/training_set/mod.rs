//! The training set: two files of samples and a manifest, as they are written, learned from and judged by.
//!
//! A file has a line of names, then a sample a line: `pseudonym, asOf, label`, the 70 features by their
//! names in input order, then columns that begin with [`GROUP_PREFIX`]: by these a model is judged apart
//! for different people, and nothing is learned from them. They stand in the same row, so that no join can
//! go wrong and the file's digest covers them. A missing value is an empty cell.

mod manifest;

use mindmate_domain::Feature;
use serde::{Deserialize, Serialize};

pub use self::manifest::{
    Columns, FileEntry, LeftOutWeeks, MANIFEST_VERSION, Manifest, ManifestError, Rules,
    SampleCounts, UserCounts, Versions,
};

/// The manifest, from the root of the training data.
pub const MANIFEST_PATH: &str = "manifest.json";

/// The columns that say whose and of when a row is.
pub const KEY_COLUMNS: [&str; 2] = ["pseudonym", "asOf"];

/// The column of the label: 1 for a crisis, else 0.
pub const LABEL_COLUMN: &str = "label";

/// How the names of columns begin that are no input.
pub const GROUP_PREFIX: &str = "group_";

/// The columns by which a model is judged apart. An empty cell is a group that nobody knows.
pub const GROUP_COLUMNS: [&str; 5] =
    ["group_country", "group_tenure", "group_data_yield", "group_time_zone", "group_texts"];

/// Which part of a training set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Side {
    /// What a model is trained on.
    Train,
    /// What it is judged by.
    Validation,
}

impl Side {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Train, Self::Validation];

    /// As in paths and in the manifest.
    pub fn name(self) -> &'static str {
        match self {
            Self::Train => "train",
            Self::Validation => "validation",
        }
    }

    /// Its file, from the root of the training data. Nothing else lies in its folder: a training job
    /// takes a folder as a whole.
    pub fn path(self) -> &'static str {
        match self {
            Self::Train => "train/samples.csv",
            Self::Validation => "validation/samples.csv",
        }
    }
}

/// The names of a file's columns, in order.
pub fn columns() -> impl Iterator<Item = &'static str> {
    let names = Feature::ALL.into_iter().map(Feature::name);
    KEY_COLUMNS.into_iter().chain([LABEL_COLUMN]).chain(names).chain(GROUP_COLUMNS)
}

/// The first line of a file.
pub fn header() -> String {
    columns().collect::<Vec<_>>().join(",") + "\n"
}
