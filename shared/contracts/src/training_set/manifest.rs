//! What is said of a training set: how it was made, what is in it, and whom it leaves out, in counts alone.

use std::collections::BTreeMap;

use mindmate_domain::{AsOf, Feature};
use serde::{Deserialize, Serialize};

use super::{GROUP_COLUMNS, KEY_COLUMNS, LABEL_COLUMN, Side};
use crate::JsonFault;

/// Changes whenever the manifest's form or that of the files does.
pub const MANIFEST_VERSION: u32 = 3;

/// The manifest of a training set. The same data, key and program give the same bytes: no clock is read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Manifest {
    /// See [`MANIFEST_VERSION`].
    pub manifest_version: u32,
    /// No label reads what lies after it.
    pub until: AsOf,
    /// Training samples end their weeks by it, those of validation begin from it on.
    pub cut: AsOf,
    /// Whether all users with a sample are invented: what is learned from them proves nothing clinical.
    pub synthetic: bool,
    /// How many users with a sample are invented; where it is neither none nor all, the set is mixed.
    pub invented_users: u64,
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
    /// Of all items up to `until` of the users who could be learned from, in their order: of the same
    /// stored items, read by the same backend, it is the same.
    pub items_sha256: String,
    /// Of the users with a sample, how many give each consent.
    pub consents: BTreeMap<String, u64>,
    /// Weeks of eligible users that are no sample.
    pub left_out_weeks: LeftOutWeeks,
}

/// The numbers that a set is made by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Rules {
    /// Days that a user's history spans, and that lie before each sample.
    pub history_days: i64,
    /// Days between the samples of a user.
    pub step_days: i64,
    /// Days that a label looks ahead.
    pub label_days: i64,
    /// Days between the last training sample and the first of validation.
    pub gap_days: i64,
    /// Of three users those on the training side, of three weeks those before the cut, at the least.
    pub train_thirds: u64,
    /// Days that validation looks back, where that is less than a third and enough to judge by.
    pub judged_days: i64,
}

/// The versions of what made a set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Versions {
    /// Of the program.
    pub code: String,
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
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[expect(missing_docs, reason = "the names say it")]
pub struct Columns {
    pub keys: Vec<String>,
    pub label: String,
    pub features: Vec<String>,
    pub groups: Vec<String>,
}

/// A file of samples.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FileEntry {
    /// From the manifest's folder.
    pub path: String,
    /// Which part.
    pub side: Side,
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

/// Rows by label.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SampleCounts {
    /// All.
    pub rows: u64,
    /// Those of label 1.
    pub crisis: u64,
    /// Those of label 0.
    pub quiet: u64,
    /// Of label 1 by the mood alone.
    pub by_low_mood: u64,
    /// Of label 1 by crisis language alone.
    pub by_crisis_language: u64,
    /// Of label 1 by both.
    pub by_both: u64,
}

/// Users, by what became of them. They add up to `seen`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
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

/// Weeks that are no sample, by the reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LeftOutWeeks {
    /// Of training users, too late to end by the cut; nothing of them was read.
    pub train_after_cut: u64,
    /// Of validation users, before the cut; nothing of them was read.
    pub validation_before_cut: u64,
    /// Nothing was done in the 7 days before: such a person is not assessed either.
    pub inactive: u64,
    /// Nothing was seen in the 7 days after that could make a label.
    pub unseen: u64,
    /// Reading the texts failed.
    pub unread: u64,
}

/// Why a manifest cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ManifestError {
    /// It is no manifest.
    #[error("expected the manifest of a training set, found {0}")]
    Unreadable(#[from] JsonFault),
    /// Another program made it.
    #[error(
        "expected a manifest of version {MANIFEST_VERSION}, found version {found}: prepare the set again with this program (mindmate training-data)"
    )]
    Version {
        /// What it says.
        found: u32,
    },
}

impl Manifest {
    /// Reads a manifest.
    ///
    /// # Errors
    /// What is wrong with it. Of one that another version of the program made, that alone.
    pub fn parse(bytes: &[u8]) -> Result<Self, ManifestError> {
        /// What every version has.
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Versioned {
            manifest_version: u32,
        }
        let Versioned { manifest_version: found } =
            serde_json::from_slice(bytes).map_err(JsonFault::from)?;
        if found != MANIFEST_VERSION {
            return Err(ManifestError::Version { found });
        }
        Ok(serde_json::from_slice(bytes).map_err(JsonFault::from)?)
    }

    /// What is said of a side's file.
    pub fn file(&self, side: Side) -> Option<&FileEntry> {
        self.files.iter().find(|file| file.side == side)
    }
}

impl Columns {
    /// Those of every file.
    pub fn all() -> Self {
        Self {
            keys: KEY_COLUMNS.map(str::to_owned).into(),
            label: LABEL_COLUMN.to_owned(),
            features: Feature::ALL.iter().map(|feature| feature.name().to_owned()).collect(),
            groups: GROUP_COLUMNS.map(str::to_owned).into(),
        }
    }

    /// Their names, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let before = self.keys.iter().chain([&self.label]);
        before.chain(&self.features).chain(&self.groups).map(String::as_str)
    }
}

impl SampleCounts {
    /// Counts one more row, by what was seen in its week.
    pub fn count(&mut self, low_mood: bool, crisis_language: bool) {
        self.rows += 1;
        let of = match (low_mood, crisis_language) {
            (false, false) => {
                self.quiet += 1;
                return;
            }
            (true, true) => &mut self.by_both,
            (true, false) => &mut self.by_low_mood,
            (false, true) => &mut self.by_crisis_language,
        };
        *of += 1;
        self.crisis += 1;
    }

    /// The same and those.
    pub fn add(&mut self, other: &Self) {
        self.rows += other.rows;
        self.crisis += other.crisis;
        self.quiet += other.quiet;
        self.by_low_mood += other.by_low_mood;
        self.by_crisis_language += other.by_crisis_language;
        self.by_both += other.by_both;
    }
}

impl LeftOutWeeks {
    /// The same and those.
    pub fn add(&mut self, other: &Self) {
        self.train_after_cut += other.train_after_cut;
        self.validation_before_cut += other.validation_before_cut;
        self.inactive += other.inactive;
        self.unseen += other.unseen;
        self.unread += other.unread;
    }
}

#[cfg(test)]
mod tests {
    use super::{Manifest, ManifestError};

    #[test]
    fn another_version_is_told_from_what_is_no_manifest() {
        let newer = br#"{"manifestVersion": 9, "news": []}"#;
        assert_eq!(Manifest::parse(newer), Err(ManifestError::Version { found: 9 }));
        for text in ["", "[]", "{}", r#"{"manifestVersion": "2"}"#] {
            let error = Manifest::parse(text.as_bytes()).unwrap_err();
            assert!(matches!(error, ManifestError::Unreadable(_)), "{text}: {error}");
        }
    }
}
