//! What is written down of each consequential act (R10.7). Append-only; adapters chain the hashes.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::ids::UserId;

/// One act. It holds no text of a user and no score.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AuditEvent {
    /// When.
    #[serde(with = "crate::instant::serde_key_form")]
    pub at: Timestamp,
    /// Who acted: a stage or an operator.
    pub actor: String,
    /// What was done.
    pub action: AuditAction,
    /// To whom. Nobody alone, where an operator acts on many.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub user: Option<UserId>,
    /// The id of what was acted on: an intervention's, a run's.
    pub subject: String,
    /// More of it: filters and counts of an operator's act. Ids of users only as keyed hashes.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", default)]
    pub details: BTreeMap<String, String>,
}

impl AuditEvent {
    /// An act upon one user, without details.
    pub fn upon(
        user: UserId,
        actor: &str,
        action: AuditAction,
        subject: String,
        at: Timestamp,
    ) -> Self {
        let (actor, user) = (actor.to_owned(), Some(user));
        Self { at, actor, action, user, subject, details: BTreeMap::new() }
    }
}

/// The acts that are written down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum AuditAction {
    /// An intervention was decided on.
    InterventionCreated,
    /// A reviewer took notice of an entry of the review queue.
    ReviewAcknowledged,
    /// An operator began to play dead letters back.
    ReplayStarted,
    /// A replay ended, with its counts.
    ReplayEnded,
    /// An operator began to remove dead letters for good.
    DropStarted,
    /// A removal of dead letters ended, with its counts.
    DropEnded,
    /// An operator wrote dead letters, ids included, into a file.
    DeadLettersExported,
    /// An operator looked at dead letters with raw ids.
    DeadLettersRevealed,
    /// A trained model was made the one that serves.
    ModelPromoted,
    /// A gate kept a trained model from serving.
    ModelRefused,
    /// The model before it serves again, or the rules.
    ModelRolledBack,
}
