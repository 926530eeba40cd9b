//! Who was active. See [`ActivityIndex`](mindmate_pipeline::ports::ActivityIndex).

use mindmate_domain::app::{AppItem, Author, EventKind};
use mindmate_domain::instant::ACTIVE_DAYS;
use mindmate_domain::run::{PageEntry, shard_of};
use mindmate_domain::{Consents, RiskLevel, UserId, Window};
use mindmate_pipeline::ports::ActivityPage;

use super::Backend;
use super::samples::{AS_OF, as_of, assessment, chat, event, instant, mood, profile, stored, user};

fn week() -> Window {
    as_of(AS_OF).window(ACTIVE_DAYS)
}

async fn page(
    backend: &dyn Backend,
    shard: (u16, u16),
    after: Option<&UserId>,
    limit: usize,
) -> ActivityPage {
    let index = backend.activity();
    index.active(shard.0, shard.1, week(), after, limit).await.expect("read")
}

/// The ids of all who were active, dealt to one shard.
async fn active(backend: &dyn Backend) -> Vec<String> {
    let page = page(backend, (0, 1), None, 100).await;
    assert!(page.last);
    page.entries.iter().map(|entry| entry.user.as_str().to_owned()).collect()
}

/// Puts `count` active users and gives their ids in order.
async fn crowd(backend: &dyn Backend, count: usize) -> Vec<UserId> {
    let users: Vec<_> = (0..count).map(|n| user(&format!("syn-{n:04}"))).collect();
    let item = mood("2026-11-20T08:00:00Z", 4.0);
    backend.put_raw(users.iter().map(|user| stored(user, &item)).collect()).await;
    users
}

/// With the item that a stage has written, whatever finds it.
pub async fn what_is_noted_makes_a_user_active(backend: &dyn Backend) {
    let (ada, at) = (user("ada"), "2026-11-20T08:00:00Z");
    backend.app_items().put(&ada, &mood(at, 4.0)).await.expect("put");
    for _ in 0..2 {
        backend.activity().record(&ada, instant(at)).await.expect("noted");
    }
    assert_eq!(active(backend).await, ["ada"]);
}

/// [`shard_of`] says which one.
pub async fn every_active_user_is_in_the_shard_that_they_are_dealt_to(backend: &dyn Backend) {
    const SHARDS: u16 = 7;
    let users = crowd(backend, 60).await;
    let mut found = Vec::new();
    for shard in 0..SHARDS {
        let page = page(backend, (shard, SHARDS), None, 100).await;
        for entry in page.entries {
            assert_eq!(shard_of(&entry.user, SHARDS), shard);
            found.push(entry.user);
        }
    }
    found.sort();
    assert_eq!(found, users);
}

/// Each user is on one page, and only the last page says that it is.
pub async fn pages_go_through_a_shard_by_id(backend: &dyn Backend) {
    let users = crowd(backend, 10).await;
    let (mut found, mut lasts) = (Vec::new(), Vec::new());
    while lasts.last() != Some(&true) && lasts.len() < 10 {
        let page = page(backend, (0, 1), found.last(), 4).await;
        lasts.push(page.last);
        found.extend(page.entries.into_iter().map(|entry| entry.user));
    }
    assert_eq!(found, users);
    assert_eq!(lasts, [false, false, true]);
}

/// Nobody is after them, so that no empty page follows.
pub async fn a_full_page_with_nobody_after_it_is_the_last(backend: &dyn Backend) {
    let users = crowd(backend, 4).await;
    let first = page(backend, (0, 1), None, 4).await;
    assert_eq!((first.entries.len(), first.last), (4, true));
    let after = page(backend, (0, 1), users.last(), 4).await;
    assert_eq!(after, ActivityPage { entries: Vec::new(), last: true });
}

/// A shard has a last page even so: otherwise its run would never close.
pub async fn an_empty_shard_has_one_last_page(backend: &dyn Backend) {
    let page = page(backend, (0, 1), None, 10).await;
    assert_eq!(page, ActivityPage { entries: Vec::new(), last: true });
}

/// A mood, own chat, selfie, session or activity; no profile and no message of the companion.
pub async fn only_what_users_do_makes_them_active(backend: &dyn Backend) {
    const AT: &str = "2026-11-20T08:00:00Z";
    let activity = EventKind::Activity {
        activity: "walk".to_owned(),
        suggested: true,
        completed_at: None,
        helpful: None,
    };
    let items: [(&str, AppItem); 7] = [
        ("activity", event("ACTIVITY", AT, activity)),
        ("agent", chat(AT, Author::Agent, "hello")),
        ("chat", chat(AT, Author::User, "hello")),
        ("mood", mood(AT, 4.0)),
        ("profile", profile(Consents::NONE)),
        ("selfie", event("SELFIE", AT, EventKind::Selfie)),
        ("session", event("SESSION", AT, EventKind::Session { duration_seconds: 1.0 })),
    ];
    backend.put_raw(items.iter().map(|(id, item)| stored(&user(id), item)).collect()).await;
    assert_eq!(active(backend).await, ["activity", "chat", "mood", "selfie", "session"]);
}

/// `(asOf − 7 d, asOf]`
pub async fn the_window_excludes_its_start_and_includes_its_end(backend: &dyn Backend) {
    for (id, at) in [
        ("a-too-early", "2026-11-15T06:00:00Z"),
        ("b-first", "2026-11-15T06:00:00.001Z"),
        ("c-last", "2026-11-22T06:00:00Z"),
        ("d-too-late", "2026-11-22T06:00:00.001Z"),
    ] {
        backend.put_item(&user(id), &mood(at, 4.0)).await;
    }
    assert_eq!(active(backend).await, ["b-first", "c-last"]);
}

/// Who writes again has not left the window for it.
pub async fn later_activity_does_not_hide_earlier(backend: &dyn Backend) {
    let ada = user("ada");
    for at in ["2026-11-20T08:00:00Z", "2026-11-22T08:00:00Z"] {
        backend.put_item(&ada, &mood(at, 4.0)).await;
    }
    assert_eq!(active(backend).await, ["ada"]);
}

/// Strictly before: a run that is read again after it assessed somebody finds the same pages.
pub async fn users_come_with_the_level_of_their_last_assessment_before(backend: &dyn Backend) {
    let users = crowd(backend, 3).await;
    let store = backend.assessments();
    for (user, at, level) in [
        (&users[0], "2026-11-19T06:00:00Z", RiskLevel::Low),
        (&users[0], "2026-11-21T06:00:00Z", RiskLevel::Critical),
        (&users[0], "2026-11-20T06:00:00Z", RiskLevel::Moderate),
        (&users[1], AS_OF, RiskLevel::High),
    ] {
        store.put(&assessment(user, as_of(at), level)).await.expect("put");
    }
    let levels = [Some(RiskLevel::Critical), None, None];
    let entries = users.into_iter().zip(levels);
    let entries = entries.map(|(user, last_level)| PageEntry { user, last_level }).collect();
    assert_eq!(page(backend, (0, 1), None, 10).await, ActivityPage { entries, last: true });
    assert!(week().contains(instant(AS_OF)));
}
