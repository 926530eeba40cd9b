//! `mindmate`: runs the pipeline on one machine, and shows what it did.
//!
//! Results go to standard output, everything else (progress, notes, logs) to standard error. What
//! a command's exit code means stands at the end of `mindmate --help`.

mod args;
mod audit;
mod cohort;
mod daily;
mod exit;
mod features;
mod import;
mod output;
mod progress;
mod report;
mod reports;
mod review;
mod runs;
mod session;
mod show;
mod stages;

use std::process::ExitCode;

use clap::Parser as _;
use mindmate_host::telemetry;

use crate::args::{Args, Command};
use crate::exit::Exit;

/// Reads the command line, does what it says, and gives the exit code.
pub fn main() -> ExitCode {
    let args = Args::parse();
    match run(args) {
        Ok(exit) => exit.into(),
        // Who reads our output has seen enough, as `head` does.
        Err(error) if exit::is_broken_pipe(&error) => Exit::Success.into(),
        Err(error) => {
            eprintln!("error: {error:#}");
            exit::of_error(&error).into()
        }
    }
}

fn run(args: Args) -> anyhow::Result<Exit> {
    telemetry::init(&args.log, args.log_json)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_time().build()?;
    runtime.block_on(async {
        let Args { data, format, command, .. } = args;
        match command {
            Command::Daily(daily) => daily::run(&data, format, &daily).await,
            Command::Import(import) => import::run(&data, format, &import).await,
            Command::Cohort(cohort) => cohort::run(&data, format, &cohort).await,
            Command::Features(features) => features::run(&data, format, &features).await,
            Command::Show(show) => show::run(&data, format, &show).await,
            Command::Runs(runs) => runs::run(&data, format, &runs).await,
            Command::Report(report) => reports::run(&data, &report).await,
            Command::Review(review) => review::run(&data, format, &review).await,
            Command::Audit(audit) => audit::run(&data, format, &audit).await,
        }
    })
}
