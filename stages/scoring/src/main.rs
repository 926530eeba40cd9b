//! The function behind the queues of features.

use std::process::ExitCode;
use std::sync::Arc;

use mindmate_domain::{Policy, StageName};
use mindmate_host::aws;
use mindmate_host::config::Program;
use mindmate_host::lambda::serve;
use mindmate_model::{RiskModel, RuleScorer};
use mindmate_scoring::current::CurrentModel;
use mindmate_scoring::{Scoring, ScoringPorts};

fn main() -> ExitCode {
    serve(Program::Stage(StageName::Scoring), async |config| {
        let aws = aws::connect(&config).await;
        let ports = ScoringPorts {
            profiles: aws.profiles(),
            assessments: aws.assessments(),
            review: aws.reviews(),
            notifier: aws.notifier(),
        };
        let models: Vec<Arc<dyn RiskModel>> = vec![Arc::new(RuleScorer::built_in()?)];
        let pseudonyms = aws.pseudonym_key(&config.pseudonym_key).await?;
        let stage = Scoring::new(ports, models, Arc::new(Policy::built_in()?), pseudonyms);
        let current = CurrentModel::of_artefacts(aws.model_store());
        let stage = stage.with_current(Arc::new(current));
        aws::queue_function(stage, &aws, &config)
    })
}
