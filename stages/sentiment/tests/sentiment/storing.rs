//! What is stored, and how often.

use std::sync::Arc;

use futures::future::join;
use mindmate_domain::app::{Author, DiaryText, SentimentLabel};
use mindmate_domain::history::text_hash;
use mindmate_pipeline::Stage;
use mindmate_testkit::conformance::samples::{AS_OF, as_of, chat, mood, note};
use proptest::prelude::*;

use crate::support::{AT, Counting, NOTE, World, person, sentiment_sk};

const SAD: &str = "I feel terrible and so sad";

/// R1.5: what the next assessment reads of it.
#[tokio::test]
async fn a_text_gets_its_sentiment_beside_it() {
    let chats = "CHAT#2026-11-21T22:00:00.000Z";
    for (item, sk) in [(note(AT, SAD), NOTE), (chat(AT, Author::User, SAD), chats)] {
        let world = World::new().with(&item);
        world.analyze(sk).await;
        let stored = world.sentiment();
        assert_eq!((stored.text_sk.as_str(), stored.analyzer.as_str()), (sk, "vader-3.3.2"));
        assert_eq!(stored.sentiment.label, SentimentLabel::Negative);
        assert_eq!(stored.text_hash, text_hash(&DiaryText::new(SAD)));
        let legacy = mindmate_domain::Policy::built_in().unwrap().legacy_consents;
        let history = world.backend.history().load(&person(), as_of(AS_OF), legacy).await.unwrap();
        assert_eq!(history.texts.unwrap()[0].sentiment, Some(stored.sentiment));
    }
}

/// Once in a text's life, whoever found it: a fallback's stays, too.
#[tokio::test]
async fn a_text_that_has_its_sentiment_is_not_analysed_again() {
    let world = World::new().with(&note(AT, SAD));
    world.analyze(NOTE).await;
    let first = world.sentiment();
    let service = Arc::new(Counting::default());
    let stage = world.stage_with(service.clone());
    for attempt in 1..=4 {
        world.hand(&stage, NOTE, attempt).await.unwrap();
    }
    assert_eq!((service.texts(), world.sentiment()), (0, first));
}

#[tokio::test]
async fn a_text_that_was_changed_is_analysed_anew() {
    let world = World::new().with(&note(AT, SAD));
    world.analyze(NOTE).await;
    let world = world.with(&note(AT, "What a wonderful day!"));
    world.analyze(NOTE).await;
    let stored = world.sentiment();
    assert_eq!(stored.sentiment.label, SentimentLabel::Positive);
    assert_eq!(stored.text_hash, text_hash(&DiaryText::new("What a wonderful day!")));
}

/// At least once in, once in effect.
#[tokio::test]
async fn two_machines_at_the_same_time_store_one_sentiment() {
    let world = World::new().with(&note(AT, SAD));
    let (one, other) = (world.stage(), world.stage());
    let (first, second) = join(world.hand(&one, NOTE, 1), world.hand(&other, NOTE, 2)).await;
    assert_eq!((first.unwrap(), second.unwrap()), (vec![], vec![]));
    assert_eq!(world.sentiment().text_sk, NOTE);
}

#[tokio::test]
async fn what_holds_no_words_of_the_users_own_gets_none() {
    let companions = "CHAT#2026-11-21T23:00:00.000Z";
    let world = World::new().with_locale("en").with(&mood(AT, 4.0)).with(&chat(
        "2026-11-21T23:00:00.000Z",
        Author::Agent,
        SAD,
    ));
    for sk in [NOTE, companions, "PROFILE", "MOOD#never", "SESSION#x", "SENTIMENT#MOOD#x", ""] {
        world.analyze(sk).await;
    }
    assert_eq!(world.sentiments(), []);
}

/// A stored item that does not fit is none.
#[tokio::test]
async fn a_sentiment_that_cannot_be_read_is_written_anew() {
    let world = World::new().with(&note(AT, SAD)).with_raw(&sentiment_sk(NOTE), &[]);
    world.analyze(NOTE).await;
    assert_eq!(world.sentiment().sentiment.label, SentimentLabel::Negative);
}

/// The stream of the table tells of it, and nobody answers that: no loop.
#[tokio::test]
async fn storing_is_told_as_a_change_of_a_sentiment_alone() {
    use mindmate_contracts::messages::AppItemChanged;
    use mindmate_contracts::{RawEvent, StreamName};
    let world = World::new().with(&note(AT, SAD));
    world.analyze(NOTE).await;
    let records = world.backend.records(StreamName::AppTable);
    let keys = records.iter().map(|record| {
        let changed: AppItemChanged = RawEvent::parse(&record.body).unwrap().data().unwrap();
        changed.sk
    });
    assert_eq!(keys.collect::<Vec<_>>(), [sentiment_sk(NOTE)]);
}

#[test]
fn it_consumes_the_queue_of_texts() {
    use mindmate_contracts::QueueName;
    assert_eq!(QueueName::Texts.consumer(), mindmate_sentiment::Sentiments::NAME);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever is written: the sentiment that is stored is that of the text as it stands, and
    /// asking again changes nothing.
    #[test]
    fn any_text_has_one_sentiment_of_its_own_or_none(text in "\\PC{0,200}", again in 1..4_u32) {
        let world = World::new().with(&note(AT, &text));
        let stage = world.stage();
        for attempt in 0..again {
            let sent = futures::executor::block_on(world.hand(&stage, NOTE, attempt + 1));
            prop_assert_eq!(sent.unwrap(), vec![]);
        }
        let found = world.sentiments();
        prop_assert!(found.len() <= 1);
        for stored in found {
            prop_assert_eq!(stored.text_hash, text_hash(&DiaryText::new(text.as_str())));
        }
    }
}
