//! The audit trail, for acts that no other write goes with.

use async_trait::async_trait;
use mindmate_domain::audit::AuditEvent;

use super::PortResult;

/// Appends to the audit trail. What is done to a person is written down in the transaction of the
/// act itself, by the stores; this is for acts of operators that change no store of ours.
#[async_trait]
pub trait AuditLog: Send + Sync {
    /// Appends an event, durably. Doing it twice writes two rows: both were asked for.
    async fn append(&self, event: &AuditEvent) -> PortResult<()>;
}
