//! The function that closes the books of runs, every five minutes.

use std::process::ExitCode;
use std::sync::Arc;

use jiff::SignedDuration;
use mindmate_host::aws;
use mindmate_host::config::Program;
use mindmate_host::lambda::{Emf, ScheduleFunction, serve};
use mindmate_pipeline::SystemClock;
use mindmate_run_report::{ClosingPorts, RunClosing};

fn main() -> ExitCode {
    serve(Program::RunClosing, async |config| {
        let aws = aws::connect(&config).await;
        let ports = ClosingPorts {
            ledger: aws.ledger(),
            assessments: aws.assessments(),
            notifier: aws.notifier(),
            metrics: Arc::new(Emf::of_function(&config)),
        };
        let pseudonyms = aws.pseudonym_key(&config.pseudonym_key).await?;
        let overdue_after = SignedDuration::from_mins(config.overdue_minutes.into());
        let task = RunClosing::new(ports, pseudonyms, overdue_after);
        Ok(ScheduleFunction::new(task, Arc::new(SystemClock)))
    })
}
