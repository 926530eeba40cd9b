//! Puts the stages on a backend's ports and into a host: the one composition, for the local host
//! and for workers.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use anyhow::Context as _;
use mindmate_activity_ingest::{ActivityIngest, ActivityPorts};
use mindmate_contracts::{QueueName, StreamName};
use mindmate_domain::{Policy, StageName};
use mindmate_fan_out::{FanOut, FanOutPorts};
use mindmate_feature_extraction::{FeatureExtraction, FeatureExtractionPorts};
use mindmate_host::local::{LocalHost, Settings};
use mindmate_host::worker::{Worker, WorkerSettings};
use mindmate_intervention::{InterventionPorts, Interventions, Materials};
use mindmate_language::Lexicons;
use mindmate_model::{RiskModel, RuleScorer};
use mindmate_pipeline::ports::{MessageWriter, Queue, SentimentAnalyzer, StreamSource};
use mindmate_pipeline::{
    Clock, RetryPolicy, Runner, RunnerPorts, SeededChance, Stage, StreamRunner,
};
use mindmate_realtime_trigger::{RealtimePorts, RealtimeTrigger};
use mindmate_run_report::RunReport;
use mindmate_scoring::current::CurrentModel;
use mindmate_scoring::{Scoring, ScoringPorts};
use mindmate_sentiment::{Analysts, LocalAnalyzer, SentimentPorts, Sentiments};

use crate::session::Session;

/// Waits between attempts on one machine: shorter than on AWS, since nothing here throttles.
pub(crate) const LOCAL_RETRIES: RetryPolicy = RetryPolicy {
    initial: Duration::from_millis(200),
    longest: Duration::from_secs(5),
    attempts: 4,
};

/// What the stages are put on.
pub(crate) struct Composition<'a> {
    pub(crate) session: &'a Session,
    /// The clock of the run.
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) chance: Arc<SeededChance>,
    pub(crate) retries: RetryPolicy,
    pub(crate) policy: Arc<Policy>,
    /// Drafts messages for those who consent to it.
    pub(crate) writer: Option<Arc<dyn MessageWriter>>,
    /// The service that analyses texts; without one the local analyser does.
    pub(crate) sentiment: Option<Arc<dyn SentimentAnalyzer>>,
}

/// What runs stages.
pub(crate) trait Host: Sized {
    /// Adds a stage that consumes a queue.
    fn with_queue<S: Stage>(
        self,
        name: QueueName,
        queue: Arc<dyn Queue>,
        runner: Arc<Runner<S>>,
    ) -> Self;

    /// Adds a stage that consumes a stream.
    fn with_stream<S: Stage>(self, source: Arc<dyn StreamSource>, runner: StreamRunner<S>) -> Self;
}

impl<'a> Composition<'a> {
    /// On this machine, in the time that it is, with the built-in policy.
    pub(crate) fn on_one_machine(session: &'a Session) -> anyhow::Result<Self> {
        Ok(Self {
            session,
            clock: Arc::clone(&session.clock),
            chance: chance()?,
            retries: LOCAL_RETRIES,
            policy: Policy::built_in()?.into(),
            writer: None,
            sentiment: None,
        })
    }
}

impl Composition<'_> {
    /// All stages in a worker that polls as one machine can: nobody is charged for it.
    pub(crate) async fn all_in_a_worker(&self) -> anyhow::Result<Worker> {
        let settings = WorkerSettings { queues: Settings::default(), ..WorkerSettings::default() };
        let (clock, chance) = (Arc::clone(&self.clock), self.chance.clone());
        let worker = Worker::new(clock, chance, settings, Arc::new(()));
        self.put_into(worker, &StageName::ALL).await
    }

    /// The host with these stages.
    pub(crate) async fn put_into<H: Host>(
        &self,
        mut host: H,
        stages: &[StageName],
    ) -> anyhow::Result<H> {
        for stage in stages {
            host = self.put(host, *stage).await?;
        }
        Ok(host)
    }

    async fn put<H: Host>(&self, host: H, stage: StageName) -> anyhow::Result<H> {
        Ok(match stage {
            StageName::FanOut => self.on_queues(host, self.fan_out()),
            StageName::RealtimeTrigger => {
                self.on_stream(host, StreamName::AppTable, self.realtime_trigger()?)
            }
            StageName::FeatureExtraction => self.on_queues(host, self.feature_extraction()?),
            StageName::Scoring => self.on_queues(host, self.scoring().await?),
            StageName::Intervention => self.on_queues(host, self.intervention().await?),
            StageName::RunReport => self.on_stream(host, StreamName::Outcomes, self.run_report()),
            StageName::ActivityIngest => {
                self.on_stream(host, StreamName::Activity, self.activity_ingest())
            }
            StageName::Sentiment => self.on_queues(host, self.sentiments()?),
        })
    }

    fn fan_out(&self) -> FanOut {
        let ports = &self.session.ports;
        FanOut::new(FanOutPorts { activity: ports.activity.clone(), ledger: ports.ledger.clone() })
    }

    fn feature_extraction(&self) -> anyhow::Result<FeatureExtraction> {
        let ports = &self.session.ports;
        let ports = FeatureExtractionPorts {
            history: ports.history.clone(),
            profiles: ports.profiles.clone(),
            review: ports.reviews.clone(),
        };
        let lexicons = lexicons()?;
        Ok(FeatureExtraction::new(ports, lexicons, self.policy.clone()))
    }

    fn sentiments(&self) -> anyhow::Result<Sentiments> {
        let ports = &self.session.ports;
        let ports = SentimentPorts { items: ports.items.clone(), profiles: ports.profiles.clone() };
        let analysts = Analysts::local(Arc::new(LocalAnalyzer::built_in()?))
            .with_service(self.sentiment.clone());
        let stage = Sentiments::new(ports, analysts, self.policy.clone());
        Ok(stage.with_retries(self.retries))
    }

    async fn scoring(&self) -> anyhow::Result<Scoring> {
        let ports = &self.session.ports;
        let ports = ScoringPorts {
            profiles: ports.profiles.clone(),
            assessments: ports.assessments.clone(),
            review: ports.reviews.clone(),
            notifier: ports.notifier.clone(),
        };
        let models: Vec<Arc<dyn RiskModel>> = vec![Arc::new(RuleScorer::built_in()?)];
        let pseudonyms = self.session.installation.pseudonyms().await?;
        let current = CurrentModel::of_artefacts(self.session.models.clone());
        let stage = Scoring::new(ports, models, self.policy.clone(), pseudonyms);
        Ok(stage.with_current(Arc::new(current)))
    }

    async fn intervention(&self) -> anyhow::Result<Interventions> {
        let ports = &self.session.ports;
        let ports = InterventionPorts {
            profiles: ports.profiles.clone(),
            assessments: ports.assessments.clone(),
            interventions: ports.interventions.clone(),
            chats: ports.chats.clone(),
            items: ports.items.clone(),
            review: ports.reviews.clone(),
            notifier: ports.notifier.clone(),
            writer: self.writer.clone(),
        };
        let materials = Materials::built_in().map_err(anyhow::Error::from_boxed)?;
        let pseudonyms = self.session.installation.pseudonyms().await?;
        Ok(Interventions::new(ports, materials, self.policy.clone(), pseudonyms))
    }

    /// On AWS only as a function: the app's table has a stream of its own, which is Lambda's.
    fn realtime_trigger(&self) -> anyhow::Result<RealtimeTrigger> {
        let ports = &self.session.ports;
        let ports = RealtimePorts {
            items: ports.items.clone(),
            profiles: ports.profiles.clone(),
            states: ports.states.clone(),
            activity: ports.activity.clone(),
        };
        let lexicons = lexicons()?;
        Ok(RealtimeTrigger::new(ports, lexicons, self.policy.clone()))
    }

    fn activity_ingest(&self) -> ActivityIngest {
        let ports = &self.session.ports;
        let ports = ActivityPorts {
            items: ports.items.clone(),
            profiles: ports.profiles.clone(),
            states: ports.states.clone(),
        };
        ActivityIngest::new(ports, self.policy.clone())
    }

    fn run_report(&self) -> RunReport {
        RunReport::new(self.session.ports.ledger.clone())
    }

    /// Lets the stage consume a stream, under its own checkpoint.
    fn on_stream<H: Host, S: Stage>(&self, host: H, stream: StreamName, stage: S) -> H {
        let source = self.session.ports.channels.stream(stream, S::NAME.name());
        host.with_stream(source, StreamRunner::new(self.runner(stage)))
    }

    /// Lets the stage consume its queue and that queue's priority twin, each with its own
    /// concurrency.
    fn on_queues<H: Host, S: Stage>(&self, host: H, stage: S) -> H {
        let runner = Arc::new(self.runner(stage));
        let channels = &self.session.ports.channels;
        let queues = QueueName::ALL.into_iter().filter(|queue| queue.consumer() == S::NAME);
        queues.fold(host, |host, queue| {
            host.with_queue(queue, channels.queue(queue), Arc::clone(&runner))
        })
    }

    fn runner<S: Stage>(&self, stage: S) -> Runner<S> {
        let ports = RunnerPorts {
            publisher: self.session.ports.publisher.clone(),
            clock: self.clock.clone(),
            chance: self.chance.clone(),
        };
        Runner::new(stage, ports).with_retries(self.retries)
    }
}

/// The word lists, which take half a second to build: once a process.
fn lexicons() -> anyhow::Result<Arc<Lexicons>> {
    static BUILT: OnceLock<Arc<Lexicons>> = OnceLock::new();
    if let Some(built) = BUILT.get() {
        return Ok(Arc::clone(built));
    }
    let built = Arc::new(Lexicons::built_in()?);
    Ok(Arc::clone(BUILT.get_or_init(|| built)))
}

/// Jitter, from a seed of the system's generator.
pub(crate) fn chance() -> anyhow::Result<Arc<SeededChance>> {
    let seed = getrandom::u64().context("cannot draw a seed from the system's generator")?;
    Ok(Arc::new(SeededChance::new(seed)))
}

impl Host for LocalHost {
    fn with_queue<S: Stage>(
        self,
        name: QueueName,
        queue: Arc<dyn Queue>,
        runner: Arc<Runner<S>>,
    ) -> Self {
        Self::with_queue(self, name, queue, runner)
    }

    fn with_stream<S: Stage>(self, source: Arc<dyn StreamSource>, runner: StreamRunner<S>) -> Self {
        Self::with_stream(self, source, runner)
    }
}

impl Host for Worker {
    fn with_queue<S: Stage>(
        self,
        name: QueueName,
        queue: Arc<dyn Queue>,
        runner: Arc<Runner<S>>,
    ) -> Self {
        Self::with_queue(self, name, queue, runner)
    }

    fn with_stream<S: Stage>(self, source: Arc<dyn StreamSource>, runner: StreamRunner<S>) -> Self {
        Self::with_stream(self, source, runner)
    }
}
