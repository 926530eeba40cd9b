//! The function behind the queues of interventions.

use std::process::ExitCode;
use std::sync::Arc;

use mindmate_domain::{Policy, StageName};
use mindmate_host::aws;
use mindmate_host::config::Program;
use mindmate_host::lambda::serve;
use mindmate_intervention::{InterventionPorts, Interventions, Materials};

fn main() -> ExitCode {
    serve(Program::Stage(StageName::Intervention), async |config| {
        let aws = aws::connect(&config).await;
        let ports = InterventionPorts {
            profiles: aws.profiles(),
            assessments: aws.assessments(),
            interventions: aws.interventions(),
            chats: aws.chats(),
            items: aws.app_items(),
            review: aws.reviews(),
            notifier: aws.notifier(),
            writer: config.message_model.as_deref().map(|model| aws.writer(model)),
        };
        let pseudonyms = aws.pseudonym_key(&config.pseudonym_key).await?;
        let (materials, policy) = (Materials::built_in()?, Arc::new(Policy::built_in()?));
        let stage = Interventions::new(ports, materials, policy, pseudonyms);
        aws::queue_function(stage, &aws, &config)
    })
}
