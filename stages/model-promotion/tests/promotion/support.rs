//! People of whom one feature tells who is in crisis, and models that see it or do not.

use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;
use mindmate_contracts::training_set::{Manifest, Side, header};
use mindmate_domain::feature::{FEATURE_VERSION, schema_hash};
use mindmate_domain::{Feature, Policy};
use mindmate_evaluation::{Bootstrap, Samples, TrainingSet};
use mindmate_model::baseline::Baseline;
use mindmate_model::port::ALIASES;
use mindmate_model::{
    Artefact, Branch, Child, Contents, Leaf, Member, OperatingPoint, Platt, Split, TrainedOn, Tree,
};
use mindmate_model_promotion::{
    Candidate, Following, Outcome, Promotion, PromotionError, PromotionPorts, Wish,
};
use mindmate_pipeline::ports::{ModelStore, TrainingJob};
use mindmate_pipeline::{Clock as _, SeededChance};
use mindmate_testkit::memory::MemoryBackend;
use mindmate_testkit::training_set;
use mindmate_testkit::{FaultRates, Faults, ManualClock};

/// What tells, and no rule looks at.
const TELLS: Feature = Feature::HourEntropy;

/// What says nothing.
const MUTE: Feature = Feature::UsageConsistency;

const PEOPLE: usize = 60;
const WEEKS: usize = 10;

/// In each of a person's weeks, whether it tells of a crisis, and whether one follows: one week of ten
/// tells, and is followed by one in 8 of 10 people; of all others 6 are.
fn week(person: usize, week: usize) -> (bool, bool) {
    let tells = (person + week).is_multiple_of(10);
    let crisis = if tells { person % 10 < 8 } else { person.is_multiple_of(10) && week == 5 };
    (tells, crisis)
}

/// The share of crises among weeks that tell, and among the others.
const SHARES: [f64; 2] = [0.8, 6.0 / 540.0];

fn validation() -> String {
    let mut file = header();
    for (person, at) in (0..PEOPLE).flat_map(|person| (0..WEEKS).map(move |at| (person, at))) {
        let (tells, crisis) = week(person, at);
        let cells: Vec<String> = Feature::ALL
            .into_iter()
            .map(|feature| match feature {
                TELLS => if tells { "2" } else { "1" }.to_owned(),
                Feature::MoodMean7Day => "6".to_owned(),
                MUTE => "0.5".to_owned(),
                _ => String::new(),
            })
            .collect();
        let label = u8::from(crisis);
        file += &format!(
            "u:{person:02},2026-04-{:02}T06:00:00.000Z,{label},{},ES,under 3 months,,Europe,read\n",
            at + 1,
            cells.join(",")
        );
    }
    file
}

/// A model of two trees with one split.
#[derive(Clone, Copy)]
pub(crate) struct Model {
    pub(crate) sees: Feature,
    pub(crate) scale: f64,
    pub(crate) key_id: &'static str,
    pub(crate) synthetic: bool,
}

impl Model {
    /// As well calibrated as can be.
    pub(crate) fn seeing() -> Self {
        Self { sees: TELLS, scale: 1.0, key_id: "ours", synthetic: false }
    }

    pub(crate) fn blind() -> Self {
        Self { sees: MUTE, ..Self::seeing() }
    }

    pub(crate) fn artefact(self) -> Artefact {
        let inputs: Vec<Feature> =
            Feature::ALL.into_iter().filter(|feature| !ALIASES.contains(feature)).collect();
        let input = inputs.iter().position(|feature| *feature == self.sees).unwrap();
        let tree = || {
            let split = Split {
                input: u16::try_from(input).unwrap(),
                threshold: 1.5,
                missing: Branch::Left,
                left: Child::Leaf(0),
                right: Child::Leaf(1),
                cover: 100.0,
            };
            let leaf = |share: f64| Leaf { value: (share / (1.0 - share)).ln(), cover: 50.0 };
            Tree::new(vec![split], vec![leaf(SHARES[1]), leaf(SHARES[0])]).unwrap()
        };
        let member =
            |name: &str, averaged| Member { name: name.to_owned(), averaged, trees: vec![tree()] };
        let at = "2026-03-01T06:00:00.000Z".parse().unwrap();
        let contents = Contents {
            feature_version: FEATURE_VERSION,
            feature_schema_sha256: schema_hash(),
            label_version: 1,
            baseline: inputs.iter().map(|_| Baseline::of(&[1.0, 2.0])).collect(),
            importance: vec![(MUTE, 1.0), (TELLS, 9.0)],
            inputs,
            members: vec![member("randomForest", true), member("gradientBoosting", false)],
            calibration: Platt { slope: self.scale, intercept: 0.0 },
            operating_point: OperatingPoint::NONE,
            training: TrainedOn {
                manifest_sha256: "ab".repeat(32),
                until: at,
                cut: at,
                users: 120,
                samples: 1_200,
                crises: 500,
                key_id: self.key_id.to_owned(),
                synthetic: self.synthetic,
                seed: 1,
                code: "0".to_owned(),
            },
            hyperparameters: serde_json::json!({}),
            metrics: serde_json::json!({}),
            card: "# Card\n".to_owned(),
        };
        Artefact::new(contents).unwrap()
    }
}

/// The task over memory, and the set.
pub(crate) struct World {
    clock: ManualClock,
    pub(crate) backend: MemoryBackend,
    file: String,
    set: TrainingSet,
    validation: Samples,
}

const BOOTSTRAP: Bootstrap = Bootstrap { resamples: 100, seed: 1 };

fn policy() -> Arc<Policy> {
    Arc::new(Policy::built_in().unwrap())
}

impl World {
    pub(crate) fn new() -> Self {
        let clock = ManualClock::new("2026-11-22T06:00:00Z".parse().unwrap());
        let backend = MemoryBackend::new(Arc::new(clock.clone()));
        let file = validation();
        let manifest = training_set::manifest(&header(), &file);
        let real = Manifest { synthetic: false, key_id: "ours".to_owned(), ..manifest };
        let manifest = serde_json::to_vec(&real).unwrap();
        let set = TrainingSet::of(Path::new("."), &manifest).unwrap();
        let validation = set.parse(Side::Validation, file.as_bytes()).unwrap();
        Self { clock, backend, file, set, validation }
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub(crate) fn store(&self) -> Arc<dyn ModelStore> {
        self.backend.model_store()
    }

    pub(crate) fn faults(&self) -> Arc<Faults> {
        let chance = Arc::new(SeededChance::new(1));
        Faults::seeded(FaultRates::default(), chance, Arc::new(self.clock.clone()))
    }

    pub(crate) async fn promote(&self, model: &Artefact) -> Result<Outcome, PromotionError> {
        self.promote_in(self.store(), model).await
    }

    pub(crate) async fn insist(
        &self,
        model: &Artefact,
        reason: &str,
    ) -> Result<Outcome, PromotionError> {
        self.ask(self.store(), &model.to_bytes().unwrap(), Some(reason)).await
    }

    pub(crate) async fn promote_in(
        &self,
        store: Arc<dyn ModelStore>,
        model: &Artefact,
    ) -> Result<Outcome, PromotionError> {
        self.ask(store, &model.to_bytes().unwrap(), None).await
    }

    pub(crate) async fn promote_bytes(&self, bytes: &[u8]) -> Result<Outcome, PromotionError> {
        self.ask(self.store(), bytes, None).await
    }

    /// Puts the set where a preparation would.
    pub(crate) async fn publish(&self) {
        let mut draft = self.backend.training_store().draft().await.unwrap();
        draft.append(Side::Validation, self.file.clone().into_bytes()).await.unwrap();
        draft.publish(serde_json::to_vec(self.set.manifest()).unwrap()).await.unwrap();
    }

    /// What the state machine calls.
    pub(crate) fn following(&self, models: Arc<dyn ModelStore>) -> Following {
        let (ports, set) = (self.ports(models), self.backend.training_store());
        Following::new(ports, set, policy(), BOOTSTRAP).unwrap()
    }

    fn ports(&self, models: Arc<dyn ModelStore>) -> PromotionPorts {
        PromotionPorts {
            models,
            jobs: self.backend.training_jobs(),
            audit: self.backend.audit_log(),
            notifier: self.backend.notifier(),
        }
    }

    async fn ask(
        &self,
        models: Arc<dyn ModelStore>,
        bytes: &[u8],
        force: Option<&str>,
    ) -> Result<Outcome, PromotionError> {
        let task = Promotion::new(self.ports(models), policy(), BOOTSTRAP).unwrap();
        let candidate =
            Candidate { bytes, set: &self.set, validation: &self.validation, job: None };
        task.promote(candidate, Wish { by: "grace", force, at: self.now() }, &|| {}).await
    }

    pub(crate) async fn serves(&self) -> Option<String> {
        let standing = self.store().pointer().await.unwrap();
        standing.and_then(|it| it.pointer.current).map(String::from)
    }

    pub(crate) async fn job(&self, model: &Artefact) -> Option<TrainingJob> {
        let jobs = self.backend.training_jobs();
        jobs.job(&format!("train-{}", model.version())).await.unwrap()
    }
}
