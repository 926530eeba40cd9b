//! When a day that asks for a new model starts a training.
//!
//! This decides and writes down; who starts it is told by the answer. On AWS a rule hears the answer and hands it
//! on to the state machine of trainings, under a name of the day, so that a day that answers twice trains once.

use jiff::civil::Date;
use mindmate_pipeline::ports::ModelDay;

/// Days from one training until the next for the same verdict. What was learned from hardly changes within a week,
/// and neither would what the gates say; whoever mended a source meanwhile starts one by hand.
pub const DAYS_BETWEEN: i32 = 7;

/// Who starts trainings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Trainings {
    /// Somebody at the command line: the monitor only tells.
    #[default]
    ByHand,
    /// Whoever reads the answer.
    StartThemselves,
}

/// What a day's verdict comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Start {
    /// Nobody is asked.
    No,
    /// A training starts, for this verdict.
    Now(String),
    /// One started lately for the same verdict; none does before the second day.
    Waits { since: Date, until: Date },
}

impl Start {
    /// What follows from the verdict of a day that asks for a new model; `known` are the latest days, the day itself
    /// among them where it was looked at before.
    pub(crate) fn of(day: Date, verdict: &str, known: &[ModelDay]) -> Self {
        // It started already and may not have been heard: the same again is the same training.
        if let Some(verdict) = known.iter().find(|one| one.day == day).and_then(started_for) {
            return Self::Now(verdict.to_owned());
        }
        let same = known.iter().filter(|one| one.day < day && started_for(one) == Some(verdict));
        let until = |since: Date| since.saturating_add(jiff::Span::new().days(DAYS_BETWEEN));
        match same.map(|one| one.day).max().map(|since| (since, until(since))) {
            Some((since, until)) if day < until => Self::Waits { since, until },
            _ => Self::Now(verdict.to_owned()),
        }
    }

    /// What administrators are told of it, after everything else.
    pub(crate) fn words(&self, day: Date) -> String {
        match self {
            Self::No => String::new(),
            Self::Now(_) => format!(" A training starts, unless one is running: watch-{day}."),
            Self::Waits { since, until } => format!(
                " A training for this started on {since}; none does by itself before {until}."
            ),
        }
    }
}

fn started_for(day: &ModelDay) -> Option<&str> {
    day.training_started_for.as_deref()
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::Timestamp;

    fn date(text: &str) -> Date {
        text.parse().unwrap()
    }

    fn day(text: &str, started_for: Option<&str>) -> ModelDay {
        ModelDay {
            day: date(text),
            at: Timestamp::UNIX_EPOCH,
            scorer: "rules-1".to_owned(),
            verdict: "drifted".to_owned(),
            asks_for_training: true,
            training_started_for: started_for.map(str::to_owned),
            report: serde_json::Value::Null,
        }
    }

    fn now(verdict: &str) -> Start {
        Start::Now(verdict.to_owned())
    }

    #[test]
    fn the_first_day_that_asks_starts_one() {
        assert_eq!(Start::of(date("2026-11-22"), "drifted", &[]), now("drifted"));
        let told_only = [day("2026-11-21", None)];
        assert_eq!(Start::of(date("2026-11-22"), "drifted", &told_only), now("drifted"));
    }

    #[test]
    fn the_same_verdict_starts_none_for_a_week_and_another_does() {
        let known = [day("2026-11-23", None), day("2026-11-22", Some("drifted"))];
        for waiting in ["2026-11-23", "2026-11-28"] {
            let found = Start::of(date(waiting), "drifted", &known);
            let (since, until) = (date("2026-11-22"), date("2026-11-29"));
            assert_eq!(found, Start::Waits { since, until }, "{waiting}");
        }
        assert_eq!(Start::of(date("2026-11-29"), "drifted", &known), now("drifted"));
        assert_eq!(Start::of(date("2026-11-24"), "degraded", &known), now("degraded"));
    }

    /// A month's end is in the middle.
    #[test]
    fn the_latest_of_several_counts() {
        let known = [day("2026-11-28", Some("drifted")), day("2026-11-21", Some("drifted"))];
        let (since, until) = (date("2026-11-28"), date("2026-12-05"));
        assert_eq!(Start::of(date("2026-12-04"), "drifted", &known), Start::Waits { since, until });
    }

    /// At least once in: the name of the day makes it once in effect.
    #[test]
    fn a_day_that_is_looked_at_again_says_the_same_again() {
        let known = [day("2026-11-22", Some("drifted")), day("2026-11-23", Some("degraded"))];
        for verdict in ["drifted", "degraded"] {
            assert_eq!(Start::of(date("2026-11-22"), verdict, &known), now("drifted"));
        }
    }

    /// Days that were looked at in hindsight are no reason to wait.
    #[test]
    fn what_started_later_holds_up_nothing() {
        let known = [day("2026-11-23", Some("drifted"))];
        assert_eq!(Start::of(date("2026-11-22"), "drifted", &known), now("drifted"));
    }
}
