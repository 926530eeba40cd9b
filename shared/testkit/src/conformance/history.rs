//! What a history store reads. See [`HistoryStore`](mindmate_pipeline::ports::HistoryStore).

use mindmate_contracts::app_table::{Attribute, Item};
use mindmate_domain::app::{
    AppItem, Author, EventKind, Sentiment, SentimentLabel, StoredSentiment,
};
use mindmate_domain::history::text_hash;
use mindmate_domain::quality::Defect;
use mindmate_domain::{Consents, History, UserId};

use super::Backend;
use super::samples::{AS_OF, as_of, chat, event, instant, mood, note, profile, stored, user};

/// Text may be read.
const READABLE: Consents = Consents { scoring: true, text_analysis: true, ..Consents::NONE };

async fn load(backend: &dyn Backend, user: &UserId) -> History {
    backend.history().load(user, as_of(AS_OF), Consents::NONE).await.expect("loaded")
}

async fn put_all(backend: &dyn Backend, user: &UserId, items: &[AppItem]) {
    backend.put_raw(items.iter().map(|item| stored(user, item)).collect()).await;
}

fn moods(history: &History) -> Vec<f64> {
    history.moods.iter().map(|entry| entry.mood).collect()
}

/// Nobody is an error.
pub async fn a_user_of_whom_nothing_is_stored_has_an_empty_history(backend: &dyn Backend) {
    let history = load(backend, &user("nobody")).await;
    assert_eq!((history.user.as_str(), history.as_of), ("nobody", as_of(AS_OF)));
    assert!(history.interactions.is_empty() && history.first_event.is_none());
    assert_eq!(history.quality.of(Defect::NoProfile), 1);
}

/// Every type comes, in order, with the profile.
pub async fn all_types_of_items_are_read(backend: &dyn Backend) {
    let ada = user("ada");
    let done = Some(instant("2026-11-20T10:00:00Z"));
    let activity = EventKind::Activity {
        activity: "walk".to_owned(),
        suggested: true,
        completed_at: done,
        helpful: Some(true),
    };
    let session = EventKind::Session { duration_seconds: 61.5 };
    let items = [
        chat("2026-11-20T11:00:00Z", Author::User, "hello"),
        mood("2026-11-20T08:00:00Z", 6.4),
        event("SELFIE", "2026-11-20T09:00:00Z", EventKind::Selfie),
        event("SESSION", "2026-11-20T12:00:00Z", session),
        event("ACTIVITY", "2026-11-20T09:30:00Z", activity),
        profile(READABLE),
    ];
    put_all(backend, &ada, &items).await;
    let history = load(backend, &ada).await;
    assert_eq!(moods(&history), [6.4]);
    assert_eq!((history.selfies.len(), history.sessions.len()), (1, 1));
    assert_eq!(history.activities[0].completed_at, done);
    assert_eq!(history.texts.as_ref().map(Vec::len), Some(1));
    let order = ["08", "09", "11"].map(|hour| instant(&format!("2026-11-20T{hour}:00:00Z")));
    assert_eq!(history.interactions, order);
    assert_eq!(history.consents, READABLE);
    assert_eq!(history.profile.timezone.as_deref(), Some("Europe/Madrid"));
    assert!(history.quality.is_clean());
}

/// `(asOf − 35 d, asOf]`
pub async fn a_history_excludes_its_start_and_includes_its_end(backend: &dyn Backend) {
    let ada = user("ada");
    let items = [
        mood("2026-10-18T06:00:00Z", 1.0),
        mood("2026-10-18T06:00:00.001Z", 2.0),
        mood("2026-11-22T06:00:00Z", 3.0),
        mood("2026-11-22T06:00:00.001Z", 4.0),
        mood("2027-01-01T00:00:00Z", 5.0),
    ];
    put_all(backend, &ada, &items).await;
    assert_eq!(moods(&load(backend, &ada).await), [2.0, 3.0]);
}

/// Keys sort by the local time that they are written in; what counts is the instant.
pub async fn keys_written_with_an_offset_are_found(backend: &dyn Backend) {
    let ada = user("ada");
    let mut items = Vec::new();
    for (local, number) in [
        // The end of the window, far ahead of and far behind UTC.
        ("2026-11-22T20:00:00+14:00", "1"),
        ("2026-11-21T18:00:00-12:00", "2"),
        // Its start: the first instant inside, and the last one outside.
        ("2026-10-18T20:00:00.001+14:00", "3"),
        ("2026-10-17T18:00:00.001-12:00", "4"),
        ("2026-10-18T20:00:00+14:00", "9"),
        ("2026-11-22T20:00:00.001+14:00", "9"),
    ] {
        let item = Item::from([
            ("type".to_owned(), Attribute::text("MOOD")),
            ("timestamp".to_owned(), Attribute::text(local)),
            ("mood".to_owned(), Attribute::N(number.to_owned())),
        ]);
        items.push((ada.clone(), format!("MOOD#{local}"), item));
    }
    backend.put_raw(items).await;
    let mut found = moods(&load(backend, &ada).await);
    found.sort_by(f64::total_cmp);
    assert_eq!(found, [1.0, 2.0, 3.0, 4.0]);
}

/// Ids that begin alike, or hold what a query language takes for its own, are still others.
pub async fn nobody_elses_items_are_read(backend: &dyn Backend) {
    let at = "2026-11-20T08:00:00Z";
    let ids = ["a", "ab", "a#", "a%", "a'", "A", "á"];
    for (n, id) in ids.into_iter().enumerate() {
        put_all(backend, &user(id), &[mood(at, 1.0 + n as f64)]).await;
    }
    for (n, id) in ids.into_iter().enumerate() {
        assert_eq!(moods(&load(backend, &user(id)).await), [1.0 + n as f64], "{id}");
    }
}

/// Safety 12
pub async fn text_is_left_out_without_consent(backend: &dyn Backend) {
    let ada = user("ada");
    let items = [note("2026-11-20T08:00:00Z", "words"), profile(Consents::NONE)];
    put_all(backend, &ada, &items).await;
    let history = backend.history().load(&ada, as_of(AS_OF), READABLE).await.expect("loaded");
    assert_eq!(history.texts, None);
    assert_eq!(history.consents, Consents::NONE);
    assert_eq!(moods(&history), [4.0]);
}

/// Users from before consents existed.
pub async fn without_a_consents_block_the_legacy_consents_hold(backend: &dyn Backend) {
    let ada = user("ada");
    put_all(backend, &ada, &[note("2026-11-20T08:00:00Z", "words")]).await;
    let history = backend.history().load(&ada, as_of(AS_OF), READABLE).await.expect("loaded");
    assert_eq!(history.consents, READABLE);
    assert_eq!(history.texts.map(|texts| texts.len()), Some(1));
}

/// A bad item fails neither its neighbours nor the user.
pub async fn an_item_that_does_not_fit_is_counted_and_its_neighbours_are_read(
    backend: &dyn Backend,
) {
    let ada = user("ada");
    let items = [mood("2026-11-20T07:00:00Z", 14.0), mood("2026-11-20T08:00:00Z", 4.0)];
    put_all(backend, &ada, &items).await;
    let strange = Item::from([("type".to_owned(), Attribute::Bool(true))]);
    backend.put_raw(vec![(ada.clone(), "CHAT#2026-11-20T08:00:00Z".to_owned(), strange)]).await;
    let history = load(backend, &ada).await;
    assert_eq!(moods(&history), [4.0]);
    assert_eq!(history.quality.of(Defect::MoodOutOfRange), 1);
    assert_eq!(history.quality.of(Defect::BadAttribute), 1);
}

/// Where its hash fits.
pub async fn a_text_comes_with_its_stored_sentiment(backend: &dyn Backend) {
    let ada = user("ada");
    let text = note("2026-11-20T08:00:00Z", "words");
    let AppItem::Event(event) = &text else { panic!("expected an event") };
    let EventKind::Mood { notes: Some(notes), .. } = &event.kind else { panic!("expected a note") };
    let sentiment = Sentiment {
        label: SentimentLabel::Negative,
        positive: 0.125,
        negative: 0.75,
        neutral: 0.125,
        mixed: 0.0,
    };
    let stored = AppItem::Sentiment(StoredSentiment {
        text_sk: event.sk.clone(),
        text_hash: text_hash(notes),
        sentiment,
        analyzer: "test".to_owned(),
    });
    put_all(backend, &ada, &[stored, text.clone(), profile(READABLE)]).await;
    let texts = load(backend, &ada).await.texts.expect("texts");
    assert_eq!(texts.len(), 1);
    assert_eq!(texts[0].sentiment, Some(sentiment));
}

/// More than one page of any store: 1.5 MB of notes.
pub async fn a_long_history_is_read_whole(backend: &dyn Backend) {
    const NOTES: u32 = 750;
    let ada = user("ada");
    let start = instant("2026-10-20T00:00:00Z");
    let words = "words ".repeat(340);
    let notes = (0..NOTES).map(|n| {
        let at = start.checked_add(jiff::SignedDuration::from_mins(n.into())).expect("an instant");
        stored(&ada, &note(&at.to_string(), &words))
    });
    backend.put_raw(notes.collect()).await;
    let history = backend.history().load(&ada, as_of(AS_OF), READABLE).await.expect("loaded");
    assert_eq!(history.texts.map(|texts| texts.len()), Some(NOTES as usize));
}

/// A user's later write is read, not an earlier state.
pub async fn an_item_that_was_replaced_is_read_as_it_is_now(backend: &dyn Backend) {
    let ada = user("ada");
    put_all(backend, &ada, &[mood("2026-11-20T08:00:00Z", 2.0)]).await;
    put_all(backend, &ada, &[mood("2026-11-20T08:00:00Z", 7.0)]).await;
    assert_eq!(moods(&load(backend, &ada).await), [7.0]);
}
