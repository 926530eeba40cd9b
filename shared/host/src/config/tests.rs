use std::collections::BTreeSet;

use mindmate_contracts::QueueName;
use mindmate_domain::StageName;

use super::*;

fn programs() -> Vec<Program> {
    let stages = StageName::ALL.into_iter().map(Program::Stage);
    let others = [
        Program::Orchestrator,
        Program::TrainingData,
        Program::JudgeModel,
        Program::RunClosing,
        Program::ModelMonitor,
        Program::Operator,
    ];
    stages.chain(others).collect()
}

/// An environment with an example of everything that is needed.
fn example(needed: &[Variable]) -> BTreeMap<String, String> {
    needed.iter().map(|variable| (variable.name(), variable.example())).collect()
}

fn read(
    environment: &BTreeMap<String, String>,
    needed: &[Variable],
) -> Result<Config, ConfigError> {
    Config::read(|name| environment.get(name).cloned(), needed)
}

#[test]
fn every_program_starts_with_the_examples() {
    for program in programs() {
        let needed = program.needs();
        let config = read(&example(&needed), &needed).unwrap();
        for variable in needed {
            assert_eq!(config.value(variable).unwrap(), variable.example(), "{program:?}");
        }
    }
}

#[test]
fn what_is_not_set_has_its_default() {
    let config = read(&BTreeMap::new(), &[]).unwrap();
    assert_eq!((config.log.as_str(), config.shards), ("info", 16));
    assert_eq!((config.overdue_minutes, config.function.as_str()), (30, ""));
    assert_eq!(config.pseudonym_key, "config/pseudonym.key");
    assert_eq!(config.sentiment_analyzer, SentimentAnalyzer::Comprehend);
    assert_eq!(config.comprehend_rate.get(), 8);
    assert!(!config.has_retraining);
}

/// The template leaves the variable out where there is no image, and the machine with it.
#[test]
fn a_stack_with_a_state_machine_of_trainings_says_so() {
    let machine = Variable::RetrainingMachine;
    let environment = example(&[machine]);
    assert!(read(&environment, &[]).unwrap().has_retraining);
}

#[test]
fn an_analyzer_that_nobody_knows_and_no_calls_at_all_are_named() {
    let set = |analyzer: &str, rate: &str| {
        let set = [("MINDMATE_SENTIMENT_ANALYZER", analyzer), ("MINDMATE_COMPREHEND_RATE", rate)];
        let set = set.map(|(name, value)| (name.to_owned(), value.to_owned()));
        read(&set.into(), &[])
    };
    let config = set("local", "20").unwrap();
    assert_eq!(config.sentiment_analyzer, SentimentAnalyzer::Local);
    assert_eq!(config.comprehend_rate.get(), 20);
    let words = set("vader", "0").unwrap_err().to_string();
    for expected in [
        "MINDMATE_SENTIMENT_ANALYZER cannot be read: expected comprehend or local",
        "MINDMATE_COMPREHEND_RATE cannot be read: expected a number from 1 to 65535",
    ] {
        assert!(words.contains(expected), "{words}");
    }
}

#[test]
fn everything_that_is_wrong_is_named_at_once() {
    let needed = [
        Variable::AppTable,
        Variable::Queue(QueueName::ScoringPriority),
        Variable::AlertsTopic,
        Variable::ModelsBucket,
    ];
    let mut environment = example(&needed);
    environment.remove("APP_TABLE");
    environment.insert("ML_MODELS_BUCKET".to_owned(), "  ".to_owned());
    environment.insert("SCORING_PRIORITY_QUEUE_URL".to_owned(), "MindMate-scoring".to_owned());
    environment.insert("MINDMATE_SHARDS".to_owned(), "0".to_owned());
    environment.insert("MINDMATE_OVERDUE_MINUTES".to_owned(), "half an hour".to_owned());
    let words = read(&environment, &needed).unwrap_err().to_string();
    let expected = "the environment is not complete:
  APP_TABLE is not set: expected the name of the app's DynamoDB table, for example EmoCompanion
  SCORING_PRIORITY_QUEUE_URL cannot be read: expected the URL of the SQS queue, for example \
https://sqs.us-east-1.amazonaws.com/123456789012/MindMate-scoring-priority; found \"MindMate-scoring\"
  ML_MODELS_BUCKET is not set: expected the name of the S3 bucket of models, for example \
mindmate-ml-models-123456789012
  MINDMATE_SHARDS cannot be read: expected a number from 1 to 65535, for example 16; found \"0\"
  MINDMATE_OVERDUE_MINUTES cannot be read: expected a number from 1 to 65535, for example 30; found \"half an hour\"";
    assert_eq!(words, expected);
}

#[test]
fn a_variable_that_was_not_asked_for_is_a_fault_that_names_it() {
    let config = read(&BTreeMap::new(), &[]).unwrap();
    let words = config.value(Variable::KmsKey).unwrap_err().to_string();
    assert!(words.contains("ML_KMS_KEY_ID"), "{words}");
}

#[test]
fn a_stage_needs_its_queues_with_their_dead_letter_queues_and_where_it_sends() {
    let names = |stage| -> BTreeSet<String> {
        Program::Stage(stage).needs().into_iter().map(Variable::name).collect()
    };
    let fan_out = [
        "ACTIVITY_TABLE",
        "ASSESSMENTS_PRIORITY_QUEUE_URL",
        "ASSESSMENTS_QUEUE_URL",
        "ASSESSMENT_RUNS_TABLE",
        "FAN_OUT_DLQ_URL",
        "FAN_OUT_QUEUE_URL",
        "RISK_ASSESSMENTS_TABLE",
    ];
    assert_eq!(names(StageName::FanOut), fan_out.map(str::to_owned).into());
    let report = ["ASSESSMENT_RUNS_TABLE", "OUTCOMES_DLQ_URL", "OUTCOMES_STREAM"];
    assert_eq!(names(StageName::RunReport), report.map(str::to_owned).into());
    let ingest = [
        "ACTIVITY_DLQ_URL",
        "ACTIVITY_STREAM",
        "ACTIVITY_TABLE",
        "APP_TABLE",
        "ASSESSMENT_RUNS_TABLE",
    ];
    assert_eq!(names(StageName::ActivityIngest), ingest.map(str::to_owned).into());
}

#[test]
fn debug_shows_no_value() {
    let needed = Program::Stage(StageName::Scoring).needs();
    let config = read(&example(&needed), &needed).unwrap();
    assert!(!format!("{config:?}").contains("123456789012"));
}
