//! Drafts become items: keys, hashes and the order of the table.

use mindmate_domain::app::{AppItem, DiaryText, Event, EventKind, StoredSentiment};
use mindmate_domain::history::text_hash;
use mindmate_domain::instant::key_form;

use crate::diary::{Draft, Drafts};
use crate::person::Person;
use crate::truth::LatentTruth;

/// Which analyser the stored sentiments name.
const ANALYZER: &str = "synthetic-cohort";

/// Gives the drafts their keys and puts all items in the order of their sort keys.
///
/// Within a type keys sort like instants, and the types' prefixes are fixed; so each type is sorted
/// by instant and no key is ever compared: `ACTIVITY`, `CHAT`, `MOOD`, `PROFILE`, `SELFIE`,
/// `SENTIMENT#CHAT`, `SENTIMENT#MOOD`, `SESSION`.
pub(crate) fn finish(person: Person, drafts: Drafts, truth: &mut LatentTruth) -> Vec<AppItem> {
    let Drafts { mut activities, mut chats, mut moods, mut selfies, mut sessions } = drafts;
    for of_a_type in [&mut activities, &mut chats, &mut moods, &mut selfies, &mut sessions] {
        of_a_type.sort_by_key(|draft| draft.at);
        // One key, one item: the table would keep one of the two as well.
        of_a_type.dedup_by_key(|draft| draft.at);
    }
    let mut profile = person.profile;
    profile.last_active_at = last_active(&[&activities, &moods, &selfies, &sessions], &chats);

    let events = [&activities, &chats, &moods, &selfies, &sessions].map(Vec::len);
    let texts = chats.len() + moods.len();
    let mut table = Table {
        items: Vec::with_capacity(events.iter().sum::<usize>() + texts + 1),
        sentiments: Vec::with_capacity(texts),
        explicit: Vec::new(),
    };
    table.put("ACTIVITY#", activities);
    table.put("CHAT#", chats);
    table.put("MOOD#", moods);
    table.items.push(AppItem::Profile(Box::new(profile)));
    table.put("SELFIE#", selfies);
    table.items.append(&mut table.sentiments);
    table.put("SESSION#", sessions);
    truth.explicit_texts = table.explicit;
    table.items
}

/// The latest event of the person's own.
fn last_active(own: &[&Vec<Draft>], chats: &[Draft]) -> Option<jiff::Timestamp> {
    use mindmate_domain::app::Author;
    let said = |draft: &&Draft| matches!(draft.kind, EventKind::Chat { author: Author::User, .. });
    let said = chats.iter().rev().find(said).map(|draft| draft.at);
    own.iter().filter_map(|drafts| drafts.last()).map(|draft| draft.at).chain(said).max()
}

struct Table {
    items: Vec<AppItem>,
    sentiments: Vec<AppItem>,
    explicit: Vec<String>,
}

impl Table {
    fn put(&mut self, prefix: &str, drafts: Vec<Draft>) {
        for Draft { at, kind, sentiment, explicit } in drafts {
            let instant = key_form(at);
            let mut sk = String::with_capacity(prefix.len() + instant.len());
            sk.push_str(prefix);
            sk.push_str(&instant);
            if let (Some(sentiment), Some(text)) = (sentiment, text_of(&kind)) {
                self.sentiments.push(AppItem::Sentiment(StoredSentiment {
                    text_sk: sk.clone(),
                    text_hash: text_hash(text),
                    sentiment,
                    analyzer: ANALYZER.to_owned(),
                }));
            }
            if explicit {
                self.explicit.push(sk.clone());
            }
            self.items.push(AppItem::Event(Event { at, sk, kind }));
        }
    }
}

fn text_of(kind: &EventKind) -> Option<&DiaryText> {
    match kind {
        EventKind::Mood { notes, .. } => notes.as_ref(),
        EventKind::Chat { text, .. } => Some(text),
        EventKind::Selfie | EventKind::Session { .. } | EventKind::Activity { .. } => None,
    }
}
