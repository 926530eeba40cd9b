//! From an item to what it says, or to the defect that keeps it from being read.

use jiff::{SignedDuration, Timestamp};
use mindmate_domain::app::{
    AppItem, Author, DiaryText, Event, EventKind, Profile, Sentiment, SentimentLabel,
    StoredSentiment,
};
use mindmate_domain::consent::{Consent, Consents, StatedConsents};
use mindmate_domain::instant;
use mindmate_domain::quality::Defect;

use super::PROFILE_SK;
use super::attribute::{Attribute, Item};
use super::export::MAX_ITEM_BYTES;

/// What became of an item.
#[derive(Debug, Clone, PartialEq)]
pub enum Decoded {
    /// It was read; of a profile, attributes that did not fit are named.
    Read(AppItem, Vec<Defect>),
    /// It does not fit.
    Defective(Defective),
    /// Its type is none that we know: the app may add some tomorrow.
    PassedOver,
}

/// An item that does not fit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Defective {
    /// Why.
    pub defect: Defect,
    /// Its instant, as far as one can be read of it; none where its key says another.
    pub at: Option<Timestamp>,
    /// What may be words of the user in it, unless it says that they are not.
    pub texts: Vec<DiaryText>,
    /// Whether something stands where words would, and is no text.
    pub unreadable_text: bool,
}

/// Hours by which the instant in a sort key may be apart from the item's own: a key may be written
/// in local time of any offset. Ranges of keys are widened by as much.
pub(super) const OFFSET_HOURS: i64 = 14;

/// Moods lie in this range, bounds included.
const MOODS: std::ops::RangeInclusive<f64> = 1.0..=10.0;

/// Attributes that hold the user's words.
const WORDS: [&str; 3] = ["notes", "userMessage", "message"];

/// The dated types, each also the prefix of its sort keys.
const DATED: [&str; 5] = ["MOOD", "CHAT", "SELFIE", "SESSION", "ACTIVITY"];

/// Reads one item.
pub fn decode(sk: &str, item: &Item) -> Decoded {
    if sk == PROFILE_SK {
        return profile(item);
    }
    let defective = |defect| {
        let (texts, unreadable_text) = (loose_texts(item), has_unreadable_text(item));
        Decoded::Defective(Defective {
            defect,
            at: placed(sk, item, defect),
            texts,
            unreadable_text,
        })
    };
    let kind = match item.get("type") {
        None => return defective(Defect::NoType),
        Some(Attribute::S(kind)) => kind.as_str(),
        Some(_) => return defective(Defect::BadAttribute),
    };
    let read = match kind {
        "SENTIMENT" => sentiment(sk, item),
        "PROFILE" => Err(Defect::KeyContradictsType),
        _ if DATED.contains(&kind) => event(sk, kind, item),
        _ => return Decoded::PassedOver,
    };
    match read {
        Ok(read) => Decoded::Read(read, Vec::new()),
        Err(defect) => defective(defect),
    }
}

/// The instant at which an item makes its user active, in milliseconds since 1970, rounded up so
/// that a window that is open at its start does not lose it. `None` for an item of the companion's,
/// and for one that is no event.
///
/// An item that does not fit counts where it may hold words of the user: somebody of whom nothing
/// else came may be in a crisis, and has to be looked at.
pub fn active_millis(sk: &str, item: &Item) -> Option<i64> {
    let at = match decode(sk, item) {
        Decoded::Read(AppItem::Event(event), _) => match event.kind {
            EventKind::Chat { author: Author::Agent, .. } => return None,
            _ => event.at,
        },
        Decoded::Defective(found) if found.unreadable_text || !found.texts.is_empty() => {
            key_instant(sk).or(found.at)?
        }
        _ => return None,
    };
    let millis = (at.as_nanosecond() + 999_999).div_euclid(1_000_000);
    i64::try_from(millis).ok()
}

/// Where an item that does not fit lies in time, if one can say. Of two instants that contradict
/// each other neither counts: then it is taken to be of now, and looked at.
fn placed(sk: &str, item: &Item, defect: Defect) -> Option<Timestamp> {
    let in_key = key_instant(sk);
    if defect == Defect::KeyContradictsInstant && in_key.is_some() {
        return None;
    }
    instant_of(item).ok().or(in_key)
}

fn event(sk: &str, kind: &str, item: &Item) -> Result<AppItem, Defect> {
    let rest = sk.strip_prefix(kind).and_then(|rest| rest.strip_prefix('#'));
    if rest.is_none() {
        return Err(Defect::KeyContradictsType);
    }
    let at = instant_of(item)?;
    if !is_near(sk, at) {
        return Err(Defect::KeyContradictsInstant);
    }
    let kind = match kind {
        "MOOD" => mood(item)?,
        "CHAT" => chat(item)?,
        "SELFIE" => EventKind::Selfie,
        "SESSION" => session(item)?,
        _ => activity(item)?,
    };
    Ok(AppItem::Event(Event { at, sk: sk.to_owned(), kind }))
}

fn mood(item: &Item) -> Result<EventKind, Defect> {
    let mood = number(item, "mood")?.ok_or(Defect::BadAttribute)?;
    if !MOODS.contains(&mood) {
        return Err(Defect::MoodOutOfRange);
    }
    let notes = diary_text(item, "notes")?;
    Ok(EventKind::Mood { mood, notes, tags: texts(item, "tags")? })
}

/// `userMessage` wins over `message`, unless it is blank.
fn chat(item: &Item) -> Result<EventKind, Defect> {
    let own = diary_text(item, "userMessage")?.filter(|text| !text.is_blank());
    let message = diary_text(item, "message")?;
    let sender = text(item, "sender")?;
    match (own, message, sender.as_deref()) {
        (Some(text), _, _) | (None, Some(text), Some("user")) => {
            Ok(EventKind::Chat { author: Author::User, text })
        }
        (None, Some(text), Some("agent")) => Ok(EventKind::Chat { author: Author::Agent, text }),
        (None, Some(_), None) => Err(Defect::NoSender),
        (None, Some(_), Some(_)) | (None, None, _) => Err(Defect::BadAttribute),
    }
}

fn session(item: &Item) -> Result<EventKind, Defect> {
    let duration_seconds = number(item, "durationSeconds")?.ok_or(Defect::BadAttribute)?;
    if duration_seconds < 0.0 {
        return Err(Defect::BadAttribute);
    }
    Ok(EventKind::Session { duration_seconds })
}

fn activity(item: &Item) -> Result<EventKind, Defect> {
    Ok(EventKind::Activity {
        activity: text(item, "activity")?.ok_or(Defect::BadAttribute)?,
        suggested: boolean(item, "suggested")?.ok_or(Defect::BadAttribute)?,
        completed_at: instant_at(item, "completedAt")?,
        helpful: boolean(item, "helpful")?,
    })
}

fn sentiment(sk: &str, item: &Item) -> Result<AppItem, Defect> {
    let text_sk = sk.strip_prefix("SENTIMENT#").ok_or(Defect::KeyContradictsType)?;
    let label = match text(item, "label")?.as_deref() {
        Some("POSITIVE") => SentimentLabel::Positive,
        Some("NEGATIVE") => SentimentLabel::Negative,
        Some("NEUTRAL") => SentimentLabel::Neutral,
        Some("MIXED") => SentimentLabel::Mixed,
        _ => return Err(Defect::BadAttribute),
    };
    let score = |name| match number(item, name)? {
        Some(score) if (0.0..=1.0).contains(&score) => Ok(score),
        _ => Err(Defect::BadAttribute),
    };
    Ok(AppItem::Sentiment(StoredSentiment {
        text_sk: text_sk.to_owned(),
        text_hash: text(item, "textHash")?.ok_or(Defect::BadAttribute)?,
        sentiment: Sentiment {
            label,
            positive: score("positive")?,
            negative: score("negative")?,
            neutral: score("neutral")?,
            mixed: score("mixed")?,
        },
        analyzer: text(item, "analyzer")?.ok_or(Defect::BadAttribute)?,
    }))
}

/// Of a profile only the attribute that does not fit is left out. One that says it is something
/// else allows nothing: whatever it is, nobody can say what its person consented to.
fn profile(item: &Item) -> Decoded {
    match item.get("type") {
        None => {}
        Some(Attribute::S(kind)) if kind == "PROFILE" => {}
        Some(_) => {
            return Decoded::Read(
                AppItem::Profile(Box::new(Profile::closed())),
                vec![Defect::KeyContradictsType],
            );
        }
    }
    let mut defects = Vec::new();
    let mut keep = |read: Result<Option<String>, Defect>| {
        read.unwrap_or_else(|_| {
            defects.push(Defect::BadProfileAttribute);
            None
        })
    };
    let name = keep(text(item, "name"));
    let personality = keep(text(item, "personality"));
    let pet_name = keep(text(item, "petName"));
    let locale = keep(text(item, "locale"));
    let push_endpoint = keep(text(item, "pushEndpoint"));
    let country = keep(text(item, "country").and_then(country_code));
    let zone = keep(text(item, "timezone"));
    let timezone = zone.filter(|name| {
        let known = jiff::tz::TimeZone::get(name).is_ok();
        if !known {
            defects.push(Defect::UnknownTimeZone);
        }
        known
    });
    let mut date = |name| {
        instant_at(item, name).unwrap_or_else(|_| {
            defects.push(Defect::BadProfileAttribute);
            None
        })
    };
    let created_at = date("createdAt");
    let last_active_at = date("lastActiveAt");
    let preferences = texts(item, "preferences").unwrap_or_else(|_| {
        defects.push(Defect::BadProfileAttribute);
        Vec::new()
    });
    let consents = consents(item).unwrap_or_else(|defect| {
        defects.push(defect);
        StatedConsents::Unreadable
    });
    let profile = Profile {
        name,
        personality,
        pet_name,
        timezone,
        country,
        locale,
        created_at,
        last_active_at,
        preferences,
        consents,
        push_endpoint,
    };
    Decoded::Read(AppItem::Profile(Box::new(profile)), defects)
}

fn country_code(code: Option<String>) -> Result<Option<String>, Defect> {
    match code {
        None => Ok(None),
        Some(code) if code.len() == 2 && code.bytes().all(|byte| byte.is_ascii_alphabetic()) => {
            Ok(Some(code.to_ascii_uppercase()))
        }
        Some(_) => Err(Defect::BadAttribute),
    }
}

/// A block that cannot be read counts as all off; what a block does not name is off.
fn consents(item: &Item) -> Result<StatedConsents, Defect> {
    let block = match item.get("consents") {
        None => return Ok(StatedConsents::Absent),
        Some(Attribute::M(block)) => block,
        Some(_) => return Err(Defect::UnreadableConsents),
    };
    let mut given = Consents::NONE;
    for consent in Consent::ALL {
        match block.get(consent.name()) {
            None => {}
            Some(Attribute::Bool(on)) => given = given.with(consent, *on),
            Some(_) => return Err(Defect::UnreadableConsents),
        }
    }
    Ok(StatedConsents::Given(given))
}

/// `timestamp` wins over `ts`.
fn instant_of(item: &Item) -> Result<Timestamp, Defect> {
    let name = if item.contains_key("timestamp") { "timestamp" } else { "ts" };
    instant_at(item, name)?.ok_or(Defect::BadInstant)
}

/// The instant in the key of a dated item: a last resort to place an item that does not fit.
pub(super) fn key_instant(sk: &str) -> Option<Timestamp> {
    // No instant begins with a letter, and what a parser refuses costs it more than what it takes.
    let mut parts = sk.split('#').filter(|part| !part.starts_with(char::is_alphabetic));
    parts.find_map(|part| instant::parse(part).ok())
}

/// Whether the range of keys around an instant holds the key of an item of that instant.
fn is_near(sk: &str, at: Timestamp) -> bool {
    let apart = key_instant(sk).map(|key| key.duration_since(at).abs());
    apart.is_some_and(|apart| apart <= SignedDuration::from_hours(OFFSET_HOURS))
}

/// Texts of an item that does not fit. Nobody vouches for whose they are: they become no feature,
/// but crisis language in them must not be lost.
fn loose_texts(item: &Item) -> Vec<DiaryText> {
    let by_agent = matches!(item.get("sender"), Some(Attribute::S(sender)) if sender == "agent");
    let names = WORDS.into_iter();
    let names = names.filter(|name| !(by_agent && *name == "message"));
    names
        .filter_map(|name| match item.get(name) {
            Some(Attribute::S(text)) => Some(DiaryText::new(text.as_str())),
            _ => None,
        })
        .filter(|text| !text.is_blank())
        .collect()
}

/// Whether something else than a text stands where the user's words would.
fn has_unreadable_text(item: &Item) -> bool {
    WORDS.iter().any(|name| {
        present(item, name).is_some_and(|attribute| !matches!(attribute, Attribute::S(_)))
    })
}

fn instant_at(item: &Item, name: &str) -> Result<Option<Timestamp>, Defect> {
    match present(item, name) {
        None => Ok(None),
        Some(Attribute::S(text)) => instant::parse(text).map(Some).map_err(|_| Defect::BadInstant),
        Some(_) => Err(Defect::BadInstant),
    }
}

/// An attribute that is `NULL` says nothing, like one that is absent.
fn present<'a>(item: &'a Item, name: &str) -> Option<&'a Attribute> {
    item.get(name).filter(|attribute| !attribute.is_null())
}

fn text(item: &Item, name: &str) -> Result<Option<String>, Defect> {
    match present(item, name) {
        None => Ok(None),
        Some(Attribute::S(text)) => Ok(Some(text.clone())),
        Some(_) => Err(Defect::BadAttribute),
    }
}

fn diary_text(item: &Item, name: &str) -> Result<Option<DiaryText>, Defect> {
    match present(item, name) {
        None => Ok(None),
        Some(Attribute::S(text)) if text.len() > MAX_ITEM_BYTES => Err(Defect::TextTooLong),
        Some(Attribute::S(text)) => Ok(Some(DiaryText::new(text.as_str()))),
        Some(_) => Err(Defect::BadAttribute),
    }
}

fn number(item: &Item, name: &str) -> Result<Option<f64>, Defect> {
    match present(item, name) {
        None => Ok(None),
        Some(Attribute::N(digits)) => match digits.parse::<f64>() {
            Ok(number) if number.is_finite() => Ok(Some(number)),
            _ => Err(Defect::BadAttribute),
        },
        Some(_) => Err(Defect::BadAttribute),
    }
}

fn boolean(item: &Item, name: &str) -> Result<Option<bool>, Defect> {
    match present(item, name) {
        None => Ok(None),
        Some(Attribute::Bool(on)) => Ok(Some(*on)),
        Some(_) => Err(Defect::BadAttribute),
    }
}

fn texts(item: &Item, name: &str) -> Result<Vec<String>, Defect> {
    match present(item, name) {
        None => Ok(Vec::new()),
        Some(Attribute::StringSet(texts)) => Ok(texts.clone()),
        Some(Attribute::L(list)) => list
            .iter()
            .map(|entry| match entry {
                Attribute::S(text) => Ok(text.clone()),
                _ => Err(Defect::BadAttribute),
            })
            .collect(),
        Some(_) => Err(Defect::BadAttribute),
    }
}
