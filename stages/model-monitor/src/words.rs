//! What a report says in words: for administrators, in a notice or at the command line.

use mindmate_domain::{Feature, RiskLevel};
use mindmate_evaluation::{Measured, Metric};
use mindmate_model::artefact::INVENTED;

use crate::drift::{Drift, Moved};
use crate::report::{Report, Verdict};

/// Features that are named.
const NAMED: usize = 5;

/// The measures that are told, in this order (R7.2).
const TOLD: [Metric; 5] = [
    Metric::Auroc,
    Metric::Auprc,
    Metric::RecallAt10Percent,
    Metric::CalibrationSlope,
    Metric::CalibrationIntercept,
];

impl Report {
    /// One paragraph: its first sentence says it all.
    pub fn notice(&self) -> String {
        let mut text = format!("{}{}: {}", self.scorer, self.warning(), self.conclusion());
        let rows = &self.judged.rows;
        text += &format!(
            " Judged on {} assessments of {} people, {} followed by a crisis.",
            rows.rows, rows.users, rows.crises
        );
        if self.judged.is_enough() {
            let told = TOLD.map(|metric| format!("{} {}", metric.words(), self.measure(metric)));
            text += &format!(" {}.", told.join(", "));
        }
        if let Some(drift) = &self.drift {
            text += &format!(" {}", drift_words(drift));
        }
        text += &format!(" Levels of the last week: {}.", self.level_words());
        text + " Look: mindmate models monitor."
    }

    /// What follows, in one sentence.
    pub fn conclusion(&self) -> String {
        match &self.verdict {
            Verdict::Sound => "nothing speaks against it.".to_owned(),
            Verdict::TooFew => format!(
                "too little happened to say anything of its scores ({} people with a crisis, {} without; it takes {} of each).",
                self.judged.people_with_a_crisis, self.judged.people_without, self.judged.fewest
            ),
            Verdict::Drifted { features } => format!(
                "people are no longer as those that it learned from; a new model is asked for. Moved far: {}.",
                named(features)
            ),
            Verdict::Degraded { below, features } => {
                let below = below.iter().map(|one| {
                    let (low, high) = (one.interval.low, one.interval.high);
                    let (words, value, limit) = (one.metric.words(), one.value, one.limit);
                    format!("{words} {value:.3} ({low:.3} to {high:.3}) is below {limit}")
                });
                let below = below.collect::<Vec<_>>().join(" and ");
                let moved = match features.as_slice() {
                    [] => String::new(),
                    some => format!(" Moved far as well: {}.", named(some)),
                };
                format!("its scores fall short; a new model is asked for. {below}.{moved}")
            }
        }
    }

    /// A measure with its interval.
    pub fn measure(&self, metric: Metric) -> String {
        match self.judged.overall.get(&metric) {
            Some(Measured { value: Some(value), interval: Some(interval) }) => {
                format!("{value:.3} ({:.3} to {:.3})", interval.low, interval.high)
            }
            Some(Measured { value: Some(value), interval: None }) => format!("{value:.3}"),
            _ => "undefined".to_owned(),
        }
    }

    /// The levels of the latest assessments, the most severe first.
    pub fn level_words(&self) -> String {
        let of = |level: RiskLevel| self.recent.levels.get(level.name()).copied().unwrap_or(0);
        let levels = RiskLevel::ALL.into_iter().rev();
        levels.map(|level| format!("{level} {}", of(level))).collect::<Vec<_>>().join(", ")
    }

    /// What stands beside the name of a model whose people were invented.
    pub fn warning(&self) -> String {
        if self.synthetic { format!(" ({INVENTED})") } else { String::new() }
    }
}

/// How far the features have moved.
pub fn drift_words(drift: &Drift) -> String {
    if drift.features.is_empty() {
        let (people, fewest) = (drift.people, drift.fewest);
        return format!("Too few people to say whether features moved: {people} of {fewest}.");
    }
    let moving: Vec<&Moved> = drift.features.iter().filter(|one| one.is_moving()).collect();
    let words = |one: &&Moved| format!("{} {:.2}", one.feature, one.psi);
    match moving.as_slice() {
        [] => format!("No feature moves, among {} people.", drift.people),
        some => format!(
            "Of {} people {} features move (PSI): {}{}.",
            drift.people,
            some.len(),
            some.iter().take(NAMED).map(words).collect::<Vec<_>>().join(", "),
            and_more(some.len())
        ),
    }
}

fn named(features: &[Feature]) -> String {
    let names = features.iter().take(NAMED).map(ToString::to_string).collect::<Vec<_>>();
    names.join(", ") + &and_more(features.len())
}

fn and_more(all: usize) -> String {
    let more = all.saturating_sub(NAMED);
    if more > 0 { format!(" and {more} more") } else { String::new() }
}
