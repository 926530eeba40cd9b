//! Nothing after asOf is read, and the order in which a store gives items changes nothing.

use std::collections::HashSet;

use jiff::SignedDuration;
use mindmate_domain::app::{AppItem, EventKind, Sentiment, SentimentLabel, StoredSentiment};
use mindmate_domain::app::{Author, DiaryText, Event};
use mindmate_domain::history::text_hash;
use mindmate_features::{extract, read_texts};
use mindmate_language::Lexicons;
use proptest::prelude::*;

use crate::support::{Diary, assemble};

const TEXTS: [&str; 6] = [
    "a walk in the sun",
    "I always feel alone and nobody calls me",
    "everything is hopeless",
    "I want to kill myself",
    "can someone please help me",
    "…",
];

/// Minutes before asOf, negative after it; what happened; a shuffling key.
type Planned = (i64, usize, u32);

fn items(diary: &Diary, planned: &[Planned]) -> Vec<(u32, AppItem)> {
    let mut items = vec![(0, AppItem::Profile(Box::new(diary.profile.clone())))];
    for (i, (minutes, what, key)) in planned.iter().enumerate() {
        let at = diary.as_of.instant() - SignedDuration::from_mins(*minutes);
        let text = DiaryText::new(TEXTS[what % TEXTS.len()]);
        let mood = 1.0 + (what % 19) as f64 / 2.0;
        let (kind, text) = match what % 5 {
            0 => (EventKind::Chat { author: Author::User, text: text.clone() }, Some(text)),
            1 => {
                let notes = Some(text.clone());
                (EventKind::Mood { mood, notes, tags: Vec::new() }, Some(text))
            }
            2 => (EventKind::Selfie, None),
            3 => (EventKind::Session { duration_seconds: 60.0 * mood }, None),
            _ => {
                let later = SignedDuration::from_hours(i64::try_from(what % 60).unwrap());
                let completed_at = (what % 3 > 0).then_some(at + later);
                let activity = "walk".to_owned();
                (
                    EventKind::Activity { activity, suggested: true, completed_at, helpful: None },
                    None,
                )
            }
        };
        let sk = format!("EVENT#{i}");
        if let Some(text) = text {
            let negative = (what % 11) as f64 / 10.0;
            let sentiment = Sentiment {
                label: SentimentLabel::Neutral,
                positive: 0.0,
                negative,
                neutral: 1.0 - negative,
                mixed: 0.0,
            };
            let stored = StoredSentiment {
                text_sk: sk.clone(),
                text_hash: text_hash(&text),
                sentiment,
                analyzer: "test".to_owned(),
            };
            items.push((key.rotate_left(7), AppItem::Sentiment(stored)));
        }
        items.push((*key, AppItem::Event(Event { at, sk, kind })));
    }
    items
}

fn written(diary: &Diary, items: Vec<AppItem>, lexicons: &Lexicons) -> String {
    let history = assemble(diary.as_of, items);
    let readings = read_texts(&history, lexicons);
    let extraction = extract(&history, &readings);
    let features = serde_json::to_string(&extraction.features).unwrap();
    let parts = serde_json::to_string(&extraction.missing_parts).unwrap();
    let crisis = serde_json::to_string(&readings.crisis_check()).unwrap();
    format!("{features}\n{parts}\n{crisis}")
}

/// The items as they stood at asOf: what happened later is not there, nor what was found of it, and
/// what was done later is not done yet.
fn as_they_stood(diary: &Diary, items: &[AppItem]) -> Vec<AppItem> {
    let end = diary.as_of.instant();
    let later: HashSet<&str> = items
        .iter()
        .filter_map(|item| match item {
            AppItem::Event(event) if event.at > end => Some(event.sk.as_str()),
            _ => None,
        })
        .collect();
    let stood = items.iter().filter(|item| match item {
        AppItem::Event(event) => !later.contains(event.sk.as_str()),
        AppItem::Sentiment(stored) => !later.contains(stored.text_sk.as_str()),
        AppItem::Profile(_) => true,
    });
    stood
        .cloned()
        .map(|mut item| {
            if let AppItem::Event(Event {
                kind: EventKind::Activity { completed_at, .. }, ..
            }) = &mut item
            {
                *completed_at = completed_at.filter(|at| *at <= end);
            }
            item
        })
        .collect()
}

/// R2.3
#[test]
fn what_happens_after_as_of_changes_no_byte() {
    let lexicons = Lexicons::built_in().unwrap();
    let planned = prop::collection::vec((-20_000..52_000_i64, 0..1_000_usize, any::<u32>()), 0..80);
    let mut runner = crate::properties::runner(128);
    let outcome = runner.run(&planned, |planned| {
        let diary = Diary::new().zone("Europe/Madrid");
        let whole: Vec<_> = items(&diary, &planned).into_iter().map(|(_, item)| item).collect();
        let cut = as_they_stood(&diary, &whole);
        prop_assert_eq!(written(&diary, whole, &lexicons), written(&diary, cut, &lexicons));
        Ok(())
    });
    outcome.unwrap();
}

#[test]
fn the_order_in_which_items_come_changes_no_byte() {
    let lexicons = Lexicons::built_in().unwrap();
    // Few distinct minutes, so that many items have the same instant.
    let minutes = prop_oneof![0..52_000_i64, (0..20_i64).prop_map(|i| i * 1_000)];
    let planned = prop::collection::vec((minutes, 0..1_000_usize, any::<u32>()), 0..80);
    let mut runner = crate::properties::runner(128);
    let outcome = runner.run(&planned, |planned| {
        let diary = Diary::new().zone("America/New_York");
        let mut items = items(&diary, &planned);
        let plain: Vec<_> = items.iter().map(|(_, item)| item.clone()).collect();
        items.sort_by_key(|(key, _)| *key);
        let shuffled: Vec<_> = items.into_iter().map(|(_, item)| item).collect();
        prop_assert_eq!(written(&diary, plain, &lexicons), written(&diary, shuffled, &lexicons));
        Ok(())
    });
    outcome.unwrap();
}
