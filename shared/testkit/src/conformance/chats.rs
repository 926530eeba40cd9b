//! The chats of the app's table. See [`AppChats`](mindmate_pipeline::ports::AppChats).

use mindmate_contracts::app_table::{Attribute, Item, intervention_chat};
use mindmate_domain::UserId;
use mindmate_domain::app::Author;
use mindmate_pipeline::ports::ChatPut;

use super::Backend;
use super::samples::{chat, check_in, crisis_support, instant, mood, user};

const AT: &str = "2026-11-22T06:00:02.500Z";

async fn answered(backend: &dyn Backend, user: &UserId, since: &str, until: &str) -> bool {
    let chats = backend.chats();
    chats.wrote_between(user, instant(since), instant(until)).await.expect("read")
}

/// The item is the one that the contract describes.
pub async fn an_intervention_is_put_into_the_chat(backend: &dyn Backend) {
    let ada = user("ada");
    let intervention = crisis_support(&ada, AT);
    assert_eq!(backend.chats().deliver(&intervention).await.expect("put"), ChatPut::Put);
    let (sk, item) = intervention_chat(&intervention);
    let found = backend.items(&ada).await.into_iter().map(|(sk, item)| (sk, without_keys(item)));
    assert_eq!(found.collect::<Vec<_>>(), [(sk, without_keys(item))]);
}

/// A backend may keep keys apart from the other attributes.
fn without_keys(mut item: Item) -> Item {
    item.remove("PK");
    item.remove("SK");
    item
}

/// A second try finds the first one's message.
pub async fn delivering_twice_leaves_one_message(backend: &dyn Backend) {
    let ada = user("ada");
    let (intervention, chats) = (check_in(&ada, AT), backend.chats());
    assert_eq!(chats.deliver(&intervention).await.expect("put"), ChatPut::Put);
    assert_eq!(chats.deliver(&intervention).await.expect("put"), ChatPut::AlreadyThere);
    assert_eq!(backend.items(&ada).await.len(), 1);
}

/// The pipeline is a guest in that table.
pub async fn what_stands_under_the_key_is_never_replaced(backend: &dyn Backend) {
    let ada = user("ada");
    let intervention = check_in(&ada, AT);
    let own = Item::from([("userMessage".to_owned(), Attribute::text("mine"))]);
    backend.put_raw(vec![(ada.clone(), intervention.chat_sk(), own.clone())]).await;
    let put = backend.chats().deliver(&intervention).await.expect("no error");
    assert_eq!(put, ChatPut::AlreadyThere);
    assert_eq!(backend.items(&ada).await, [(intervention.chat_sk(), own)]);
}

/// Two deliveries at the same time are one message.
pub async fn one_of_two_racing_deliveries_puts_the_message(backend: &dyn Backend) {
    let ada = user("ada");
    let (intervention, chats) = (check_in(&ada, AT), backend.chats());
    let (one, two) = futures::join!(chats.deliver(&intervention), chats.deliver(&intervention));
    let puts = [one.expect("put"), two.expect("put")];
    assert_eq!(puts.iter().filter(|put| **put == ChatPut::Put).count(), 1);
    assert_eq!(backend.items(&ada).await.len(), 1);
}

/// After `since`, up to `until`.
pub async fn what_the_user_wrote_in_between_is_an_answer(backend: &dyn Backend) {
    let ada = user("ada");
    backend.put_item(&ada, &chat("2026-11-22T08:00:00Z", Author::User, "hello")).await;
    for (since, until, expected) in [
        ("2026-11-22T07:00:00Z", "2026-11-22T09:00:00Z", true),
        ("2026-11-22T07:00:00Z", "2026-11-22T08:00:00Z", true),
        ("2026-11-22T08:00:00Z", "2026-11-22T09:00:00Z", false),
        ("2026-11-22T06:00:00Z", "2026-11-22T07:59:59.999Z", false),
    ] {
        assert_eq!(answered(backend, &ada, since, until).await, expected, "{since} to {until}");
    }
    let other = user("ada2");
    assert!(!answered(backend, &other, "2026-11-22T07:00:00Z", "2026-11-22T09:00:00Z").await);
}

/// Neither the companion's words nor a mood are.
pub async fn nothing_else_is_an_answer(backend: &dyn Backend) {
    let ada = user("ada");
    backend.put_item(&ada, &chat("2026-11-22T08:00:00Z", Author::Agent, "hello")).await;
    backend.put_item(&ada, &mood("2026-11-22T08:00:00Z", 4.0)).await;
    backend.chats().deliver(&check_in(&ada, AT)).await.expect("put");
    assert!(!answered(backend, &ada, "2026-11-22T06:00:00Z", "2026-11-22T09:00:00Z").await);
}
