//! What an assessment may read of a user: 35 days, ordered, with texts only where they may be read.

use std::collections::HashMap;

use jiff::{Timestamp, tz::TimeZone};
use sha2::{Digest, Sha256};

use crate::app::{AppItem, Author, DiaryText, EventKind, Profile, Sentiment, StoredSentiment};
use crate::consent::{Consent, Consents};
use crate::ids::UserId;
use crate::instant::{AsOf, HISTORY_DAYS, Window};
use crate::pseudonym::hex;
use crate::quality::{DataQuality, Defect};

/// A user's events in `(asOf − 35 d, asOf]`, ordered by instant, then by sort key.
#[derive(Debug, Clone, PartialEq)]
pub struct History {
    /// Whose it is.
    pub user: UserId,
    /// The instant that it looks back from.
    pub as_of: AsOf,
    /// The profile; the default where there is none (then [`Defect::NoProfile`] is counted).
    pub profile: Profile,
    /// The consents that hold.
    pub consents: Consents,
    /// Mood entries.
    pub moods: Vec<MoodEntry>,
    /// Interactions: moods, selfies and the user's own chats.
    pub interactions: Vec<Timestamp>,
    /// Selfies.
    pub selfies: Vec<Timestamp>,
    /// Sessions.
    pub sessions: Vec<SessionEntry>,
    /// Activities.
    pub activities: Vec<ActivityEntry>,
    /// Non-blank notes and own messages; `None` without consent to text analysis.
    pub texts: Option<Vec<TextEntry>>,
    /// Instant of the first loaded event of any type, the companion's messages included.
    pub first_event: Option<Timestamp>,
    /// Texts of items that were left out; none without consent to text analysis. They become no
    /// feature: they are only looked through for crisis language, which must not be lost.
    pub left_out: Vec<LeftOutText>,
    /// What was left out.
    pub quality: DataQuality,
}

/// A mood at an instant.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MoodEntry {
    /// When.
    pub at: Timestamp,
    /// 1 to 10.
    pub mood: f64,
}

/// A session that ended at an instant.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SessionEntry {
    /// Its end.
    pub at: Timestamp,
    /// ≥ 0.
    pub duration_seconds: f64,
}

/// An activity that was suggested or chosen at an instant.
#[derive(Debug, Clone, PartialEq)]
pub struct ActivityEntry {
    /// The suggestion's instant.
    pub at: Timestamp,
    /// Its name.
    pub activity: String,
    /// Whether the companion suggested it.
    pub suggested: bool,
    /// When it was done; may lie after `asOf`, then it does not count as done.
    pub completed_at: Option<Timestamp>,
}

/// A text that may be read.
#[derive(Debug, Clone, PartialEq)]
pub struct TextEntry {
    /// When it was written.
    pub at: Timestamp,
    /// The sort key of its item.
    pub sk: String,
    /// The stored text, never blank.
    pub text: DiaryText,
    /// Its stored sentiment, where there is one and its hash fits.
    pub sentiment: Option<Sentiment>,
}

/// A text of an item that does not fit: whose words they are, and when they were written, nobody
/// can say for sure.
#[derive(Debug, Clone, PartialEq)]
pub struct LeftOutText {
    /// Its instant as far as known, else the history's `asOf`.
    pub at: Timestamp,
    /// The text; `None` where its bytes could not be read.
    pub text: Option<DiaryText>,
}

impl History {
    /// Puts together what a store read of a user.
    ///
    /// Takes items in any order and from any instant: it orders them, leaves out what is outside
    /// the window, drops every text where text analysis is not consented to, and joins each text
    /// with its stored sentiment. `legacy` is what holds for users without a consents block.
    pub fn assemble(
        user: UserId,
        as_of: AsOf,
        items: impl IntoIterator<Item = AppItem>,
        mut quality: DataQuality,
        legacy: Consents,
    ) -> Self {
        let window = as_of.window(HISTORY_DAYS);
        let mut profile = None;
        let mut events = Vec::new();
        let mut sentiments = HashMap::new();
        for item in items {
            match item {
                AppItem::Profile(found) => profile = Some(*found),
                AppItem::Event(event) if window.contains(event.at) => events.push(event),
                AppItem::Event(_) => {}
                AppItem::Sentiment(stored) => {
                    sentiments.insert(stored.text_sk.clone(), stored);
                }
            }
        }
        events.sort_by(|a, b| (a.at, &a.sk).cmp(&(b.at, &b.sk)));
        if profile.is_none() {
            quality.count(Defect::NoProfile);
        }
        let profile = profile.unwrap_or_default();
        let consents = profile.consents.effective(legacy);
        let mut history = Self {
            user,
            as_of,
            profile,
            consents,
            moods: Vec::new(),
            interactions: Vec::new(),
            selfies: Vec::new(),
            sessions: Vec::new(),
            activities: Vec::new(),
            texts: consents.allows(Consent::TextAnalysis).then(Vec::new),
            first_event: events.first().map(|event| event.at),
            left_out: Vec::new(),
            quality,
        };
        for event in events {
            history.take(event.at, &event.sk, event.kind, &sentiments);
        }
        history
    }

    /// The same with these texts of items that were left out, where texts may be read.
    #[must_use]
    pub fn with_left_out(mut self, texts: Vec<LeftOutText>) -> Self {
        if self.consents.allows(Consent::TextAnalysis) {
            self.left_out = texts;
        }
        self
    }

    fn take(
        &mut self,
        at: Timestamp,
        sk: &str,
        kind: EventKind,
        sentiments: &HashMap<String, StoredSentiment>,
    ) {
        match kind {
            EventKind::Mood { mood, notes, .. } => {
                self.moods.push(MoodEntry { at, mood });
                self.interactions.push(at);
                if let Some(text) = notes {
                    self.take_text(at, sk, text, sentiments);
                }
            }
            EventKind::Chat { author: Author::User, text } => {
                self.interactions.push(at);
                self.take_text(at, sk, text, sentiments);
            }
            EventKind::Chat { author: Author::Agent, .. } => {}
            EventKind::Selfie => {
                self.selfies.push(at);
                self.interactions.push(at);
            }
            EventKind::Session { duration_seconds } => {
                self.sessions.push(SessionEntry { at, duration_seconds });
            }
            EventKind::Activity { activity, suggested, completed_at, .. } => {
                self.activities.push(ActivityEntry { at, activity, suggested, completed_at });
            }
        }
    }

    fn take_text(
        &mut self,
        at: Timestamp,
        sk: &str,
        text: DiaryText,
        sentiments: &HashMap<String, StoredSentiment>,
    ) {
        let Some(texts) = &mut self.texts else { return };
        if text.is_blank() {
            return;
        }
        let stored = sentiments.get(sk);
        let fitting = stored.filter(|stored| stored.text_hash == text_hash(&text));
        if stored.is_some() && fitting.is_none() {
            self.quality.count(Defect::StaleSentiment);
        }
        let sentiment = fitting.map(|stored| stored.sentiment);
        texts.push(TextEntry { at, sk: sk.to_owned(), text, sentiment });
    }

    /// The zone that *local* means: the profile's, UTC where there is none.
    pub fn time_zone(&self) -> TimeZone {
        let named = self.profile.timezone.as_deref();
        named.and_then(|name| TimeZone::get(name).ok()).unwrap_or(TimeZone::UTC)
    }

    /// The earlier of the account's making and the first loaded event: days before its local date
    /// do not count.
    pub fn first_instant(&self) -> Option<Timestamp> {
        self.profile.created_at.into_iter().chain(self.first_event).min()
    }

    /// Whether the user was active in the window: a mood, own chat, selfie, session or activity.
    pub fn is_active_in(&self, window: Window) -> bool {
        self.interactions
            .iter()
            .copied()
            .chain(self.sessions.iter().map(|session| session.at))
            .chain(self.activities.iter().map(|activity| activity.at))
            .any(|at| window.contains(at))
    }
}

/// Lower-case hexadecimal SHA-256 of the stored text in UTF-8.
pub fn text_hash(text: &DiaryText) -> String {
    hex(&Sha256::digest(text.as_str().as_bytes()))
}
