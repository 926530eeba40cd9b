//! The function behind the stream of the app's table.

use std::process::ExitCode;
use std::sync::Arc;

use mindmate_contracts::StreamName;
use mindmate_domain::{Policy, StageName};
use mindmate_host::aws;
use mindmate_host::config::Program;
use mindmate_host::lambda::serve;
use mindmate_language::Lexicons;
use mindmate_realtime_trigger::{RealtimePorts, RealtimeTrigger};

fn main() -> ExitCode {
    serve(Program::Stage(StageName::RealtimeTrigger), async |config| {
        let aws = aws::connect(&config).await;
        let ports = RealtimePorts {
            items: aws.app_items(),
            profiles: aws.profiles(),
            states: aws.states(),
            activity: aws.activity(),
        };
        let (lexicons, policy) = (Arc::new(Lexicons::built_in()?), Arc::new(Policy::built_in()?));
        let stage = RealtimeTrigger::new(ports, lexicons, policy);
        aws::table_function(stage, StreamName::AppTable, &aws)
    })
}
