//! The function behind the queue of texts.

use std::process::ExitCode;
use std::sync::Arc;

use mindmate_domain::{Policy, StageName};
use mindmate_host::aws;
use mindmate_host::config::Program;
use mindmate_host::lambda::serve;
use mindmate_sentiment::{Analysts, LocalAnalyzer, SentimentPorts, Sentiments};

fn main() -> ExitCode {
    serve(Program::Stage(StageName::Sentiment), async |config| {
        let aws = aws::connect(&config).await;
        let ports = SentimentPorts { items: aws.app_items(), profiles: aws.profiles() };
        let analysts = Analysts::local(Arc::new(LocalAnalyzer::built_in()?))
            .with_service(aws::sentiment(&aws, &config));
        let stage = Sentiments::new(ports, analysts, Arc::new(Policy::built_in()?));
        aws::queue_function(stage, &aws, &config)
    })
}
