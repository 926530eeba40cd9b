//! Puts the stages on a machine's ports, as `cli` puts them on a backend's.

use std::sync::Arc;

use mindmate_contracts::{QueueName, StreamName};
use mindmate_domain::StageName;
use mindmate_fan_out::{FanOut, FanOutPorts};
use mindmate_feature_extraction::{FeatureExtraction, FeatureExtractionPorts};
use mindmate_intervention::{InterventionPorts, Interventions};
use mindmate_pipeline::{Runner, RunnerPorts, Stage, StreamRunner};
use mindmate_realtime_trigger::{RealtimePorts, RealtimeTrigger};
use mindmate_run_report::RunReport;
use mindmate_scoring::{Scoring, ScoringPorts};
use mindmate_sentiment::{Analysts, SentimentPorts, Sentiments};

use crate::broken::Broken;
use crate::machines::{Build, Process, Step};
use crate::parts::parts;

/// Which queues and streams a machine consumes, and by what.
pub(crate) struct Stages {
    pub(crate) queues: Vec<(QueueName, Arc<dyn Process>)>,
    pub(crate) streams: Vec<(StreamName, StageName, Box<dyn Step>)>,
}

/// All stages on the ports of a machine.
pub(crate) fn on(build: &Build) -> Stages {
    let ports = &build.ports;
    let made_of = parts();
    let policy = || match build.broken {
        Some(Broken::SendsStale) => Arc::clone(&made_of.patient_policy),
        _ => Arc::clone(&made_of.policy),
    };
    let mut stages = Stages { queues: Vec::new(), streams: Vec::new() };
    stages.add_queues(
        build,
        FanOut::new(FanOutPorts { activity: ports.activity.clone(), ledger: ports.ledger.clone() }),
    );
    let extraction = FeatureExtractionPorts {
        history: ports.history.clone(),
        profiles: ports.profiles.clone(),
        review: ports.reviews.clone(),
    };
    stages.add_queues(
        build,
        FeatureExtraction::new(extraction, Arc::clone(&made_of.lexicons), policy()),
    );
    let scoring = ScoringPorts {
        profiles: ports.profiles.clone(),
        assessments: ports.assessments.clone(),
        review: ports.reviews.clone(),
        notifier: ports.notifier.clone(),
    };
    let pseudonyms = made_of.pseudonyms.clone();
    stages.add_queues(build, Scoring::new(scoring, made_of.models.clone(), policy(), pseudonyms));
    let intervention = InterventionPorts {
        profiles: ports.profiles.clone(),
        assessments: ports.assessments.clone(),
        interventions: ports.interventions.clone(),
        chats: ports.chats.clone(),
        items: ports.items.clone(),
        review: ports.reviews.clone(),
        notifier: ports.notifier.clone(),
        writer: None,
    };
    let (materials, pseudonyms) = (made_of.materials.clone(), made_of.pseudonyms.clone());
    stages.add_queues(build, Interventions::new(intervention, materials, policy(), pseudonyms));
    let sentiment = SentimentPorts { items: ports.items.clone(), profiles: ports.profiles.clone() };
    let analysts = Analysts::local(Arc::clone(&made_of.analyzer));
    stages.add_queues(build, Sentiments::new(sentiment, analysts, policy()));
    let realtime = RealtimePorts {
        items: ports.items.clone(),
        profiles: ports.profiles.clone(),
        states: ports.states.clone(),
        activity: ports.activity.clone(),
    };
    let trigger = RealtimeTrigger::new(realtime, Arc::clone(&made_of.lexicons), policy());
    stages.add_stream(build, StreamName::AppTable, trigger);
    stages.add_stream(build, StreamName::Outcomes, RunReport::new(ports.ledger.clone()));
    stages
}

impl Stages {
    fn add_queues<S: Stage>(&mut self, build: &Build, stage: S) {
        let runner: Arc<dyn Process> = Arc::new(runner(build, stage));
        let queues = QueueName::ALL.into_iter().filter(|queue| queue.consumer() == S::NAME);
        self.queues.extend(queues.map(|queue| (queue, Arc::clone(&runner))));
    }

    fn add_stream<S: Stage>(&mut self, build: &Build, stream: StreamName, stage: S) {
        self.streams.push((stream, S::NAME, Box::new(StreamRunner::new(runner(build, stage)))));
    }
}

fn runner<S: Stage>(build: &Build, stage: S) -> Runner<S> {
    let ports = RunnerPorts {
        publisher: Arc::clone(&build.ports.publisher),
        clock: Arc::clone(&build.clock),
        chance: Arc::clone(&build.chance),
    };
    Runner::new(stage, ports)
}
