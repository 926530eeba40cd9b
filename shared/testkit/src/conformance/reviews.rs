//! What humans look at. See [`ReviewQueue`].

use mindmate_domain::RiskLevel;
use mindmate_domain::audit::AuditAction;
use mindmate_domain::intervention::{ReviewEntry, ReviewReason};
use mindmate_pipeline::ports::ReviewQueue;

use super::Backend;
use super::samples::{AS_OF, as_of, instant, user};

const NOTICED: &str = "2026-11-22T06:10:00.000Z";

fn entry(id: &str, due: &str) -> ReviewEntry {
    ReviewEntry {
        user: user(id),
        as_of: as_of(AS_OF),
        reason: ReviewReason::CriticalAssessment,
        level: RiskLevel::Critical,
        historical: false,
        content_allowed: true,
        entered_at: instant("2026-11-22T06:00:02Z"),
        due_at: instant(due),
    }
}

async fn open(queue: &dyn ReviewQueue) -> Vec<ReviewEntry> {
    queue.open(100).await.expect("read")
}

async fn acknowledge(queue: &dyn ReviewQueue, entry: &ReviewEntry) -> bool {
    let acknowledged =
        queue.acknowledge(&entry.user, entry.as_of, entry.reason, "reviewer-1", instant(NOTICED));
    acknowledged.await.expect("acknowledged")
}

/// The first one stays as it is: its time to be looked at does not start again.
pub async fn entering_twice_enters_once(backend: &dyn Backend) {
    let queue = backend.reviews();
    let first = entry("ada", "2026-11-22T06:15:00Z");
    let second = entry("ada", "2026-11-22T07:15:00Z");
    for entry in [&first, &second] {
        queue.enter(entry).await.expect("entered");
    }
    assert_eq!(open(&*queue).await, [first]);
}

/// Whoever else, whenever else, and for what reason else.
pub async fn user_as_of_and_reason_tell_entries_apart(backend: &dyn Backend) {
    let queue = backend.reviews();
    let one = entry("ada", "2026-11-22T06:15:00Z");
    let other_reason = ReviewEntry { reason: ReviewReason::LateIntervention, ..one.clone() };
    let other_day = ReviewEntry { as_of: as_of("2026-11-23T06:00:00Z"), ..one.clone() };
    let other_user = ReviewEntry { user: user("ada2"), ..one.clone() };
    for entry in [&one, &other_reason, &other_day, &other_user] {
        queue.enter(entry).await.expect("entered");
    }
    assert!(acknowledge(&*queue, &one).await);
    let left = open(&*queue).await;
    assert_eq!(left.len(), 3);
    assert!(!left.contains(&one));
}

/// No more than were asked for.
pub async fn those_due_first_come_first(backend: &dyn Backend) {
    let queue = backend.reviews();
    let (late, soon, sooner) = (
        entry("a", "2026-11-22T08:00:00Z"),
        entry("b", "2026-11-22T07:00:00Z"),
        entry("c", "2026-11-22T06:30:00Z"),
    );
    for entry in [&late, &soon, &sooner] {
        queue.enter(entry).await.expect("entered");
    }
    assert_eq!(open(&*queue).await, [sooner.clone(), soon.clone(), late]);
    assert_eq!(queue.open(2).await.expect("read"), [sooner, soon]);
}

/// Who did it, and when.
pub async fn an_acknowledgement_is_audited(backend: &dyn Backend) {
    let queue = backend.reviews();
    let entry = entry("ada", "2026-11-22T06:15:00Z");
    queue.enter(&entry).await.expect("entered");
    assert!(acknowledge(&*queue, &entry).await);
    assert!(open(&*queue).await.is_empty());
    let audit = backend.audit().await;
    assert_eq!(audit.len(), 1);
    assert_eq!(
        (audit[0].actor.as_str(), &audit[0].user),
        ("reviewer-1", &Some(entry.user.clone()))
    );
    assert_eq!((audit[0].action, audit[0].at), (AuditAction::ReviewAcknowledged, instant(NOTICED)));
}

/// It says so, and writes nothing down.
pub async fn only_an_open_entry_can_be_acknowledged(backend: &dyn Backend) {
    let queue = backend.reviews();
    let entry = entry("ada", "2026-11-22T06:15:00Z");
    assert!(!acknowledge(&*queue, &entry).await);
    queue.enter(&entry).await.expect("entered");
    let (one, two) = futures::join!(acknowledge(&*queue, &entry), acknowledge(&*queue, &entry));
    assert!(one != two, "expected one of two to acknowledge, found {one} and {two}");
    assert!(!acknowledge(&*queue, &entry).await);
    assert_eq!(backend.audit().await.len(), 1);
}

/// Those who were not reached, then by level, then those due first; history after all of it. A look
/// for crisis language that failed ranks with high, whatever level was found without it.
pub async fn those_at_most_risk_come_first(backend: &dyn Backend) {
    let queue = backend.reviews();
    let due = "2026-11-22T06:15:00Z";
    let historical = ReviewEntry { historical: true, ..entry("a", "2025-01-01T06:15:00Z") };
    let level = |id, level| ReviewEntry { level, ..entry(id, due) };
    let unchecked =
        ReviewEntry { reason: ReviewReason::CrisisCheckFailed, ..level("b", RiskLevel::Minimal) };
    let unknown =
        ReviewEntry { reason: ReviewReason::LateIntervention, ..level("a", RiskLevel::Unknown) };
    let high =
        ReviewEntry { due_at: instant("2026-11-22T07:15:00Z"), ..level("c", RiskLevel::High) };
    let high = ReviewEntry { reason: ReviewReason::LateIntervention, ..high };
    let later = entry("d", "2026-11-22T09:15:00Z");
    let not_reached = ReviewEntry { reason: ReviewReason::CriticalNotDelivered, ..later.clone() };
    for entry in [&historical, &unknown, &high, &unchecked, &later, &not_reached] {
        queue.enter(entry).await.expect("entered");
    }
    let expected = [not_reached, later, unchecked, high, unknown, historical];
    assert_eq!(open(&*queue).await, expected);
}

/// However many are shown.
pub async fn open_entries_are_counted(backend: &dyn Backend) {
    let queue = backend.reviews();
    let (one, two) = (entry("a", "2026-11-22T08:00:00Z"), entry("b", "2026-11-22T08:00:00Z"));
    assert_eq!(queue.count_open().await.expect("counted"), 0);
    for entry in [&one, &two] {
        queue.enter(entry).await.expect("entered");
    }
    assert_eq!(queue.count_open().await.expect("counted"), 2);
    assert!(acknowledge(&*queue, &one).await);
    assert_eq!(queue.count_open().await.expect("counted"), 1);
}

/// A message that comes again does not bring back what a human has seen.
pub async fn an_acknowledged_entry_is_not_opened_again(backend: &dyn Backend) {
    let queue = backend.reviews();
    let entry = entry("ada", "2026-11-22T06:15:00Z");
    queue.enter(&entry).await.expect("entered");
    acknowledge(&*queue, &entry).await;
    queue.enter(&entry).await.expect("entered");
    assert!(open(&*queue).await.is_empty());
}
