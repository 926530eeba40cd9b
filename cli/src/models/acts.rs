//! Who serves is a consequential choice: each is written into the audit trail.

use std::collections::BTreeMap;

use mindmate_domain::audit::{AuditAction, AuditEvent};

use crate::session::Session;

/// Who chose, and why.
pub(super) struct Act<'a> {
    pub(super) by: &'a str,
    pub(super) action: AuditAction,
    /// What serves after it; nothing where the rules do.
    pub(super) serves: Option<&'a str>,
}

impl Act<'_> {
    /// Writes it down; `details` are reasons and what the gates found.
    pub(super) async fn note(
        &self,
        session: &Session,
        details: &[(&str, &str)],
    ) -> anyhow::Result<()> {
        let details = details.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let event = AuditEvent {
            at: session.clock.now(),
            actor: self.by.to_owned(),
            action: self.action,
            user: None,
            subject: format!("models/{}", self.serves.unwrap_or("rules")),
            details: details.collect::<BTreeMap<_, _>>(),
        };
        Ok(session.ports.audit.append(&event).await?)
    }
}
