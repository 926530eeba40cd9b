//! The lines of a `DynamoDB` table export to S3: one `{"Item": {…}}` a line.

use mindmate_domain::UserId;
use mindmate_domain::ids::UserIdError;
use serde::{Deserialize, Serialize};

use super::attribute::{Attribute, Item};
use super::broken::{self, Keys};
use super::{PROFILE_SK, USER_PREFIX};
use crate::JsonFault;

/// Largest item that `DynamoDB` holds, in bytes. A longer line cannot come from a table.
pub const MAX_ITEM_BYTES: usize = 400 * 1024;

/// One item of an export.
#[derive(Debug, PartialEq)]
pub struct ExportLine {
    /// Whose partition it lies in.
    pub user: UserId,
    /// Its sort key.
    pub sk: String,
    /// Its attributes, keys included.
    pub item: Item,
}

/// Why a line is no item.
#[derive(Debug, thiserror::Error)]
pub enum LineError {
    /// It is not the JSON of an export.
    #[error("expected {{\"Item\": {{…}}}} in DynamoDB JSON: {0}")]
    NotAnItem(#[source] JsonFault),
    /// It is longer than any item can be.
    #[error("expected an item of at most {MAX_ITEM_BYTES} bytes, found {found}")]
    TooLong {
        /// Its length in bytes.
        found: usize,
    },
    /// It lacks a key, or a key is no string.
    #[error("expected a string attribute {name}, found {found}")]
    NoKey {
        /// `PK` or `SK`.
        name: &'static str,
        /// What stands there.
        found: &'static str,
    },
    /// Its partition is not a user's.
    #[error("expected a PK of the form USER#…, found another")]
    NotAUser,
    /// Its user id is none.
    #[error(transparent)]
    UserId(#[from] UserIdError),
}

#[derive(Serialize, Deserialize)]
struct Line<T> {
    #[serde(rename = "Item")]
    item: T,
}

/// Reads one line.
///
/// # Errors
/// What keeps it from being an item of the app's table. Whether the item fits its type is for
/// [`super::decode`] to say.
pub fn parse_line(line: &[u8]) -> Result<ExportLine, LineError> {
    // DynamoDB JSON is longer than the item that it writes, by keys and type descriptors; twice
    // the limit leaves room for those and for escapes, and still bounds the memory of an import.
    if line.len() > 2 * MAX_ITEM_BYTES {
        return Err(LineError::TooLong { found: line.len() });
    }
    let Line { item } = serde_json::from_slice::<Line<Item>>(line)
        .map_err(|error| LineError::NotAnItem(error.into()))?;
    let key = |name: &'static str| match item.get(name) {
        Some(Attribute::S(key)) => Ok(key.as_str()),
        Some(_) => Err(LineError::NoKey { name, found: "another type" }),
        None => Err(LineError::NoKey { name, found: "none" }),
    };
    let user = key("PK")?.strip_prefix(USER_PREFIX).ok_or(LineError::NotAUser)?;
    let (user, sk) = (UserId::new(user)?, key("SK")?.to_owned());
    Ok(ExportLine { user, sk, item })
}

/// The profile that stands in for a line that is no item but, by its keys, a user's profile: it
/// allows nothing, since nobody can say what its person consented to. Dropping the line instead
/// would leave the user without a profile, and those count as the app's legacy users.
///
/// The line may be broken anywhere, and may be the beginning of one only: its keys are read where
/// they can be.
pub fn closed_profile(line: &[u8]) -> Option<ExportLine> {
    let keys = match serde_json::from_slice::<serde_json::Value>(line) {
        Ok(line) => whole_keys(&line)?,
        Err(_) => broken::keys(line),
    };
    if keys.sk? != PROFILE_SK {
        return None;
    }
    let pk = keys.pk?;
    let user = UserId::new(pk.strip_prefix(USER_PREFIX)?).ok()?;
    let item = Item::from([
        ("PK".to_owned(), Attribute::text(&pk)),
        ("SK".to_owned(), Attribute::text(PROFILE_SK)),
        ("type".to_owned(), Attribute::text("PROFILE")),
        ("consents".to_owned(), Attribute::text("unreadable")),
    ]);
    Some(ExportLine { user, sk: PROFILE_SK.to_owned(), item })
}

/// The keys of a line that is JSON.
fn whole_keys(line: &serde_json::Value) -> Option<Keys> {
    let item = line.get("Item")?;
    let key = |name| Some(item.get(name)?.get("S")?.as_str()?.to_owned());
    Some(Keys { pk: key("PK"), sk: key("SK") })
}

/// Writes one line, without its end.
///
/// # Errors
/// None that an item's types can bring about; the signature is the serializer's.
pub fn write_line(item: &Item) -> Result<String, serde_json::Error> {
    serde_json::to_string(&Line { item })
}
