//! The function that the monthly schedule starts.

use std::process::ExitCode;
use std::sync::Arc;

use mindmate_domain::Policy;
use mindmate_host::aws;
use mindmate_host::config::Program;
use mindmate_host::lambda::{ScheduleFunction, serve};
use mindmate_pipeline::SystemClock;
use mindmate_training_data::TrainingData;

fn main() -> ExitCode {
    serve(Program::TrainingData, async |config| {
        let aws = aws::connect(&config).await;
        let task = TrainingData::new(aws.training(), Arc::new(Policy::built_in()?));
        Ok(ScheduleFunction::new(task, Arc::new(SystemClock)))
    })
}
