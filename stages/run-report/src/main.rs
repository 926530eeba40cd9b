//! The function behind the stream of outcomes.

use std::process::ExitCode;

use mindmate_contracts::StreamName;
use mindmate_domain::StageName;
use mindmate_host::aws;
use mindmate_host::config::Program;
use mindmate_host::lambda::serve;
use mindmate_run_report::RunReport;

fn main() -> ExitCode {
    serve(Program::Stage(StageName::RunReport), async |config| {
        let aws = aws::connect(&config).await;
        aws::stream_function(RunReport::new(aws.ledger()), StreamName::Outcomes, &aws)
    })
}
