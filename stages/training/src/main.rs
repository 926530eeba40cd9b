//! The program `train`.

mod args;

use std::fs;
use std::io::Write as _;
use std::process::ExitCode;

use clap::Parser as _;
use mindmate_host::worker::signals;
use mindmate_training::output::{CHALLENGER_FILE, MODEL_FILE, Unwritten, put};
use mindmate_training::training::{TrainingError, train};
use mindmate_training::{HyperparameterError, Hyperparameters};
use tokio::runtime::Builder;

use args::{Args, Order};

/// How it ended; `train --help` has the words.
#[derive(Clone, Copy)]
enum Exit {
    Trained = 0,
    Failed = 1,
    // 2 is clap's.
    BadInput = 3,
    NothingToLearn = 8,
    Stopped = 9,
}

/// Why it ended otherwise.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error("{path}: {source}")]
    Unread { path: String, source: std::io::Error },
    #[error(transparent)]
    Hyperparameter(#[from] HyperparameterError),
    #[error(transparent)]
    Training(#[from] TrainingError),
    #[error(transparent)]
    Unwritten(#[from] Unwritten),
    #[error("the challenger cannot be written: {0}")]
    Challenger(#[from] serde_json::Error),
    #[error("standard output cannot be written: {0}")]
    Output(std::io::Error),
    #[error("the training panicked, which is a fault of this program: {0}")]
    Panicked(#[from] tokio::task::JoinError),
    #[error("the system takes no handlers of signals: {0}")]
    Signals(std::io::Error),
    #[error("stopped by a signal: no model was written, and an earlier one is as it was")]
    Stopped,
}

fn main() -> ExitCode {
    let order = Args::parse().order();
    let failure = order.places.failure.clone();
    let Err(error) = until_a_signal(order) else {
        return ExitCode::from(Exit::Trained as u8);
    };
    eprintln!("error: {error}");
    if let Some(path) = failure {
        // The reason stands on standard error too.
        if let Err(error) = fs::write(&path, error.to_string()) {
            eprintln!("error: {} cannot be written: {error}", path.display());
        }
    }
    ExitCode::from(error.exit() as u8)
}

/// Works until it is done or a signal says stop. LightGBM cannot be interrupted, so its threads end with the process.
fn until_a_signal(order: Order) -> Result<(), Failure> {
    let runtime = Builder::new_current_thread().enable_all().build().map_err(Failure::Signals)?;
    let ended = runtime.block_on(async {
        let mut stop = signals().map_err(Failure::Signals)?;
        let work = tokio::task::spawn_blocking(move || run(&order));
        tokio::select! {
            done = work => done?,
            _ = stop.recv() => Err(Failure::Stopped),
        }
    });
    runtime.shutdown_background();
    ended
}

fn run(order: &Order) -> Result<(), Failure> {
    let options = order.options(hyperparameters(order)?);
    let set = order.places.set().map_err(TrainingError::from)?;
    let trained = train(&set, &options, &|done| eprintln!("{done}"))?;
    // The model last: where it is, all is.
    put(&order.places.out, CHALLENGER_FILE, &trained.challenger.to_bytes()?)?;
    put(&order.places.out, MODEL_FILE, &trained.artefact.to_bytes().map_err(TrainingError::from)?)?;
    let mut out = std::io::stdout().lock();
    for line in trained.findings.lines() {
        writeln!(out, "{line}").map_err(Failure::Output)?;
    }
    if let Some(warning) = trained.findings.report.leak_warning() {
        eprintln!("warning: {warning}");
    }
    if trained.artefact.contents().training.synthetic {
        eprintln!("{}", mindmate_evaluation::card::SYNTHETIC);
    }
    let path = order.places.out.join(MODEL_FILE);
    eprintln!("{} is in {}", trained.artefact.version(), path.display());
    Ok(())
}

/// The defaults, then the file, then the flags.
fn hyperparameters(order: &Order) -> Result<Hyperparameters, Failure> {
    let mut taken = Hyperparameters::default();
    if let Some(path) = &order.places.hyperparameters {
        let bytes = fs::read(path)
            .map_err(|source| Failure::Unread { path: path.display().to_string(), source })?;
        taken.take_json(&bytes)?;
    }
    for (name, value) in &order.set {
        taken.set(name, value)?;
    }
    Ok(taken)
}

impl Failure {
    fn exit(&self) -> Exit {
        use mindmate_training::learning::LearningError;
        match self {
            Self::Unread { .. }
            | Self::Hyperparameter(_)
            | Self::Training(TrainingError::Set(_)) => Exit::BadInput,
            Self::Training(
                TrainingError::Nothing(_) | TrainingError::Learning(LearningError::Calibration(_)),
            ) => Exit::NothingToLearn,
            Self::Stopped => Exit::Stopped,
            _ => Exit::Failed,
        }
    }
}
