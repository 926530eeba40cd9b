//! From what is said to an item: the synthetic cohort's, and the pipeline's own chat messages.

use mindmate_domain::UserId;
use mindmate_domain::app::{
    AppItem, Author, DiaryText, Event, EventKind, Profile, StoredSentiment,
};
use mindmate_domain::consent::{Consent, StatedConsents};
use mindmate_domain::instant::key_form;
use mindmate_domain::intervention::Intervention;

use super::attribute::{Attribute, Item};
use super::{PROFILE_SK, USER_PREFIX};

/// The sort key and the item, keys included, of something that `decode` reads back unchanged.
pub fn encode(user: &UserId, item: &AppItem) -> (String, Item) {
    match item {
        AppItem::Profile(profile) => {
            keyed(user, PROFILE_SK, "PROFILE", profile_item(user, profile))
        }
        AppItem::Event(event) => {
            let (kind, item) = event_item(event);
            keyed(user, &event.sk, kind, item)
        }
        AppItem::Sentiment(stored) => {
            let sk = format!("SENTIMENT#{}", stored.text_sk);
            keyed(user, &sk, "SENTIMENT", sentiment_item(stored))
        }
    }
}

/// The chat message of an intervention. Its key ends with the intervention's id, so that it never
/// replaces a message of the user's.
pub fn intervention_chat(intervention: &Intervention) -> (String, Item) {
    let mut item = Item::new();
    put(&mut item, "message", &intervention.content().message().text);
    put(&mut item, "sender", "agent");
    put(&mut item, "messageType", intervention.content().kind().name());
    put(&mut item, "interventionId", intervention.id().as_str());
    put(&mut item, "timestamp", &key_form(intervention.created_at()));
    item.insert("automated".to_owned(), Attribute::Bool(true));
    keyed(intervention.user(), &intervention.chat_sk(), "CHAT", item)
}

fn keyed(user: &UserId, sk: &str, kind: &str, mut item: Item) -> (String, Item) {
    put(&mut item, "PK", &format!("{USER_PREFIX}{}", user.as_str()));
    put(&mut item, "SK", sk);
    put(&mut item, "type", kind);
    (sk.to_owned(), item)
}

fn put(item: &mut Item, name: &str, text: &str) {
    item.insert(name.to_owned(), Attribute::text(text));
}

fn put_some(item: &mut Item, name: &str, text: Option<&str>) {
    if let Some(text) = text {
        put(item, name, text);
    }
}

fn put_texts(item: &mut Item, name: &str, texts: &[String]) {
    if !texts.is_empty() {
        let list = texts.iter().map(Attribute::text).collect();
        item.insert(name.to_owned(), Attribute::L(list));
    }
}

fn profile_item(user: &UserId, profile: &Profile) -> Item {
    let mut item = Item::new();
    put(&mut item, "userId", user.as_str());
    put_some(&mut item, "name", profile.name.as_deref());
    put_some(&mut item, "personality", profile.personality.as_deref());
    put_some(&mut item, "petName", profile.pet_name.as_deref());
    put_some(&mut item, "timezone", profile.timezone.as_deref());
    put_some(&mut item, "country", profile.country.as_deref());
    put_some(&mut item, "locale", profile.locale.as_deref());
    put_some(&mut item, "pushEndpoint", profile.push_endpoint.as_deref());
    put_some(&mut item, "createdAt", profile.created_at.map(key_form).as_deref());
    put_some(&mut item, "lastActiveAt", profile.last_active_at.map(key_form).as_deref());
    put_texts(&mut item, "preferences", &profile.preferences);
    match profile.consents {
        StatedConsents::Absent => {}
        // An unreadable block stays one: a NULL would read as absent.
        StatedConsents::Unreadable => put(&mut item, "consents", "unreadable"),
        StatedConsents::Given(given) => {
            let block = Consent::ALL
                .into_iter()
                .map(|consent| (consent.name().to_owned(), Attribute::Bool(given.allows(consent))))
                .collect();
            item.insert("consents".to_owned(), Attribute::M(block));
        }
    }
    item
}

fn event_item(event: &Event) -> (&'static str, Item) {
    let mut item = Item::new();
    put(&mut item, "timestamp", &key_form(event.at));
    let kind = match &event.kind {
        EventKind::Mood { mood, notes, tags } => {
            item.insert("mood".to_owned(), Attribute::number(*mood));
            put_some(&mut item, "notes", notes.as_ref().map(DiaryText::as_str));
            put_texts(&mut item, "tags", tags);
            "MOOD"
        }
        EventKind::Chat { author, text } => {
            match author {
                Author::User => put(&mut item, "userMessage", text.as_str()),
                Author::Agent => {
                    put(&mut item, "message", text.as_str());
                    put(&mut item, "sender", "agent");
                }
            }
            "CHAT"
        }
        EventKind::Selfie => "SELFIE",
        EventKind::Session { duration_seconds } => {
            item.insert("durationSeconds".to_owned(), Attribute::number(*duration_seconds));
            "SESSION"
        }
        EventKind::Activity { activity, suggested, completed_at, helpful } => {
            put(&mut item, "activity", activity);
            item.insert("suggested".to_owned(), Attribute::Bool(*suggested));
            put_some(&mut item, "completedAt", completed_at.map(key_form).as_deref());
            if let Some(helpful) = helpful {
                item.insert("helpful".to_owned(), Attribute::Bool(*helpful));
            }
            "ACTIVITY"
        }
    };
    (kind, item)
}

fn sentiment_item(stored: &StoredSentiment) -> Item {
    let mut item = Item::new();
    put(&mut item, "label", stored.sentiment.label.name());
    put(&mut item, "analyzer", &stored.analyzer);
    put(&mut item, "textHash", &stored.text_hash);
    for (name, score) in [
        ("positive", stored.sentiment.positive),
        ("negative", stored.sentiment.negative),
        ("neutral", stored.sentiment.neutral),
        ("mixed", stored.sentiment.mixed),
    ] {
        item.insert(name.to_owned(), Attribute::number(score));
    }
    item
}
