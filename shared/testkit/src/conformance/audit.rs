//! What the audit trail does for acts that no other write goes with. See
//! [`AuditLog`](mindmate_pipeline::ports::AuditLog).

use std::collections::BTreeMap;

use futures::future::join_all;
use mindmate_domain::audit::{AuditAction, AuditEvent};

use super::Backend;
use super::samples::{instant, user};

fn act(subject: &str) -> AuditEvent {
    AuditEvent {
        at: instant("2026-11-22T07:00:00.250Z"),
        actor: "operator-1".to_owned(),
        action: AuditAction::ReplayStarted,
        user: None,
        subject: subject.to_owned(),
        details: BTreeMap::from([("queue".to_owned(), "scoring".to_owned())]),
    }
}

/// With its details, and with nobody to whom it was done.
pub async fn an_act_upon_many_reads_back_as_it_was_appended(backend: &dyn Backend) {
    backend.audit_log().append(&act("r1")).await.expect("appended");
    assert_eq!(backend.audit().await, [act("r1")]);
}

/// Both were asked for.
pub async fn appending_twice_writes_two_rows(backend: &dyn Backend) {
    for _ in 0..2 {
        backend.audit_log().append(&act("r1")).await.expect("appended");
    }
    assert_eq!(backend.audit().await, [act("r1"), act("r1")]);
}

/// Each finds its place behind the others.
pub async fn acts_at_the_same_time_are_all_kept(backend: &dyn Backend) {
    let log = backend.audit_log();
    let acts: Vec<_> = (0..4).map(|n| act(&format!("r{n}"))).collect();
    for appended in join_all(acts.iter().map(|act| log.append(act))).await {
        appended.expect("appended");
    }
    let mut kept = backend.audit().await;
    kept.sort_by(|a, b| a.subject.cmp(&b.subject));
    assert_eq!(kept, acts);
}

/// An act upon one user is appended as well.
pub async fn an_act_upon_a_user_names_the_user(backend: &dyn Backend) {
    let act = AuditEvent { user: Some(user("ada")), ..act("letters") };
    backend.audit_log().append(&act).await.expect("appended");
    assert_eq!(backend.audit().await, [act]);
}
