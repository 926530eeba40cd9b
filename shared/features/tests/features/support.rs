//! Histories for tests.

use jiff::Timestamp;
use mindmate_domain::app::{
    AppItem, Author, DiaryText, Event, EventKind, Profile, Sentiment, SentimentLabel,
};
use mindmate_domain::quality::DataQuality;
use mindmate_domain::{
    AsOf, Consent, Consents, Feature, FeatureValue, History, MissingReason, UserId,
};
use mindmate_features::{TextReading, TextReadings, extract};
use mindmate_language::TextFacts;

/// A Sunday. The 30 complete dates before it are 21 March to 19 April.
pub(crate) const AS_OF: &str = "2025-04-20T06:00:00Z";

/// What holds in tests for users without a consents block.
pub(crate) const LEGACY: Consents = Consents {
    scoring: true,
    text_analysis: true,
    language_model: false,
    training: false,
    outreach: true,
    human_review: false,
};

/// An instant of 2025 in UTC: `04-18 12:00` or with seconds `04-18 12:00:00.001`.
pub(crate) fn at(short: &str) -> Timestamp {
    let (date, time) = short.split_once(' ').expect("a date and a time");
    let seconds = if time.len() == 5 { ":00" } else { "" };
    format!("2025-{date}T{time}{seconds}Z").parse().expect("an instant of 2025")
}

/// A history that is put together from events.
#[derive(Debug, Clone)]
pub(crate) struct Diary {
    pub(crate) as_of: AsOf,
    pub(crate) profile: Profile,
    pub(crate) items: Vec<AppItem>,
}

impl Diary {
    /// Of a user of many years, in UTC, at [`AS_OF`].
    pub(crate) fn new() -> Self {
        let created_at = Some("2020-01-01T00:00:00Z".parse().unwrap());
        Self {
            as_of: AS_OF.parse().unwrap(),
            profile: Profile { created_at, ..Profile::default() },
            items: Vec::new(),
        }
    }

    pub(crate) fn created(mut self, short: &str) -> Self {
        self.profile.created_at = Some(at(short));
        self
    }

    pub(crate) fn zone(mut self, name: &str) -> Self {
        self.profile.timezone = Some(name.to_owned());
        self
    }

    pub(crate) fn event(mut self, at: Timestamp, kind: EventKind) -> Self {
        let sk = format!("{}#{}", kind_name(&kind), self.items.len());
        self.items.push(AppItem::Event(Event { at, sk, kind }));
        self
    }

    pub(crate) fn mood(self, short: &str, mood: f64) -> Self {
        self.event(at(short), EventKind::Mood { mood, notes: None, tags: Vec::new() })
    }

    /// One mood a date at noon.
    pub(crate) fn moods(self, days: &[(&str, f64)]) -> Self {
        days.iter().fold(self, |diary, (date, mood)| diary.mood(&format!("{date} 12:00"), *mood))
    }

    /// One mood at noon of each of the dates that end with this many days before 20 April.
    pub(crate) fn daily(self, last_days_ago: i64, moods: &[f64]) -> Self {
        let noon: Timestamp = "2025-04-20T12:00:00Z".parse().unwrap();
        moods.iter().rev().zip(last_days_ago..).fold(self, |diary, (mood, days)| {
            let at = noon - jiff::SignedDuration::from_hours(24 * days);
            diary.event(at, EventKind::Mood { mood: *mood, notes: None, tags: Vec::new() })
        })
    }

    pub(crate) fn selfie(self, short: &str) -> Self {
        self.event(at(short), EventKind::Selfie)
    }

    pub(crate) fn selfies(self, shorts: &[&str]) -> Self {
        shorts.iter().fold(self, |diary, short| diary.selfie(short))
    }

    pub(crate) fn chat(self, short: &str, text: &str) -> Self {
        let text = DiaryText::new(text);
        self.event(at(short), EventKind::Chat { author: Author::User, text })
    }

    pub(crate) fn session(self, short: &str, duration_seconds: f64) -> Self {
        self.event(at(short), EventKind::Session { duration_seconds })
    }

    pub(crate) fn activity(self, short: &str, suggested: bool, completed: Option<&str>) -> Self {
        let completed_at = completed.map(at);
        let activity = "walk".to_owned();
        self.event(
            at(short),
            EventKind::Activity { activity, suggested, completed_at, helpful: None },
        )
    }

    pub(crate) fn without_text_consent(mut self) -> Self {
        let given = LEGACY.with(Consent::TextAnalysis, false);
        self.profile.consents = mindmate_domain::consent::StatedConsents::Given(given);
        self
    }

    pub(crate) fn history(&self) -> History {
        let profile = AppItem::Profile(Box::new(self.profile.clone()));
        let items = self.items.iter().cloned().chain([profile]);
        assemble(self.as_of, items)
    }
}

pub(crate) fn assemble(as_of: AsOf, items: impl IntoIterator<Item = AppItem>) -> History {
    let user = UserId::new("u1").unwrap();
    History::assemble(user, as_of, items, DataQuality::default(), LEGACY)
}

fn kind_name(kind: &EventKind) -> &'static str {
    match kind {
        EventKind::Mood { .. } => "MOOD",
        EventKind::Chat { .. } => "CHAT",
        EventKind::Selfie => "SELFIE",
        EventKind::Session { .. } => "SESSION",
        EventKind::Activity { .. } => "ACTIVITY",
    }
}

/// Texts that were read with a list for the language.
pub(crate) fn read(texts: Vec<TextReading>) -> TextReadings {
    TextReadings::Read { lexicon: true, texts }
}

/// A text of which nothing is known.
pub(crate) fn text(short: &str) -> TextReading {
    let facts = TextFacts::default();
    TextReading { at: at(short), characters: 1, facts, sentiment: None }
}

/// A text of so many words.
pub(crate) fn words(short: &str, words: u32) -> TextReading {
    TextReading { facts: TextFacts { words, ..TextFacts::default() }, ..text(short) }
}

/// A text with a label and its positive, negative and neutral score.
pub(crate) fn felt(short: &str, label: SentimentLabel, scores: [f64; 3]) -> TextReading {
    let [positive, negative, neutral] = scores;
    let mixed = 1.0 - positive - negative - neutral;
    TextReading {
        sentiment: Some(Sentiment { label, positive, negative, neutral, mixed }),
        ..text(short)
    }
}

/// The features of a history.
pub(crate) fn feature_of(
    history: &History,
    texts: &TextReadings,
    feature: Feature,
) -> FeatureValue {
    extract(history, texts).features.get(feature)
}

/// The features of a history without texts.
pub(crate) fn of_diary(diary: &Diary, feature: Feature) -> FeatureValue {
    feature_of(&diary.history(), &read(Vec::new()), feature)
}

/// Whether two values are the same but for the last bits of a number.
pub(crate) fn agree(a: FeatureValue, b: FeatureValue) -> bool {
    match (a, b) {
        (FeatureValue::Value(a), FeatureValue::Value(b)) => {
            (a - b).abs() <= 1e-9 * (1.0 + a.abs().max(b.abs()))
        }
        (a, b) => a == b,
    }
}

pub(crate) fn value(number: f64) -> FeatureValue {
    FeatureValue::Value(number)
}

pub(crate) fn too_few(have: u32, need: u32) -> FeatureValue {
    FeatureValue::Missing(MissingReason::TooFew { have, need })
}

pub(crate) const NO_DATA: FeatureValue = FeatureValue::Missing(MissingReason::NoData);
pub(crate) const UNDEFINED: FeatureValue = FeatureValue::Missing(MissingReason::Undefined);
pub(crate) const UNAVAILABLE: FeatureValue = FeatureValue::Missing(MissingReason::Unavailable);
