//! Where assessments stand. See [`AssessmentStore`].

use mindmate_domain::assessment::Method;
use mindmate_domain::{AsOf, Assessment, RiskLevel};
use mindmate_pipeline::ports::{AssessmentPut, AssessmentStore};

use super::Backend;
use super::samples::{AS_OF, as_of, assessment, user};

async fn put(store: &dyn AssessmentStore, assessment: &Assessment) {
    let put = store.put(assessment).await.expect("put");
    assert_eq!(put, AssessmentPut::Written);
}

fn day(day: u8) -> AsOf {
    as_of(&format!("2026-11-{day:02}T06:00:00Z"))
}

/// To the last bit of its numbers.
pub async fn an_assessment_reads_back_unchanged(backend: &dyn Backend) {
    let (ada, store) = (user("ada"), backend.assessments());
    let written = assessment(&ada, as_of(AS_OF), RiskLevel::High);
    put(&*store, &written).await;
    let found = store.latest(&ada, 10).await.expect("read");
    assert_eq!(found, std::slice::from_ref(&written));
    assert_eq!(store.get_many(&[ada], as_of(AS_OF)).await.expect("read"), [written]);
}

/// And is given back, to be sent on unchanged.
pub async fn the_first_assessment_under_a_key_stays(backend: &dyn Backend) {
    let (ada, store) = (user("ada"), backend.assessments());
    let first = assessment(&ada, as_of(AS_OF), RiskLevel::High);
    let second = Assessment { level: RiskLevel::Low, confidence: 0.5, ..first.clone() };
    put(&*store, &first).await;
    for again in [&second, &first] {
        let found = store.put(again).await.expect("put");
        assert_eq!(found, AssessmentPut::Existing(Box::new(first.clone())));
    }
    assert_eq!(store.latest(&ada, 10).await.expect("read"), [first]);
}

/// Both callers go on with the same assessment.
pub async fn one_of_two_racing_assessments_wins(backend: &dyn Backend) {
    let (ada, store) = (user("ada"), backend.assessments());
    let one = assessment(&ada, as_of(AS_OF), RiskLevel::High);
    let two = assessment(&ada, as_of(AS_OF), RiskLevel::Low);
    let (first, second) = futures::join!(store.put(&one), store.put(&two));
    let (lost, winner) = match (first.expect("put"), second.expect("put")) {
        (AssessmentPut::Written, lost) => (lost, one),
        (lost, AssessmentPut::Written) => (lost, two),
        both => panic!("expected one to be written, found {both:?}"),
    };
    assert_eq!(lost, AssessmentPut::Existing(Box::new(winner.clone())));
    assert_eq!(store.latest(&ada, 10).await.expect("read"), [winner]);
}

/// No placeholder stands for them.
pub async fn those_that_are_not_there_are_left_out(backend: &dyn Backend) {
    let store = backend.assessments();
    let (ada, ben, cy) = (user("ada"), user("ben"), user("cy"));
    let wanted = assessment(&ada, day(22), RiskLevel::High);
    put(&*store, &wanted).await;
    put(&*store, &assessment(&ben, day(21), RiskLevel::High)).await;
    let found = store.get_many(&[cy, ben, ada], day(22)).await.expect("read");
    assert_eq!(found, [wanted]);
    assert!(store.get_many(&[], day(22)).await.expect("read").is_empty());
}

/// `DynamoDB` takes 100 keys a request.
pub async fn many_users_can_be_asked_for_at_once(backend: &dyn Backend) {
    let store = backend.assessments();
    let users: Vec<_> = (0..130).map(|n| user(&format!("syn-{n:03}"))).collect();
    for user in &users {
        put(&*store, &assessment(user, day(22), RiskLevel::Low)).await;
    }
    let mut found = store.get_many(&users, day(22)).await.expect("read");
    found.sort_by(|a, b| a.user.cmp(&b.user));
    assert!(found.iter().map(|found| &found.user).eq(&users));
}

/// Whatever order they were written in.
pub async fn the_latest_come_first_and_no_more_than_asked_for(backend: &dyn Backend) {
    let (ada, store) = (user("ada"), backend.assessments());
    for n in [20, 22, 19, 21] {
        put(&*store, &assessment(&ada, day(n), RiskLevel::Low)).await;
    }
    put(&*store, &assessment(&user("ada2"), day(23), RiskLevel::Low)).await;
    let found = store.latest(&ada, 3).await.expect("read");
    let found: Vec<_> = found.iter().map(|found| found.as_of).collect();
    assert_eq!(found, [day(22), day(21), day(20)]);
    assert_eq!(store.latest_as_of(&ada).await.expect("read"), Some(day(22)));
}

/// Neither an error nor a level.
pub async fn of_nobody_nothing_is_known(backend: &dyn Backend) {
    let (nobody, store) = (user("nobody"), backend.assessments());
    assert_eq!(store.latest_as_of(&nobody).await.expect("read"), None);
    assert_eq!(store.last_known(&nobody, day(22)).await.expect("read"), None);
    assert!(store.latest(&nobody, 1).await.expect("read").is_empty());
}

/// A level is carried over once: an old one does not live on by being repeated.
pub async fn the_last_known_level_is_neither_unknown_nor_carried_over(backend: &dyn Backend) {
    let (ada, store) = (user("ada"), backend.assessments());
    put(&*store, &assessment(&ada, day(17), RiskLevel::Low)).await;
    put(&*store, &assessment(&ada, day(18), RiskLevel::Moderate)).await;
    let carried = assessment(&ada, day(19), RiskLevel::Moderate);
    put(&*store, &Assessment { method: Method::LastKnown, score: None, ..carried }).await;
    let unknown = assessment(&ada, day(20), RiskLevel::Unknown);
    put(&*store, &Assessment { method: Method::Unknown, score: None, ..unknown }).await;
    let found = store.last_known(&ada, day(22)).await.expect("read");
    assert_eq!(found, Some((day(18), RiskLevel::Moderate)));
}

/// Strictly: an assessment is not its own past.
pub async fn the_last_known_level_lies_before_the_instant(backend: &dyn Backend) {
    let (ada, store) = (user("ada"), backend.assessments());
    for (n, level) in [(20, RiskLevel::Low), (21, RiskLevel::High), (23, RiskLevel::Critical)] {
        put(&*store, &assessment(&ada, day(n), level)).await;
    }
    for (before, expected) in [
        (day(22), Some((day(21), RiskLevel::High))),
        (day(21), Some((day(20), RiskLevel::Low))),
        (day(20), None),
    ] {
        assert_eq!(store.last_known(&ada, before).await.expect("read"), expected);
    }
}
