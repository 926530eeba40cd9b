//! The function that the state machine of trainings calls when one has ended.

use std::process::ExitCode;
use std::sync::Arc;

use mindmate_domain::Policy;
use mindmate_evaluation::Bootstrap;
use mindmate_host::aws;
use mindmate_host::config::Program;
use mindmate_host::lambda::{Function, FunctionError, Invocation, serve};
use mindmate_model_promotion::{Answer, Following, PromotionPorts, Said};

fn main() -> ExitCode {
    serve(Program::JudgeModel, async |config| {
        let aws = aws::connect(&config).await;
        let ports = PromotionPorts {
            models: aws.model_store(),
            jobs: aws.training_jobs(),
            audit: aws.audit_log(),
            notifier: aws.notifier(),
        };
        let (policy, bootstrap) = (Arc::new(Policy::built_in()?), Bootstrap::default());
        Ok(Judge(Following::new(ports, aws.training_store(), policy, bootstrap)?))
    })
}

struct Judge(Following);

#[async_trait::async_trait]
impl Function for Judge {
    type Event = Said;
    type Answer = Answer;

    /// Judging is work and no waiting, so that nothing stops it before its time: who is killed by Lambda has
    /// changed nothing, or what the machine's next try makes up for.
    async fn invoke(&self, said: Said, _: &Invocation) -> Result<Answer, FunctionError> {
        let answer = self.0.follow(&said).await?;
        tracing::info!(model = answer.model, status = answer.status, "a training was followed");
        Ok(answer)
    }
}
