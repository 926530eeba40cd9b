//! The function that the daily schedule starts.

use std::process::ExitCode;
use std::sync::Arc;

use mindmate_host::aws;
use mindmate_host::config::Program;
use mindmate_host::lambda::{ScheduleFunction, serve};
use mindmate_orchestrator::Orchestrator;
use mindmate_pipeline::SystemClock;

fn main() -> ExitCode {
    serve(Program::Orchestrator, async |config| {
        let aws = aws::connect(&config).await;
        let task = Orchestrator::new(aws.ledger(), aws.publisher(), config.shards);
        Ok(ScheduleFunction::new(task, Arc::new(SystemClock)))
    })
}
