//! The function behind the fan-out queue.

use std::process::ExitCode;

use mindmate_domain::StageName;
use mindmate_fan_out::{FanOut, FanOutPorts};
use mindmate_host::aws;
use mindmate_host::config::Program;
use mindmate_host::lambda::serve;

fn main() -> ExitCode {
    serve(Program::Stage(StageName::FanOut), async |config| {
        let aws = aws::connect(&config).await;
        let stage = FanOut::new(FanOutPorts { activity: aws.activity(), ledger: aws.ledger() });
        aws::queue_function(stage, &aws, &config)
    })
}
