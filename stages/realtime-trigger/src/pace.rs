//! At most one assessment of a user in a quarter of an hour, and one at its end for what came
//! meanwhile.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use mindmate_domain::AsOf;
use serde::{Deserialize, Serialize};

/// The time in which a user is assessed at most once.
pub const PACE: SignedDuration = SignedDuration::from_mins(15);

/// The table may note whole seconds only. What was noted less than this before the last assessment
/// may have been written after that had looked.
const GRAIN: SignedDuration = SignedDuration::from_secs(2);

/// A change that asks for an assessment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Event {
    /// When the table noted it.
    pub(crate) at: AsOf,
    /// What was written: several changes may have been noted at one instant.
    pub(crate) sk: String,
}

/// Who was asked for lately: the last assessment, and the one at the end of its time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Pace {
    /// The instant that the last one looks back from.
    last: AsOf,
    /// Who asked for it; nobody where it was the one at the end of the time before.
    by: Option<Event>,
    /// Who asked for the one at the end.
    next_by: Option<Event>,
}

/// A request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Ask {
    /// The instant that it looks back from.
    pub(crate) as_of: AsOf,
    /// How long it stays hidden.
    pub(crate) hidden: Duration,
}

/// What is asked for because of an event, and what is to be remembered, where that changes. The
/// same event asks for the same again; one that is already seen by a request asks for nothing.
pub(crate) fn ask(
    pace: Option<&Pace>,
    event: &Event,
    now: Timestamp,
) -> (Option<Ask>, Option<Pace>) {
    let at_once = |as_of| Ask { as_of, hidden: Duration::ZERO };
    let Some(pace) = pace.map(|pace| pace.moved_on(event.at)) else {
        return (Some(at_once(event.at)), Some(Pace::begin(event)));
    };
    let end = pace.end();
    if event.at >= end {
        return (Some(at_once(event.at)), Some(Pace::begin(event)));
    }
    if pace.by.as_ref() == Some(event) {
        return (Some(at_once(pace.last)), None);
    }
    if pace.last.instant().duration_since(event.at.instant()) >= GRAIN {
        return (None, None);
    }
    let later = Ask { as_of: end, hidden: until(end, now) };
    match &pace.next_by {
        Some(by) if by == event => (Some(later), None),
        Some(_) => (None, None),
        None => (Some(later), Some(Pace { next_by: Some(event.clone()), ..pace })),
    }
}

impl Pace {
    fn begin(event: &Event) -> Self {
        Self { last: event.at, by: Some(event.clone()), next_by: None }
    }

    fn end(&self) -> AsOf {
        let end = self.last.instant().saturating_add(PACE);
        end.map_or(self.last, AsOf::just_after)
    }

    /// As it is at an instant: the one at the end, once its time has come, is the last one.
    fn moved_on(&self, at: AsOf) -> Self {
        if self.next_by.is_some() && at >= self.end() {
            Self { last: self.end(), by: None, next_by: None }
        } else {
            self.clone()
        }
    }
}

fn until(end: AsOf, now: Timestamp) -> Duration {
    Duration::try_from(end.instant().duration_since(now)).unwrap_or(Duration::ZERO)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    fn at(second: i64) -> AsOf {
        AsOf::just_after(Timestamp::from_second(1_800_000_000 + second).unwrap())
    }

    fn event(second: i64, sk: &str) -> Event {
        Event { at: at(second), sk: sk.to_owned() }
    }

    /// Asks in turn, each at the instant of its event; gives the instants asked for with their waits.
    fn run(events: &[Event]) -> Vec<(AsOf, u64)> {
        let mut pace = None;
        let mut asked = Vec::new();
        for event in events {
            let (ask_for, next) = ask(pace.as_ref(), event, event.at.instant());
            asked.extend(ask_for.map(|ask| (ask.as_of, ask.hidden.as_secs())));
            pace = next.or(pace);
        }
        asked
    }

    #[test]
    fn the_first_is_asked_for_at_once_and_the_others_together_at_the_end() {
        let events: Vec<_> = (0..200).map(|n| event(n / 50, &format!("CHAT#{n}"))).collect();
        assert_eq!(run(&events), [(at(0), 0), (at(900), 900)]);
    }

    #[test]
    fn what_comes_alone_never_waits() {
        let events = [event(0, "a"), event(900, "b"), event(5_000, "c")];
        assert_eq!(run(&events), [(at(0), 0), (at(900), 0), (at(5_000), 0)]);
    }

    /// The one at the end counts as the last one.
    #[test]
    fn the_time_begins_anew_with_the_one_at_the_end() {
        let events = [event(0, "a"), event(10, "b"), event(910, "c"), event(2_000, "d")];
        assert_eq!(
            run(&events),
            [(at(0), 0), (at(900), 890), (at(1_800), 890), (at(2_000), 0)][..3]
                .iter()
                .copied()
                .chain([(at(2_700), 700)])
                .collect::<Vec<_>>()
        );
    }

    #[test]
    fn the_same_event_asks_for_the_same_again() {
        let (a, b) = (event(0, "a"), event(10, "b"));
        let events = [a.clone(), a.clone(), b.clone(), b, a];
        assert_eq!(
            run(&events),
            [(at(0), 0), (at(0), 0), (at(900), 890), (at(900), 890), (at(0), 0)]
        );
    }

    /// Two changes of one second may come in any order.
    #[test]
    fn what_was_noted_in_the_same_second_is_not_taken_for_seen() {
        assert_eq!(run(&[event(1, "a"), event(0, "b")]), [(at(1), 0), (at(901), 901)]);
        assert_eq!(run(&[event(100, "a"), event(0, "b")]), [(at(100), 0)]);
    }

    proptest! {
        /// Whatever comes: no two assessments look back from instants closer than the pace, and each
        /// event is seen by one that looks back from then or later, within the pace.
        #[test]
        fn nothing_is_missed_and_nobody_is_asked_for_too_often(
            gaps in prop::collection::vec(0_i64..2_000, 1..60),
        ) {
            let mut second = 0;
            let events: Vec<_> = gaps.iter().enumerate().map(|(n, gap)| {
                second += gap;
                event(second, &n.to_string())
            }).collect();
            let asked: BTreeMap<AsOf, u64> = run(&events).into_iter().collect();
            let instants: Vec<_> = asked.keys().map(|as_of| as_of.instant()).collect();
            for pair in instants.windows(2) {
                prop_assert!(pair[1].duration_since(pair[0]) >= PACE);
            }
            for event in &events {
                let seen = instants.iter().find(|as_of| **as_of >= event.at.instant());
                let seen = seen.expect("an assessment that sees it");
                prop_assert!(seen.duration_since(event.at.instant()) <= PACE);
            }
        }
    }
}
