//! What could not be read of a user's data: counted, reported in the assessment, never guessed at.

use std::collections::BTreeMap;
use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Why an item, or an attribute of a profile, was left out.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "camelCase")]
pub enum Defect {
    /// A mood outside 1 to 10.
    MoodOutOfRange,
    /// No instant, or one that is not RFC 3339.
    BadInstant,
    /// The sort key says another type than `type`.
    KeyContradictsType,
    /// The sort key has no instant, or one that is too far from the item's own to be found by it.
    KeyContradictsInstant,
    /// No `type` on anything but a profile.
    NoType,
    /// A known attribute of a wrong type, or a value out of its range.
    BadAttribute,
    /// A `message` that does not say who wrote it.
    NoSender,
    /// A text longer than any item of the table can be.
    TextTooLong,
    /// The user has no profile.
    NoProfile,
    /// A time zone that the database does not know; UTC is used.
    UnknownTimeZone,
    /// The profile's consents cannot be read; nothing is allowed.
    UnreadableConsents,
    /// Another attribute of the profile does not fit and was left out.
    BadProfileAttribute,
    /// A stored sentiment whose hash is not that of the stored text.
    StaleSentiment,
}

impl Defect {
    /// As in messages and stores.
    pub fn name(self) -> &'static str {
        match self {
            Self::MoodOutOfRange => "moodOutOfRange",
            Self::BadInstant => "badInstant",
            Self::KeyContradictsType => "keyContradictsType",
            Self::KeyContradictsInstant => "keyContradictsInstant",
            Self::NoType => "noType",
            Self::BadAttribute => "badAttribute",
            Self::NoSender => "noSender",
            Self::TextTooLong => "textTooLong",
            Self::NoProfile => "noProfile",
            Self::UnknownTimeZone => "unknownTimeZone",
            Self::UnreadableConsents => "unreadableConsents",
            Self::BadProfileAttribute => "badProfileAttribute",
            Self::StaleSentiment => "staleSentiment",
        }
    }
}

impl fmt::Display for Defect {
    /// In words, for the person who has to mend it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::MoodOutOfRange => "expected a mood from 1 to 10, found another number",
            Self::BadInstant => "expected an RFC 3339 instant, found none or another text",
            Self::KeyContradictsType => "the sort key says another type than `type`",
            Self::KeyContradictsInstant => {
                "expected the item's instant in its sort key, found none or another"
            }
            Self::NoType => "expected a `type`, found none",
            Self::BadAttribute => "a known attribute is missing, or of a wrong type or range",
            Self::NoSender => "expected a `sender` beside `message`, found none",
            Self::TextTooLong => "the text is longer than any item can be",
            Self::NoProfile => "the user has no profile",
            Self::UnknownTimeZone => "the time zone is unknown; UTC is used instead",
            Self::UnreadableConsents => "the consents cannot be read; nothing is allowed",
            Self::BadProfileAttribute => "an attribute of the profile does not fit",
            Self::StaleSentiment => "the stored sentiment is not that of the stored text",
        })
    }
}

/// Defects by kind.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct DataQuality(BTreeMap<Defect, u64>);

impl DataQuality {
    /// Counts one.
    pub fn count(&mut self, defect: Defect) {
        *self.0.entry(defect).or_default() += 1;
    }

    /// How many of this kind there were.
    pub fn of(&self, defect: Defect) -> u64 {
        self.0.get(&defect).copied().unwrap_or(0)
    }

    /// Whether nothing was left out.
    pub fn is_clean(&self) -> bool {
        self.0.is_empty()
    }

    /// Kinds with their counts, in a fixed order.
    pub fn iter(&self) -> impl Iterator<Item = (Defect, u64)> + '_ {
        self.0.iter().map(|(defect, count)| (*defect, *count))
    }
}
