//! The command line of judging models.

use std::path::PathBuf;

use clap::Args as ClapArgs;

/// Judge a model on people and weeks that it has not seen
///
/// Reads the validation side of a training set (`mindmate training-data` makes one), scores each week by the code
/// that serves, and holds the scores against what happened in the 7 days after. Beside it, on the same weeks,
/// what the model is compared with.
///
///   mindmate models evaluate                                    what serves, beside the rules
///
///   mindmate models evaluate --model trained/model.json --out page.html
///
///   mindmate models evaluate --model m20261129-4f1e2d3c4b5a --against m20261029-9a8b7c6d5e4f
///
/// What is shown, each with the interval that holds 95 of 100 resamples of people:
///
///   AUROC, AUPRC, Brier, log loss    how well it ranks, and how far it is from what happened
///   calibration                      slope (1), intercept (0), mean gap of 10 bins (ECE)
///   recall at 1%, 5%, 10% alerts     of the crises, those among the weeks with the highest scores
///   alerts, precision, recall, F1,
///   FPR, FNR                         at the bound of each level of the policy, and for the top tenth
///   groups                           the same for people of a country, a tenure, ...; few crises say nothing
///   without a family                 what the model loses where a family of features is missing
///   gates                            whether it might take the other's place (`models promote`)
///
/// Weeks of which one of the two could say nothing are left out of both, and counted. Floors for crisis language
/// are not in it. An AUROC above 0.90 warns of a leak. What was found is no failure: the exit code is 0
/// whatever the gates say, 1 where a set or a model cannot be read.
#[derive(Debug, ClapArgs)]
#[command(verbatim_doc_comment)]
pub(crate) struct EvaluateModel {
    /// A version, a file of a model, `shipped`, or `rules` [default: what serves]
    #[arg(long, value_name = "MODEL")]
    pub(crate) model: Option<String>,

    /// What it is compared with: the same, or `none` [default: rules, unless they are judged]
    #[arg(long, value_name = "MODEL")]
    pub(crate) against: Option<String>,

    /// The folder of the training set [default: in the data directory]
    #[arg(long, value_name = "DIR")]
    pub(crate) data_set: Option<PathBuf>,

    /// Write a page with the curves
    #[arg(long, value_name = "FILE.html")]
    pub(crate) out: Option<PathBuf>,

    /// A policy file of your own, whose levels count [default: the built-in one]
    #[arg(long, value_name = "FILE")]
    pub(crate) policy: Option<PathBuf>,

    /// How often people are drawn for the intervals; 0 leaves them out, and the gates
    #[arg(long, value_name = "N", default_value_t = 1_000)]
    pub(crate) resamples: u32,

    /// What chance starts from
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(crate) seed: u64,
}
