//! What serves, as far as it is watched.

use mindmate_domain::{AsOf, Feature};
use mindmate_model::baseline::Baseline;
use mindmate_model::{Artefact, RuleScorer};
use mindmate_pipeline::StageError;
use mindmate_pipeline::ports::ModelStore;

/// What serves.
#[derive(Debug, Clone, PartialEq)]
pub struct Serving {
    /// Its version, as on the assessments that it scored.
    pub version: String,
    /// What it learned from; none of the rules.
    pub trained: Option<Trained>,
}

/// What a model learned from.
#[derive(Debug, Clone, PartialEq)]
pub struct Trained {
    /// It knows nothing of what lies after it: who is judged by weeks that it learned from looks better
    /// than they are.
    pub until: AsOf,
    /// People on the training side.
    pub users: u64,
    /// Whether all of them are invented.
    pub synthetic: bool,
    /// By how much the log-odds of its scores stand above those of its probabilities.
    pub shift: f64,
    /// How each input was distributed.
    pub inputs: Vec<(Feature, Baseline)>,
}

impl Serving {
    /// What the pointer says; the rules where it names no model.
    ///
    /// # Errors
    /// The store's, and where the model is missing or cannot be read: then nobody knows what it should be
    /// held against.
    pub async fn of(models: &dyn ModelStore, rules: &RuleScorer) -> Result<Self, StageError> {
        let current = models.pointer().await?.and_then(|standing| standing.pointer.current);
        let Some(version) = current else {
            return Ok(Self::rules(rules));
        };
        let bytes = models.get(&version).await?.ok_or_else(|| {
            let words = format!("expected the model {version} in {}, found none", models.place());
            StageError::permanent("missing-model", words)
        })?;
        let artefact = Artefact::parse(&bytes)
            .map_err(|error| StageError::permanent("unreadable-model", error))?;
        Ok(Self::model(artefact))
    }

    /// The rules.
    pub fn rules(rules: &RuleScorer) -> Self {
        use mindmate_model::RiskModel as _;
        Self { version: rules.version().to_owned(), trained: None }
    }

    /// A model.
    pub fn model(artefact: Artefact) -> Self {
        let version = artefact.version().to_owned();
        let contents = artefact.into_contents();
        let trained = Trained {
            until: contents.training.until,
            users: contents.training.users,
            synthetic: contents.training.synthetic,
            shift: contents.operating_point.shift,
            inputs: contents.inputs.into_iter().zip(contents.baseline).collect(),
        };
        Self { version, trained: Some(trained) }
    }

    /// Whether what serves had seen nothing of the week after an assessment.
    pub(crate) fn could_not_know(&self, as_of: AsOf) -> bool {
        self.trained.as_ref().is_none_or(|trained| as_of >= trained.until)
    }
}
