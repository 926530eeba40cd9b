//! Who counts, and when that is enough.

use jiff::{SignedDuration, Timestamp};
use mindmate_domain::app::AppItem;
use mindmate_domain::{Consent, Consents};
use mindmate_testkit::conformance::samples::{AS_OF, instant, mood, profile, user};
use mindmate_training_data::{Eligibility, FEWEST_USERS};

use crate::support::{DAY, WILLING, World, ago};

impl World {
    /// A user with a mood so many seconds ago and another at the end.
    fn with(&self, id: &str, seconds: i64, profile: Option<&AppItem>) {
        for at in [ago(seconds).to_string(), AS_OF.to_owned()] {
            self.backend.put_item(&user(id), &mood(&at, 4.0));
        }
        if let Some(profile) = profile {
            self.backend.put_item(&user(id), profile);
        }
    }

    async fn count(&self, until: Timestamp) -> Eligibility {
        self.task().count(until).await.unwrap()
    }
}

fn willing() -> AppItem {
    profile(WILLING)
}

/// R2.1
#[tokio::test]
async fn a_history_counts_from_sixty_days_on() {
    let world = World::new();
    world.with("long", 60 * DAY, Some(&willing()));
    world.with("short", 60 * DAY - 1, Some(&willing()));
    world.backend.put_item(&user("nothing"), &willing());
    let counted = world.count(instant(AS_OF)).await;
    assert_eq!((counted.users, counted.eligible, counted.too_short), (3, 1, 2));
}

/// R8.4, safety 12: training is off for users from before consents existed.
#[tokio::test]
async fn nobody_counts_without_consent_to_scoring_and_training() {
    let world = World::new();
    let training = profile(Consents::NONE.with(Consent::Training, true));
    let scoring = profile(Consents::NONE.with(Consent::Scoring, true));
    world.with("legacy", 90 * DAY, None);
    world.with("no-scoring", 90 * DAY, Some(&training));
    world.with("no-training", 90 * DAY, Some(&scoring));
    world.with("willing", 90 * DAY, Some(&willing()));
    let counted = world.count(instant(AS_OF)).await;
    assert_eq!((counted.eligible, counted.without_consent), (1, 3));
}

/// R2.7
#[tokio::test]
async fn too_few_users_are_not_enough() {
    let world = World::new();
    for n in 1..FEWEST_USERS {
        world.with(&format!("syn-{n:04}"), 60 * DAY, Some(&willing()));
    }
    let counted = world.count(instant(AS_OF)).await;
    assert_eq!((counted.eligible, counted.enough), (FEWEST_USERS - 1, false));
    world.with("one-more", 60 * DAY, Some(&willing()));
    assert!(world.count(instant(AS_OF)).await.enough);
}

/// R2.3
#[tokio::test]
async fn what_lies_after_the_firing_is_not_counted() {
    let world = World::new();
    world.with("long", 60 * DAY, Some(&willing()));
    let before = world.count(instant(AS_OF) - SignedDuration::from_secs(1)).await;
    assert_eq!((before.users, before.eligible), (1, 0));
}
