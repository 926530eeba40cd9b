//! The function that closes the books of runs, every five minutes.

use std::process::ExitCode;
use std::sync::Arc;

use async_trait::async_trait;
use jiff::SignedDuration;
use mindmate_domain::pseudonym::PseudonymKey;
use mindmate_host::aws::{self, Aws};
use mindmate_host::config::Program;
use mindmate_host::lambda::{Emf, ScheduleFunction, serve};
use mindmate_pipeline::{PortResult, SystemClock};
use mindmate_run_report::{ClosingPorts, Pseudonyms, RunClosing};

/// The key as it lies in the bucket.
struct InBucket {
    aws: Aws,
    object: String,
}

#[async_trait]
impl Pseudonyms for InBucket {
    async fn key(&self) -> PortResult<PseudonymKey> {
        self.aws.pseudonym_key(&self.object).await
    }
}

fn main() -> ExitCode {
    serve(Program::RunClosing, async |config| {
        let aws = aws::connect(&config).await;
        let ports = ClosingPorts {
            ledger: aws.ledger(),
            assessments: aws.assessments(),
            notifier: aws.notifier(),
            metrics: Arc::new(Emf::of_function(&config)),
            pseudonyms: Arc::new(InBucket { aws, object: config.pseudonym_key }),
        };
        let overdue_after = SignedDuration::from_mins(config.overdue_minutes.into());
        let task = RunClosing::new(ports, overdue_after);
        Ok(ScheduleFunction::new(task, Arc::new(SystemClock)))
    })
}
