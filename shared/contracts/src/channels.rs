//! Queues and streams, and which stage sends what where.

use std::fmt;

use mindmate_domain::run::StageName;

/// The queues of an assessment's way. Each has its own dead-letter queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum QueueName {
    /// Shards to fan out.
    FanOut,
    /// Texts to analyse.
    Texts,
    /// Users to assess.
    Assessments,
    /// The same, for those who cannot wait.
    AssessmentsPriority,
    /// Features to score.
    Scoring,
    /// The same, for those who cannot wait.
    ScoringPriority,
    /// People to reach.
    Interventions,
    /// The same, for those who cannot wait.
    InterventionsPriority,
}

impl QueueName {
    /// All queues, in the order of the way.
    pub const ALL: [Self; 8] = [
        Self::FanOut,
        Self::Texts,
        Self::Assessments,
        Self::AssessmentsPriority,
        Self::Scoring,
        Self::ScoringPriority,
        Self::Interventions,
        Self::InterventionsPriority,
    ];

    /// As in stores, logs and (behind the prefix) on AWS.
    pub fn name(self) -> &'static str {
        match self {
            Self::FanOut => "fan-out",
            Self::Texts => "texts",
            Self::Assessments => "assessments",
            Self::AssessmentsPriority => "assessments-priority",
            Self::Scoring => "scoring",
            Self::ScoringPriority => "scoring-priority",
            Self::Interventions => "interventions",
            Self::InterventionsPriority => "interventions-priority",
        }
    }

    /// The queue of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|queue| queue.name() == name)
    }

    /// Whether what is lost on the way to it is asked for again: the daily run sees which texts have no
    /// sentiment.
    pub fn is_made_up_for(self) -> bool {
        self == Self::Texts
    }

    /// The stage that consumes it.
    pub fn consumer(self) -> StageName {
        match self {
            Self::FanOut => StageName::FanOut,
            Self::Texts => StageName::Sentiment,
            Self::Assessments | Self::AssessmentsPriority => StageName::FeatureExtraction,
            Self::Scoring | Self::ScoringPriority => StageName::Scoring,
            Self::Interventions | Self::InterventionsPriority => StageName::Intervention,
        }
    }

    /// The queue that carries requests to this stage, at this urgency.
    pub fn to(stage: StageName, urgent: bool) -> Option<Self> {
        match (stage, urgent) {
            (StageName::FanOut, _) => Some(Self::FanOut),
            (StageName::Sentiment, _) => Some(Self::Texts),
            (StageName::FeatureExtraction, false) => Some(Self::Assessments),
            (StageName::FeatureExtraction, true) => Some(Self::AssessmentsPriority),
            (StageName::Scoring, false) => Some(Self::Scoring),
            (StageName::Scoring, true) => Some(Self::ScoringPriority),
            (StageName::Intervention, false) => Some(Self::Interventions),
            (StageName::Intervention, true) => Some(Self::InterventionsPriority),
            (StageName::RealtimeTrigger | StageName::ActivityIngest | StageName::RunReport, _) => {
                None
            }
        }
    }
}

impl fmt::Display for QueueName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The streams.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StreamName {
    /// What changes in the app's table. On AWS it is the table's own stream.
    AppTable,
    /// What the app tells of sessions and activities.
    Activity,
    /// What became of each request.
    Outcomes,
}

impl Channel {
    /// The queue or stream of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        let stream = || StreamName::ALL.into_iter().find(|stream| stream.name() == name);
        QueueName::from_name(name).map(Self::Queue).or_else(|| stream().map(Self::Stream))
    }

    /// All of them: queues in the order of the way, then streams.
    pub fn all() -> impl Iterator<Item = Self> {
        let streams = StreamName::ALL.map(Self::Stream);
        QueueName::ALL.map(Self::Queue).into_iter().chain(streams)
    }

    /// As in stores and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Queue(queue) => queue.name(),
            Self::Stream(stream) => stream.name(),
        }
    }

    /// The stage that consumes it.
    pub fn consumer(self) -> StageName {
        match self {
            Self::Queue(queue) => queue.consumer(),
            Self::Stream(stream) => stream.consumer(),
        }
    }
}

impl StreamName {
    /// All streams.
    pub const ALL: [Self; 3] = [Self::AppTable, Self::Activity, Self::Outcomes];

    /// As in stores, logs and (behind the prefix) on AWS.
    pub fn name(self) -> &'static str {
        match self {
            Self::AppTable => "app-table",
            Self::Activity => "activity",
            Self::Outcomes => "outcomes",
        }
    }

    /// The stage that consumes it.
    pub fn consumer(self) -> StageName {
        match self {
            Self::AppTable => StageName::RealtimeTrigger,
            Self::Activity => StageName::ActivityIngest,
            Self::Outcomes => StageName::RunReport,
        }
    }
}

impl fmt::Display for StreamName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Where a message goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Channel {
    /// To a queue.
    Queue(QueueName),
    /// To a stream.
    Stream(StreamName),
}

impl fmt::Display for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Queue(queue) => write!(f, "queue {queue}"),
            Self::Stream(stream) => write!(f, "stream {stream}"),
        }
    }
}

/// One arrow of the pipeline: a stage sends a message over channels.
#[derive(Debug, Clone, Copy)]
pub struct Route {
    /// The sender; `None` for the schedule, the command line and the app.
    pub from: Option<StageName>,
    /// The message's name.
    pub message: &'static str,
    /// Where it goes.
    pub channels: &'static [Channel],
}

use Channel::{Queue, Stream};

/// All arrows; `schemas/asyncapi.yaml` is written from them.
pub const ROUTES: &[Route] = &[
    Route { from: None, message: "FanOutShardRequested", channels: &[Queue(QueueName::FanOut)] },
    Route {
        from: Some(StageName::FanOut),
        message: "FanOutShardRequested",
        channels: &[Queue(QueueName::FanOut)],
    },
    Route { from: None, message: "AppItemChanged", channels: &[Stream(StreamName::AppTable)] },
    Route { from: None, message: "ActivityRecorded", channels: &[Stream(StreamName::Activity)] },
    Route {
        from: Some(StageName::RealtimeTrigger),
        message: "TextReceived",
        channels: &[Queue(QueueName::Texts)],
    },
    Route {
        from: Some(StageName::FeatureExtraction),
        message: "TextReceived",
        channels: &[Queue(QueueName::Texts)],
    },
    Route {
        from: Some(StageName::RealtimeTrigger),
        message: "AssessmentRequested",
        channels: &[Queue(QueueName::AssessmentsPriority)],
    },
    Route {
        from: Some(StageName::FanOut),
        message: "AssessmentRequested",
        channels: &[Queue(QueueName::Assessments), Queue(QueueName::AssessmentsPriority)],
    },
    Route {
        from: Some(StageName::FeatureExtraction),
        message: "FeaturesExtracted",
        channels: &[Queue(QueueName::Scoring), Queue(QueueName::ScoringPriority)],
    },
    Route {
        from: Some(StageName::Scoring),
        message: "InterventionRequested",
        channels: &[Queue(QueueName::Interventions), Queue(QueueName::InterventionsPriority)],
    },
    Route { from: Some(StageName::Scoring), message: "AssessmentCompleted", channels: OUTCOMES },
    Route {
        from: Some(StageName::FeatureExtraction),
        message: "AssessmentSkipped",
        channels: OUTCOMES,
    },
    Route { from: Some(StageName::Scoring), message: "AssessmentSkipped", channels: OUTCOMES },
    Route {
        from: Some(StageName::FeatureExtraction),
        message: "AssessmentDeadLettered",
        channels: OUTCOMES,
    },
    Route { from: Some(StageName::Scoring), message: "AssessmentDeadLettered", channels: OUTCOMES },
    Route {
        from: Some(StageName::Intervention),
        message: "AssessmentDeadLettered",
        channels: OUTCOMES,
    },
    Route {
        from: Some(StageName::Intervention),
        message: "InterventionDelivered",
        channels: OUTCOMES,
    },
    Route {
        from: Some(StageName::Intervention),
        message: "InterventionWithheld",
        channels: OUTCOMES,
    },
];

const OUTCOMES: &[Channel] = &[Stream(StreamName::Outcomes)];
