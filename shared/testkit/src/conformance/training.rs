//! Whom could be learned from. See [`TrainingUsers`](mindmate_pipeline::ports::TrainingUsers).

use std::collections::{BTreeMap, BTreeSet};

use mindmate_contracts::app_table::{Attribute, Item};
use mindmate_domain::app::{
    AppItem, Author, DiaryText, EventKind, Sentiment, SentimentLabel, StoredSentiment,
};
use mindmate_domain::consent::StatedConsents;
use mindmate_domain::history::text_hash;
use mindmate_domain::{AsOf, Consent, Consents, UserId};
use mindmate_pipeline::ports::TrainingUser;

use super::Backend;
use super::samples::{AS_OF, as_of, chat, event, instant, mood, note, profile, stored, user};

/// Everybody up to [`AS_OF`], read in pages of this size.
async fn all(backend: &dyn Backend, limit: usize) -> Vec<TrainingUser> {
    let port = backend.training();
    let mut found: Vec<TrainingUser> = Vec::new();
    for _ in 0..100 {
        let after = found.last().map(|last| last.user.clone());
        let page = port.users(instant(AS_OF), after.as_ref(), limit).await.expect("read");
        assert!(page.users.len() <= limit);
        found.extend(page.users);
        if page.last {
            return found;
        }
    }
    panic!("expected a last page, found none")
}

async fn one(backend: &dyn Backend) -> TrainingUser {
    let mut all = all(backend, 10).await;
    assert_eq!(all.len(), 1);
    all.remove(0)
}

/// Whatever the order is.
pub async fn everybody_comes_once(backend: &dyn Backend) {
    let users: Vec<UserId> = (0..23).map(|n| user(&format!("syn-{n:04}"))).collect();
    let moods = ["2026-11-01T08:00:00Z", "2026-11-02T08:00:00Z", "2026-11-03T08:00:00Z"];
    let items = users.iter().flat_map(|user| moods.map(|at| stored(user, &mood(at, 4.0))));
    backend.put_raw(items.collect()).await;
    for limit in [1, 5, 23, 100] {
        let found = all(backend, limit).await;
        assert_eq!(found.len(), users.len());
        let found: BTreeSet<_> = found.into_iter().map(|one| one.user).collect();
        assert_eq!(found, users.iter().cloned().collect());
    }
}

/// A table without anybody has one page, which is the last.
pub async fn an_empty_table_has_nobody(backend: &dyn Backend) {
    assert!(all(backend, 10).await.is_empty());
}

/// From the first to the last, whatever their types.
pub async fn the_span_is_that_of_what_the_user_did(backend: &dyn Backend) {
    let ada = user("ada");
    let items = [
        chat("2026-01-01T08:00:00Z", Author::Agent, "hello"),
        event("SELFIE", "2026-09-01T08:00:00Z", EventKind::Selfie),
        mood("2026-10-01T08:00:00Z", 4.0),
        event("SESSION", "2026-11-20T08:00:00Z", EventKind::Session { duration_seconds: 1.0 }),
        chat("2026-11-21T08:00:00Z", Author::Agent, "hello"),
    ];
    backend.put_raw(items.iter().map(|item| stored(&ada, item)).collect()).await;
    let span = (instant("2026-09-01T08:00:00Z"), instant("2026-11-20T08:00:00Z"));
    assert_eq!(one(backend).await.active, Some(span));
}

/// No feature may read past its cut-off, and no count either (R2.3).
pub async fn what_lies_after_the_instant_does_not_count(backend: &dyn Backend) {
    let ada = user("ada");
    for at in ["2026-11-20T08:00:00Z", AS_OF, "2026-11-22T06:00:00.001Z"] {
        backend.put_item(&ada, &mood(at, 4.0)).await;
    }
    let span = (instant("2026-11-20T08:00:00Z"), instant(AS_OF));
    assert_eq!(one(backend).await.active, Some(span));
}

/// Somebody with a profile alone is there, and did nothing.
pub async fn consents_come_as_the_profile_states_them(backend: &dyn Backend) {
    let given = Consents::NONE.with(Consent::Training, true);
    backend.put_item(&user("given"), &profile(given)).await;
    backend.put_item(&user("absent"), &mood("2026-11-20T08:00:00Z", 4.0)).await;
    let (owner, sk, mut item) = stored(&user("unreadable"), &profile(given));
    item.insert("consents".to_owned(), Attribute::S("yes".to_owned()));
    backend.put_raw(vec![(owner, sk, item)]).await;
    let found = all(backend, 10).await;
    let stated: BTreeMap<_, _> =
        found.iter().map(|one| (one.user.as_str(), one.consents)).collect();
    let expected = BTreeMap::from([
        ("absent", StatedConsents::Absent),
        ("given", StatedConsents::Given(given)),
        ("unreadable", StatedConsents::Unreadable),
    ]);
    assert_eq!(stated, expected);
    let nothing = found.iter().find(|one| one.user.as_str() == "given").expect("given");
    assert_eq!(nothing.active, None);
}

/// R2.3: what is learned from is what is served, whatever lies in the table.
pub async fn a_history_cut_out_of_a_timeline_is_the_one_that_is_loaded(backend: &dyn Backend) {
    let ada = user("ada");
    backend.put_raw(items_of_all_kinds(&ada)).await;
    let timeline = backend.training().timeline(&ada).await.expect("read");
    let (mut seen, mut left_out) = (0, 0);
    for hours in (0..100 * 24).step_by(101) {
        let at = instant(AS_OF) - jiff::SignedDuration::from_hours(hours);
        let as_of = AsOf::new(at).expect("whole milliseconds");
        let loaded = backend.history().load(&ada, as_of, Consents::NONE).await.expect("loaded");
        seen += loaded.texts.iter().flatten().filter(|text| text.sentiment.is_some()).count();
        left_out += loaded.left_out.len();
        assert_eq!(timeline.history(as_of, Consents::NONE), loaded, "{as_of}");
    }
    assert!(seen > 0 && left_out > 0, "expected texts of both kinds, found {seen} and {left_out}");
}

/// Items that fit and that do not, with keys of every kind, over a hundred days.
fn items_of_all_kinds(ada: &UserId) -> Vec<(UserId, String, Item)> {
    let given = Consents { scoring: true, text_analysis: true, ..Consents::NONE };
    let mut items = vec![stored(ada, &profile(given))];
    for n in 0..300_i64 {
        let at = instant(AS_OF) - jiff::SignedDuration::from_hours(n * 8 - 30);
        let text = at.to_string();
        let (owner, sk, mut item) = match n % 5 {
            0 => stored(ada, &chat(&text, Author::User, "words")),
            1 => stored(ada, &event("SELFIE", &text, EventKind::Selfie)),
            2 => {
                stored(ada, &event("SESSION", &text, EventKind::Session { duration_seconds: 9.0 }))
            }
            3 => stored(ada, &note(&text, "a note")),
            _ => stored(ada, &mood(&text, 4.0)),
        };
        if n % 5 == 3 {
            items.push(stored(ada, &sentiment_of(&sk, "a note")));
        }
        let sk = match n % 7 {
            // A key in local time, ahead of UTC by as much as there is.
            4 => format!("{}#{}", sk.split('#').next().unwrap_or_default(), ahead(at)),
            // A key that says nothing of its instant.
            5 => format!("{}#odd-{n}", sk.split('#').next().unwrap_or_default()),
            _ => sk,
        };
        if n % 11 == 0 {
            item.insert("mood".to_owned(), Attribute::Bool(true));
            item.insert("sender".to_owned(), Attribute::Bool(true));
        }
        if n % 13 == 0 {
            item.remove("timestamp");
        }
        items.push((owner, sk, item));
    }
    items
}

fn ahead(at: jiff::Timestamp) -> String {
    let local = at + jiff::SignedDuration::from_hours(14);
    local.to_string().replace('Z', "+14:00")
}

fn sentiment_of(sk: &str, text: &str) -> AppItem {
    AppItem::Sentiment(StoredSentiment {
        text_sk: sk.to_owned(),
        text_hash: text_hash(&DiaryText::new(text)),
        sentiment: Sentiment {
            label: SentimentLabel::Neutral,
            positive: 0.0,
            negative: 0.0,
            neutral: 1.0,
            mixed: 0.0,
        },
        analyzer: "test".to_owned(),
    })
}

/// Nobody is an error.
pub async fn of_nobody_the_timeline_is_empty(backend: &dyn Backend) {
    let (nobody, at) = (user("nobody"), as_of(AS_OF));
    let timeline = backend.training().timeline(&nobody).await.expect("read");
    assert!(timeline.is_empty());
    let loaded = backend.history().load(&nobody, at, Consents::NONE).await.expect("loaded");
    assert_eq!(timeline.history(at, Consents::NONE), loaded);
}
