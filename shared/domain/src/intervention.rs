//! Interventions: what is sent at which level, and the types that keep a critical one whole.

mod review;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::audit::{AuditAction, AuditEvent};
use crate::ids::{InterventionId, UserId};
use crate::instant::AsOf;
use crate::risk::RiskLevel;
use crate::run::Position;

pub use self::review::{ReviewEntry, ReviewReason};

/// What kind of message is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum InterventionType {
    /// Crisis resources at once (critical).
    CrisisSupport,
    /// A caring check-in (high).
    CheckIn,
    /// Coping activities (moderate).
    CopingActivities,
    /// A kind word (low).
    Encouragement,
}

impl InterventionType {
    /// All of them, from the most to the least urgent.
    pub const ALL: [Self; 4] =
        [Self::CrisisSupport, Self::CheckIn, Self::CopingActivities, Self::Encouragement];

    /// As in messages, stores and the chat's `messageType`.
    pub fn name(self) -> &'static str {
        match self {
            Self::CrisisSupport => "crisisSupport",
            Self::CheckIn => "checkIn",
            Self::CopingActivities => "copingActivities",
            Self::Encouragement => "encouragement",
        }
    }

    /// The level that it answers.
    pub fn level(self) -> RiskLevel {
        match self {
            Self::CrisisSupport => RiskLevel::Critical,
            Self::CheckIn => RiskLevel::High,
            Self::CopingActivities => RiskLevel::Moderate,
            Self::Encouragement => RiskLevel::Low,
        }
    }

    /// What answers a level; nothing is sent at minimal or unknown.
    pub fn for_level(level: RiskLevel) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.level() == level)
    }
}

/// A helpline that was verified in a cited source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Helpline {
    /// Its name, as it calls itself.
    pub name: String,
    /// How to reach it, in words: "call or text 988".
    pub contact: String,
    /// When it answers.
    pub hours: String,
}

/// The crisis resources of a country, or the international ones. Never empty.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", try_from = "ResourceParts")]
pub struct CrisisResources {
    version: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    country: Option<String>,
    helplines: Vec<Helpline>,
    emergency: String,
}

/// The parts of [`CrisisResources`], unchecked.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "see the getters of `CrisisResources`")]
pub struct ResourceParts {
    pub version: String,
    #[serde(default)]
    pub country: Option<String>,
    pub helplines: Vec<Helpline>,
    pub emergency: String,
}

/// There is nothing in the resources.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("crisis resources have at least one helpline and the advice for an emergency")]
pub struct NoResources;

impl TryFrom<ResourceParts> for CrisisResources {
    type Error = NoResources;

    fn try_from(parts: ResourceParts) -> Result<Self, Self::Error> {
        if parts.helplines.is_empty() || parts.emergency.trim().is_empty() {
            return Err(NoResources);
        }
        Ok(Self {
            version: parts.version,
            country: parts.country,
            helplines: parts.helplines,
            emergency: parts.emergency,
        })
    }
}

impl CrisisResources {
    /// Version of the data file that they are from.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// ISO 3166-1 alpha-2; `None` for the international ones.
    pub fn country(&self) -> Option<&str> {
        self.country.as_deref()
    }

    /// At least one.
    pub fn helplines(&self) -> &[Helpline] {
        &self.helplines
    }

    /// What to do in immediate danger, in words.
    pub fn emergency(&self) -> &str {
        &self.emergency
    }
}

/// What is sent. The variant is the level: a critical one cannot be without its resources.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "camelCase")]
pub enum Content {
    /// See [`InterventionType::CrisisSupport`].
    CrisisSupport {
        /// The text of the chat message, resources included.
        message: Message,
        /// The resources that the message names.
        resources: CrisisResources,
    },
    /// See [`InterventionType::CheckIn`].
    CheckIn {
        /// The text of the chat message.
        message: Message,
    },
    /// See [`InterventionType::CopingActivities`].
    CopingActivities {
        /// The text of the chat message, activities included.
        message: Message,
        /// The suggested activities, by their names in the activities file.
        activities: Vec<String>,
    },
    /// See [`InterventionType::Encouragement`].
    Encouragement {
        /// The text of the chat message.
        message: Message,
    },
}

impl Content {
    /// Its type.
    pub fn kind(&self) -> InterventionType {
        match self {
            Self::CrisisSupport { .. } => InterventionType::CrisisSupport,
            Self::CheckIn { .. } => InterventionType::CheckIn,
            Self::CopingActivities { .. } => InterventionType::CopingActivities,
            Self::Encouragement { .. } => InterventionType::Encouragement,
        }
    }

    /// The message.
    pub fn message(&self) -> &Message {
        match self {
            Self::CrisisSupport { message, .. }
            | Self::CheckIn { message }
            | Self::CopingActivities { message, .. }
            | Self::Encouragement { message } => message,
        }
    }
}

/// The text of a message to a user and the template that it was made from. `Debug` shows the
/// template only, since the text holds the display name.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// The template, with its version: `en/check-in-2@templates-1`.
    pub template: String,
    /// The text as sent.
    pub text: String,
}

impl std::fmt::Debug for Message {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Message({})", self.template)
    }
}

/// What a language model is asked. It holds no word of a user: it is put together from the fixed
/// texts of data files, in one place (safety 9).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prompt {
    /// How to write.
    pub instructions: String,
    /// What to write about.
    pub request: String,
}

/// An intervention that was decided on. It cannot be built without its audit event (safety 2).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Intervention {
    id: InterventionId,
    #[serde(rename = "userId")]
    user: UserId,
    as_of: AsOf,
    level: RiskLevel,
    #[serde(flatten)]
    content: Content,
    #[serde(rename = "run", skip_serializing_if = "Option::is_none", default)]
    position: Option<Position>,
    historical: bool,
    #[serde(with = "crate::instant::serde_key_form")]
    created_at: Timestamp,
    audit: AuditEvent,
}

impl Intervention {
    /// Decides on an intervention: its id, level and audit event follow from the rest.
    ///
    /// `created_at` is cut to milliseconds, the form in which it is stored and keyed.
    pub fn decide(
        user: UserId,
        as_of: AsOf,
        content: Content,
        position: Option<Position>,
        historical: bool,
        created_at: Timestamp,
    ) -> Self {
        let created_at =
            Timestamp::from_millisecond(created_at.as_millisecond()).unwrap_or(created_at);
        let id = InterventionId::derive(&user, as_of, content.kind());
        let actor = crate::run::StageName::Intervention.name();
        let action = AuditAction::InterventionCreated;
        let audit = AuditEvent::upon(user.clone(), actor, action, id.to_string(), created_at);
        let level = content.kind().level();
        Self { id, user, as_of, level, content, position, historical, created_at, audit }
    }

    /// Its id.
    pub fn id(&self) -> &InterventionId {
        &self.id
    }

    /// Whom it is for.
    pub fn user(&self) -> &UserId {
        &self.user
    }

    /// The `asOf` of its assessment.
    pub fn as_of(&self) -> AsOf {
        self.as_of
    }

    /// The level that it answers.
    pub fn level(&self) -> RiskLevel {
        self.level
    }

    /// What is sent.
    pub fn content(&self) -> &Content {
        &self.content
    }

    /// Where its assessment stands in its run.
    pub fn position(&self) -> Option<&Position> {
        self.position.as_ref()
    }

    /// Whether it belongs to a historical run.
    pub fn historical(&self) -> bool {
        self.historical
    }

    /// When it was decided on; also the instant of its chat message.
    pub fn created_at(&self) -> Timestamp {
        self.created_at
    }

    /// The act, for the audit trail.
    pub fn audit(&self) -> &AuditEvent {
        &self.audit
    }

    /// The sort key of its chat message in the app's table.
    pub fn chat_sk(&self) -> String {
        format!("CHAT#{}#{}", crate::instant::key_form(self.created_at), self.id)
    }
}

/// What became of an intervention.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "status", rename_all = "camelCase")]
pub enum DeliveryStatus {
    /// Decided on, not yet in the chat.
    Pending,
    /// In the chat.
    Delivered {
        /// When.
        #[serde(with = "crate::instant::serde_key_form")]
        at: Timestamp,
    },
}

/// The last intervention of a user, which repeats are held against (safety 5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Guard {
    /// Its level.
    pub level: RiskLevel,
    /// When it was decided on.
    #[serde(with = "crate::instant::serde_key_form")]
    pub since: Timestamp,
    /// Until when a repeat of the same or a lower level waits.
    #[serde(with = "crate::instant::serde_key_form")]
    pub until: Timestamp,
}

/// Why nothing was sent.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "camelCase")]
pub enum WithheldReason {
    /// A repeat of the same or a lower level came too soon.
    CoolDown,
    /// Outreach is not consented to.
    NoOutreachConsent,
    /// Scoring is not consented to any more.
    NoScoringConsent,
    /// The assessment is too old; a human reviews.
    Stale,
    /// A newer assessment has overtaken it; a human reviews.
    Overtaken,
}

impl WithheldReason {
    /// All of them, as reports list them.
    pub const ALL: [Self; 5] = [
        Self::CoolDown,
        Self::NoOutreachConsent,
        Self::NoScoringConsent,
        Self::Stale,
        Self::Overtaken,
    ];

    /// As in stores and reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::CoolDown => "coolDown",
            Self::NoOutreachConsent => "noOutreachConsent",
            Self::NoScoringConsent => "noScoringConsent",
            Self::Stale => "stale",
            Self::Overtaken => "overtaken",
        }
    }
}
