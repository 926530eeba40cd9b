//! The function behind the stream of what the app tells.

use std::process::ExitCode;
use std::sync::Arc;

use mindmate_activity_ingest::{ActivityIngest, ActivityPorts};
use mindmate_contracts::StreamName;
use mindmate_domain::{Policy, StageName};
use mindmate_host::aws;
use mindmate_host::config::Program;
use mindmate_host::lambda::serve;

fn main() -> ExitCode {
    serve(Program::Stage(StageName::ActivityIngest), async |config| {
        let aws = aws::connect(&config).await;
        let ports = ActivityPorts {
            items: aws.app_items(),
            profiles: aws.profiles(),
            states: aws.states(),
        };
        let stage = ActivityIngest::new(ports, Arc::new(Policy::built_in()?));
        aws::stream_function(stage, StreamName::Activity, &aws)
    })
}
