//! What was written, as far as it is of concern here.

use jiff::{SignedDuration, Timestamp};
use mindmate_contracts::app_table::Defective;
use mindmate_domain::app::{AppItem, Author, DiaryText, EventKind};
use mindmate_domain::{AsOf, CrisisSignal};
use mindmate_language::Lexicons;

/// Keys of items that make their user active.
const ACTIVE: [&str; 5] = ["MOOD#", "CHAT#", "SELFIE#", "SESSION#", "ACTIVITY#"];

/// Keys of items that an assessment is made for.
const ASSESSED: [&str; 2] = ["MOOD#", "CHAT#"];

/// By how much a client's clock may be ahead for its items to be seen at once. What is dated further
/// ahead is seen when its time has come; crisis language is never waited for.
const AHEAD: SignedDuration = SignedDuration::from_mins(15);

/// Whether an item of this key is looked at.
pub(crate) fn is_of_concern(sk: &str) -> bool {
    ACTIVE.iter().any(|prefix| sk.starts_with(prefix))
}

/// Whether an item of this key may hold words or a mood.
pub(crate) fn holds_words_or_moods(sk: &str) -> bool {
    ASSESSED.iter().any(|prefix| sk.starts_with(prefix))
}

/// A mood, words, or both, of the user's own.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Seen {
    /// When, by the client's clock.
    at: Option<Timestamp>,
    mood: Option<f64>,
    words: Vec<DiaryText>,
    unreadable: bool,
    /// Whether the item fits its type, so that a sentiment can be stored for its words.
    fits: bool,
}

impl Seen {
    /// What a mood or a chat message of the user's holds; of anything else nothing.
    pub(crate) fn of(item: AppItem) -> Option<Self> {
        let AppItem::Event(event) = item else { return None };
        let mood = match &event.kind {
            EventKind::Mood { mood, .. } => Some(*mood),
            EventKind::Chat { author: Author::User, .. } => None,
            _ => return None,
        };
        let words = event.kind.own_words().filter(|text| !text.is_blank());
        let (at, words) = (Some(event.at), words.cloned().into_iter().collect());
        Some(Self { at, mood, words, unreadable: false, fits: true })
    }

    /// What may be words of the user's in an item that does not fit.
    pub(crate) fn of_defective(found: Defective) -> Option<Self> {
        let unreadable = found.unreadable_text;
        (unreadable || !found.texts.is_empty()).then_some(Self {
            at: found.at,
            mood: None,
            words: found.texts,
            unreadable,
            fits: false,
        })
    }

    /// An item that is none: it may have held words.
    pub(crate) fn unreadable(sk: &str) -> Option<Self> {
        holds_words_or_moods(sk).then_some(Self {
            at: None,
            mood: None,
            words: Vec::new(),
            unreadable: true,
            fits: false,
        })
    }

    /// The instant from which an assessment sees it, if it is made because of it: that of the change,
    /// or the item's own where the client's clock is a little ahead.
    pub(crate) fn seen_from(&self, changed_at: AsOf) -> AsOf {
        let latest = changed_at.instant().saturating_add(AHEAD).unwrap_or(Timestamp::MAX);
        let own = self.at.filter(|at| *at <= latest).map(AsOf::just_after);
        own.map_or(changed_at, |own| own.max(changed_at))
    }

    pub(crate) fn mood(&self) -> Option<f64> {
        self.mood
    }

    pub(crate) fn has_unreadable_words(&self) -> bool {
        self.unreadable
    }

    pub(crate) fn has_analysable_words(&self) -> bool {
        self.fits && !self.words.is_empty()
    }

    /// The most acute crisis language in the words. It is dated by the table, which is never ahead.
    pub(crate) fn crisis(&self, lexicons: &Lexicons, at: AsOf) -> Vec<CrisisSignal> {
        let categories = self.words.iter().filter_map(|text| lexicons.crisis(text.as_str()));
        let most_acute = categories.max();
        most_acute.map(|category| CrisisSignal { category, at: at.instant() }).into_iter().collect()
    }
}
