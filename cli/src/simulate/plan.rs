//! What happens on a simulated day: the last day of a synthetic cohort, in the order of its
//! instants.

use jiff::Timestamp;
use mindmate_cohort::{CohortSpec, SyntheticUser};
use mindmate_domain::UserId;
use mindmate_domain::app::{AppItem, Author, EventKind};
use serde::Serialize;

/// Something that a person does in the app.
pub(super) struct Deed {
    pub(super) at: Timestamp,
    pub(super) user: UserId,
    pub(super) item: AppItem,
}

/// How much of what happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Counts {
    pub(crate) moods: u64,
    pub(crate) texts: u64,
    pub(crate) sessions: u64,
    pub(crate) activities: u64,
    pub(crate) others: u64,
}

/// The deeds of a day.
pub(super) struct Plan {
    pub(super) deeds: Vec<Deed>,
    pub(super) counts: Counts,
}

/// What of a person's diary was there before the day, and what they do on it. The sentiments of
/// the day's texts are the pipeline's to find.
pub(super) fn split(made: SyntheticUser, day: Timestamp) -> (UserId, Vec<AppItem>, Vec<Deed>) {
    let SyntheticUser { user, items, .. } = made;
    let mut before = Vec::new();
    let mut deeds = Vec::new();
    let mut texts_of_the_day = std::collections::BTreeSet::new();
    for item in items {
        match &item {
            AppItem::Event(event) if event.at > day => {
                texts_of_the_day.insert(event.sk.clone());
                deeds.push(Deed { at: event.at, user: user.clone(), item });
            }
            _ => before.push(item),
        }
    }
    before.retain(|item| match item {
        AppItem::Sentiment(stored) => !texts_of_the_day.contains(&stored.text_sk),
        _ => true,
    });
    (user, before, deeds)
}

impl Plan {
    /// The day of a cohort that ends with it.
    pub(super) fn of(spec: &CohortSpec, day: Timestamp) -> Self {
        let mut deeds: Vec<_> = spec.users().flat_map(|made| split(made, day).2).collect();
        deeds.sort_by(|a, b| (a.at, &a.user).cmp(&(b.at, &b.user)));
        let mut counts = Counts::default();
        for deed in &deeds {
            counts.add(&deed.item);
        }
        Self { deeds, counts }
    }

    /// What happens after an instant, up to another.
    pub(super) fn between(&self, after: Timestamp, until: Timestamp) -> &[Deed] {
        let from = self.deeds.partition_point(|deed| deed.at <= after);
        let to = self.deeds.partition_point(|deed| deed.at <= until);
        self.deeds.get(from..to).unwrap_or_default()
    }
}

impl Counts {
    fn add(&mut self, item: &AppItem) {
        let AppItem::Event(event) = item else { return };
        match &event.kind {
            EventKind::Mood { notes, .. } => {
                self.moods += 1;
                self.texts += u64::from(notes.as_ref().is_some_and(|note| !note.is_blank()));
            }
            EventKind::Chat { author: Author::User, .. } => self.texts += 1,
            EventKind::Session { .. } => self.sessions += 1,
            EventKind::Activity { .. } => self.activities += 1,
            EventKind::Chat { .. } | EventKind::Selfie => self.others += 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_is_in_order_and_each_deed_is_in_one_step() {
        let end: Timestamp = "2026-11-23T00:00:00Z".parse().unwrap();
        let day: Timestamp = "2026-11-22T00:00:00Z".parse().unwrap();
        let spec = CohortSpec::new(50, 10, 1, end).unwrap();
        let plan = Plan::of(&spec, day);
        assert!(plan.deeds.iter().all(|deed| deed.at > day && deed.at <= end));
        assert!(plan.deeds.is_sorted_by_key(|deed| deed.at));
        let Counts { moods, texts, sessions, .. } = plan.counts;
        assert!(moods > 0 && texts > 0 && sessions > 0);
        let noon: Timestamp = "2026-11-22T12:00:00Z".parse().unwrap();
        let (morning, evening) = (plan.between(day, noon).len(), plan.between(noon, end).len());
        assert_eq!(morning + evening, plan.deeds.len());
        assert!(morning > 0 && evening > 0);
    }

    #[test]
    fn what_was_there_before_holds_nothing_of_the_day() {
        let end: Timestamp = "2026-11-23T00:00:00Z".parse().unwrap();
        let day: Timestamp = "2026-11-22T00:00:00Z".parse().unwrap();
        let spec = CohortSpec::new(50, 10, 1, end).unwrap();
        for made in spec.users() {
            let all = made.items.len();
            let (_, before, deeds) = split(made, day);
            let of_the_day = |item: &AppItem| match item {
                AppItem::Event(event) => event.at > day,
                AppItem::Sentiment(stored) => stored.text_sk.contains("2026-11-22T"),
                AppItem::Profile(_) => false,
            };
            assert!(!before.iter().any(of_the_day));
            assert!(before.len() + deeds.len() <= all);
        }
    }
}
