//! An activity: its earliest suggestion, and when it was first done after that.

use std::collections::BTreeSet;

use mindmate_contracts::AppName;
use mindmate_domain::AsOf;
use mindmate_domain::app::{Event, EventKind};
use serde::{Deserialize, Serialize};

use crate::facts::Fact;
use crate::fault::Fault;

/// Something that was told of an activity.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub(crate) enum ActivityFact {
    /// It was suggested, or chosen.
    Suggested {
        /// When.
        at: AsOf,
        /// Its name.
        activity: AppName,
        /// Whether the companion suggested it.
        suggested: bool,
    },
    /// It was done.
    Completed {
        /// When.
        at: AsOf,
        /// Whether it helped.
        helpful: Option<bool>,
    },
}

use ActivityFact::{Completed, Suggested};

/// The suggestion that counts: the earliest; of those of one instant the first by its name, and of
/// one name one of the user's own choice.
fn suggestion(facts: &BTreeSet<ActivityFact>) -> Option<(AsOf, &AppName, bool)> {
    let suggestions = facts.iter().filter_map(|fact| match fact {
        Suggested { at, activity, suggested } => Some((*at, activity, *suggested)),
        Completed { .. } => None,
    });
    suggestions.min()
}

fn completions(facts: &BTreeSet<ActivityFact>) -> impl Iterator<Item = (AsOf, Option<bool>)> {
    facts.iter().filter_map(|fact| match fact {
        Completed { at, helpful } => Some((*at, *helpful)),
        Suggested { .. } => None,
    })
}

/// Nothing is done before it is suggested.
fn follows(suggested: AsOf, completed: AsOf) -> Result<(), Fault> {
    let by = suggested.instant().duration_since(completed.instant());
    if by.is_positive() { Err(Fault::CompletedBeforeSuggested { by }) } else { Ok(()) }
}

/// The key ends with a digest of the activity's id: two that are suggested in one millisecond are
/// two items, and none of the app's own is ever replaced or removed.
fn key(suggested: AsOf, digest: &str) -> String {
    format!("ACTIVITY#{suggested}#{digest}")
}

impl Fact for ActivityFact {
    const THING: &'static str = "activity";

    /// It was done when it was first done. Whether it helped is what was said last; of two that
    /// were said at one instant, that it did.
    fn item(facts: &BTreeSet<Self>, digest: &str) -> Option<Event> {
        let (at, activity, suggested) = suggestion(facts)?;
        let done: Vec<_> =
            completions(facts).filter(|(done, _)| follows(at, *done).is_ok()).collect();
        let said = done.iter().filter_map(|(at, helpful)| Some((*at, (*helpful)?)));
        let kind = EventKind::Activity {
            activity: activity.as_str().to_owned(),
            suggested,
            completed_at: done.iter().map(|(at, _)| at.instant()).min(),
            helpful: said.max().map(|(_, helpful)| helpful),
        };
        Some(Event { at: at.instant(), sk: key(at, digest), kind })
    }

    fn keys(facts: &BTreeSet<Self>, digest: &str) -> BTreeSet<String> {
        let suggestions = facts.iter().filter_map(|fact| match fact {
            Suggested { at, .. } => Some(key(*at, digest)),
            Completed { .. } => None,
        });
        suggestions.collect()
    }

    /// A completion's is its own. A suggestion's is that of a completion which came before it:
    /// somebody has to be told of that one, too.
    fn fault(&self, facts: &BTreeSet<Self>) -> Option<Fault> {
        let (suggested, ..) = suggestion(facts)?;
        match self {
            Completed { at, .. } => follows(suggested, *at).err(),
            Suggested { .. } => {
                completions(facts).find_map(|(done, _)| follows(suggested, done).err())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    fn at(second: i64) -> AsOf {
        AsOf::just_after(Timestamp::from_second(1_800_000_000 + second).unwrap())
    }

    fn suggested(second: i64, name: &str, suggested: bool) -> ActivityFact {
        Suggested { at: at(second), activity: AppName::new(name).unwrap(), suggested }
    }

    fn completed(second: i64, helpful: Option<bool>) -> ActivityFact {
        Completed { at: at(second), helpful }
    }

    /// When it was suggested, what, by whom, when it was done and whether it helped.
    type Made = (AsOf, String, bool, Option<AsOf>, Option<bool>);

    fn activity(facts: &[ActivityFact]) -> Option<Made> {
        let event = ActivityFact::item(&facts.iter().cloned().collect(), "digest")?;
        let EventKind::Activity { activity, suggested, completed_at, helpful } = event.kind else {
            panic!("expected an activity")
        };
        let done = completed_at.map(AsOf::just_after);
        Some((AsOf::just_after(event.at), activity, suggested, done, helpful))
    }

    fn walk(done: Option<i64>, helpful: Option<bool>) -> Made {
        (at(0), "walk".to_owned(), true, done.map(at), helpful)
    }

    #[test]
    fn it_is_done_when_it_was_first_done_and_helped_as_was_said_last() {
        let walked = suggested(0, "walk", true);
        assert_eq!(activity(std::slice::from_ref(&walked)), Some(walk(None, None)));
        let told = [
            walked,
            completed(60, None),
            completed(90, Some(true)),
            completed(120, Some(false)),
            completed(150, None),
        ];
        assert_eq!(activity(&told[..2]), Some(walk(Some(60), None)));
        assert_eq!(activity(&told[..3]), Some(walk(Some(60), Some(true))));
        assert_eq!(activity(&told), Some(walk(Some(60), Some(false))));
    }

    #[test]
    fn what_is_done_without_a_suggestion_is_none() {
        assert_eq!(activity(&[completed(60, Some(true))]), None);
    }

    #[test]
    fn the_earliest_suggestion_counts() {
        let told =
            [suggested(9, "bath", false), suggested(0, "yoga", false), suggested(0, "walk", true)];
        assert_eq!(activity(&told), Some(walk(None, None)));
    }

    #[test]
    fn nothing_is_done_before_it_is_suggested() {
        let told = [suggested(0, "walk", true), completed(-1, Some(true))];
        assert_eq!(activity(&told), Some(walk(None, None)));
        let done_too = [told[0].clone(), told[1].clone(), completed(0, None)];
        assert_eq!(activity(&done_too), Some(walk(Some(0), None)));
    }
}
