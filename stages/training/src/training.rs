//! From a training set to a model.

use mindmate_contracts::training_set::{Manifest, Side};
use mindmate_domain::Feature;
use mindmate_domain::Policy;
use mindmate_domain::feature::{FEATURE_VERSION, schema_hash};
use mindmate_domain::policy::PolicyError;
use mindmate_evaluation::scores::Ladder;
use mindmate_evaluation::{Bootstrap, Scores, ScoresError, SetError, TrainingSet};
use mindmate_model::baseline::Baseline;
use mindmate_model::{
    Artefact, ArtefactError, Contents, Ensemble, Member, OperatingPoint, RuleScorer, RulesError,
    TrainedOn,
};
use serde_json::{Value, json};

use crate::challenger::Challenger;
use crate::checks::{NothingToLearn, check_training, check_validation};
use crate::constraints::{Constraints, ConstraintsError};
use crate::hyperparameters::Hyperparameters;
use crate::learning::{Learned, LearningError, learn};
use crate::lightgbm_text::Grown;
use crate::members::Kind;
use crate::operating::operating_point;
use crate::report::{Bench, Findings};
use crate::rows::Rows;

/// What grows the trees. Its version is pinned: another may grow others.
const GROWN_BY: &str = "lightgbm3 1.0.11 (LightGBM 4.7.0)";

/// How a training is done.
#[derive(Debug, Clone, PartialEq)]
pub struct Options {
    /// What it is told.
    pub hyperparameters: Hyperparameters,
    /// How many threads work. The result does not depend on it.
    pub threads: usize,
}

/// What a training came to.
#[derive(Debug, Clone, PartialEq)]
pub struct Trained {
    /// The model.
    pub artefact: Artefact,
    /// What it was held against.
    pub challenger: Challenger,
    /// What was measured of both.
    pub findings: Findings,
}

/// Why there is no model.
#[derive(Debug, thiserror::Error)]
pub enum TrainingError {
    /// The set is not as it must be.
    #[error(transparent)]
    Set(#[from] SetError),
    /// There is nothing to learn from it, or nothing to judge by.
    #[error(transparent)]
    Nothing(#[from] NothingToLearn),
    /// The table of constraints is none.
    #[error(transparent)]
    Constraints(#[from] ConstraintsError),
    /// The training failed.
    #[error(transparent)]
    Learning(#[from] LearningError),
    /// What it came to is no model.
    #[error(transparent)]
    Artefact(#[from] ArtefactError),
    /// It cannot be judged.
    #[error(transparent)]
    Judging(#[from] ScoresError),
    /// Its numbers cannot be written.
    #[error("the measures cannot be written: {0}")]
    Measures(#[from] serde_json::Error),
    /// The rules are none.
    #[error(transparent)]
    Rules(#[from] RulesError),
    /// The policy is none.
    #[error(transparent)]
    Policy(#[from] PolicyError),
}

/// Trains a model on a set, and says what it does.
///
/// # Errors
/// Why there is no model.
pub fn train(
    set: &TrainingSet,
    options: &Options,
    said: &(dyn Fn(&str) + Sync),
) -> Result<Trained, TrainingError> {
    let constraints = Constraints::built_in()?;
    let training = set.read(Side::Train)?;
    let rows = Rows::of(&training);
    let validation = set.read(Side::Validation)?;
    check_training(&rows, options.hyperparameters.folds)?;
    check_validation(&Rows::of(&validation))?;
    let of = &options.hyperparameters;
    let learned = learn(&rows, of, &constraints, options.threads, said)?;
    said("operating point");
    let (rules, policy) = (RuleScorer::built_in()?, Policy::built_in()?);
    let by_rules = Scores::of(Ladder { model: &rules, below: None }, &training)?;
    let point = operating_point(&learned.held_out, &by_rules.of, &policy.levels);
    let mut contents = contents(set, &rows, of, &constraints, &learned, point);
    said("judging");
    let bench = Bench {
        samples: &validation,
        rules: &rules,
        policy: &policy,
        bootstrap: Bootstrap {
            resamples: u32::try_from(of.resamples).unwrap_or(u32::MAX),
            seed: of.seed,
        },
    };
    let model = Ensemble::new(Artefact::new(contents.clone())?);
    let findings = bench.judge(&model, &learned.challenger)?;
    contents.card = findings.card(set.manifest(), &contents);
    contents.metrics = serde_json::to_value(&findings)?;
    Ok(Trained { artefact: Artefact::new(contents)?, challenger: learned.challenger, findings })
}

fn contents(
    set: &TrainingSet,
    rows: &Rows,
    of: &Hyperparameters,
    constraints: &Constraints,
    learned: &Learned,
    operating_point: OperatingPoint,
) -> Contents {
    let members = Kind::ALL.iter().zip(&learned.members);
    Contents {
        feature_version: FEATURE_VERSION,
        feature_schema_sha256: schema_hash(),
        label_version: set.manifest().versions.label,
        inputs: rows.inputs.clone(),
        members: members.map(|(kind, grown)| member(*kind, grown)).collect(),
        calibration: learned.calibration,
        operating_point,
        baseline: (0..rows.width()).map(|input| baseline(rows, input)).collect(),
        training: trained_on(set, rows, of.seed),
        hyperparameters: told(of, constraints),
        metrics: Value::Null,
        importance: importance(&rows.inputs, &learned.members),
        card: String::new(),
    }
}

fn member(kind: Kind, grown: &Grown) -> Member {
    Member { name: kind.name().to_owned(), averaged: grown.averaged, trees: grown.trees.clone() }
}

fn baseline(rows: &Rows, input: usize) -> Baseline {
    Baseline::of(&rows.column(input).collect::<Vec<_>>())
}

fn trained_on(set: &TrainingSet, rows: &Rows, seed: u64) -> TrainedOn {
    let manifest: &Manifest = set.manifest();
    TrainedOn {
        manifest_sha256: set.manifest_sha256().to_owned(),
        until: manifest.until,
        cut: manifest.cut,
        users: manifest.file(Side::Train).map_or(0, |file| file.users),
        samples: rows.len() as u64,
        crises: rows.crises() as u64,
        key_id: manifest.key_id.clone(),
        synthetic: manifest.synthetic,
        seed,
        code: env!("CARGO_PKG_VERSION").to_owned(),
    }
}

fn told(of: &Hyperparameters, constraints: &Constraints) -> Value {
    json!({ "told": of, "constraints": constraints.version(), "grownBy": GROWN_BY })
}

/// The share of a member's gain that is by splits on each input, the mean of both members; the greatest first.
fn importance(inputs: &[Feature], members: &[Grown]) -> Vec<(Feature, f64)> {
    let share = |grown: &Grown, input: usize| {
        let all: f64 = grown.gains.iter().sum();
        if all > 0.0 { grown.gains[input] / all } else { 0.0 }
    };
    let mean =
        |input| members.iter().map(|one| share(one, input)).sum::<f64>() / members.len() as f64;
    let mut importance: Vec<_> =
        inputs.iter().enumerate().map(|(place, input)| (*input, mean(place))).collect();
    importance.retain(|(_, share)| *share > 0.0);
    importance.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    importance
}
