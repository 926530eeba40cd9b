//! What a profile store reads. See [`ProfileStore`](mindmate_pipeline::ports::ProfileStore).

use mindmate_contracts::app_table::{Attribute, Item, PROFILE_SK};
use mindmate_domain::Consents;
use mindmate_domain::app::AppItem;
use mindmate_domain::consent::StatedConsents;

use super::Backend;
use super::samples::{mood, profile, user};

/// All of it.
pub async fn a_profile_reads_back_unchanged(backend: &dyn Backend) {
    let ada = user("ada");
    let written = profile(Consents { outreach: true, ..Consents::NONE });
    backend.put_item(&ada, &written).await;
    let found = backend.profiles().profile(&ada).await.expect("read").expect("a profile");
    assert_eq!(AppItem::Profile(Box::new(found)), written);
}

/// Also where the user has other items, or another user has a profile.
pub async fn who_has_no_profile_has_none(backend: &dyn Backend) {
    backend.put_item(&user("ada"), &mood("2026-11-20T08:00:00Z", 4.0)).await;
    backend.put_item(&user("ada2"), &profile(Consents::NONE)).await;
    for id in ["ada", "nobody"] {
        assert_eq!(backend.profiles().profile(&user(id)).await.expect("read"), None);
    }
}

/// Consents are read again at each stage: a withdrawn one counts from then on.
pub async fn a_withdrawn_consent_is_seen_at_once(backend: &dyn Backend) {
    let ada = user("ada");
    let profiles = backend.profiles();
    for outreach in [true, false] {
        let consents = Consents { outreach, ..Consents::NONE };
        backend.put_item(&ada, &profile(consents)).await;
        let found = profiles.profile(&ada).await.expect("read").expect("a profile");
        assert_eq!(found.consents, StatedConsents::Given(consents));
    }
}

/// Neither absent nor an error.
pub async fn consents_that_cannot_be_read_stay_unreadable(backend: &dyn Backend) {
    let ada = user("ada");
    let item = Item::from([("consents".to_owned(), Attribute::text("all"))]);
    backend.put_raw(vec![(ada.clone(), PROFILE_SK.to_owned(), item)]).await;
    let found = backend.profiles().profile(&ada).await.expect("read").expect("a profile");
    assert_eq!(found.consents, StatedConsents::Unreadable);
}
