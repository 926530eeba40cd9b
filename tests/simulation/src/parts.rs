//! What takes long to build and never changes: once for all seeds and all threads.

use std::sync::{Arc, LazyLock};

use mindmate_domain::Policy;
use mindmate_domain::pseudonym::PseudonymKey;
use mindmate_intervention::Materials;
use mindmate_language::Lexicons;
use mindmate_model::{RiskModel, RuleScorer};
use mindmate_pipeline::ports::SentimentAnalyzer;
use mindmate_sentiment::LocalAnalyzer;

/// What the stages are made of, beside their ports.
pub(crate) struct Parts {
    pub(crate) lexicons: Arc<Lexicons>,
    pub(crate) materials: Materials,
    pub(crate) policy: Arc<Policy>,
    /// A policy that never finds an assessment too old: no file could say so.
    pub(crate) patient_policy: Arc<Policy>,
    pub(crate) models: Vec<Arc<dyn RiskModel>>,
    pub(crate) analyzer: Arc<dyn SentimentAnalyzer>,
    pub(crate) pseudonyms: PseudonymKey,
}

static PARTS: LazyLock<Parts> = LazyLock::new(|| {
    let policy = Policy::built_in().expect("the built-in policy");
    let mut patient = policy.clone();
    patient.interventions.max_assessment_age_hours = 100_000;
    Parts {
        lexicons: Arc::new(Lexicons::built_in().expect("the built-in lexicons")),
        materials: Materials::built_in().expect("the built-in materials"),
        policy: Arc::new(policy),
        patient_policy: Arc::new(patient),
        models: vec![Arc::new(RuleScorer::built_in().expect("the built-in rules"))],
        analyzer: Arc::new(LocalAnalyzer::built_in().expect("the built-in analyser")),
        pseudonyms: PseudonymKey::new([7; 32]),
    }
});

/// The parts, built by whoever asks first.
pub(crate) fn parts() -> &'static Parts {
    &PARTS
}
