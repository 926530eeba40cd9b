//! What happens on a simulated day: the last day of a synthetic cohort, in the order of its
//! instants.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use mindmate_cohort::{CohortSpec, SyntheticUser};
use mindmate_contracts::AppName;
use mindmate_contracts::messages::RecordedActivity;
use mindmate_domain::UserId;
use mindmate_domain::app::{AppItem, Event, EventKind};
use serde::Serialize;

/// Something that a person does in the app.
pub(super) struct Deed {
    /// When the app says it.
    pub(super) at: Timestamp,
    pub(super) user: UserId,
    pub(super) what: What,
}

/// What the app makes of it.
pub(super) enum What {
    /// It writes an item.
    Writes(AppItem),
    /// It tells of it by the stream of activity: it was then.
    Tells(RecordedActivity, Timestamp),
}

/// How much of what happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Counts {
    pub(crate) moods: u64,
    pub(crate) texts: u64,
    pub(crate) sessions: u64,
    pub(crate) activities: u64,
}

/// The deeds of a day.
pub(super) struct Plan {
    pub(super) deeds: Vec<Deed>,
    pub(super) counts: Counts,
}

/// What of a person's diary was there before a day begins, and what happens on it. The sentiments
/// of the day's texts are the pipeline's to find.
pub(super) fn split(items: Vec<AppItem>, begins: Timestamp) -> (Vec<AppItem>, Vec<Event>) {
    let mut before = Vec::new();
    let mut of_the_day = Vec::new();
    for item in items {
        match item {
            AppItem::Event(event) if event.at > begins => of_the_day.push(event),
            item => before.push(item),
        }
    }
    let texts: BTreeSet<_> = of_the_day.iter().map(|event| event.sk.as_str()).collect();
    before.retain(|item| match item {
        AppItem::Sentiment(stored) => !texts.contains(stored.text_sk.as_str()),
        _ => true,
    });
    (before, of_the_day)
}

impl Plan {
    /// The day of a cohort that ends with it.
    pub(super) fn of(spec: &CohortSpec, begins: Timestamp) -> anyhow::Result<Self> {
        let mut plan = Self { deeds: Vec::new(), counts: Counts::default() };
        for SyntheticUser { user, items, .. } in spec.users() {
            for event in split(items, begins).1 {
                plan.add(&user, event, (begins, spec.end))?;
            }
        }
        plan.deeds.sort_by(|a, b| (a.at, &a.user).cmp(&(b.at, &b.user)));
        Ok(plan)
    }

    /// What happens after an instant, up to another.
    pub(super) fn between(&self, after: Timestamp, until: Timestamp) -> &[Deed] {
        let from = self.deeds.partition_point(|deed| deed.at <= after);
        let to = self.deeds.partition_point(|deed| deed.at <= until);
        self.deeds.get(from..to).unwrap_or_default()
    }

    fn add(
        &mut self,
        user: &UserId,
        event: Event,
        day: (Timestamp, Timestamp),
    ) -> anyhow::Result<()> {
        self.counts.add(&event.kind);
        let at = event.at;
        let name = AppName::new(&event.sk)?;
        match &event.kind {
            EventKind::Session { duration_seconds } => {
                let lasted = SignedDuration::try_from_secs_f64(*duration_seconds)?;
                let began = at.saturating_sub(lasted)?;
                let started = RecordedActivity::SessionStarted { session_id: name.clone() };
                self.tell(user, started, began, day);
                self.tell(user, RecordedActivity::SessionEnded { session_id: name }, at, day);
            }
            EventKind::Activity { activity, suggested, completed_at, helpful } => {
                let (activity, suggested) = (AppName::new(activity)?, *suggested);
                let activity_id = name.clone();
                let of = RecordedActivity::ActivitySuggested { activity_id, activity, suggested };
                self.tell(user, of, at, day);
                if let Some(completed_at) = *completed_at {
                    let helpful = *helpful;
                    let of = RecordedActivity::ActivityCompleted { activity_id: name, helpful };
                    self.tell(user, of, completed_at, day);
                }
            }
            _ => {
                let what = What::Writes(AppItem::Event(event));
                self.deeds.push(Deed { at, user: user.clone(), what });
            }
        }
        Ok(())
    }

    /// What began before the day is told when it begins; what happens after it is not told.
    fn tell(
        &mut self,
        user: &UserId,
        what: RecordedActivity,
        at: Timestamp,
        (begins, ends): (Timestamp, Timestamp),
    ) {
        let first = begins.saturating_add(SignedDuration::from_millis(1)).unwrap_or(begins);
        if at <= ends {
            let what = What::Tells(what, at);
            self.deeds.push(Deed { at: at.max(first), user: user.clone(), what });
        }
    }
}

impl Counts {
    fn add(&mut self, kind: &EventKind) {
        self.texts += u64::from(kind.own_words().is_some_and(|text| !text.is_blank()));
        match kind {
            EventKind::Mood { .. } => self.moods += 1,
            EventKind::Session { .. } => self.sessions += 1,
            EventKind::Activity { .. } => self.activities += 1,
            EventKind::Chat { .. } | EventKind::Selfie => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BEGINS: &str = "2026-11-22T00:00:00Z";
    const ENDS: &str = "2026-11-23T00:00:00Z";

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn cohort() -> CohortSpec {
        CohortSpec::new(50, 10, 1, at(ENDS)).unwrap()
    }

    #[test]
    fn a_plan_is_in_order_and_each_deed_is_in_one_step() {
        let plan = Plan::of(&cohort(), at(BEGINS)).unwrap();
        assert!(plan.deeds.iter().all(|deed| deed.at > at(BEGINS) && deed.at <= at(ENDS)));
        assert!(plan.deeds.is_sorted_by_key(|deed| deed.at));
        let Counts { moods, texts, sessions, activities, .. } = plan.counts;
        assert!([moods, texts, sessions, activities].iter().all(|count| *count > 0));
        let noon = at("2026-11-22T12:00:00Z");
        let parts = [plan.between(at(BEGINS), noon).len(), plan.between(noon, at(ENDS)).len()];
        assert_eq!(parts.iter().sum::<usize>(), plan.deeds.len());
        assert!(parts.iter().all(|part| *part > 0));
    }

    #[test]
    fn each_session_is_told_from_its_start_to_its_end() {
        let plan = Plan::of(&cohort(), at(BEGINS)).unwrap();
        let (mut started, mut ended) = (0, 0);
        for deed in &plan.deeds {
            match &deed.what {
                What::Tells(RecordedActivity::SessionStarted { .. }, _) => started += 1,
                What::Tells(RecordedActivity::SessionEnded { .. }, _) => ended += 1,
                _ => {}
            }
        }
        assert_eq!((started, ended), (plan.counts.sessions, plan.counts.sessions));
    }

    #[test]
    fn what_was_there_before_holds_nothing_of_the_day() {
        for made in cohort().users() {
            let (before, _) = split(made.items, at(BEGINS));
            let of_the_day = |item: &AppItem| match item {
                AppItem::Event(event) => event.at > at(BEGINS),
                AppItem::Sentiment(stored) => stored.text_sk.contains("2026-11-22T"),
                AppItem::Profile(_) => false,
            };
            assert!(!before.iter().any(of_the_day));
        }
    }
}
