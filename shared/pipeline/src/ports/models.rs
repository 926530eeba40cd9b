//! The trained models, and which of them serves.

use std::fmt;

use async_trait::async_trait;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{JobName, PortResult};

/// The name of a trained model, which never means another: letters a to z, digits and hyphens, at
/// most [`ModelVersion::MOST`], so that it is a name in every store.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ModelVersion(String);

/// A name that no model has.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "expected a version of 1 to {most} letters a-z, digits and hyphens, as in m20261129-4f1e2d3c4b5a, found {0:?}",
    most = ModelVersion::MOST
)]
pub struct NoVersion(pub String);

impl ModelVersion {
    /// Most characters of one.
    pub const MOST: usize = 64;

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for ModelVersion {
    type Error = NoVersion;

    fn try_from(name: String) -> Result<Self, NoVersion> {
        let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if name.is_empty() || name.len() > Self::MOST || !name.chars().all(fits) {
            return Err(NoVersion(name));
        }
        Ok(Self(name))
    }
}

impl std::str::FromStr for ModelVersion {
    type Err = NoVersion;

    fn from_str(name: &str) -> Result<Self, NoVersion> {
        name.to_owned().try_into()
    }
}

impl From<ModelVersion> for String {
    fn from(version: ModelVersion) -> Self {
        version.0
    }
}

impl fmt::Display for ModelVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Which model serves, and which ones did before: one small object, replaced as a whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Pointer {
    /// The version that serves; none where the rules do.
    pub current: Option<ModelVersion>,
    /// Since when.
    pub since: Timestamp,
    /// The versions that served before, the latest last: where a rollback goes.
    pub previous: Vec<ModelVersion>,
}

impl Pointer {
    /// How many earlier versions it remembers.
    pub const REMEMBERED: usize = 20;

    /// The pointer after this version was promoted. One that serves already stays as it is.
    #[must_use]
    pub fn promoted(this: Option<&Self>, version: ModelVersion, now: Timestamp) -> Self {
        let mut previous: Vec<ModelVersion> =
            this.map(|it| it.previous.clone()).unwrap_or_default();
        match this.and_then(|it| it.current.clone()) {
            Some(current) if current == version => {}
            Some(current) => previous.push(current),
            None => {}
        }
        let from = previous.len().saturating_sub(Self::REMEMBERED);
        Self { current: Some(version), since: now, previous: previous.split_off(from) }
    }

    /// The pointer after what serves was taken back: the version before it serves again, or the rules
    /// where there was none.
    #[must_use]
    pub fn rolled_back(&self, now: Timestamp) -> Self {
        let mut previous = self.previous.clone();
        Self { current: previous.pop(), since: now, previous }
    }
}

/// A pointer as it was read, with the mark by which its store tells it from a later one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StandingPointer {
    /// What it says.
    pub pointer: Pointer,
    /// The store's own; it means nothing to anybody else.
    pub mark: String,
}

/// What became of a model that was put.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ModelPut {
    /// It is there.
    Written,
    /// These very bytes were there under its version.
    Existing,
    /// Other bytes are there under its version, and stay.
    Taken,
}

/// Trained models by their versions, and the pointer to the one that serves.
///
/// A version is written once and never changed, so that a rollback finds what it goes back to. The
/// pointer changes in one step: whoever reads it sees the earlier or the later one, and of two who
/// change it at once one is told that the other was first.
#[async_trait]
pub trait ModelStore: Send + Sync {
    /// Where that is, in words for people.
    fn place(&self) -> String;

    /// Keeps a model, durably.
    async fn put(&self, version: &ModelVersion, artefact: Vec<u8>) -> PortResult<ModelPut>;

    /// The bytes of a version; none where there is none.
    async fn get(&self, version: &ModelVersion) -> PortResult<Option<Vec<u8>>>;

    /// All versions, in order; what training jobs have put is none of them.
    async fn versions(&self) -> PortResult<Vec<ModelVersion>>;

    /// What a training job has put beside the models, at [`JobName::output`]; none where there is none.
    /// One of more than `most` bytes is an error that will not heal.
    async fn output(&self, job: &JobName, most: u64) -> PortResult<Option<Vec<u8>>>;

    /// The pointer, if there ever was one. One that cannot be read is an error, not none.
    async fn pointer(&self) -> PortResult<Option<StandingPointer>>;

    /// Replaces the pointer, if it still stands as it was read (`None`: there was none). Says whether
    /// it did; if not, somebody else was first.
    async fn point(&self, from: Option<&StandingPointer>, to: &Pointer) -> PortResult<bool>;
}

#[cfg(test)]
mod tests {
    use super::{ModelVersion, Pointer};

    fn version(name: &str) -> ModelVersion {
        name.parse().unwrap()
    }

    fn at(second: i64) -> jiff::Timestamp {
        jiff::Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn a_version_is_a_name_in_every_store() {
        for name in ["", "..", "a/b", "M1", "ä", &"a".repeat(65)] {
            assert!(name.parse::<ModelVersion>().is_err(), "{name}");
        }
        assert_eq!(version("m20261129-4f1e").as_str(), "m20261129-4f1e");
    }

    #[test]
    fn a_rollback_goes_back_step_by_step_and_ends_at_the_rules() {
        let first = Pointer::promoted(None, version("a"), at(1));
        let second = Pointer::promoted(Some(&first), version("b"), at(2));
        let again = Pointer::promoted(Some(&second), version("b"), at(3));
        assert_eq!(again.previous, [version("a")]);
        let back = again.rolled_back(at(4));
        assert_eq!((back.current.clone(), back.since), (Some(version("a")), at(4)));
        assert_eq!(back.rolled_back(at(5)).current, None);
        assert_eq!(back.rolled_back(at(5)).rolled_back(at(6)).current, None);
    }

    #[test]
    fn only_the_latest_are_remembered() {
        let mut pointer = Pointer::promoted(None, version("v0"), at(0));
        for n in 1..=30 {
            pointer = Pointer::promoted(Some(&pointer), version(&format!("v{n}")), at(n));
        }
        assert_eq!(pointer.previous.len(), Pointer::REMEMBERED);
        assert_eq!(pointer.previous.last(), Some(&version("v29")));
    }
}
