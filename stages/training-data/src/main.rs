//! The function that the monthly schedule starts.

use std::process::ExitCode;
use std::sync::Arc;

use mindmate_domain::Policy;
use mindmate_host::aws;
use mindmate_host::config::Program;
use mindmate_host::lambda::{ScheduleFunction, serve};
use mindmate_language::Lexicons;
use mindmate_pipeline::SystemClock;
use mindmate_training_data::{TrainingData, TrainingDataPorts};

fn main() -> ExitCode {
    serve(Program::TrainingData, async |config| {
        let aws = aws::connect(&config).await;
        let key = aws.pseudonym_key(&config.pseudonym_key).await?;
        let ports = TrainingDataPorts { users: aws.training(), store: aws.training_store() };
        let (lexicons, policy) = (Arc::new(Lexicons::built_in()?), Arc::new(Policy::built_in()?));
        let task = TrainingData::new(ports, lexicons, policy, &key);
        Ok(ScheduleFunction::new(task, Arc::new(SystemClock)))
    })
}
