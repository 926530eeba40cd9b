//! What asks for nothing, and what is read all the same.

use std::time::Duration;

use mindmate_contracts::app_table::{Attribute, Item};
use mindmate_contracts::messages::AppItemChanged;
use mindmate_domain::app::{AppItem, Author, EventKind, Sentiment, StoredSentiment};
use mindmate_domain::{Consent, Consents};
use mindmate_pipeline::Stage;
use mindmate_testkit::Faulty;
use mindmate_testkit::conformance::samples::{chat, check_in, event, instant, mood, profile};

use crate::support::{CRISIS, NOW, World, changed, person, requests, says, sk_of, texts, written};

/// No loop: of what the pipeline itself writes nothing comes of it.
#[tokio::test]
async fn the_pipelines_own_writes_ask_for_nothing() {
    let sentiment = Sentiment::from_weights([0.0, 1.0, 0.0, 0.0]);
    let text_sk = sk_of(&says(CRISIS));
    let stored = StoredSentiment {
        text_sk,
        sentiment,
        analyzer: "vader-1".to_owned(),
        text_hash: "0".repeat(64),
    };
    let world = World::new();
    let sent = check_in(&person(), NOW);
    world.backend.chats().deliver(&sent).await.unwrap();
    let session = EventKind::Session { duration_seconds: 60.0 };
    let own = [
        AppItem::Sentiment(stored),
        chat("2026-11-22T08:59:59.100Z", Author::Agent, CRISIS),
        event("SESSION", "2026-11-22T08:59:59.200Z", session),
        event("SELFIE", "2026-11-22T08:59:59.300Z", EventKind::Selfie),
        profile(Consents::NONE.with(Consent::Scoring, true)),
    ];
    let keys = own.iter().map(|item| {
        world.backend.put_item(&person(), item);
        sk_of(item)
    });
    let keys: Vec<String> = keys.chain([sent.chat_sk()]).collect();
    for sk in keys {
        assert_eq!(world.handle(changed(&sk, NOW)).await, [], "{sk}");
    }
}

#[tokio::test]
async fn whoever_wrote_or_was_there_was_active() {
    let session = EventKind::Session { duration_seconds: 60.0 };
    for item in [says("hello"), event("SESSION", "2026-11-22T08:59:59.900Z", session)] {
        let world = World::new().with(&item);
        world.handle(written(&item)).await;
        assert_eq!(world.noted.all(), [(person(), instant("2026-11-22T08:59:59.900Z"))]);
        let refused = World::new().with_consents(Consents::NONE).with(&item);
        refused.handle(written(&item)).await;
        assert_eq!(refused.noted.all(), [], "of who refuses, nothing is noted");
    }
}

/// R8.4, safety 12, 13
#[tokio::test]
async fn without_consent_nobody_is_assessed_and_no_words_are_read() {
    let item = says(CRISIS);
    let refused = World::new().with_consents(Consents::NONE).with(&item);
    let faults = refused.broken();
    let stage = refused.stage_reading(Faulty::new(refused.backend.app_items(), &faults));
    let outgoing = stage.handle(written(&item), &refused.delivery()).await;
    assert_eq!(outgoing.unwrap(), [], "the item is not even read");
    let unread = Consents::NONE.with(Consent::Scoring, true);
    let outgoing = World::new().with_consents(unread).with(&item).handle(written(&item)).await;
    assert_eq!(requests(&outgoing)[0].0.seen, []);
    assert_eq!(texts(&outgoing), []);
}

#[tokio::test]
async fn what_was_removed_meanwhile_or_is_gone_asks_for_nothing() {
    let world = World::new();
    let sk = sk_of(&says(CRISIS));
    assert_eq!(world.handle(changed(&sk, NOW)).await, []);
    let world = world.with(&says(CRISIS));
    let removed = AppItemChanged { removed: true, ..changed(&sk, NOW) };
    assert_eq!(world.handle(removed).await, []);
}

/// A missed crisis is the worst bug: words in an item that does not fit are looked through, and one
/// that cannot be read is assessed, so that a human looks.
#[tokio::test]
async fn words_in_broken_items_are_not_missed() {
    let text = |text: &str| Attribute::S(text.to_owned());
    let no_date =
        Item::from([("type".to_owned(), text("CHAT")), ("userMessage".to_owned(), text(CRISIS))]);
    let no_words = Item::from([
        ("type".to_owned(), text("CHAT")),
        ("timestamp".to_owned(), text("2026-11-22T08:59:59.900Z")),
        ("userMessage".to_owned(), Attribute::L(vec![])),
    ]);
    let world = World::new();
    // Held back, if it were not urgent.
    world.backend.put_item(&person(), &mood("2026-11-22T08:59:00.000Z", 6.0));
    world.requests(changed("MOOD#2026-11-22T08:59:00.000Z", "2026-11-22T08:59:00.000Z")).await;
    for (sk, item, seen) in [("CHAT#x", no_date, 1), ("CHAT#y", no_words, 0)] {
        let world = world.clone();
        let outgoing = world.with_raw(sk, item).handle(changed(sk, NOW)).await;
        let [(asked, Duration::ZERO)] = &requests(&outgoing)[..] else {
            panic!("expected one request at once for {sk}")
        };
        assert_eq!(asked.seen.len(), seen, "{sk}");
        assert_eq!(texts(&outgoing), [], "nothing can be stored for {sk}");
    }
}

#[tokio::test]
async fn long_odd_and_empty_texts_are_taken() {
    for (text, says_something) in [
        ("x ".repeat(50_000), true),
        ("😀😭🔪".to_owned(), true),
        ("今日はとても疲れた".to_owned(), true),
        ("  \n".to_owned(), false),
    ] {
        let item = says(&text);
        let outgoing = World::new().with(&item).handle(written(&item)).await;
        assert_eq!(requests(&outgoing).len(), usize::from(says_something));
        assert_eq!(texts(&outgoing).len(), usize::from(says_something));
        let whole = outgoing.iter().map(|sent| sent.body.len()).sum::<usize>();
        assert!(whole < 4_096, "no message holds the text");
    }
}
