//! The messages, each in its current version. None holds text written by a user.

use jiff::Timestamp;
use mindmate_domain::assessment::{Method, MissingPart};
use mindmate_domain::intervention::{InterventionType, ReviewEntry, ReviewReason, WithheldReason};
use mindmate_domain::policy::ReviewRule;
use mindmate_domain::quality::DataQuality;
use mindmate_domain::{
    AsOf, CrisisCheck, CrisisSignal, Feature, FeatureVector, InterventionId, Position, RiskLevel,
    RunId, StageName, UserId,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::app_name::AppName;
use crate::envelope::{Contract, DecodeError, Message, RawEvent};

macro_rules! message {
    ($name:ident, $kind:literal) => {
        impl Message for $name {
            const NAME: &'static str = stringify!($name);
            const TYPE: &'static str = concat!("app.mindmate.", $kind);
        }

        impl Contract for $name {
            fn decode(event: &RawEvent<'_>) -> Result<Self, DecodeError> {
                event.data()
            }
        }
    };
}

/// Asks for one page of a shard of users to be turned into requests. The stage asks itself for
/// the next page, so that no delivery has to reach a whole shard.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FanOutShardRequested {
    /// The run.
    pub run_id: RunId,
    /// The instant that every assessment of the run looks back from.
    pub as_of: AsOf,
    /// How many shards the users are dealt to.
    pub shards: u16,
    /// Which of them this is, from 0.
    pub shard: u16,
    /// Which page of the shard, from 0.
    pub page: u32,
    /// Whether the run's `asOf` was already past due when it was started.
    pub historical: bool,
}
message!(FanOutShardRequested, "fan-out.shard-requested.v1");

/// What made somebody ask for an assessment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Trigger {
    /// The daily run.
    Daily,
    /// Something that the user wrote just now.
    Realtime,
}

/// What every message on an assessment's way carries.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Request {
    /// Whom it is about.
    pub user_id: UserId,
    /// The instant that the assessment looks back from.
    pub as_of: AsOf,
    /// Where it stands in its run, if it belongs to one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub run: Option<Position>,
    /// What made somebody ask.
    pub trigger: Trigger,
    /// Whether it takes the priority queues.
    pub urgent: bool,
    /// Whether it belongs to a historical run.
    pub historical: bool,
}

impl Request {
    /// An entry of the review queue about this request.
    pub fn review(
        &self,
        reason: ReviewReason,
        level: RiskLevel,
        content_allowed: bool,
        (now, rule): (Timestamp, ReviewRule),
    ) -> ReviewEntry {
        ReviewEntry {
            user: self.user_id.clone(),
            as_of: self.as_of,
            reason,
            level,
            historical: self.historical,
            content_allowed,
            entered_at: now,
            due_at: rule.due(now),
        }
    }

    /// What is derived from the request and the same at every try: the stem of message ids.
    pub fn stem(&self) -> String {
        if let Some(position) = &self.run {
            return format!("{}/{}/{}", position.run, position.shard, position.ordinal);
        }
        let kind = InterventionType::CrisisSupport;
        format!("realtime/{}", InterventionId::derive(&self.user_id, self.as_of, kind))
    }
}

/// Asks for an assessment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AssessmentRequested {
    /// Who, when, and where in which run.
    #[serde(flatten)]
    pub request: Request,
    /// Crisis language that was seen when the text came: it counts even where the text is gone by
    /// then, or dated by a clock that is ahead.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub seen: Vec<CrisisSignal>,
}
message!(AssessmentRequested, "assessment.requested.v1");

/// An item of the app's table was written or removed. Its key only: what stands there is read when
/// it is looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AppItemChanged {
    /// Whose item it is.
    pub user_id: UserId,
    /// Its sort key.
    pub sk: String,
    /// When the table noted the change: never the client's clock. No assessment that is asked for
    /// because of it looks back from an earlier instant.
    pub changed_at: AsOf,
    /// Whether it is gone: deleted, or its time was over.
    pub removed: bool,
}
message!(AppItemChanged, "app-item.changed.v1");

/// Asks for the sentiment of a text: its key, not the text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TextReceived {
    /// Who wrote it.
    pub user_id: UserId,
    /// The sort key of the item that it stands in.
    pub sk: String,
}
message!(TextReceived, "text.received.v1");

/// Something that a person did in the app, as the app tells it: twice, late and in any order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ActivityRecorded {
    /// Who did it.
    pub user_id: UserId,
    /// When, by the client's clock: UTC in whole milliseconds.
    pub at: AsOf,
    /// What.
    #[serde(flatten)]
    pub activity: RecordedActivity,
}
message!(ActivityRecorded, "activity.recorded.v1");

/// What a person did in the app.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum RecordedActivity {
    /// They opened the app.
    SessionStarted {
        /// The app's id of the session, never used again for another one of the user's.
        session_id: AppName,
    },
    /// They left it.
    SessionEnded {
        /// The id that its start had.
        session_id: AppName,
    },
    /// They looked at a screen. Nothing is kept of it.
    ScreenViewed {
        /// The session that it was in.
        session_id: AppName,
        /// Which screen.
        screen: AppName,
    },
    /// The companion suggested an activity, or they chose one themselves.
    ActivitySuggested {
        /// The app's id of this suggestion, never used again for another one of the user's.
        activity_id: AppName,
        /// The activity's name in the app's list, never words of the user.
        activity: AppName,
        /// Whether the companion suggested it.
        suggested: bool,
    },
    /// They did it.
    ActivityCompleted {
        /// The id that its suggestion had.
        activity_id: AppName,
        /// Whether they found it helpful; not there where they have not said so.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        helpful: Option<bool>,
    },
}

/// The features of a user, and apart from them what the look for crisis language came to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct FeaturesExtracted {
    /// Who, when, and where in which run.
    #[serde(flatten)]
    pub request: Request,
    /// All features, present or missing.
    pub vector: FeatureVector,
    /// Found apart from the features.
    pub crisis: CrisisCheck,
    /// Parts of the features that could not be made.
    pub missing_parts: Vec<MissingPart>,
    /// What of the user's data was left out.
    pub data_quality: DataQuality,
}
message!(FeaturesExtracted, "features.extracted.v1");

/// Asks to reach out to a user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct InterventionRequested {
    /// Who, when, and where in which run.
    #[serde(flatten)]
    pub request: Request,
    /// The level to answer.
    pub level: RiskLevel,
    /// What weighed most, strongest first; at most five. Never with its weight.
    pub factors: Vec<Feature>,
}
message!(InterventionRequested, "intervention.requested.v1");

/// An assessment was made and stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AssessmentCompleted {
    /// Who, when, and where in which run.
    #[serde(flatten)]
    pub request: Request,
    /// The stage that says so.
    pub stage: StageName,
    /// The level, the floor included.
    pub level: RiskLevel,
    /// How it was come to.
    pub method: Method,
    /// What was sent on, by the message's name.
    pub sent_on: Vec<String>,
}
message!(AssessmentCompleted, "assessment.completed.v1");

/// Why an assessment was not made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum SkipReason {
    /// Scoring is not consented to.
    NoScoringConsent,
}

/// An assessment was not made, for a reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AssessmentSkipped {
    /// Who, when, and where in which run.
    #[serde(flatten)]
    pub request: Request,
    /// The stage that says so.
    pub stage: StageName,
    /// Why.
    pub reason: SkipReason,
}
message!(AssessmentSkipped, "assessment.skipped.v1");

/// A stage gave up; the message is in its dead-letter queue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AssessmentDeadLettered {
    /// Where the request stands in its run.
    pub run: Position,
    /// The stage that gave up.
    pub stage: StageName,
    /// The cause's code, as on the dead letter.
    pub code: String,
}
message!(AssessmentDeadLettered, "assessment.dead-lettered.v1");

/// An intervention is in the user's chat.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct InterventionDelivered {
    /// Who, when, and where in which run.
    #[serde(flatten)]
    pub request: Request,
    /// The stage that says so.
    pub stage: StageName,
    /// Its id.
    pub intervention_id: InterventionId,
    /// Its type.
    pub intervention: InterventionType,
}
message!(InterventionDelivered, "intervention.delivered.v1");

/// An intervention was not sent, for a reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct InterventionWithheld {
    /// Who, when, and where in which run.
    #[serde(flatten)]
    pub request: Request,
    /// The stage that says so.
    pub stage: StageName,
    /// The type that was not sent.
    pub intervention: InterventionType,
    /// Why.
    pub reason: WithheldReason,
}
message!(InterventionWithheld, "intervention.withheld.v1");

/// Any of the messages that say what became of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the variants are the messages")]
pub enum Outcome {
    Completed(AssessmentCompleted),
    Skipped(AssessmentSkipped),
    DeadLettered(AssessmentDeadLettered),
    Delivered(InterventionDelivered),
    Withheld(InterventionWithheld),
}

impl Outcome {
    const TYPES: &'static [&'static str] = &[
        AssessmentCompleted::TYPE,
        AssessmentSkipped::TYPE,
        AssessmentDeadLettered::TYPE,
        InterventionDelivered::TYPE,
        InterventionWithheld::TYPE,
    ];

    /// The position that it speaks of; none for an assessment outside any run.
    pub fn position(&self) -> Option<&Position> {
        match self {
            Self::Completed(outcome) => outcome.request.run.as_ref(),
            Self::Skipped(outcome) => outcome.request.run.as_ref(),
            Self::DeadLettered(outcome) => Some(&outcome.run),
            Self::Delivered(outcome) => outcome.request.run.as_ref(),
            Self::Withheld(outcome) => outcome.request.run.as_ref(),
        }
    }
}

impl Contract for Outcome {
    fn decode(event: &RawEvent<'_>) -> Result<Self, DecodeError> {
        match &*event.kind {
            AssessmentCompleted::TYPE => event.data().map(Self::Completed),
            AssessmentSkipped::TYPE => event.data().map(Self::Skipped),
            AssessmentDeadLettered::TYPE => event.data().map(Self::DeadLettered),
            InterventionDelivered::TYPE => event.data().map(Self::Delivered),
            InterventionWithheld::TYPE => event.data().map(Self::Withheld),
            other => Err(DecodeError::UnknownType {
                expected: Self::TYPES,
                found: crate::envelope::shown(other),
            }),
        }
    }
}
