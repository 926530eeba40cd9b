//! Whom could be learned from. See [`TrainingUsers`](mindmate_pipeline::ports::TrainingUsers).

use std::collections::{BTreeMap, BTreeSet};

use mindmate_contracts::app_table::Attribute;
use mindmate_domain::app::{Author, EventKind};
use mindmate_domain::consent::StatedConsents;
use mindmate_domain::{Consent, Consents, UserId};
use mindmate_pipeline::ports::TrainingUser;

use super::Backend;
use super::samples::{AS_OF, chat, event, instant, mood, profile, stored, user};

/// Everybody up to [`AS_OF`], read in pages of this size.
async fn all(backend: &dyn Backend, limit: usize) -> Vec<TrainingUser> {
    let port = backend.training();
    let mut found: Vec<TrainingUser> = Vec::new();
    for _ in 0..100 {
        let after = found.last().map(|last| last.user.clone());
        let page = port.users(instant(AS_OF), after.as_ref(), limit).await.expect("read");
        assert!(page.users.len() <= limit);
        found.extend(page.users);
        if page.last {
            return found;
        }
    }
    panic!("expected a last page, found none")
}

async fn one(backend: &dyn Backend) -> TrainingUser {
    let mut all = all(backend, 10).await;
    assert_eq!(all.len(), 1);
    all.remove(0)
}

/// Whatever the order is.
pub async fn everybody_comes_once(backend: &dyn Backend) {
    let users: Vec<UserId> = (0..23).map(|n| user(&format!("syn-{n:04}"))).collect();
    let moods = ["2026-11-01T08:00:00Z", "2026-11-02T08:00:00Z", "2026-11-03T08:00:00Z"];
    let items = users.iter().flat_map(|user| moods.map(|at| stored(user, &mood(at, 4.0))));
    backend.put_raw(items.collect()).await;
    for limit in [1, 5, 23, 100] {
        let found = all(backend, limit).await;
        assert_eq!(found.len(), users.len());
        let found: BTreeSet<_> = found.into_iter().map(|one| one.user).collect();
        assert_eq!(found, users.iter().cloned().collect());
    }
}

/// A table without anybody has one page, which is the last.
pub async fn an_empty_table_has_nobody(backend: &dyn Backend) {
    assert!(all(backend, 10).await.is_empty());
}

/// From the first to the last, whatever their types.
pub async fn the_span_is_that_of_what_the_user_did(backend: &dyn Backend) {
    let ada = user("ada");
    let items = [
        chat("2026-01-01T08:00:00Z", Author::Agent, "hello"),
        event("SELFIE", "2026-09-01T08:00:00Z", EventKind::Selfie),
        mood("2026-10-01T08:00:00Z", 4.0),
        event("SESSION", "2026-11-20T08:00:00Z", EventKind::Session { duration_seconds: 1.0 }),
        chat("2026-11-21T08:00:00Z", Author::Agent, "hello"),
    ];
    backend.put_raw(items.iter().map(|item| stored(&ada, item)).collect()).await;
    let span = (instant("2026-09-01T08:00:00Z"), instant("2026-11-20T08:00:00Z"));
    assert_eq!(one(backend).await.active, Some(span));
}

/// No feature may read past its cut-off, and no count either (R2.3).
pub async fn what_lies_after_the_instant_does_not_count(backend: &dyn Backend) {
    let ada = user("ada");
    for at in ["2026-11-20T08:00:00Z", AS_OF, "2026-11-22T06:00:00.001Z"] {
        backend.put_item(&ada, &mood(at, 4.0)).await;
    }
    let span = (instant("2026-11-20T08:00:00Z"), instant(AS_OF));
    assert_eq!(one(backend).await.active, Some(span));
}

/// Somebody with a profile alone is there, and did nothing.
pub async fn consents_come_as_the_profile_states_them(backend: &dyn Backend) {
    let given = Consents::NONE.with(Consent::Training, true);
    backend.put_item(&user("given"), &profile(given)).await;
    backend.put_item(&user("absent"), &mood("2026-11-20T08:00:00Z", 4.0)).await;
    let (owner, sk, mut item) = stored(&user("unreadable"), &profile(given));
    item.insert("consents".to_owned(), Attribute::S("yes".to_owned()));
    backend.put_raw(vec![(owner, sk, item)]).await;
    let found = all(backend, 10).await;
    let stated: BTreeMap<_, _> =
        found.iter().map(|one| (one.user.as_str(), one.consents)).collect();
    let expected = BTreeMap::from([
        ("absent", StatedConsents::Absent),
        ("given", StatedConsents::Given(given)),
        ("unreadable", StatedConsents::Unreadable),
    ]);
    assert_eq!(stated, expected);
    let nothing = found.iter().find(|one| one.user.as_str() == "given").expect("given");
    assert_eq!(nothing.active, None);
}
