//! Names of users, runs and interventions. A user's id never reaches a log: `Debug` redacts it.

use std::fmt;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::instant::AsOf;

/// Longest user id that is taken, in bytes: half of what `DynamoDB` allows a sort key.
pub const USER_ID_MAX_BYTES: usize = 512;

/// How the ids of invented people begin.
const SYNTHETIC_PREFIX: &str = "syn-";

/// How many digits come after it, at least.
const SYNTHETIC_DIGITS: usize = 7;

/// A user's id in the app's table, without the `USER#` of the key.
///
/// `Debug` redacts it and there is no `Display`: who must show it to an operator who asked for it
/// calls [`UserId::as_str`] on purpose, and everyone else shows a [`crate::pseudonym::Pseudonym`].
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String")]
pub struct UserId(Arc<str>);

/// Why a text is not a user id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a user id has 1 to {USER_ID_MAX_BYTES} bytes, found {bytes}")]
pub struct UserIdError {
    bytes: usize,
}

impl UserId {
    /// Takes a non-empty id of at most [`USER_ID_MAX_BYTES`].
    ///
    /// # Errors
    /// The length, where it is another.
    pub fn new(id: &str) -> Result<Self, UserIdError> {
        if (1..=USER_ID_MAX_BYTES).contains(&id.len()) {
            Ok(Self(id.into()))
        } else {
            Err(UserIdError { bytes: id.len() })
        }
    }

    /// The raw id: for keys, and for an operator who asked for this user.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The id of one of the synthetic cohort's people: `syn-` and the index in seven digits or more.
    pub fn synthetic(index: u32) -> Self {
        Self(format!("{SYNTHETIC_PREFIX}{index:0SYNTHETIC_DIGITS$}").into())
    }

    /// Whether the person is invented, as [`UserId::synthetic`] names them.
    pub fn is_synthetic(&self) -> bool {
        self.0.strip_prefix(SYNTHETIC_PREFIX).is_some_and(|digits| {
            digits.len() >= SYNTHETIC_DIGITS && digits.bytes().all(|byte| byte.is_ascii_digit())
        })
    }

    /// What the user's records share in a stream, so that they stay in order: 16 hexadecimal
    /// digits of SHA-256. Never the run, which would put a whole run on one shard.
    pub fn partition_key(&self) -> String {
        use sha2::{Digest, Sha256};
        crate::pseudonym::hex(&Sha256::digest(self.as_str())[..8])
    }
}

impl fmt::Debug for UserId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("UserId(…)")
    }
}

impl TryFrom<String> for UserId {
    type Error = UserIdError;

    fn try_from(id: String) -> Result<Self, Self::Error> {
        Self::new(&id)
    }
}

impl From<UserId> for String {
    fn from(id: UserId) -> Self {
        id.as_str().to_owned()
    }
}

/// The id of a run: `daily-2026-11-22`. The date is the `asOf`'s, so that a schedule that fires
/// twice is one run.
#[derive(
    Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(transparent)]
pub struct RunId(Arc<str>);

impl RunId {
    /// The daily run of that date.
    pub fn daily(as_of: AsOf) -> Self {
        Self(format!("daily-{}", as_of.utc_date()).into())
    }

    /// A run by the name that a person typed or a store holds.
    pub fn named(name: &str) -> Self {
        Self(name.into())
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The id of an intervention: derived from the assessment's key and the type, so that the same
/// assessment never makes two.
#[derive(
    Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(transparent)]
pub struct InterventionId(String);

impl InterventionId {
    /// 32 hexadecimal digits of SHA-256 over user, `asOf` and type.
    pub fn derive(user: &UserId, as_of: AsOf, kind: crate::intervention::InterventionType) -> Self {
        use sha2::{Digest, Sha256};
        let digest = Sha256::new()
            .chain_update(user.as_str())
            .chain_update([0])
            .chain_update(as_of.to_string())
            .chain_update([0])
            .chain_update(kind.name())
            .finalize();
        Self(crate::pseudonym::hex(&digest[..16]))
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for InterventionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<String> for InterventionId {
    fn from(id: String) -> Self {
        Self(id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Safety 19.
    #[test]
    fn debug_never_shows_the_id() {
        let user = UserId::new("canary-7").unwrap();
        assert!(!format!("{user:?} {:?}", Some(&user)).contains("canary"));
    }

    #[test]
    fn the_partition_key_is_the_users_and_does_not_show_the_id() {
        let key = UserId::new("abc").unwrap().partition_key();
        // FIPS 180-2, appendix B.1.
        assert_eq!(key, "ba7816bf8f01cfea");
    }

    #[test]
    fn invented_people_are_told_from_others_by_their_ids() {
        assert_eq!(UserId::synthetic(42).as_str(), "syn-0000042");
        for index in [0, 9_999_999, u32::MAX] {
            assert!(UserId::synthetic(index).is_synthetic());
        }
        for id in ["syn-", "syn-42", "syn-000004x", "syn-00000042a", "xsyn-0000042", "0000042"] {
            assert!(!UserId::new(id).unwrap().is_synthetic(), "{id}");
        }
    }

    #[test]
    fn an_empty_or_endless_id_is_refused() {
        assert!(UserId::new("").is_err());
        assert!(UserId::new(&"x".repeat(513)).is_err());
    }
}
