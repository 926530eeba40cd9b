//! A person in the app, and the stage that reaches out to them.

use std::sync::{Arc, LazyLock};

use mindmate_contracts::messages::{
    InterventionDelivered, InterventionRequested, InterventionWithheld, Request, Trigger,
};
use mindmate_contracts::{Channel, Message, RawEvent, StreamName};
use mindmate_crisis::ResourceDirectory;
use mindmate_domain::app::{AppItem, Profile};
use mindmate_domain::consent::StatedConsents;
use mindmate_domain::intervention::{ReviewEntry, ReviewReason, WithheldReason};
use mindmate_domain::pseudonym::PseudonymKey;
use mindmate_domain::{AsOf, Consent, Feature, Policy, Position, RiskLevel, RunId, UserId};
use mindmate_intervention::{InterventionPorts, Interventions, Materials};
use mindmate_language::{Activities, Drafts, Templates};
use mindmate_pipeline::ports::{InterventionStore, ReviewQueue, StoredIntervention};
use mindmate_pipeline::{Clock, Delivery, Failure, Outgoing, SeededChance, Stage, StageError};
use mindmate_testkit::conformance::samples::{self, AS_OF, as_of};
use mindmate_testkit::{FaultRates, Faults, ManualClock, MemoryBackend};

pub(crate) const FAILURE: Failure<'static> =
    Failure { code: "retries-exhausted", message: "the chat is down" };

pub(crate) const MINUTE: std::time::Duration = std::time::Duration::from_mins(1);
pub(crate) const HOUR: std::time::Duration = std::time::Duration::from_hours(1);

static MATERIALS: LazyLock<Materials> = LazyLock::new(|| Materials {
    resources: Arc::new(ResourceDirectory::built_in().unwrap()),
    templates: Arc::new(Templates::built_in().unwrap()),
    drafts: Arc::new(Drafts::built_in().unwrap()),
    activities: Arc::new(Activities::built_in().unwrap()),
});

pub(crate) struct World {
    pub(crate) clock: ManualClock,
    pub(crate) backend: MemoryBackend,
}

pub(crate) fn person() -> UserId {
    samples::user("syn-canary-1")
}

pub(crate) fn position() -> Position {
    Position { run: RunId::daily(as_of(AS_OF)), shard: 3, ordinal: 17 }
}

pub(crate) fn pseudonyms() -> PseudonymKey {
    PseudonymKey::new([7; 32])
}

pub(crate) fn profile() -> Profile {
    Profile {
        name: Some("Ada".to_owned()),
        country: Some("US".to_owned()),
        locale: Some("en-US".to_owned()),
        preferences: vec!["music".to_owned()],
        ..Profile::default()
    }
}

/// A request to answer a level, assessed at an instant.
pub(crate) fn asked_at(at: AsOf, level: RiskLevel) -> InterventionRequested {
    let request = Request {
        user_id: person(),
        as_of: at,
        run: Some(position()),
        trigger: Trigger::Daily,
        urgent: level.is_urgent(),
        historical: false,
    };
    InterventionRequested { request, level, factors: vec![Feature::MoodMean7Day] }
}

pub(crate) fn asked(level: RiskLevel) -> InterventionRequested {
    asked_at(as_of(AS_OF), level)
}

impl World {
    /// A minute after the run's `asOf`; the person has a profile without a consents block.
    pub(crate) fn new() -> Self {
        let clock = ManualClock::new(as_of(AS_OF).instant());
        clock.advance(MINUTE);
        let backend = MemoryBackend::new(Arc::new(clock.clone()));
        let world = Self { clock, backend };
        world.set_profile(profile());
        world
    }

    pub(crate) fn set_profile(&self, profile: Profile) {
        self.backend.put_item(&person(), &AppItem::Profile(Box::new(profile)));
    }

    /// Takes one consent back.
    pub(crate) fn refuse(&self, consent: Consent) {
        let consents = Policy::built_in().unwrap().legacy_consents.with(consent, false);
        self.set_profile(Profile { consents: StatedConsents::Given(consents), ..profile() });
    }

    pub(crate) fn now_as_of(&self) -> AsOf {
        AsOf::new(self.clock.now()).unwrap()
    }

    pub(crate) fn ports(&self) -> InterventionPorts {
        InterventionPorts {
            profiles: self.backend.profiles(),
            assessments: self.backend.assessments(),
            interventions: self.backend.interventions(),
            chats: self.backend.chats(),
            items: self.backend.app_items(),
            review: self.backend.reviews(),
            notifier: self.backend.notifier(),
            writer: None,
        }
    }

    pub(crate) fn stage_over(ports: InterventionPorts) -> Interventions {
        let policy = Arc::new(Policy::built_in().unwrap());
        Interventions::new(ports, MATERIALS.clone(), policy, pseudonyms())
    }

    pub(crate) fn stage(&self) -> Interventions {
        Self::stage_over(self.ports())
    }

    pub(crate) fn faults(&self) -> Arc<Faults> {
        let chance = Arc::new(SeededChance::new(1));
        Faults::seeded(FaultRates::default(), chance, Arc::new(self.clock.clone()))
    }

    pub(crate) fn delivery(&self) -> Delivery<'_> {
        let deadline = as_of(AS_OF).instant();
        Delivery { event_id: "event", attempt: 1, deadline, clock: &self.clock }
    }

    pub(crate) async fn handle_by(
        &self,
        stage: &Interventions,
        input: InterventionRequested,
    ) -> Result<Said, StageError> {
        stage.handle(input, &self.delivery()).await.map(Said::of)
    }

    pub(crate) async fn handle(&self, input: InterventionRequested) -> Said {
        self.handle_by(&self.stage(), input).await.unwrap()
    }

    pub(crate) async fn stored(&self) -> Vec<StoredIntervention> {
        let store: Arc<dyn InterventionStore> = self.backend.interventions();
        store.latest(&person(), 10).await.unwrap()
    }

    pub(crate) async fn reviews(&self) -> Vec<ReviewEntry> {
        let queue: Arc<dyn ReviewQueue> = self.backend.reviews();
        queue.open(10).await.unwrap()
    }

    pub(crate) async fn review_reasons(&self) -> Vec<ReviewReason> {
        let mut reasons: Vec<_> = self.reviews().await.iter().map(|it| it.reason).collect();
        reasons.sort();
        reasons
    }

    pub(crate) fn chats(&self) -> usize {
        self.backend.chat_items(&person()).len()
    }

    pub(crate) fn pages(&self) -> usize {
        self.backend.notices().len()
    }
}

/// What the stage said of a request: one outcome.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Said {
    pub(crate) message: Outgoing,
}

impl Said {
    fn of(outgoing: Vec<Outgoing>) -> Self {
        let Ok([message]) = <[Outgoing; 1]>::try_from(outgoing) else { panic!("one outcome") };
        assert_eq!(message.channel, Channel::Stream(StreamName::Outcomes));
        assert_eq!(message.key, person().partition_key());
        Self { message }
    }

    pub(crate) fn delivered(&self) -> Option<InterventionDelivered> {
        self.data()
    }

    pub(crate) fn withheld(&self) -> Option<WithheldReason> {
        self.data::<InterventionWithheld>().map(|withheld| withheld.reason)
    }

    fn data<M: Message>(&self) -> Option<M> {
        RawEvent::parse(&self.message.body).unwrap().data().ok()
    }
}
