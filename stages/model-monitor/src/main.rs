//! The function that looks at the model that serves, once a day.

use std::process::ExitCode;
use std::sync::Arc;

use mindmate_domain::Policy;
use mindmate_evaluation::{Bootstrap, Gates};
use mindmate_host::aws;
use mindmate_host::config::Program;
use mindmate_host::lambda::{ScheduleFunction, serve};
use mindmate_language::Lexicons;
use mindmate_model::RuleScorer;
use mindmate_model_monitor::{ModelMonitor, MonitorPorts, Trainings};
use mindmate_pipeline::SystemClock;

fn main() -> ExitCode {
    serve(Program::ModelMonitor, async |config| {
        let aws = aws::connect(&config).await;
        let key = aws.pseudonym_key(&config.pseudonym_key).await?;
        let ports = MonitorPorts {
            users: aws.training(),
            assessments: aws.assessments(),
            models: aws.model_store(),
            days: aws.model_days(),
            notifier: aws.notifier(),
        };
        let by = (
            Arc::new(Lexicons::built_in()?),
            Arc::new(Policy::built_in()?),
            Arc::new(RuleScorer::built_in()?),
        );
        let trainings =
            if config.has_retraining { Trainings::StartThemselves } else { Trainings::ByHand };
        let task = ModelMonitor::new(ports, by, &Gates::built_in()?, Bootstrap::default(), &key);
        Ok(ScheduleFunction::new(task.with_trainings(trainings), Arc::new(SystemClock)))
    })
}
