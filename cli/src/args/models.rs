//! The command line of trained models.

use std::path::PathBuf;

use clap::{Args as ClapArgs, Subcommand};

/// See the trained models, judge them, and say which one serves
///
/// A model is kept under its version, which never means another one. One of them serves, or none: then the
/// documented rules score. What is promoted or taken back serves within a minute, without a restart. On one machine
/// `shipped` names the model that comes with the program: it was trained on invented people.
///
///   mindmate models list                               which there are, and which serves
///
///   mindmate models evaluate --model trained/model.json      judge one on people whom it has not seen
///
///   mindmate models promote trained/model.json         make it serve, if it passes the gates
///
///   mindmate models monitor                            hold what serves against what happened
///
///   mindmate models rollback                           make the one before it serve again
#[derive(Debug, ClapArgs)]
#[command(verbatim_doc_comment)]
pub(crate) struct Models {
    #[command(subcommand)]
    pub(crate) action: ModelsAction,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ModelsAction {
    /// The models, the one that serves, and what became of the latest trainings
    List,
    Show(ShowModel),
    Evaluate(super::evaluate::EvaluateModel),
    Promote(Promote),
    Monitor(super::MonitorModel),
    Rollback(RollBack),
}

/// What a model was trained on, what was measured of it, and its card
#[derive(Debug, ClapArgs)]
pub(crate) struct ShowModel {
    /// Its file, its version if it is kept, or `shipped` [default: the one that serves]
    #[arg(value_name = "MODEL")]
    pub(crate) model: Option<String>,

    /// Its model card in Markdown, and nothing else
    #[arg(long)]
    pub(crate) card: bool,
}

/// Judge a model against the one that serves, and make it serve if every gate passes
///
/// Both are judged on the validation side of the training set: people and weeks that no model here was
/// trained on. The gates: AUROC above 0.75; of the crises more than 0.70 among the tenth of weeks with the
/// highest scores; from the level moderate on at most 0.05 less recall than what serves, so that nobody whom
/// that reaches is lost; a higher AUROC than it in 95 of 100 drawings of the people; a calibration slope from
/// 0.8 to 1.2; no group of at least 20 crises with a recall below 0.50; trained under the same key, and on
/// people as real as these.
///
/// A model that does not pass is kept and does not serve; the exit code is 9. What was found is written into
/// the row of its training and the audit trail, and administrators are told.
#[derive(Debug, ClapArgs)]
pub(crate) struct Promote {
    /// A model's file, the version of one that is kept, or `shipped`
    #[arg(value_name = "MODEL")]
    pub(crate) model: String,

    /// The training set [default: training/ in the data directory]
    #[arg(long, value_name = "DIR")]
    pub(crate) data_set: Option<PathBuf>,

    /// Make it serve whatever the gates say, and why: for the audit trail
    #[arg(long, value_name = "WORDS")]
    pub(crate) force: Option<String>,

    /// Who does it, for the audit trail
    #[arg(long, value_name = "NAME", default_value = "operator")]
    pub(crate) by: String,

    /// How often people are drawn anew for an interval
    #[arg(long, value_name = "N", default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(20..=100_000))]
    pub(crate) resamples: u32,

    /// What chance starts from
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(crate) seed: u64,
}

/// Make the model that served before serve again; the rules, where there was none
///
/// It is written down in the audit trail. Assessments that were made stay as they are.
#[derive(Debug, ClapArgs)]
pub(crate) struct RollBack {
    /// Who does it, for the audit trail
    #[arg(long, value_name = "NAME", default_value = "operator")]
    pub(crate) by: String,

    /// Why, for the audit trail
    #[arg(long, value_name = "WORDS", default_value = "")]
    pub(crate) reason: String,
}

/// Prepare the training set, train, and promote the model if it is better
///
/// The steps that have commands of their own, one after the other: `training-data`, the program `train`, and
/// `models promote`. What becomes of it is a row of `models list`; where a step fails, or a gate does not
/// pass, what served before still does, and administrators are told.
///
/// On AWS the stack's state machine does the same once a month; here, with --backend aws, the set goes to
/// the folder that --out names, and the model into the bucket.
#[derive(Debug, ClapArgs)]
pub(crate) struct Retrain {
    #[command(flatten)]
    pub(crate) set: super::TrainingSet,

    /// The program that trains [default: `train` beside this one]
    #[arg(long, value_name = "FILE")]
    pub(crate) trainer: Option<PathBuf>,

    /// Hyperparameters, as `train --help` explains
    #[arg(long, value_name = "FILE")]
    pub(crate) hyperparameters: Option<PathBuf>,

    /// How often people are drawn anew for an interval
    #[arg(long, value_name = "N", default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(20..=100_000))]
    pub(crate) resamples: u32,

    /// What chance starts from
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(crate) seed: u64,
}
