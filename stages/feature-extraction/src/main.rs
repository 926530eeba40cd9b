//! The function behind the queues of assessments.

use std::process::ExitCode;
use std::sync::Arc;

use mindmate_domain::{Policy, StageName};
use mindmate_feature_extraction::{FeatureExtraction, FeatureExtractionPorts};
use mindmate_host::aws;
use mindmate_host::config::Program;
use mindmate_host::lambda::serve;
use mindmate_language::Lexicons;

fn main() -> ExitCode {
    serve(Program::Stage(StageName::FeatureExtraction), async |config| {
        let aws = aws::connect(&config).await;
        let ports = FeatureExtractionPorts {
            history: aws.history(),
            profiles: aws.profiles(),
            review: aws.reviews(),
        };
        let (lexicons, policy) = (Arc::new(Lexicons::built_in()?), Arc::new(Policy::built_in()?));
        aws::queue_function(FeatureExtraction::new(ports, lexicons, policy), &aws, &config)
    })
}
