//! What is done with letters is written into the audit trail.

use std::collections::BTreeMap;

use mindmate_contracts::Channel;
use mindmate_domain::audit::{AuditAction, AuditEvent};

use crate::session::Session;

/// Who does what with the letters of a queue.
pub(super) struct Act<'a> {
    pub(super) by: &'a str,
    pub(super) queue: Channel,
    /// The conditions of what is meant.
    pub(super) details: BTreeMap<String, String>,
}

impl Act<'_> {
    /// Writes it down; `more` are counts and ids.
    pub(super) async fn note(
        &self,
        session: &Session,
        action: AuditAction,
        more: &[(&str, String)],
    ) -> anyhow::Result<()> {
        let mut details = self.details.clone();
        details.extend(more.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
        let event = AuditEvent {
            at: session.clock.now(),
            actor: self.by.to_owned(),
            action,
            user: None,
            subject: format!("dead-letters/{}", self.queue.name()),
            details,
        };
        Ok(session.ports.audit.append(&event).await?)
    }
}
