//! What is said of a training set: how it was made, what is in it, and whom it leaves out, in counts alone.

use std::collections::BTreeMap;

use mindmate_domain::feature::{FEATURE_VERSION, schema_hash};
use mindmate_domain::pseudonym::hex;
use mindmate_domain::{AsOf, Consent, Consents, Feature};
use mindmate_features::{LABEL_DAYS, LABEL_VERSION};
use mindmate_pipeline::ports::Side;
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::plan::{GAP_DAYS, HISTORY_DAYS, STEP_DAYS, TRAIN_THIRDS};
use crate::rows::{GROUP_COLUMNS, KEY_COLUMNS, LABEL_COLUMN};
use crate::samples::{LeftOutWeeks, SampleCounts};

/// Changes whenever the manifest's form or that of the files does.
pub const MANIFEST_VERSION: u32 = 1;

/// The manifest of a training set. The same data, key and program give the same bytes: no clock is read.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Manifest {
    /// See [`MANIFEST_VERSION`].
    pub manifest_version: u32,
    /// No label reads what lies after it.
    pub until: AsOf,
    /// Training samples end their weeks by it, those of validation begin from it on.
    pub cut: AsOf,
    /// The numbers that it was made by.
    pub rules: Rules,
    /// The versions of what made it.
    pub versions: Versions,
    /// Which key the pseudonyms, sides and weekdays follow from; it does not tell the key.
    pub key_id: String,
    /// The columns of each file, in order: keys, label, features, groups.
    pub columns: Columns,
    /// The two files.
    pub files: Vec<FileEntry>,
    /// Users, by what became of them.
    pub users: UserCounts,
    /// Of the users with a sample, how many give each consent.
    pub consents: BTreeMap<&'static str, u64>,
    /// Weeks of eligible users that are no sample.
    pub left_out_weeks: LeftOutWeeks,
}

/// The numbers that a set is made by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "the constants of these names have the words")]
pub struct Rules {
    pub history_days: i64,
    pub step_days: i64,
    pub label_days: i64,
    pub gap_days: i64,
    pub train_thirds: u64,
}

/// The versions of what made a set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Versions {
    /// Of the program.
    pub code: &'static str,
    /// Of the features' definitions.
    pub features: u32,
    /// Of their names and order.
    pub feature_schema_sha256: String,
    /// Of the label's definition.
    pub label: u32,
    /// Of the word lists.
    pub lexicons: String,
    /// Of the policy, which says what holds for users from before consents existed.
    pub policy: String,
}

/// The columns of a file, in order. All but the features are no input of a model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "the names say it")]
pub struct Columns {
    pub keys: Vec<&'static str>,
    pub label: &'static str,
    pub features: Vec<&'static str>,
    pub groups: Vec<&'static str>,
}

/// A file of samples.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FileEntry {
    /// From the manifest's folder.
    pub path: &'static str,
    /// Which part.
    pub side: &'static str,
    /// Of its bytes, in lower-case hexadecimal.
    pub sha256: String,
    /// How many it has.
    pub bytes: u64,
    /// How many users have a row in it.
    pub users: u64,
    /// Its rows by label.
    #[serde(flatten)]
    pub counts: SampleCounts,
}

/// Users, by what became of them. They add up to `seen`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct UserCounts {
    /// Everybody of whom something is stored.
    pub seen: u64,
    /// Those with a sample.
    pub with_samples: u64,
    /// Those who do not consent to scoring and training.
    pub without_consent: u64,
    /// Those whose history is too short.
    pub too_short: u64,
    /// Those who could be learned from, and have no week that is a sample.
    pub without_samples: u64,
}

impl Rules {
    /// Those of this program.
    pub(crate) fn of_this_program() -> Self {
        Self {
            history_days: HISTORY_DAYS,
            step_days: STEP_DAYS,
            label_days: LABEL_DAYS,
            gap_days: GAP_DAYS,
            train_thirds: TRAIN_THIRDS,
        }
    }
}

impl Versions {
    /// Those of this program with these lists and this policy.
    pub(crate) fn of_this_program(lexicons: &str, policy: &str) -> Self {
        Self {
            code: env!("CARGO_PKG_VERSION"),
            features: FEATURE_VERSION,
            feature_schema_sha256: schema_hash(),
            label: LABEL_VERSION,
            lexicons: lexicons.to_owned(),
            policy: policy.to_owned(),
        }
    }
}

impl Columns {
    /// Those of every file.
    pub(crate) fn all() -> Self {
        Self {
            keys: KEY_COLUMNS.into(),
            label: LABEL_COLUMN,
            features: Feature::ALL.iter().map(|feature| feature.name()).collect(),
            groups: GROUP_COLUMNS.into(),
        }
    }
}

/// A file while it is written.
#[derive(Default)]
pub(crate) struct FileTally {
    digest: Sha256,
    bytes: u64,
    users: u64,
    pub(crate) counts: SampleCounts,
}

impl FileTally {
    /// Counts bytes that are appended.
    pub(crate) fn append(&mut self, bytes: &[u8]) {
        self.digest.update(bytes);
        self.bytes += bytes.len() as u64;
    }

    /// Counts a user's rows.
    pub(crate) fn user(&mut self, counts: &SampleCounts) {
        self.users += 1;
        self.counts.add(counts);
    }

    pub(crate) fn entry(self, side: Side) -> FileEntry {
        FileEntry {
            path: side.path(),
            side: side.name(),
            sha256: hex(&self.digest.finalize()),
            bytes: self.bytes,
            users: self.users,
            counts: self.counts,
        }
    }
}

/// Counts the consents of one more user.
pub(crate) fn count_consents(counts: &mut BTreeMap<&'static str, u64>, consents: Consents) {
    for consent in Consent::ALL {
        *counts.entry(consent.name()).or_default() += u64::from(consents.allows(consent));
    }
}
