//! Notices to people on duty. See [`Notifier`](mindmate_pipeline::ports::Notifier).

use mindmate_pipeline::ports::Notice;

use super::Backend;
use super::samples::{AS_OF, instant};

fn notice(id: &str, text: &str) -> Notice {
    Notice { id: id.to_owned(), at: instant(AS_OF), text: text.to_owned() }
}

/// A second try pages nobody again.
pub async fn a_notice_is_sent_once_for_its_id(backend: &dyn Backend) {
    let notifier = backend.notifier();
    for text in ["first", "second"] {
        notifier.notify(&notice("one", text)).await.expect("sent");
    }
    assert_eq!(backend.notices().await, [notice("one", "first")]);
}

/// Who asks before gathering what to say is told the truth.
pub async fn what_was_sent_is_known_by_its_id(backend: &dyn Backend) {
    let notifier = backend.notifier();
    assert!(!notifier.was_sent("one").await.expect("read"));
    notifier.notify(&notice("one", "first")).await.expect("sent");
    assert!(notifier.was_sent("one").await.expect("read"));
    assert!(!notifier.was_sent("on").await.expect("read"));
}

/// Whatever they say.
pub async fn notices_of_two_ids_are_both_sent(backend: &dyn Backend) {
    let notifier = backend.notifier();
    for id in ["one", "two"] {
        notifier.notify(&notice(id, "the same")).await.expect("sent");
    }
    assert_eq!(backend.notices().await.len(), 2);
}
