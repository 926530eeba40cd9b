//! What the tests of the cohort share.
#![expect(dead_code, reason = "each test binary uses its part of it")]

use std::fmt::Write as _;

use jiff::Timestamp;
use mindmate_cohort::{CohortSpec, SyntheticUser};
use mindmate_domain::app::{AppItem, Author, DiaryText, EventKind, Profile, Sentiment};

/// The end of the tests' cohorts: a Sunday at six.
pub(crate) fn end() -> Timestamp {
    "2026-11-22T06:00:00Z".parse().unwrap()
}

pub(crate) fn spec(users: u32, days: u16, seed: u64) -> CohortSpec {
    CohortSpec::new(users, days, seed, end()).unwrap()
}

/// The sort key that an item has in the table.
pub(crate) fn key(item: &AppItem) -> String {
    match item {
        AppItem::Profile(_) => "PROFILE".to_owned(),
        AppItem::Event(event) => event.sk.clone(),
        AppItem::Sentiment(stored) => format!("SENTIMENT#{}", stored.text_sk),
    }
}

pub(crate) fn profile(made: &SyntheticUser) -> &Profile {
    let mut profiles = made.items.iter().filter_map(|item| match item {
        AppItem::Profile(profile) => Some(profile),
        _ => None,
    });
    let profile = profiles.next().unwrap();
    assert!(profiles.next().is_none());
    profile
}

/// The note or message of an event that the person wrote.
pub(crate) fn own_text(kind: &EventKind) -> Option<&DiaryText> {
    match kind {
        EventKind::Mood { notes, .. } => notes.as_ref(),
        EventKind::Chat {
            author: Author::User,
            text,
        } => Some(text),
        _ => None,
    }
}

/// Everything of a user in full, texts too: `Debug` redacts what a pin must see.
pub(crate) fn written_out(made: &SyntheticUser) -> String {
    let mut out = format!("{}\n", made.user.as_str());
    for item in &made.items {
        writeln!(out, "{} {}", key(item), content(item)).unwrap();
    }
    writeln!(out, "{}", serde_json::to_string(&made.truth).unwrap()).unwrap();
    out
}

fn content(item: &AppItem) -> String {
    match item {
        AppItem::Profile(profile) => {
            let Profile {
                name,
                personality,
                pet_name,
                created_at,
                last_active_at,
                ..
            } = profile;
            let Profile {
                preferences,
                push_endpoint,
                ..
            } = profile;
            format!(
                "{profile:?} {name:?} {personality:?} {pet_name:?} {created_at:?} \
                 {last_active_at:?} {preferences:?} {push_endpoint:?}"
            )
        }
        AppItem::Event(event) => match &event.kind {
            EventKind::Chat { author, text } => format!("{author:?} {}", text.as_str()),
            EventKind::Mood { mood, notes, tags } => {
                format!(
                    "{mood} {:?} {tags:?}",
                    notes.as_ref().map(DiaryText::as_str)
                )
            }
            other => format!("{other:?}"),
        },
        AppItem::Sentiment(stored) => {
            let Sentiment {
                label,
                positive,
                negative,
                neutral,
                mixed,
            } = stored.sentiment;
            let (hash, analyzer) = (&stored.text_hash, &stored.analyzer);
            format!(
                "{} {positive} {negative} {neutral} {mixed} {hash} {analyzer}",
                label.name()
            )
        }
    }
}
