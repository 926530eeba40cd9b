//! What is written down of each consequential act (R10.7). Append-only; adapters chain the hashes.

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
    /// To whom.
    pub user: UserId,
    /// The id of what was acted on: an intervention's, a run's.
    pub subject: String,
}

/// The acts that are written down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum AuditAction {
    /// An intervention was decided on.
    InterventionCreated,
    /// A reviewer took notice of an entry of the review queue.
    ReviewAcknowledged,
}
