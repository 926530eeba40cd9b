//! A session: from its earliest start to its latest end that it can have.

use std::collections::BTreeSet;

use jiff::SignedDuration;
use mindmate_domain::AsOf;
use mindmate_domain::app::{Event, EventKind};
use serde::{Deserialize, Serialize};

use crate::facts::Fact;
use crate::fault::Fault;

/// The longest session. A longer one was never ended: its end is of another, or a clock was set.
pub const LONGEST_SESSION: SignedDuration = SignedDuration::from_hours(24);

/// Something that was told of a session.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum SessionFact {
    /// It began.
    Started(AsOf),
    /// It ended.
    Ended(AsOf),
}

use SessionFact::{Ended, Started};

fn starts(facts: &BTreeSet<SessionFact>) -> impl Iterator<Item = AsOf> {
    facts.iter().filter_map(|fact| if let Started(at) = fact { Some(*at) } else { None })
}

fn ends(facts: &BTreeSet<SessionFact>) -> impl Iterator<Item = AsOf> {
    facts.iter().filter_map(|fact| if let Ended(at) = fact { Some(*at) } else { None })
}

/// How long a session of these ends is, if it can be one.
fn length(start: AsOf, end: AsOf) -> Result<SignedDuration, Fault> {
    let found = end.instant().duration_since(start.instant());
    if found.is_negative() {
        Err(Fault::EndsBeforeStart { by: found.abs() })
    } else if found > LONGEST_SESSION {
        Err(Fault::SessionTooLong { found })
    } else {
        Ok(found)
    }
}

/// The key ends with a digest of the session's id: two sessions that end in one millisecond are two
/// items, and none of the app's own is ever replaced or removed.
fn key(end: AsOf, digest: &str) -> String {
    format!("SESSION#{end}#{digest}")
}

impl Fact for SessionFact {
    const THING: &'static str = "session";

    fn item(facts: &BTreeSet<Self>, digest: &str) -> Option<Event> {
        let start = starts(facts).min()?;
        let fitting = ends(facts).filter_map(|end| Some((end, length(start, end).ok()?)));
        let (end, length) = fitting.max()?;
        let kind = EventKind::Session { duration_seconds: length.as_secs_f64() };
        Some(Event { at: end.instant(), sk: key(end, digest), kind })
    }

    fn keys(facts: &BTreeSet<Self>, digest: &str) -> BTreeSet<String> {
        ends(facts).map(|end| key(end, digest)).collect()
    }

    /// An end's is its own. A start's is that of an end which came before it: somebody has to be
    /// told of that one, too.
    fn fault(&self, facts: &BTreeSet<Self>) -> Option<Fault> {
        let start = starts(facts).min()?;
        match self {
            Ended(end) => length(start, *end).err(),
            Started(_) => ends(facts).find_map(|end| length(start, end).err()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: i64) -> AsOf {
        AsOf::just_after(jiff::Timestamp::from_millisecond(1_800_000_000_000 + millis).unwrap())
    }

    /// The end and the seconds of the session that these make.
    fn session(facts: &[SessionFact]) -> Option<(AsOf, f64)> {
        let event = SessionFact::item(&facts.iter().cloned().collect(), "digest")?;
        let EventKind::Session { duration_seconds } = event.kind else {
            panic!("expected a session")
        };
        Some((AsOf::just_after(event.at), duration_seconds))
    }

    #[test]
    fn it_lasts_from_its_earliest_start_to_its_latest_end() {
        assert_eq!(session(&[Started(at(0)), Ended(at(90_500))]), Some((at(90_500), 90.5)));
        let told_twice = [Started(at(10)), Started(at(0)), Ended(at(1_000)), Ended(at(2_000))];
        assert_eq!(session(&told_twice), Some((at(2_000), 2.0)));
        assert_eq!(session(&[Started(at(0)), Ended(at(0))]), Some((at(0), 0.0)), "no time at all");
    }

    #[test]
    fn half_a_session_is_none() {
        assert_eq!(session(&[]), None);
        assert_eq!(session(&[Started(at(0)), Started(at(9))]), None);
        assert_eq!(session(&[Ended(at(0))]), None);
    }

    /// A day is the longest; what cannot be its end is passed over for one that can.
    #[test]
    fn an_end_that_cannot_be_is_none() {
        const DAY: i64 = 24 * 3_600_000;
        assert_eq!(session(&[Started(at(0)), Ended(at(DAY))]), Some((at(DAY), 86_400.0)));
        let three_days = [Started(at(0)), Ended(at(3 * DAY))];
        let backwards = [Started(at(0)), Ended(at(-7_200_000))];
        for facts in [three_days, backwards] {
            assert_eq!(session(&facts), None);
            let both: Vec<_> = facts.into_iter().chain([Ended(at(1_000))]).collect();
            assert_eq!(session(&both), Some((at(1_000), 1.0)));
        }
    }
}
