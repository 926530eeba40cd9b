//! Time for one user: about 100 events without texts, and the same with 60 texts of 60 characters.
//!
//! The targets are 40 µs and 150 µs on one thread (R9.1: 10,000 users within seconds).

#![expect(clippy::expect_used, reason = "a bench that cannot be set up is to stop")]

use criterion::{Criterion, criterion_group, criterion_main};
use jiff::{SignedDuration, Timestamp};
use mindmate_domain::app::{AppItem, Author, DiaryText, Event, EventKind, Profile};
use mindmate_domain::quality::DataQuality;
use mindmate_domain::{AsOf, Consents, History, UserId};
use mindmate_features::{extract, read_texts};
use mindmate_language::Lexicons;
use std::hint::black_box;

const EVENTS: i64 = 100;
const TEXTS: i64 = 60;
/// 60 characters each.
const WRITTEN: [&str; 4] = [
    "I went for a long walk by the river and it was quite lovely.",
    "Work was hard again today, I always feel tired and so alone.",
    "My sister called me this evening, we laughed about old days.",
    "Everything seems hopeless lately and nobody ever understands",
];

fn history(texts: i64) -> History {
    let end: Timestamp = "2025-04-20T06:00:00Z".parse().expect("an instant");
    let profile = Profile { timezone: Some("America/New_York".to_owned()), ..Profile::default() };
    let events = (0..EVENTS).map(|i| {
        // 30 days and a bit, about three a day, at many hours.
        let at = end - SignedDuration::from_mins(17 + i * 443);
        let mood = 1.0 + ((i * 7) % 19) as f64 / 2.0;
        let text = DiaryText::new(WRITTEN[usize::try_from(i % 4).unwrap_or(0)]);
        let kind = match i % 10 {
            _ if i < texts => EventKind::Chat { author: Author::User, text },
            8 => EventKind::Selfie,
            9 => EventKind::Session { duration_seconds: 300.0 },
            _ => EventKind::Mood { mood, notes: None, tags: Vec::new() },
        };
        AppItem::Event(Event { at, sk: format!("EVENT#{i}"), kind })
    });
    let items: Vec<_> =
        std::iter::once(AppItem::Profile(Box::new(profile))).chain(events).collect();
    let consents = Consents { scoring: true, text_analysis: true, ..Consents::NONE };
    let user = UserId::new("u1").expect("a user id");
    let as_of = AsOf::new(end).expect("whole milliseconds");
    History::assemble(user, as_of, items, DataQuality::default(), consents)
}

fn one_user(criterion: &mut Criterion) {
    let lexicons = Lexicons::built_in().expect("the lexicons are compiled in");
    for (name, texts) in [("100 events, no text", 0), ("100 events, 60 of them texts", TEXTS)] {
        let history = history(texts);
        criterion.bench_function(name, |bencher| {
            bencher.iter(|| {
                let readings = read_texts(black_box(&history), &lexicons);
                black_box(extract(&history, &readings))
            });
        });
    }
    let history = history(TEXTS);
    criterion.bench_function("60 texts, reading alone", |bencher| {
        bencher.iter(|| black_box(read_texts(black_box(&history), &lexicons)));
    });
}

criterion_group!(benches, one_user);
criterion_main!(benches);
