//! The stage over in-memory ports, and what the tests ask of it.

use std::sync::{Arc, LazyLock, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use mindmate_contracts::app_table::Item;
use mindmate_contracts::messages::{AppItemChanged, AssessmentRequested, TextReceived};
use mindmate_contracts::{Channel, Message, QueueName, RawEvent};
use mindmate_domain::app::{AppItem, Author};
use mindmate_domain::{Consents, Policy, UserId, Window};
use mindmate_language::Lexicons;
use mindmate_pipeline::PortResult;
use mindmate_pipeline::ports::{ActivityIndex, ActivityPage, AppItems, UserStates};
use mindmate_pipeline::{Delivery, Failure, Outgoing, Stage};
use mindmate_realtime_trigger::{RealtimePorts, RealtimeTrigger};
use mindmate_testkit::conformance::samples::{as_of, chat, instant, profile, user};
use mindmate_testkit::{FaultRates, Faults, ManualClock, MemoryBackend};

pub(crate) const NOW: &str = "2026-11-22T09:00:00.000Z";
pub(crate) const CRISIS: &str = "I want to kill myself";
pub(crate) const FAILURE: Failure<'static> =
    Failure { code: "retries-exhausted", message: "it is down" };

/// Building the word lists is most of what a test here takes.
pub(crate) static LEXICONS: LazyLock<Arc<Lexicons>> =
    LazyLock::new(|| Arc::new(Lexicons::built_in().unwrap()));

/// Remembers what is noted: the backend in memory finds it in its table by itself.
#[derive(Default)]
pub(crate) struct Noted(Mutex<Vec<(UserId, Timestamp)>>);

impl Noted {
    pub(crate) fn all(&self) -> Vec<(UserId, Timestamp)> {
        self.0.lock().unwrap().clone()
    }
}

#[async_trait]
impl ActivityIndex for Noted {
    async fn record(&self, user: &UserId, at: Timestamp) -> PortResult<()> {
        self.0.lock().unwrap().push((user.clone(), at));
        Ok(())
    }

    async fn active(
        &self,
        _: u16,
        _: u16,
        _: Window,
        _: Option<&UserId>,
        _: usize,
    ) -> PortResult<ActivityPage> {
        Ok(ActivityPage { entries: Vec::new(), last: true })
    }
}

#[derive(Clone)]
pub(crate) struct World {
    pub(crate) clock: ManualClock,
    pub(crate) backend: MemoryBackend,
    pub(crate) noted: Arc<Noted>,
}

impl World {
    pub(crate) fn new() -> Self {
        let clock = ManualClock::new(instant(NOW));
        let backend = MemoryBackend::new(Arc::new(clock.clone()));
        Self { clock, backend, noted: Arc::default() }
    }

    pub(crate) fn with(self, item: &AppItem) -> Self {
        self.backend.put_item(&person(), item);
        self
    }

    pub(crate) fn with_consents(self, consents: Consents) -> Self {
        self.with(&profile(consents))
    }

    pub(crate) fn with_raw(self, sk: &str, item: Item) -> Self {
        self.backend.put_raw(&person(), sk, item);
        self
    }

    pub(crate) fn stage(&self) -> RealtimeTrigger {
        self.stage_over(self.backend.states())
    }

    pub(crate) fn stage_over(&self, states: Arc<dyn UserStates>) -> RealtimeTrigger {
        self.stage_of(self.backend.app_items(), states)
    }

    pub(crate) fn stage_reading(&self, items: Arc<dyn AppItems>) -> RealtimeTrigger {
        self.stage_of(items, self.backend.states())
    }

    pub(crate) fn stage_of(
        &self,
        items: Arc<dyn AppItems>,
        states: Arc<dyn UserStates>,
    ) -> RealtimeTrigger {
        let activity = Arc::clone(&self.noted) as Arc<dyn ActivityIndex>;
        let profiles = self.backend.profiles();
        let ports = RealtimePorts { items, profiles, states, activity };
        let policy = Arc::new(Policy::built_in().unwrap());
        RealtimeTrigger::new(ports, Arc::clone(&LEXICONS), policy)
    }

    /// Whatever is called fails.
    pub(crate) fn broken(&self) -> Arc<Faults> {
        Faults::seeded(
            FaultRates { before: 1.0, ..FaultRates::default() },
            Arc::new(mindmate_pipeline::SeededChance::new(1)),
            Arc::new(self.clock.clone()),
        )
    }

    pub(crate) fn delivery(&self) -> Delivery<'_> {
        Delivery { event_id: "event", attempt: 1, deadline: instant(NOW), clock: &self.clock }
    }

    pub(crate) async fn handle(&self, change: AppItemChanged) -> Vec<Outgoing> {
        self.stage().handle(change, &self.delivery()).await.unwrap()
    }

    /// The requests for assessments that a change leads to.
    pub(crate) async fn requests(
        &self,
        change: AppItemChanged,
    ) -> Vec<(AssessmentRequested, Duration)> {
        requests(&self.handle(change).await)
    }
}

pub(crate) fn requests(outgoing: &[Outgoing]) -> Vec<(AssessmentRequested, Duration)> {
    let priority = Channel::Queue(QueueName::AssessmentsPriority);
    let requests = outgoing.iter().filter(|sent| sent.channel == priority);
    requests.map(|sent| (data(sent), sent.delay)).collect()
}

pub(crate) fn texts(outgoing: &[Outgoing]) -> Vec<TextReceived> {
    let texts = outgoing.iter().filter(|sent| sent.channel == Channel::Queue(QueueName::Texts));
    texts.map(data).collect()
}

pub(crate) fn data<M: Message>(outgoing: &Outgoing) -> M {
    RawEvent::parse(&outgoing.body).unwrap().data().unwrap()
}

pub(crate) fn person() -> UserId {
    user("syn-1")
}

pub(crate) fn sk_of(item: &AppItem) -> String {
    match item {
        AppItem::Event(event) => event.sk.clone(),
        AppItem::Profile(_) => "PROFILE".to_owned(),
        AppItem::Sentiment(stored) => format!("SENTIMENT#{}", stored.text_sk),
    }
}

pub(crate) fn changed(sk: &str, at: &str) -> AppItemChanged {
    AppItemChanged { user_id: person(), sk: sk.to_owned(), changed_at: as_of(at), removed: false }
}

/// The change that the table notes now of this item.
pub(crate) fn written(item: &AppItem) -> AppItemChanged {
    changed(&sk_of(item), NOW)
}

pub(crate) fn says(text: &str) -> AppItem {
    chat("2026-11-22T08:59:59.900Z", Author::User, text)
}
