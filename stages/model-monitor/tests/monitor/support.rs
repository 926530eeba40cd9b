//! What the tests draw from, and a table of invented people with a model that scored them.

use std::sync::{Arc, LazyLock};

use jiff::SignedDuration;
use mindmate_domain::app::{AppItem, Profile};
use mindmate_domain::assessment::Method;
use mindmate_domain::consent::StatedConsents;
use mindmate_domain::feature::{FEATURE_VERSION, FeatureValue, schema_hash};
use mindmate_domain::pseudonym::{KEY_BYTES, PseudonymKey};
use mindmate_domain::{AsOf, Consents, Feature, Policy, RiskLevel, RiskScore, UserId};
use mindmate_evaluation::{Bootstrap, Gates};
use mindmate_language::Lexicons;
use mindmate_model::baseline::Baseline;
use mindmate_model::port::ALIASES;
use mindmate_model::{
    Artefact, Contents, Leaf, Member, OperatingPoint, Platt, RuleScorer, TrainedOn, Tree,
};
use mindmate_model_monitor::judge::Rules;
use mindmate_model_monitor::{JUDGED_DAYS, ModelMonitor, MonitorPorts, Report, Span};
use mindmate_pipeline::StageError;
use mindmate_pipeline::ports::Pointer;
use mindmate_testkit::conformance::samples::{AS_OF, assessment, instant, mood};
use mindmate_testkit::{ManualClock, MemoryBackend};
use rand::{Rng as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

/// Random numbers from a seed.
pub(crate) struct Draws(ChaCha8Rng);

impl Draws {
    pub(crate) fn new(seed: u64) -> Self {
        Self(ChaCha8Rng::seed_from_u64(seed))
    }

    /// Above 0 and below 1.
    pub(crate) fn uniform(&mut self) -> f64 {
        (f64::from(self.0.next_u32()) + 0.5) / 4_294_967_296.0
    }

    /// Box and Muller's.
    pub(crate) fn normal(&mut self) -> f64 {
        let radius = (-2.0 * self.uniform().ln()).sqrt();
        radius * (std::f64::consts::TAU * self.uniform()).cos()
    }
}

pub(crate) fn as_of(text: &str) -> AsOf {
    text.parse().unwrap()
}

/// What is judged by, with fewer resamples than in service.
pub(crate) fn rules() -> Rules {
    let (policy, gates) = (Policy::built_in().unwrap(), Gates::built_in().unwrap());
    Rules { limits: (&gates).into(), levels: policy.levels, bootstrap: BOOTSTRAP }
}

const BOOTSTRAP: Bootstrap = Bootstrap { resamples: 100, seed: 1 };

pub(crate) fn spans() -> (Span, Span) {
    let as_of = as_of(AS_OF);
    (Span::judged(as_of, JUDGED_DAYS), Span::recent(as_of))
}

static LEXICONS: LazyLock<Arc<Lexicons>> =
    LazyLock::new(|| Arc::new(Lexicons::built_in().unwrap()));

pub(crate) const WILLING: Consents = Consents { scoring: true, training: true, ..Consents::NONE };

/// People with a mood a day for 120 days, and a model.
pub(crate) struct World {
    pub(crate) clock: ManualClock,
    pub(crate) backend: MemoryBackend,
    pub(crate) model: Artefact,
}

/// Whether a person's weeks are all crises: every other one's are.
pub(crate) fn is_in_crisis(n: u32) -> bool {
    n % 2 == 1
}

impl World {
    pub(crate) async fn with_people(people: u32) -> Self {
        let clock = ManualClock::new(instant(AS_OF));
        let backend = MemoryBackend::new(Arc::new(clock.clone()));
        let world = Self { clock, backend, model: model() };
        for n in 0..people {
            world.consents(n, WILLING);
            for day in 0..120 {
                let at = instant(AS_OF) - SignedDuration::from_hours(day * 24 + 3);
                let mood = mood(&at.to_string(), if is_in_crisis(n) { 1.5 } else { 7.0 });
                world.backend.put_item(&UserId::synthetic(n), &mood);
            }
        }
        world.serve(&world.model).await;
        world
    }

    /// Makes a model serve.
    pub(crate) async fn serve(&self, model: &Artefact) {
        let (store, version) = (self.backend.model_store(), model.version().parse().unwrap());
        store.put(&version, model.to_bytes().unwrap()).await.unwrap();
        let pointer = Pointer::promoted(None, version, instant("2026-03-02T06:00:00Z"));
        let standing = store.pointer().await.unwrap();
        assert!(store.point(standing.as_ref(), &pointer).await.unwrap());
    }

    pub(crate) fn consents(&self, n: u32, consents: Consents) {
        let consents = StatedConsents::Given(consents);
        let profile = AppItem::Profile(Box::new(Profile { consents, ..Profile::default() }));
        self.backend.put_item(&UserId::synthetic(n), &profile);
    }

    /// Assesses everybody on each of the last days, as a model of this version would that gives this score
    /// to those in crisis, and what is left of 1 to the others.
    pub(crate) async fn assess(&self, people: u32, version: &str, of_crises: f64) {
        let assessments = self.backend.assessments();
        for back in 0..45 {
            let day = instant(AS_OF) - SignedDuration::from_hours(24 * back);
            for n in 0..people {
                let score = if is_in_crisis(n) { of_crises } else { 1.0 - of_crises };
                let level = if score > 0.5 { RiskLevel::High } else { RiskLevel::Minimal };
                let day = AsOf::new(day).unwrap();
                let mut one = assessment(&UserId::synthetic(n), day, level);
                one.method = Method::Model;
                one.score = RiskScore::new(score).ok();
                one.model_version = Some(version.to_owned());
                one.features.set(Feature::MoodMean7Day, FeatureValue::Value(1.5));
                assessments.put(&one).await.unwrap();
            }
        }
    }

    pub(crate) fn task(&self) -> ModelMonitor {
        let ports = MonitorPorts {
            users: self.backend.training(),
            assessments: self.backend.assessments(),
            models: self.backend.model_store(),
            days: self.backend.model_days(),
            notifier: self.backend.notifier(),
        };
        let (policy, scorer) = (Policy::built_in().unwrap(), RuleScorer::built_in().unwrap());
        let by = (Arc::clone(&LEXICONS), Arc::new(policy), Arc::new(scorer));
        let key = PseudonymKey::new([7; KEY_BYTES]);
        ModelMonitor::new(ports, by, &Gates::built_in().unwrap(), BOOTSTRAP, &key)
    }

    pub(crate) async fn look(&self) -> Result<Report, StageError> {
        self.task().look(as_of(AS_OF), JUDGED_DAYS, &|_| {}).await
    }
}

/// A model that was trained on invented people in spring. Nothing asks it to score here.
fn model() -> Artefact {
    let inputs: Vec<Feature> =
        Feature::ALL.into_iter().filter(|feature| !ALIASES.contains(feature)).collect();
    let leaf = Leaf { value: 0.0, cover: 100.0 };
    let trees = vec![Tree::new(Vec::new(), vec![leaf]).unwrap()];
    let spring = as_of("2026-03-01T06:00:00Z");
    let contents = Contents {
        feature_version: FEATURE_VERSION,
        feature_schema_sha256: schema_hash(),
        label_version: 1,
        baseline: inputs.iter().map(|_| Baseline::of(&[1.0, 2.0])).collect(),
        importance: Vec::new(),
        inputs,
        members: vec![Member { name: "randomForest".to_owned(), averaged: true, trees }],
        calibration: Platt { slope: 1.0, intercept: 0.0 },
        operating_point: OperatingPoint::NONE,
        training: TrainedOn {
            manifest_sha256: "ab".repeat(32),
            until: spring,
            cut: spring,
            users: 120,
            samples: 1_200,
            crises: 500,
            key_id: "ours".to_owned(),
            synthetic: true,
            seed: 1,
            code: "0".to_owned(),
        },
        hyperparameters: serde_json::json!({}),
        metrics: serde_json::json!({}),
        card: "# Card\n".to_owned(),
    };
    Artefact::new(contents).unwrap()
}
