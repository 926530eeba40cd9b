//! The ports over AWS, by the names in the environment.

use std::collections::BTreeMap;

pub use mindmate_aws::Aws;
use mindmate_aws::{Names, QueueUrls, StreamTarget};
use mindmate_contracts::{QueueName, StreamName};

use crate::config::{Config, Variable};

/// The resources that the configuration names, over one connection. A port whose resource the
/// program did not ask for fails at its first call, in words.
pub async fn connect(config: &Config) -> Aws {
    Aws::new(mindmate_aws::connect().await, names(config))
}

/// Comprehend, where the configuration says that it analyses the sentiment of texts.
#[cfg(feature = "comprehend")]
pub fn sentiment(
    aws: &Aws,
    config: &Config,
) -> Option<std::sync::Arc<dyn mindmate_pipeline::ports::SentimentAnalyzer>> {
    use crate::config::SentimentAnalyzer;
    let clock = std::sync::Arc::new(mindmate_pipeline::SystemClock);
    let asked = config.sentiment_analyzer == SentimentAnalyzer::Comprehend;
    asked.then(|| aws.sentiment(config.comprehend_rate, clock))
}

/// What the configuration says that the stack called its resources; empty where it was not asked.
pub fn names(config: &Config) -> Names {
    let value = |variable| config.asked(variable).unwrap_or_default().to_owned();
    let queues = QueueName::ALL.into_iter().filter_map(|name| {
        let queue = config.asked(Variable::Queue(name))?.to_owned();
        let dead = config.asked(Variable::Dlq(name)).map(str::to_owned);
        Some((name, QueueUrls { queue, dead }))
    });
    let streams = StreamName::ALL.into_iter().map(|name| {
        let target = StreamTarget {
            name: value(Variable::Stream(name)),
            dead: value(Variable::StreamDlq(name)),
        };
        (name, target)
    });
    Names {
        queues: queues.collect::<BTreeMap<_, _>>(),
        streams: streams.collect::<BTreeMap<_, _>>(),
        app_table: value(Variable::AppTable),
        assessments_table: value(Variable::RiskAssessmentsTable),
        interventions_table: value(Variable::InterventionsTable),
        runs_table: value(Variable::AssessmentRunsTable),
        training_jobs_table: value(Variable::TrainingJobsTable),
        activity_table: value(Variable::ActivityTable),
        alerts_topic: value(Variable::AlertsTopic),
        bucket: value(Variable::ModelsBucket),
    }
}

#[cfg(all(feature = "sqs", any(feature = "lambda", feature = "worker")))]
mod functions {
    use std::sync::Arc;

    #[cfg(all(feature = "lambda", feature = "dynamodb"))]
    use mindmate_contracts::StreamName;
    use mindmate_pipeline::{BoxError, RunnerPorts, SeededChance, SystemClock};
    #[cfg(feature = "lambda")]
    use mindmate_pipeline::{Runner, Stage};

    use super::Aws;
    #[cfg(feature = "lambda")]
    use crate::config::Config;
    #[cfg(feature = "lambda")]
    use crate::lambda::QueueFunction;

    /// What a runner on AWS speaks to: the queues and streams, the real time, and jitter from a
    /// seed of the system's generator.
    ///
    /// # Errors
    /// The system's, where it has no random numbers.
    pub fn runner_ports(aws: &Aws) -> Result<RunnerPorts, BoxError> {
        let chance = Arc::new(SeededChance::new(getrandom::u64()?));
        Ok(RunnerPorts { publisher: aws.publisher(), clock: Arc::new(SystemClock), chance })
    }

    /// The function of a stage that consumes queues.
    ///
    /// # Errors
    /// A queue of the stage that the configuration does not name.
    #[cfg(feature = "lambda")]
    pub fn queue_function<S: Stage>(
        stage: S,
        aws: &Aws,
        config: &Config,
    ) -> Result<QueueFunction, BoxError> {
        let runner = Runner::new(stage, runner_ports(aws)?);
        let clock = Arc::new(SystemClock);
        Ok(QueueFunction::of_stage(runner, clock, config, |name| aws.queue(name))?)
    }

    /// The function of a stage that consumes a Kinesis stream.
    ///
    /// # Errors
    /// See [`runner_ports`].
    #[cfg(all(feature = "lambda", feature = "dynamodb"))]
    pub fn stream_function<S: Stage>(
        stage: S,
        stream: StreamName,
        aws: &Aws,
    ) -> Result<crate::lambda::KinesisFunction<S>, BoxError> {
        let runner = mindmate_pipeline::StreamRunner::new(Runner::new(stage, runner_ports(aws)?));
        let aside = aws.aside(stream, S::NAME.name());
        Ok(crate::lambda::KinesisFunction::new(runner, aside, Arc::new(SystemClock)))
    }

    /// The function of the stage that follows the app's table.
    ///
    /// # Errors
    /// See [`runner_ports`].
    #[cfg(all(feature = "lambda", feature = "dynamodb"))]
    pub fn table_function<S: Stage>(
        stage: S,
        stream: StreamName,
        aws: &Aws,
    ) -> Result<crate::lambda::TableFunction<S>, BoxError> {
        let runner = mindmate_pipeline::StreamRunner::new(Runner::new(stage, runner_ports(aws)?));
        let (aside, translate) =
            (aws.aside(stream, S::NAME.name()), crate::lambda::app_item_changed);
        Ok(crate::lambda::TableFunction::new(runner, translate, aside, Arc::new(SystemClock)))
    }
}

#[cfg(all(feature = "sqs", any(feature = "lambda", feature = "worker")))]
pub use functions::*;
