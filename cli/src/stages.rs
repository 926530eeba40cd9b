//! Puts the stages on the embedded backend's ports and into the local host.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use mindmate_contracts::{QueueName, StreamName};
use mindmate_domain::Policy;
use mindmate_fan_out::{FanOut, FanOutPorts};
use mindmate_feature_extraction::{FeatureExtraction, FeatureExtractionPorts};
use mindmate_host::local::{LocalHost, Observer, Settings};
use mindmate_intervention::{InterventionPorts, Interventions, Materials};
use mindmate_language::Lexicons;
use mindmate_model::{RiskModel, RuleScorer};
use mindmate_pipeline::{
    Clock, RetryPolicy, Runner, RunnerPorts, SeededChance, Stage, StreamRunner,
};
use mindmate_run_report::RunReport;
use mindmate_scoring::{Scoring, ScoringPorts};

use crate::session::Session;

/// Waits between attempts: shorter than on AWS, since nothing here throttles.
const RETRIES: RetryPolicy = RetryPolicy {
    initial: Duration::from_millis(200),
    longest: Duration::from_secs(5),
    attempts: 4,
};

/// A host with all stages. `clock` is the run's.
pub(crate) async fn host(
    session: &Session,
    policy: Arc<Policy>,
    clock: Arc<dyn Clock>,
    observer: Arc<dyn Observer>,
) -> anyhow::Result<LocalHost> {
    let backend = &session.backend;
    let ports = RunnerPorts {
        publisher: backend.publisher(),
        clock,
        chance: Arc::new(SeededChance::new(seed()?)),
    };
    let lexicons = Arc::new(Lexicons::built_in()?);
    let models: Vec<Arc<dyn RiskModel>> = vec![Arc::new(RuleScorer::built_in()?)];
    let materials = Materials::built_in().map_err(anyhow::Error::from_boxed)?;
    let pseudonyms = session.pseudonyms().await?;
    let fan_out =
        FanOut::new(FanOutPorts { activity: backend.activity(), ledger: backend.ledger() });
    let extraction = FeatureExtraction::new(
        FeatureExtractionPorts {
            history: backend.history(),
            profiles: backend.profiles(),
            review: backend.reviews(),
        },
        lexicons,
        Arc::clone(&policy),
    );
    let scoring = Scoring::new(
        ScoringPorts {
            profiles: backend.profiles(),
            assessments: backend.assessments(),
            review: backend.reviews(),
            notifier: backend.notifier(),
        },
        models,
        Arc::clone(&policy),
        pseudonyms.clone(),
    );
    let intervention = Interventions::new(
        InterventionPorts {
            profiles: backend.profiles(),
            assessments: backend.assessments(),
            interventions: backend.interventions(),
            chats: backend.chats(),
            review: backend.reviews(),
            notifier: backend.notifier(),
            writer: None,
        },
        materials,
        policy,
        pseudonyms,
    );
    let report = runner(RunReport::new(backend.ledger()), &ports);
    let outcomes = backend.stream(StreamName::Outcomes, RunReport::NAME.name());
    let host = LocalHost::new(Arc::clone(&session.clock), Settings::default(), observer)
        .with_stream(outcomes, StreamRunner::new(report));
    let host = on_queues(host, session, runner(fan_out, &ports));
    let host = on_queues(host, session, runner(extraction, &ports));
    let host = on_queues(host, session, runner(scoring, &ports));
    Ok(on_queues(host, session, runner(intervention, &ports)))
}

fn runner<S: Stage>(stage: S, ports: &RunnerPorts) -> Runner<S> {
    Runner::new(stage, ports.clone()).with_retries(RETRIES)
}

/// Lets the stage consume its queue and that queue's priority twin, each with its own concurrency.
fn on_queues<S: Stage>(host: LocalHost, session: &Session, runner: Runner<S>) -> LocalHost {
    let runner = Arc::new(runner);
    let queues = QueueName::ALL.into_iter().filter(|queue| queue.consumer() == S::NAME);
    queues.fold(host, |host, queue| {
        host.with_queue(queue, session.backend.queue(queue), Arc::clone(&runner))
    })
}

/// The seed of the jitter, from the system's generator.
fn seed() -> anyhow::Result<u64> {
    getrandom::u64().context("cannot draw a seed from the system's generator")
}
