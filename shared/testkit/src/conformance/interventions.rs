//! Interventions and their guard. See
//! [`InterventionStore`].

use mindmate_domain::intervention::{DeliveryStatus, Guard, Intervention};
use mindmate_domain::{RiskLevel, UserId};
use mindmate_pipeline::ports::{Decision, InterventionStore, StoredIntervention};

use super::Backend;
use super::samples::{check_in, crisis_support, guard, instant, user};

const FIRST: &str = "2026-11-22T06:00:02.500Z";
const LATER: &str = "2026-11-22T06:05:00.000Z";

fn pending(intervention: &Intervention) -> StoredIntervention {
    StoredIntervention { intervention: intervention.clone(), status: DeliveryStatus::Pending }
}

async fn decide(
    store: &dyn InterventionStore,
    intervention: &Intervention,
    new_guard: Guard,
    seen: Option<Guard>,
) -> Decision {
    store.decide(intervention, new_guard, seen).await.expect("decided")
}

async fn guard_of(store: &dyn InterventionStore, user: &UserId) -> Option<Guard> {
    store.guard(user).await.expect("read")
}

/// All three stand, or none.
pub async fn a_decision_is_written_with_its_guard_and_its_audit_event(backend: &dyn Backend) {
    let (ada, store) = (user("ada"), backend.interventions());
    let (intervention, new) = (crisis_support(&ada, FIRST), guard(RiskLevel::Critical, FIRST));
    assert_eq!(guard_of(&*store, &ada).await, None);
    assert_eq!(store.get(intervention.id()).await.expect("read"), None);
    assert_eq!(decide(&*store, &intervention, new, None).await, Decision::Written);
    let found = store.get(intervention.id()).await.expect("read");
    assert_eq!(found, Some(pending(&intervention)));
    assert_eq!(guard_of(&*store, &ada).await, Some(new));
    assert_eq!(backend.audit().await, [intervention.audit().clone()]);
}

/// A second try of the same message: the guard has moved, by its own first try.
pub async fn decide_twice_gives_the_first(backend: &dyn Backend) {
    let (ada, store) = (user("ada"), backend.interventions());
    let (first, old) = (check_in(&ada, FIRST), guard(RiskLevel::High, FIRST));
    let (second, new) = (check_in(&ada, LATER), guard(RiskLevel::High, LATER));
    assert_eq!(first.id(), second.id());
    assert_eq!(decide(&*store, &first, old, None).await, Decision::Written);
    let existing = Decision::Existing(Box::new(pending(&first)));
    for seen in [None, Some(old)] {
        assert_eq!(decide(&*store, &second, new, seen).await, existing);
    }
    assert_eq!(guard_of(&*store, &ada).await, Some(old));
    assert_eq!(backend.audit().await.len(), 1);
}

/// And nothing is written.
pub async fn a_moved_guard_is_noticed(backend: &dyn Backend) {
    let (ada, store) = (user("ada"), backend.interventions());
    let first = guard(RiskLevel::High, FIRST);
    assert_eq!(decide(&*store, &check_in(&ada, FIRST), first, None).await, Decision::Written);
    let (other, new) = (crisis_support(&ada, LATER), guard(RiskLevel::Critical, LATER));
    for seen in [None, Some(new), Some(guard(RiskLevel::Moderate, FIRST))] {
        assert_eq!(decide(&*store, &other, new, seen).await, Decision::GuardMoved);
    }
    assert_eq!(store.get(other.id()).await.expect("read"), None);
    assert_eq!(guard_of(&*store, &ada).await, Some(first));
    assert_eq!(backend.audit().await.len(), 1);
    assert_eq!(decide(&*store, &other, new, Some(first)).await, Decision::Written);
    assert_eq!(guard_of(&*store, &ada).await, Some(new));
    assert_eq!(backend.audit().await.len(), 2);
}

/// Who saw a guard where there is none has seen another state.
pub async fn a_guard_that_is_not_there_is_a_moved_one(backend: &dyn Backend) {
    let (ada, store) = (user("ada"), backend.interventions());
    let (intervention, new) = (check_in(&ada, FIRST), guard(RiskLevel::High, FIRST));
    assert_eq!(decide(&*store, &intervention, new, Some(new)).await, Decision::GuardMoved);
    assert_eq!(guard_of(&*store, &ada).await, None);
}

/// Two stages that saw the same guard: the user gets one message.
pub async fn one_of_two_racing_decisions_wins(backend: &dyn Backend) {
    let (ada, store) = (user("ada"), backend.interventions());
    let (one, two) = (check_in(&ada, FIRST), crisis_support(&ada, FIRST));
    let (high, critical) = (guard(RiskLevel::High, FIRST), guard(RiskLevel::Critical, FIRST));
    let (first, second) =
        futures::join!(decide(&*store, &one, high, None), decide(&*store, &two, critical, None));
    let winner = match (first, second) {
        (Decision::Written, Decision::GuardMoved) => high,
        (Decision::GuardMoved, Decision::Written) => critical,
        both => panic!("expected one written and one moved guard, found {both:?}"),
    };
    assert_eq!(guard_of(&*store, &ada).await, Some(winner));
    assert_eq!(store.latest(&ada, 10).await.expect("read").len(), 1);
    assert_eq!(backend.audit().await.len(), 1);
}

/// One message that came to two consumers.
pub async fn a_decision_that_races_itself_is_written_once(backend: &dyn Backend) {
    let (ada, store) = (user("ada"), backend.interventions());
    let (intervention, new) = (check_in(&ada, FIRST), guard(RiskLevel::High, FIRST));
    let both = futures::join!(
        decide(&*store, &intervention, new, None),
        decide(&*store, &intervention, new, None)
    );
    let existing = Decision::Existing(Box::new(pending(&intervention)));
    assert!(both == (Decision::Written, existing.clone()) || both == (existing, Decision::Written));
    assert_eq!(backend.audit().await.len(), 1);
}

/// The first instant stays.
pub async fn delivered_twice_keeps_the_first_instant(backend: &dyn Backend) {
    let (ada, store) = (user("ada"), backend.interventions());
    let intervention = check_in(&ada, FIRST);
    decide(&*store, &intervention, guard(RiskLevel::High, FIRST), None).await;
    for at in [FIRST, LATER] {
        store.delivered(intervention.id(), instant(at)).await.expect("noted");
    }
    let found = store.get(intervention.id()).await.expect("read").expect("an intervention");
    assert_eq!(found.status, DeliveryStatus::Delivered { at: instant(FIRST) });
    assert_eq!(found.intervention, intervention);
}

/// A second try sees how far the first one came.
pub async fn deciding_again_tells_that_it_was_delivered(backend: &dyn Backend) {
    let (ada, store) = (user("ada"), backend.interventions());
    let (intervention, new) = (check_in(&ada, FIRST), guard(RiskLevel::High, FIRST));
    decide(&*store, &intervention, new, None).await;
    store.delivered(intervention.id(), instant(LATER)).await.expect("noted");
    let status = DeliveryStatus::Delivered { at: instant(LATER) };
    let existing = StoredIntervention { intervention: intervention.clone(), status };
    let again = decide(&*store, &intervention, new, None).await;
    assert_eq!(again, Decision::Existing(Box::new(existing)));
}

/// One user's guard says nothing of another's.
pub async fn guards_of_two_users_are_apart(backend: &dyn Backend) {
    let (ada, ben, store) = (user("ada"), user("ben"), backend.interventions());
    let new = guard(RiskLevel::High, FIRST);
    for user in [&ada, &ben] {
        let decision = decide(&*store, &check_in(user, FIRST), new, None).await;
        assert_eq!(decision, Decision::Written);
    }
    assert_eq!(store.latest(&ada, 10).await.expect("read").len(), 1);
}

/// By the instant at which they were decided on.
pub async fn the_latest_interventions_come_first(backend: &dyn Backend) {
    let (ada, store) = (user("ada"), backend.interventions());
    let (old, new) = (check_in(&ada, FIRST), crisis_support(&ada, LATER));
    let first = guard(RiskLevel::High, FIRST);
    decide(&*store, &old, first, None).await;
    decide(&*store, &new, guard(RiskLevel::Critical, LATER), Some(first)).await;
    let found = store.latest(&ada, 10).await.expect("read");
    assert_eq!(found, [pending(&new), pending(&old)]);
    assert_eq!(store.latest(&ada, 1).await.expect("read"), [pending(&new)]);
}
