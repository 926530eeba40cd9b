//! Texts that no analyser likes.

use std::sync::Arc;

use mindmate_contracts::QueueName;
use mindmate_contracts::app_table::Attribute;
use mindmate_contracts::messages::TextReceived;
use mindmate_domain::app::{Author, SentimentLabel};
use mindmate_domain::{Policy, StageName};
use mindmate_pipeline::ports::Analysis;
use mindmate_pipeline::{Outbox, Runner, RunnerPorts, SeededChance, Stage};
use mindmate_testkit::conformance::samples::{AS_OF, chat, instant, note};

use crate::support::{AT, NOTE, Saying, World, drain, person};

#[tokio::test]
async fn a_text_of_a_hundred_kilobytes_is_analysed_whole() {
    let long = "so sad and terrible ".repeat(5_000);
    let world = World::new().with(&note(AT, &long));
    world.analyze(NOTE).await;
    assert_eq!(world.sentiment().sentiment.label, SentimentLabel::Negative);
}

#[tokio::test]
async fn a_text_of_emoji_alone_has_a_sentiment() {
    let world = World::new().with(&note(AT, "😭😭😭"));
    world.analyze(NOTE).await;
    assert_eq!(world.sentiment().sentiment.label, SentimentLabel::Negative);
}

#[tokio::test]
async fn a_blank_text_has_none() {
    let world = World::new().with(&note(AT, " \n\t\u{3000}"));
    world.analyze(NOTE).await;
    assert_eq!(world.sentiments(), []);
}

/// What is no UTF-8 (bytes, half a surrogate pair) comes as a binary attribute, or not at all.
#[tokio::test]
async fn an_item_whose_text_is_no_text_has_none() {
    for bad in [Attribute::B("7aCA".to_owned()), Attribute::Bool(true), Attribute::Null(true)] {
        let item = [
            ("type", Attribute::text("MOOD")),
            ("timestamp", Attribute::text(AT)),
            ("mood", Attribute::N("4".to_owned())),
            ("notes", bad),
        ];
        let world = World::new().with_raw(NOTE, &item);
        world.analyze(NOTE).await;
        assert_eq!(world.sentiments(), []);
    }
}

/// Safety 8: never neutral; and there is nothing to try again.
#[tokio::test]
async fn a_text_in_a_language_that_nobody_knows_has_none() {
    let world = World::new().with_locale("es-MX").with(&note(AT, "estoy muy triste"));
    world.analyze(NOTE).await;
    assert_eq!(world.sentiments(), []);
    let unknown = || Ok(Analysis::Unknown { reason: "not known".to_owned() });
    let stage = world.stage_with(Arc::new(Saying(unknown)));
    world.hand(&stage, NOTE, 1).await.unwrap();
    assert_eq!(world.sentiments(), []);
}

/// A service that is told a wrong language finds everything neutral: it is not asked.
#[tokio::test]
async fn a_text_in_letters_of_another_language_has_none_and_is_not_sent() {
    let world = World::new().with_locale("es").with(&note(AT, "私はとても悲しい"));
    let asked = || panic!("expected no call");
    let stage = world.stage_with(Arc::new(Saying(asked)));
    world.hand(&stage, NOTE, 1).await.unwrap();
    assert_eq!(world.sentiments(), []);
}

/// Through the real runner and the real queue: each text once, none lost, none in the way.
#[tokio::test]
async fn two_hundred_texts_of_one_user_in_a_second_have_one_sentiment_each() {
    let mut world = World::new();
    let outbox = Outbox::new(StageName::RealtimeTrigger, instant(AS_OF));
    let mut messages = Vec::new();
    for n in 0..200 {
        let at = format!("2026-11-21T22:00:00.{n:03}Z");
        world = world.with(&chat(&at, Author::User, &format!("so sad, {n} times")));
        let message = TextReceived { user_id: person(), sk: format!("CHAT#{at}") };
        messages.push(outbox.to_queue(QueueName::Texts, format!("text/{n}"), &message).unwrap());
    }
    for sent in world.backend.publisher().publish(&messages).await {
        sent.unwrap();
    }
    let ports = RunnerPorts {
        publisher: world.backend.publisher(),
        clock: Arc::new(world.clock.clone()),
        chance: Arc::new(SeededChance::new(1)),
    };
    let runner = Runner::new(world.stage(), ports);
    drain(&world.backend, QueueName::Texts, &runner).await;
    assert_eq!(world.sentiments().len(), 200);
}

/// The daily run asks again: there is nothing to say, and nobody to say it of.
#[tokio::test]
async fn giving_up_says_nothing() {
    use mindmate_pipeline::Failure;
    let world = World::new();
    let failure = Failure { code: "retries-exhausted", message: "it is down" };
    let stage = world.stage();
    let asked = TextReceived { user_id: person(), sk: NOTE.to_owned() };
    assert_eq!(stage.give_up(asked, &failure, &world.delivery(4)).await.unwrap(), []);
    let outbox = Outbox::new(StageName::Sentiment, instant(AS_OF));
    assert_eq!(stage.give_up_unread(outbox, None, &failure).unwrap(), []);
    assert!(Policy::built_in().unwrap().legacy_consents.text_analysis, "the tests stand on it");
}
