//! The variables: their names, what is expected in them, and who needs which.

use std::fmt;

use mindmate_contracts::channels::ROUTES;
use mindmate_contracts::{Channel, QueueName, StreamName};
use mindmate_domain::StageName;

/// One variable of the environment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Variable {
    /// The app's table.
    AppTable,
    /// Assessments.
    RiskAssessmentsTable,
    /// Training jobs.
    TrainingJobsTable,
    /// Interventions, guards, reviews, notices and the audit trail.
    InterventionsTable,
    /// Runs and their ledgers.
    AssessmentRunsTable,
    /// Who was active when.
    ActivityTable,
    /// Models, training data and configuration.
    ModelsBucket,
    /// The key that everything is encrypted with.
    KmsKey,
    /// Where operators hear of what they must know.
    AlertsTopic,
    /// The functions' role.
    LambdaRole,
    /// The training jobs' role.
    SageMakerRole,
    /// The state machine of trainings, which is there where an image is.
    RetrainingMachine,
    /// A stream.
    Stream(StreamName),
    /// Where a stream's poison is put aside.
    StreamDlq(StreamName),
    /// A queue.
    Queue(QueueName),
    /// A queue's dead-letter queue.
    Dlq(QueueName),
    /// How many shards a new run has.
    Shards,
    /// How many minutes after its `asOf` a run that is not complete is overdue.
    OverdueMinutes,
    /// Which logs are written.
    Log,
    /// The function's own name, which Lambda sets.
    FunctionName,
    /// Where the pseudonyms' key lies in the bucket.
    PseudonymKey,
    /// The model on Bedrock that drafts messages, for those who consent to it.
    MessageModel,
    /// Who analyses the sentiment of texts.
    SentimentAnalyzer,
    /// How many calls a second Comprehend gets of one process.
    ComprehendRate,
}

/// What a value must look like.
enum Form {
    Text,
    QueueUrl,
    Arn,
}

impl Variable {
    /// As in the environment.
    pub fn name(self) -> String {
        match self {
            Self::AppTable => "APP_TABLE".to_owned(),
            Self::RiskAssessmentsTable => "RISK_ASSESSMENTS_TABLE".to_owned(),
            Self::TrainingJobsTable => "TRAINING_JOBS_TABLE".to_owned(),
            Self::InterventionsTable => "INTERVENTIONS_TABLE".to_owned(),
            Self::AssessmentRunsTable => "ASSESSMENT_RUNS_TABLE".to_owned(),
            Self::ActivityTable => "ACTIVITY_TABLE".to_owned(),
            Self::ModelsBucket => "ML_MODELS_BUCKET".to_owned(),
            Self::KmsKey => "ML_KMS_KEY_ID".to_owned(),
            Self::AlertsTopic => "ML_ALERTS_SNS_TOPIC".to_owned(),
            Self::LambdaRole => "ML_LAMBDA_ROLE_ARN".to_owned(),
            Self::SageMakerRole => "SAGEMAKER_ROLE_ARN".to_owned(),
            Self::RetrainingMachine => "RETRAINING_MACHINE_ARN".to_owned(),
            Self::Stream(stream) => format!("{}_STREAM", screaming(stream.name())),
            Self::StreamDlq(stream) => format!("{}_DLQ_URL", screaming(stream.name())),
            Self::Queue(queue) => format!("{}_QUEUE_URL", screaming(queue.name())),
            Self::Dlq(queue) => format!("{}_DLQ_URL", screaming(queue.name())),
            Self::Shards => "MINDMATE_SHARDS".to_owned(),
            Self::OverdueMinutes => "MINDMATE_OVERDUE_MINUTES".to_owned(),
            Self::Log => "MINDMATE_LOG".to_owned(),
            Self::FunctionName => "AWS_LAMBDA_FUNCTION_NAME".to_owned(),
            Self::PseudonymKey => "MINDMATE_PSEUDONYM_KEY".to_owned(),
            Self::MessageModel => "MINDMATE_MESSAGE_MODEL".to_owned(),
            Self::SentimentAnalyzer => "MINDMATE_SENTIMENT_ANALYZER".to_owned(),
            Self::ComprehendRate => "MINDMATE_COMPREHEND_RATE".to_owned(),
        }
    }

    /// What is expected in it, in words.
    pub(super) fn meaning(self) -> &'static str {
        match self {
            Self::AppTable => "the name of the app's DynamoDB table",
            Self::RiskAssessmentsTable => "the name of the table of assessments",
            Self::TrainingJobsTable => "the name of the table of training jobs",
            Self::InterventionsTable => "the name of the table of interventions",
            Self::AssessmentRunsTable => "the name of the table of runs",
            Self::ActivityTable => "the name of the table of activity",
            Self::ModelsBucket => "the name of the S3 bucket of models",
            Self::KmsKey => "the id or ARN of the KMS key",
            Self::AlertsTopic => "the ARN of the SNS topic of alerts",
            Self::LambdaRole => "the ARN of the functions' role",
            Self::SageMakerRole => "the ARN of the training jobs' role",
            Self::RetrainingMachine => "the ARN of the state machine of trainings",
            Self::Stream(_) => "the name of the Kinesis stream",
            Self::StreamDlq(_) => "the URL of the SQS queue where the stream's poison is put aside",
            Self::Queue(_) => "the URL of the SQS queue",
            Self::Dlq(_) => "the URL of the SQS dead-letter queue",
            Self::Shards | Self::OverdueMinutes | Self::ComprehendRate => {
                "a number from 1 to 65535"
            }
            Self::Log => "a log filter",
            Self::FunctionName => "the name of the Lambda function",
            Self::PseudonymKey => "the key of an object in the bucket",
            Self::MessageModel => "the id of a model or inference profile on Bedrock",
            Self::SentimentAnalyzer => "comprehend or local",
        }
    }

    /// A value that it could have.
    pub fn example(self) -> String {
        let queue = |name: &str| {
            format!("https://sqs.us-east-1.amazonaws.com/123456789012/MindMate-{name}")
        };
        match self {
            Self::AppTable => "EmoCompanion".to_owned(),
            Self::RiskAssessmentsTable => "MindMate-RiskAssessments".to_owned(),
            Self::TrainingJobsTable => "MindMate-TrainingJobs".to_owned(),
            Self::InterventionsTable => "MindMate-Interventions".to_owned(),
            Self::AssessmentRunsTable => "MindMate-AssessmentRuns".to_owned(),
            Self::ActivityTable => "MindMate-Activity".to_owned(),
            Self::ModelsBucket => "mindmate-ml-models-123456789012".to_owned(),
            Self::KmsKey => "alias/mindmate-ml".to_owned(),
            Self::AlertsTopic => "arn:aws:sns:us-east-1:123456789012:MindMate-MLAlerts".to_owned(),
            Self::LambdaRole => "arn:aws:iam::123456789012:role/MindMate-MLLambdaRole".to_owned(),
            Self::SageMakerRole => {
                "arn:aws:iam::123456789012:role/MindMate-SageMakerRole".to_owned()
            }
            Self::RetrainingMachine => {
                "arn:aws:states:us-east-1:123456789012:stateMachine:MindMate-Retraining".to_owned()
            }
            Self::Stream(stream) => format!("MindMate-{stream}"),
            Self::StreamDlq(stream) => queue(&format!("{stream}-dlq")),
            Self::Queue(name) => queue(name.name()),
            Self::Dlq(name) => queue(&format!("{name}-dlq")),
            Self::Shards => "16".to_owned(),
            Self::OverdueMinutes => "30".to_owned(),
            Self::Log => "info".to_owned(),
            Self::FunctionName => "mindmate-runClosing".to_owned(),
            Self::PseudonymKey => "config/pseudonym.key".to_owned(),
            Self::MessageModel => "anthropic.claude-3-5-haiku-20241022-v1:0".to_owned(),
            Self::SentimentAnalyzer => "comprehend".to_owned(),
            Self::ComprehendRate => "8".to_owned(),
        }
    }

    /// Whether a value looks as one of this variable must.
    pub(super) fn takes(self, value: &str) -> bool {
        match self.form() {
            Form::Text => true,
            Form::QueueUrl => value.starts_with("http://") || value.starts_with("https://"),
            Form::Arn => value.starts_with("arn:"),
        }
    }

    fn form(self) -> Form {
        match self {
            Self::Queue(_) | Self::Dlq(_) | Self::StreamDlq(_) => Form::QueueUrl,
            Self::AlertsTopic
            | Self::LambdaRole
            | Self::SageMakerRole
            | Self::RetrainingMachine => Form::Arn,
            _ => Form::Text,
        }
    }
}

impl fmt::Display for Variable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name())
    }
}

fn screaming(name: &str) -> String {
    name.to_uppercase().replace('-', "_")
}

/// Something that is deployed, or that a person runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Program {
    /// Starts the daily run.
    Orchestrator,
    /// Prepares the training set.
    TrainingData,
    /// Judges trained models, and lets them serve.
    JudgeModel,
    /// Closes the books of runs, and tells of them.
    RunClosing,
    /// Watches the model that serves.
    ModelMonitor,
    /// A stage.
    Stage(StageName),
    /// A person at the command line, who starts and looks at everything.
    Operator,
}

impl Program {
    /// The variables that it needs: its queues with their dead-letter queues, where its messages
    /// go, and the stores that it speaks to.
    pub fn needs(self) -> Vec<Variable> {
        let mut needs = match self {
            Self::Orchestrator => {
                vec![Variable::AssessmentRunsTable, Variable::Queue(QueueName::FanOut)]
            }
            // The bucket has the key for pseudonyms, too.
            Self::TrainingData => vec![Variable::AppTable, Variable::ModelsBucket],
            Self::JudgeModel => vec![
                Variable::TrainingJobsTable,
                // The audit trail, and which notices were sent.
                Variable::InterventionsTable,
                Variable::AlertsTopic,
                // The training set, what trainings made, and the models.
                Variable::ModelsBucket,
            ],
            Self::RunClosing => vec![
                Variable::AssessmentRunsTable,
                Variable::RiskAssessmentsTable,
                // Which notices were sent.
                Variable::InterventionsTable,
                Variable::AlertsTopic,
                // Keyed hashes stand for those who are missing.
                Variable::ModelsBucket,
            ],
            Self::ModelMonitor => vec![
                Variable::AppTable,
                Variable::RiskAssessmentsTable,
                // The days of the model.
                Variable::AssessmentRunsTable,
                // Which notices were sent.
                Variable::InterventionsTable,
                Variable::AlertsTopic,
                // The model, and the key for pseudonyms.
                Variable::ModelsBucket,
            ],
            Self::Stage(stage) => [stores(stage), inputs(stage), outputs(stage)].concat(),
            Self::Operator => vec![
                Variable::AppTable,
                Variable::RiskAssessmentsTable,
                Variable::InterventionsTable,
                Variable::AssessmentRunsTable,
                Variable::ActivityTable,
                Variable::TrainingJobsTable,
                // Administrators hear of models.
                Variable::AlertsTopic,
                // Keyed hashes stand for users.
                Variable::ModelsBucket,
                // A run is started.
                Variable::Queue(QueueName::FanOut),
            ],
        };
        needs.sort_unstable();
        needs.dedup();
        needs
    }
}

fn stores(stage: StageName) -> Vec<Variable> {
    match stage {
        StageName::FanOut => vec![
            Variable::AssessmentRunsTable,
            Variable::ActivityTable,
            // Who was last seen high or critical goes first.
            Variable::RiskAssessmentsTable,
        ],
        StageName::FeatureExtraction => vec![Variable::AppTable, Variable::InterventionsTable],
        StageName::Scoring | StageName::Intervention => vec![
            Variable::AppTable,
            Variable::RiskAssessmentsTable,
            Variable::InterventionsTable,
            Variable::AlertsTopic,
            Variable::ModelsBucket,
        ],
        StageName::RealtimeTrigger => {
            // Who was active, and what was asked for lately; poison is remembered among the runs.
            vec![Variable::AppTable, Variable::ActivityTable, Variable::AssessmentRunsTable]
        }
        StageName::ActivityIngest => {
            // What was told so far lies beside who was active; poison is remembered among the runs.
            vec![Variable::AppTable, Variable::ActivityTable, Variable::AssessmentRunsTable]
        }
        StageName::Sentiment => vec![Variable::AppTable],
        StageName::RunReport => vec![Variable::AssessmentRunsTable],
    }
}

fn inputs(stage: StageName) -> Vec<Variable> {
    let queues = QueueName::ALL.into_iter().filter(|queue| queue.consumer() == stage);
    let queues = queues.flat_map(|queue| [Variable::Queue(queue), Variable::Dlq(queue)]);
    let streams = StreamName::ALL.into_iter().filter(|stream| stream.consumer() == stage);
    let streams = streams.flat_map(|one| [Variable::Stream(one), Variable::StreamDlq(one)]);
    // The app's table has a stream of its own, which only Lambda reads.
    let streams = streams.filter(|one| *one != Variable::Stream(StreamName::AppTable));
    queues.chain(streams).collect()
}

fn outputs(stage: StageName) -> Vec<Variable> {
    let routes = ROUTES.iter().filter(|route| route.from == Some(stage));
    let channels = routes.flat_map(|route| route.channels);
    let variable = |channel: &Channel| match *channel {
        Channel::Queue(queue) => Variable::Queue(queue),
        Channel::Stream(stream) => Variable::Stream(stream),
    };
    channels.map(variable).collect()
}
