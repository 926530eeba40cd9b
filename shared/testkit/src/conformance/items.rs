//! Single items of the app's table. See [`AppItems`](mindmate_pipeline::ports::AppItems).

use mindmate_contracts::app_table::{Attribute, Decoded, Item, decode};
use mindmate_domain::app::AppItem;
use mindmate_pipeline::ports::FoundItem;

use super::Backend;
use super::samples::{mood, note, user};

const AT: &str = "2026-11-22T06:00:02.500Z";
const SK: &str = "MOOD#2026-11-22T06:00:02.500Z";

async fn read(backend: &dyn Backend, sk: &str) -> Option<AppItem> {
    match backend.app_items().item(&user("ada"), sk).await.expect("read") {
        None => None,
        Some(FoundItem::Unreadable) => panic!("expected an item that can be read"),
        Some(FoundItem::Item(item)) => match decode(sk, &item) {
            Decoded::Read(item, _) => Some(item),
            other => panic!("expected an item that fits, found {other:?}"),
        },
    }
}

/// Under the key that its contract says.
pub async fn an_item_reads_back_as_it_was_put(backend: &dyn Backend) {
    let item = note(AT, "words");
    backend.app_items().put(&user("ada"), &item).await.expect("put");
    assert_eq!(read(backend, SK).await, Some(item));
    assert_eq!(read(backend, "MOOD#2026-11-22T06:00:02.501Z").await, None);
    assert_eq!(backend.app_items().item(&user("ada2"), SK).await.expect("read"), None);
}

/// The latest counts.
pub async fn an_item_of_the_same_key_is_replaced(backend: &dyn Backend) {
    for value in [3.0, 4.0] {
        backend.app_items().put(&user("ada"), &mood(AT, value)).await.expect("put");
    }
    assert_eq!(read(backend, SK).await, Some(mood(AT, 4.0)));
    assert_eq!(backend.items(&user("ada")).await.len(), 1);
}

/// What the app wrote is read as it stands, without its keys.
pub async fn an_item_of_the_apps_own_is_read(backend: &dyn Backend) {
    let own = Item::from([("userMessage".to_owned(), Attribute::text("mine"))]);
    backend.put_raw(vec![(user("ada"), "CHAT#odd".to_owned(), own.clone())]).await;
    let found = backend.app_items().item(&user("ada"), "CHAT#odd").await.expect("read");
    assert_eq!(found, Some(FoundItem::Item(own)));
}

/// And twice is no error.
pub async fn a_removed_item_is_gone(backend: &dyn Backend) {
    let items = backend.app_items();
    items.put(&user("ada"), &mood(AT, 4.0)).await.expect("put");
    for _ in 0..2 {
        items.remove(&user("ada"), SK).await.expect("removed");
    }
    assert_eq!(read(backend, SK).await, None);
}
