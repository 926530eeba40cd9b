//! What changes while a text is analysed.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use mindmate_domain::app::AppItem;
use mindmate_domain::{Consent, Policy};
use mindmate_pipeline::SeededChance;
use mindmate_pipeline::ports::{
    Analysis, AppItems, PortResult, ProfileStore, SentimentAnalyzer, TextToAnalyze,
};
use mindmate_sentiment::SentimentPorts;
use mindmate_testkit::conformance::samples::{AS_OF, as_of, note, profile};
use mindmate_testkit::{Fault, FaultRates, Faults, Faulty, MemoryBackend};

use crate::support::{AT, NOTE, World, everything, local, person, sentiment_sk, stage_over};

/// The local analyser as a service, during whose first call something happens.
struct During(Mutex<Option<Happening>>);

enum Happening {
    /// The app removes the item.
    Removed(MemoryBackend),
    /// The app writes an item: a profile with other consents, the text in other words.
    Written(MemoryBackend, Box<AppItem>),
}

impl During {
    fn call(happening: Happening) -> Arc<dyn SentimentAnalyzer> {
        Arc::new(Self(Mutex::new(Some(happening))))
    }
}

#[async_trait]
impl SentimentAnalyzer for During {
    async fn analyze(&self, batch: &[TextToAnalyze]) -> Vec<PortResult<Analysis>> {
        let happening = self.0.lock().unwrap().take();
        match happening {
            Some(Happening::Removed(backend)) => {
                backend.app_items().remove(&person(), NOTE).await.unwrap();
            }
            Some(Happening::Written(backend, item)) => backend.put_item(&person(), &item),
            None => {}
        }
        local().analyze(batch).await
    }
}

fn withdrawn(world: &World) -> Happening {
    let profile = profile(everything().with(Consent::TextAnalysis, false));
    Happening::Written(world.backend.clone(), Box::new(profile))
}

/// Whoever erases a text finds nothing of it afterwards.
#[tokio::test]
async fn a_text_that_is_deleted_meanwhile_leaves_no_sentiment() {
    let world = World::new().with(&note(AT, "so sad"));
    let stage = world.stage_with(During::call(Happening::Removed(world.backend.clone())));
    world.hand(&stage, NOTE, 1).await.unwrap();
    assert!(!world.has(&sentiment_sk(NOTE)) && !world.has(NOTE));
}

/// Safety 12
#[tokio::test]
async fn consent_that_is_withdrawn_meanwhile_leaves_no_sentiment() {
    let world = World::new().with(&note(AT, "so sad"));
    let stage = world.stage_with(During::call(withdrawn(&world)));
    world.hand(&stage, NOTE, 1).await.unwrap();
    assert!(world.has(NOTE) && !world.has(&sentiment_sk(NOTE)));
}

/// The try that stored it dies before it looks again; the next one tidies up.
#[tokio::test]
async fn a_try_that_dies_before_it_looks_again_leaves_no_sentiment_in_the_end() {
    let world = World::new().with(&note(AT, "so sad"));
    let clock = Arc::new(world.clock.clone());
    let faults = Faults::seeded(FaultRates::default(), Arc::new(SeededChance::new(1)), clock);
    let items: Arc<dyn AppItems> = world.backend.app_items();
    let profiles: Arc<dyn ProfileStore> = Faulty::new(world.backend.profiles(), &faults);
    let during = Some(During::call(Happening::Removed(world.backend.clone())));
    let stage = stage_over(SentimentPorts { items, profiles }, during);
    faults.script([Fault::None, Fault::Before]);
    world.hand(&stage, NOTE, 1).await.unwrap_err();
    assert!(world.has(&sentiment_sk(NOTE)), "it was stored");
    world.hand(&stage, NOTE, 2).await.unwrap();
    assert!(!world.has(&sentiment_sk(NOTE)));
}

/// The hash keeps readers from it, and the daily run asks again.
#[tokio::test]
async fn a_text_that_is_changed_meanwhile_is_not_read_with_the_old_sentiment() {
    let world = World::new().with(&note(AT, "so sad"));
    let changed = Box::new(note(AT, "What a wonderful day!"));
    let stage = world.stage_with(During::call(Happening::Written(world.backend.clone(), changed)));
    world.hand(&stage, NOTE, 1).await.unwrap();
    let legacy = Policy::built_in().unwrap().legacy_consents;
    let load = || async {
        let history = world.backend.history().load(&person(), as_of(AS_OF), legacy).await;
        history.unwrap().texts.unwrap()[0].sentiment
    };
    assert_eq!(load().await, None);
    world.hand(&stage, NOTE, 1).await.unwrap();
    assert!(load().await.is_some());
}
