//! `mindmate`: runs the pipeline on one machine or on AWS, and shows what it did.
//!
//! Results go to standard output, everything else (progress, notes, logs) to standard error. What
//! a command's exit code means stands at the end of `mindmate --help`.

mod args;
mod audit;
mod check;
mod cohort;
mod cost;
mod daily;
mod dlq;
mod exit;
mod features;
mod following;
mod import;
pub mod library;
mod lines;
mod marks;
mod models;
mod output;
mod progress;
pub mod report;
mod reports;
mod retrain;
mod review;
mod runs;
mod serve;
mod session;
mod show;
mod simulate;
mod stages;
mod text;
mod training_data;
#[cfg(feature = "aws")]
mod worker;
mod write;

use std::process::ExitCode;

use clap::Parser as _;
use mindmate_host::telemetry;

use crate::args::{Args, Command};
use crate::exit::Exit;
use crate::session::Place;

/// A run makes and drops some thousands of small values a user, on all threads: `docs/adr/0022`. In the library, so that whoever
/// measures or tests it allocates as the program does.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Reads the command line, does what it says, and gives the exit code.
pub fn main() -> ExitCode {
    let args = Args::parse();
    match run(args) {
        Ok(exit) => exit.into(),
        // Who reads our output has seen enough, as `head` does.
        Err(error) if exit::is_broken_pipe(&error) => Exit::Success.into(),
        Err(error) => {
            eprintln!("error: {}", exit::words(&error));
            exit::of_error(&error).into()
        }
    }
}

fn run(args: Args) -> anyhow::Result<Exit> {
    let place = Place::of(&args)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let result = runtime.block_on(dispatch(&place, args));
    result.map_err(|error| place.explain(error))
}

/// What is logged unless somebody says otherwise: results tell the rest.
const DEFAULT_LOG: &str = "error";

async fn dispatch(place: &Place, args: Args) -> anyhow::Result<Exit> {
    let Args { format, command, log, log_json, .. } = args;
    // A worker has its own default, from the environment.
    if !matches!(command, Command::Worker(_)) {
        telemetry::init(log.as_deref().unwrap_or(DEFAULT_LOG), log_json)?;
    }
    match command {
        Command::Daily(daily) => daily::run(place, format, &daily).await,
        Command::Import(import) => import::run(place, format, &import).await,
        Command::Cohort(cohort) => cohort::run(place, format, &cohort).await,
        Command::Features(features) => features::run(place, format, &features).await,
        Command::Show(show) => show::run(place, format, &show).await,
        Command::Runs(runs) => runs::run(place, format, &runs).await,
        Command::Report(report) => reports::run(place, &report).await,
        Command::Review(review) => review::run(place, format, &review).await,
        Command::Dlq(dlq) => dlq::run(place, format, &dlq).await,
        Command::Audit(audit) => audit::run(place, format, &audit).await,
        Command::Check(args::Check {}) => check::run(place, format).await,
        Command::Serve(serve) => serve::run(place, &serve).await,
        Command::Write(write) => write::run(place, &write).await,
        Command::SimulateDay(day) => simulate::run(place, format, &day).await,
        Command::Text(args::Text::Analyze(analyze)) => text::analyze(&analyze),
        Command::TrainingData(data) => training_data::run(place, format, &data).await,
        Command::Retrain(retrain) => retrain::run(place, format, &retrain).await,
        Command::Models(models) => models::run(place, format, &models).await,
        Command::Cost(cost) => cost::run(format, &cost),
        #[cfg(feature = "aws")]
        Command::Worker(worker) => {
            let logs = worker::Logs { filter: log.as_deref(), json: log_json };
            worker::run(place, &logs, &worker).await
        }
        #[cfg(not(feature = "aws"))]
        Command::Worker(_) => anyhow::bail!(session::NO_AWS),
    }
}
