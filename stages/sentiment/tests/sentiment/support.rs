//! A world with one person in it, and analysers that count and interfere.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use async_trait::async_trait;
use mindmate_contracts::QueueName;
use mindmate_contracts::app_table::{Attribute, Decoded, Item, decode};
use mindmate_contracts::messages::TextReceived;
use mindmate_domain::app::{AppItem, Profile, StoredSentiment};
use mindmate_domain::consent::StatedConsents;
use mindmate_domain::{Consent, Consents, Policy, UserId};
use mindmate_pipeline::ports::{
    Analysis, PortResult, SentimentAnalyzer, Settlement, TextToAnalyze,
};
use mindmate_pipeline::{Delivery, Outgoing, RawDelivery, Runner, Stage, StageError};
use mindmate_sentiment::{Analysts, LocalAnalyzer, SentimentPorts, Sentiments};
use mindmate_testkit::conformance::samples::{self, AS_OF, as_of};
use mindmate_testkit::{ManualClock, MemoryBackend};

/// When most texts were written, and the key of a note of then.
pub(crate) const AT: &str = "2026-11-21T22:00:00.000Z";
pub(crate) const NOTE: &str = "MOOD#2026-11-21T22:00:00.000Z";

/// Building the lexicon is most of what a test here takes.
static LOCAL: LazyLock<Arc<LocalAnalyzer>> =
    LazyLock::new(|| Arc::new(LocalAnalyzer::built_in().unwrap()));

pub(crate) fn local() -> Arc<dyn SentimentAnalyzer> {
    LOCAL.clone()
}

/// The local analyser as a service: it counts its texts, and takes every language for English.
#[derive(Default)]
pub(crate) struct Counting {
    pub(crate) texts: AtomicUsize,
}

impl Counting {
    pub(crate) fn texts(&self) -> usize {
        self.texts.load(Ordering::SeqCst)
    }
}

#[async_trait]
impl SentimentAnalyzer for Counting {
    async fn analyze(&self, batch: &[TextToAnalyze]) -> Vec<PortResult<Analysis>> {
        self.texts.fetch_add(batch.len(), Ordering::SeqCst);
        let in_english = |given: &TextToAnalyze| TextToAnalyze { locale: None, ..given.clone() };
        let found = local().analyze(&batch.iter().map(in_english).collect::<Vec<_>>()).await;
        let renamed = found.into_iter().map(|one| match one {
            Ok(Analysis::Found { sentiment, .. }) => {
                Ok(Analysis::Found { sentiment, analyzer: "service".to_owned() })
            }
            other => other,
        });
        renamed.collect()
    }
}

/// A service that says the same of every text, as often as a test asks.
pub(crate) struct Saying<F>(pub(crate) F);

#[async_trait]
impl<F: Fn() -> PortResult<Analysis> + Send + Sync> SentimentAnalyzer for Saying<F> {
    async fn analyze(&self, batch: &[TextToAnalyze]) -> Vec<PortResult<Analysis>> {
        batch.iter().map(|_| self.0()).collect()
    }
}

pub(crate) struct World {
    pub(crate) clock: ManualClock,
    pub(crate) backend: MemoryBackend,
}

impl World {
    pub(crate) fn new() -> Self {
        let clock = ManualClock::new(as_of(AS_OF).instant());
        Self { backend: MemoryBackend::new(Arc::new(clock.clone())), clock }
    }

    pub(crate) fn with(self, item: &AppItem) -> Self {
        self.backend.put_item(&person(), item);
        self
    }

    pub(crate) fn with_locale(self, locale: &str) -> Self {
        let locale = Some(locale.to_owned());
        self.with(&AppItem::Profile(Box::new(Profile { locale, ..Profile::default() })))
    }

    pub(crate) fn with_raw(self, sk: &str, attributes: &[(&str, Attribute)]) -> Self {
        let item = attributes.iter().map(|(name, value)| ((*name).to_owned(), value.clone()));
        self.backend.put_raw(&person(), sk, item.collect::<Item>());
        self
    }

    pub(crate) fn consent_to(&self, consents: Consents) {
        let consents = StatedConsents::Given(consents);
        let profile = Profile { consents, ..Profile::default() };
        self.backend.put_item(&person(), &AppItem::Profile(Box::new(profile)));
    }

    pub(crate) fn ports(&self) -> SentimentPorts {
        SentimentPorts { items: self.backend.app_items(), profiles: self.backend.profiles() }
    }

    /// The stage with the local analyser alone.
    pub(crate) fn stage(&self) -> Sentiments {
        stage_over(self.ports(), None)
    }

    /// The stage with a service before the local analyser.
    pub(crate) fn stage_with(&self, service: Arc<dyn SentimentAnalyzer>) -> Sentiments {
        stage_over(self.ports(), Some(service))
    }

    pub(crate) fn delivery(&self, attempt: u32) -> Delivery<'_> {
        let deadline = as_of(AS_OF).instant();
        Delivery { event_id: "event", attempt, deadline, clock: &self.clock }
    }

    /// Hands a text to a stage.
    pub(crate) async fn hand(
        &self,
        stage: &Sentiments,
        sk: &str,
        attempt: u32,
    ) -> Result<Vec<Outgoing>, StageError> {
        let asked = TextReceived { user_id: person(), sk: sk.to_owned() };
        stage.handle(asked, &self.delivery(attempt)).await
    }

    /// Hands it to the stage with the local analyser, which sends nothing on.
    pub(crate) async fn analyze(&self, sk: &str) {
        assert_eq!(self.hand(&self.stage(), sk, 1).await.unwrap(), []);
    }

    pub(crate) fn has(&self, sk: &str) -> bool {
        self.backend.items(&person()).iter().any(|(found, _)| found == sk)
    }

    /// The sentiments that are stored, by key.
    pub(crate) fn sentiments(&self) -> Vec<StoredSentiment> {
        sentiments_of(&self.backend, &person())
    }

    /// The one sentiment that is stored.
    pub(crate) fn sentiment(&self) -> StoredSentiment {
        let mut found = self.sentiments();
        assert_eq!(found.len(), 1, "{found:?}");
        found.remove(0)
    }
}

pub(crate) fn stage_over(
    ports: SentimentPorts,
    service: Option<Arc<dyn SentimentAnalyzer>>,
) -> Sentiments {
    let analysts = Analysts::local(local()).with_service(service);
    Sentiments::new(ports, analysts, Arc::new(Policy::built_in().unwrap()))
}

/// The readable sentiments of a user.
pub(crate) fn sentiments_of(backend: &MemoryBackend, user: &UserId) -> Vec<StoredSentiment> {
    let items = backend.items(user).into_iter();
    let read = items.filter_map(|(sk, item)| match decode(&sk, &item) {
        Decoded::Read(AppItem::Sentiment(stored), _) => Some(stored),
        _ => None,
    });
    read.collect()
}

/// Handles what lies in a queue, until nothing does. Nothing may be given up.
pub(crate) async fn drain<S: Stage>(backend: &MemoryBackend, name: QueueName, runner: &Runner<S>) {
    let queue = backend.queue(name);
    loop {
        let received = queue.receive(10, Duration::ZERO).await.unwrap();
        if received.is_empty() {
            break;
        }
        for message in received {
            let raw = RawDelivery { body: &message.body, attempt: message.receive_count };
            let settlement: Settlement = runner.process(raw).await.into();
            queue.settle(&message, &settlement).await.unwrap();
        }
    }
    assert!(backend.dead_letters(name).is_empty(), "{name}");
}

pub(crate) fn person() -> UserId {
    samples::user("syn-1")
}

/// Consent to everything.
pub(crate) fn everything() -> Consents {
    Consent::ALL.into_iter().fold(Consents::default(), |given, consent| given.with(consent, true))
}

/// The key under which the sentiment of a text is stored.
pub(crate) fn sentiment_sk(text_sk: &str) -> String {
    format!("SENTIMENT#{text_sk}")
}
