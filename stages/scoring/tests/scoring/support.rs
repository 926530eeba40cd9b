//! The stage over in-memory ports, with the documented rules as they ship.

use std::sync::Arc;

use mindmate_contracts::messages::{FeaturesExtracted, InterventionRequested, Request, Trigger};
use mindmate_contracts::{Message, RawEvent};
use mindmate_domain::app::{AppItem, Profile};
use mindmate_domain::consent::StatedConsents;
use mindmate_domain::intervention::ReviewEntry;
use mindmate_domain::pseudonym::PseudonymKey;
use mindmate_domain::quality::DataQuality;
use mindmate_domain::{
    Assessment, Consents, CrisisCategory, CrisisCheck, CrisisSignal, Feature, FeatureValue,
    FeatureVector, MissingReason, Policy, Position, RunId, UserId,
};
use mindmate_model::{RiskModel, RuleScorer};
use mindmate_pipeline::ports::{AssessmentStore, ReviewQueue};
use mindmate_pipeline::{Delivery, Failure, Outgoing, SeededChance, Stage, StageError};
use mindmate_scoring::{Scoring, ScoringPorts};
use mindmate_testkit::conformance::samples::{self, AS_OF, as_of, instant};
use mindmate_testkit::{FaultRates, Faults, ManualClock, MemoryBackend};

pub(crate) const FAILURE: Failure<'static> =
    Failure { code: "retries-exhausted", message: "the store is down" };

pub(crate) struct World {
    pub(crate) clock: ManualClock,
    pub(crate) backend: MemoryBackend,
    pub(crate) models: Vec<Arc<dyn RiskModel>>,
}

pub(crate) fn person() -> UserId {
    samples::user("syn-canary-1")
}

pub(crate) fn position() -> Position {
    Position { run: RunId::daily(as_of(AS_OF)), shard: 3, ordinal: 17 }
}

pub(crate) fn policy() -> Policy {
    Policy::built_in().unwrap()
}

pub(crate) fn pseudonyms() -> PseudonymKey {
    PseudonymKey::new([7; 32])
}

/// Features of somebody with these values, the others missing.
pub(crate) fn extracted(values: &[(Feature, f64)]) -> FeaturesExtracted {
    let mut vector = FeatureVector::all_missing(MissingReason::NoData);
    for (feature, value) in values {
        vector.set(*feature, FeatureValue::Value(*value));
    }
    let request = Request {
        user_id: person(),
        as_of: as_of(AS_OF),
        run: Some(position()),
        trigger: Trigger::Daily,
        urgent: false,
        historical: false,
    };
    FeaturesExtracted {
        request,
        vector,
        crisis: CrisisCheck::Read { signals: vec![] },
        missing_parts: vec![],
        data_quality: DataQuality::default(),
    }
}

/// Somebody of whom the rules say that they are well.
pub(crate) fn well() -> FeaturesExtracted {
    extracted(&[(Feature::MoodMean7Day, 8.0), (Feature::LowMoodFrequency, 0.0)])
}

/// Somebody in whom the rules see every sign.
pub(crate) fn unwell() -> FeaturesExtracted {
    let rules = RuleScorer::built_in().unwrap();
    let signs: Vec<_> = rules.rules().iter().map(|rule| (rule.feature, rule.to)).collect();
    extracted(&signs)
}

/// The same with crisis language of a category, written a day before.
pub(crate) fn with_crisis(input: FeaturesExtracted, category: CrisisCategory) -> FeaturesExtracted {
    let at = instant("2026-11-21T06:00:00.000Z");
    let crisis = CrisisCheck::Read { signals: vec![CrisisSignal { category, at }] };
    FeaturesExtracted { crisis, ..input }
}

impl World {
    /// Half a minute after the run's `asOf`, with the documented rules as the only model.
    pub(crate) fn new() -> Self {
        let clock = ManualClock::new(instant("2026-11-22T06:00:30.123456Z"));
        let backend = MemoryBackend::new(Arc::new(clock.clone()));
        let rules: Arc<dyn RiskModel> = Arc::new(RuleScorer::built_in().unwrap());
        Self { clock, backend, models: vec![rules] }
    }

    pub(crate) fn ports(&self) -> ScoringPorts {
        ScoringPorts {
            profiles: self.backend.profiles(),
            assessments: self.backend.assessments(),
            review: self.backend.reviews(),
            notifier: self.backend.notifier(),
        }
    }

    pub(crate) fn stage_over(&self, ports: ScoringPorts) -> Scoring {
        Scoring::new(ports, self.models.clone(), Arc::new(policy()), pseudonyms())
    }

    pub(crate) fn stage(&self) -> Scoring {
        self.stage_over(self.ports())
    }

    pub(crate) fn faults(&self) -> Arc<Faults> {
        let chance = Arc::new(SeededChance::new(1));
        Faults::seeded(FaultRates::default(), chance, Arc::new(self.clock.clone()))
    }

    pub(crate) fn set_consents(&self, consents: Consents) {
        let consents = StatedConsents::Given(consents);
        let profile = Profile { consents, ..Profile::default() };
        self.backend.put_item(&person(), &AppItem::Profile(Box::new(profile)));
    }

    pub(crate) fn delivery(&self) -> Delivery<'_> {
        let deadline = as_of(AS_OF).instant();
        Delivery { event_id: "event", attempt: 1, deadline, clock: &self.clock }
    }

    pub(crate) async fn try_handle(
        &self,
        input: FeaturesExtracted,
    ) -> Result<Vec<Outgoing>, StageError> {
        self.stage().handle(input, &self.delivery()).await
    }

    pub(crate) async fn handle(&self, input: FeaturesExtracted) -> Vec<Outgoing> {
        self.try_handle(input).await.unwrap()
    }

    pub(crate) async fn give_up(&self, input: FeaturesExtracted) -> Vec<Outgoing> {
        self.stage().give_up(input, &FAILURE, &self.delivery()).await.unwrap()
    }

    /// What stands for the person at this `asOf`.
    pub(crate) async fn assessment(&self) -> Option<Assessment> {
        let store: Arc<dyn AssessmentStore> = self.backend.assessments();
        store.get_many(&[person()], as_of(AS_OF)).await.unwrap().pop()
    }

    pub(crate) async fn reviews(&self) -> Vec<ReviewEntry> {
        let queue: Arc<dyn ReviewQueue> = self.backend.reviews();
        queue.open(10).await.unwrap()
    }
}

pub(crate) fn data<M: Message>(outgoing: &Outgoing) -> M {
    RawEvent::parse(&outgoing.body).unwrap().data().unwrap()
}

/// The request to reach out, where one was sent.
pub(crate) fn intervention(outgoing: &[Outgoing]) -> Option<InterventionRequested> {
    let found = outgoing.iter().find(|message| message.body.contains(InterventionRequested::TYPE));
    found.map(data)
}
