//! The command line of trained models.

use clap::{Args as ClapArgs, Subcommand};
use mindmate_pipeline::ports::ModelVersion;

/// See the trained models, judge them, and say which one serves
///
/// A model is kept under its version, which never means another one. One of them serves, or none: then the
/// documented rules score. What is promoted or taken back serves within a minute, without a restart.
///
///   mindmate models list                               which there are, and which serves
///
///   mindmate models evaluate --model trained/model.json      judge one on people whom it has not seen
///
///   mindmate models promote trained/model.json         make it serve, if it passes the gates
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
    Rollback(RollBack),
}

/// What a model was trained on, what was measured of it, and its card
#[derive(Debug, ClapArgs)]
pub(crate) struct ShowModel {
    /// Its version [default: the one that serves]
    #[arg(value_name = "VERSION")]
    pub(crate) version: Option<ModelVersion>,

    /// Its model card in Markdown, and nothing else
    #[arg(long)]
    pub(crate) card: bool,
}

/// Make the model that served before serve again; the rules, where there was none
///
/// It is written down in the audit trail. Assessments that were made stay as they are.
#[derive(Debug, ClapArgs)]
pub(crate) struct RollBack {
    /// Who does it, for the audit trail
    #[arg(long, value_name = "NAME")]
    pub(crate) by: String,

    /// Why, for the audit trail
    #[arg(long, value_name = "WORDS")]
    pub(crate) reason: String,
}
