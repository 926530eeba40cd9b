//! The command line.

use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::thread;

use clap::Parser;
use mindmate_training::Hyperparameters;
use mindmate_training::hyperparameters::KNOWN;
use mindmate_training::places::{Places, SAGEMAKER};
use mindmate_training::training::Options;

/// Trains a risk model from a training set
///
///   train --data mindmate-data/training --out trained
///
/// takes the set that `mindmate training-data` made, and writes trained/model.json (`mindmate models promote` lets it
/// serve) and trained/challenger.json, the logistic regression that it was held against. The same set, hyperparameters
/// and program give the same bytes.
///
/// Without --data and --out it is a SageMaker training job: hyperparameters in /opt/ml/input/config, the channels train,
/// validation and manifest in /opt/ml/input/data, the model into /opt/ml/model, the reason of a failure into
/// /opt/ml/output/failure.
///
/// Measures of the validation side go to standard output, a line each, as validation:auroc=0.812345; and progress to
/// standard error.
#[derive(Debug, Parser)]
#[command(name = "train", version, after_help = after_help(), max_term_width = 100)]
pub(crate) struct Args {
    /// The folder of the training set: manifest.json, train/samples.csv, validation/samples.csv
    #[arg(long, value_name = "DIR", requires = "out")]
    data: Option<PathBuf>,

    /// Where the model is written; an earlier one there is replaced when this one is whole
    #[arg(long, value_name = "DIR", requires = "data")]
    out: Option<PathBuf>,

    /// A JSON object of hyperparameters
    #[arg(long, value_name = "FILE", requires = "data")]
    hyperparameters: Option<PathBuf>,

    /// A hyperparameter; counts more than the file
    #[arg(long, value_name = "NAME=VALUE", value_parser = pair)]
    set: Vec<(String, String)>,

    /// The same as --set seed=N
    #[arg(long, value_name = "N")]
    seed: Option<u64>,

    /// How many threads work; the result does not depend on it [default: as many as there are processors]
    #[arg(long, value_name = "N")]
    threads: Option<NonZero<usize>>,

    /// Where a SageMaker job's folders are
    #[arg(long, value_name = "DIR", default_value = SAGEMAKER, conflicts_with = "data")]
    root: PathBuf,
}

/// What to do.
pub(crate) struct Order {
    pub(crate) places: Places,
    /// Hyperparameters by flag, in order.
    pub(crate) set: Vec<(String, String)>,
    threads: usize,
}

impl Args {
    pub(crate) fn order(self) -> Order {
        let places = match (&self.data, &self.out) {
            (Some(data), Some(out)) => Places::here(data, out, self.hyperparameters.as_deref()),
            _ => Places::sagemaker(Path::new(&self.root)),
        };
        let seed = self.seed.map(|seed| ("seed".to_owned(), seed.to_string()));
        let processors = || thread::available_parallelism().map_or(1, NonZero::get);
        Order {
            places,
            set: self.set.into_iter().chain(seed).collect(),
            threads: self.threads.map_or_else(processors, NonZero::get),
        }
    }
}

impl Order {
    pub(crate) fn options(&self, hyperparameters: Hyperparameters) -> Options {
        Options { hyperparameters, threads: self.threads }
    }
}

fn pair(text: &str) -> Result<(String, String), String> {
    let pair = text.split_once('=').map(|(name, value)| (name.to_owned(), value.to_owned()));
    pair.ok_or_else(|| format!("expected NAME=VALUE, found {text:?}"))
}

fn after_help() -> String {
    let default = serde_json::to_value(Hyperparameters::default()).unwrap_or_default();
    let lines = KNOWN.map(|known| {
        format!("  {:<18} {} [default: {}]\n", known.name, known.words, default[known.name])
    });
    format!(
        "Hyperparameters:\n{}\n\
         Exit codes:\n\
         \x20 0  trained; the model is written\n\
         \x20 1  it could not be done; the message says why\n\
         \x20 2  the command line cannot be read\n\
         \x20 3  the training set or a hyperparameter is not as it must be\n\
         \x20 8  there is nothing to learn, or what was learned says nothing of held-out users\n\
         \x20 9  stopped by SIGTERM or SIGINT\n\
         Where it is not 0, no model was written, and an earlier one is as it was.",
        lines.concat()
    )
}
