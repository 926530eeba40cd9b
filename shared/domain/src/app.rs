//! The events of the app's table, read.
//!
//! The app owns that table; `contracts::app_table` reads its items into these types and writes
//! them back. Each dated event keeps its sort key: events order by instant, then by key.

use jiff::Timestamp;

use crate::consent::StatedConsents;
use crate::ids::UserId;

/// One readable item of the app's table.
#[derive(Debug, Clone, PartialEq)]
pub enum AppItem {
    /// `PROFILE`
    Profile(Box<Profile>),
    /// A dated event.
    Event(Event),
    /// `SENTIMENT#{SK of the text}`
    Sentiment(StoredSentiment),
}

/// Who a person is to the app. Every attribute may be absent.
#[derive(Clone, PartialEq, Default)]
pub struct Profile {
    /// The display name. Put into messages last, never sent to a language model.
    pub name: Option<String>,
    /// The companion's personality that the person chose.
    pub personality: Option<String>,
    /// The companion's name.
    pub pet_name: Option<String>,
    /// IANA name of a zone that the time-zone database knows.
    pub timezone: Option<String>,
    /// ISO 3166-1 alpha-2, upper case.
    pub country: Option<String>,
    /// BCP 47, for example `es-MX`.
    pub locale: Option<String>,
    /// When the account was made.
    pub created_at: Option<Timestamp>,
    /// As the app says; may lie after an `asOf`, so no feature reads it.
    pub last_active_at: Option<Timestamp>,
    /// Activities that the person likes.
    pub preferences: Vec<String>,
    /// What the person allowed.
    pub consents: StatedConsents,
    /// Where a push notification can be sent.
    pub push_endpoint: Option<String>,
}

impl Profile {
    /// The profile of somebody whose own cannot be read: it allows nothing.
    pub fn closed() -> Self {
        Self { consents: StatedConsents::Unreadable, ..Self::default() }
    }
}

impl std::fmt::Debug for Profile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Profile")
            .field("timezone", &self.timezone)
            .field("country", &self.country)
            .field("locale", &self.locale)
            .field("consents", &self.consents)
            .finish_non_exhaustive()
    }
}

/// A dated event of a user.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// The instant that counts, in UTC.
    pub at: Timestamp,
    /// The sort key as stored.
    pub sk: String,
    /// What happened.
    pub kind: EventKind,
}

impl EventKind {
    /// The words of the person's own in it: a note, or a chat message that they wrote.
    pub fn own_words(&self) -> Option<&DiaryText> {
        match self {
            Self::Mood { notes, .. } => notes.as_ref(),
            Self::Chat { author: Author::User, text } => Some(text),
            _ => None,
        }
    }
}

/// What happened.
#[derive(Debug, Clone, PartialEq)]
pub enum EventKind {
    /// A mood entry.
    Mood {
        /// 1 to 10, decimals too.
        mood: f64,
        /// The note, as stored.
        notes: Option<DiaryText>,
        /// Tags that the person chose.
        tags: Vec<String>,
    },
    /// A chat message.
    Chat {
        /// Who wrote it.
        author: Author,
        /// The message, as stored.
        text: DiaryText,
    },
    /// A selfie: only counted.
    Selfie,
    /// A session; its instant is its end.
    Session {
        /// ≥ 0.
        duration_seconds: f64,
    },
    /// A suggested or chosen activity; its instant is the suggestion's.
    Activity {
        /// Its name.
        activity: String,
        /// Whether the companion suggested it.
        suggested: bool,
        /// When it was done.
        completed_at: Option<Timestamp>,
        /// Whether the person found it helpful.
        helpful: Option<bool>,
    },
}

/// Who wrote a chat message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Author {
    /// The person.
    User,
    /// The companion, this pipeline included.
    Agent,
}

/// Text that a person wrote, as stored. `Debug` shows its length only.
#[derive(Clone, PartialEq, Eq)]
pub struct DiaryText(String);

impl DiaryText {
    /// Wraps a stored text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text: for the analyser of a person who consented to it, and for the table itself.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it has anything but white space.
    pub fn is_blank(&self) -> bool {
        self.0.trim().is_empty()
    }
}

impl std::fmt::Debug for DiaryText {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "DiaryText({} bytes)", self.0.len())
    }
}

/// The sentiment of a text, as the sentiment stage stored it.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredSentiment {
    /// Sort key of the text that it belongs to.
    pub text_sk: String,
    /// Lower-case hexadecimal SHA-256 of the stored text in UTF-8.
    pub text_hash: String,
    /// What was found.
    pub sentiment: Sentiment,
    /// Which analyser found it.
    pub analyzer: String,
}

/// Label and scores of a text, each score in 0..=1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sentiment {
    /// The strongest of the four.
    pub label: SentimentLabel,
    /// Score of the positive label.
    pub positive: f64,
    /// Score of the negative label.
    pub negative: f64,
    /// Score of the neutral label.
    pub neutral: f64,
    /// Score of the mixed label.
    pub mixed: f64,
}

/// The four labels that Comprehend gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the names say it")]
pub enum SentimentLabel {
    Positive,
    Negative,
    Neutral,
    Mixed,
}

impl SentimentLabel {
    /// As stored: `POSITIVE`, `NEGATIVE`, `NEUTRAL`, `MIXED`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Positive => "POSITIVE",
            Self::Negative => "NEGATIVE",
            Self::Neutral => "NEUTRAL",
            Self::Mixed => "MIXED",
        }
    }
}

/// An item with its owner: what an import reads and an export writes.
#[derive(Debug, Clone, PartialEq)]
pub struct OwnedItem {
    /// Whose partition it lies in.
    pub user: UserId,
    /// The item.
    pub item: AppItem,
}
