//! What is found of what was gathered, and what follows from it. No clock, no port, no chance but the seed's.

use std::collections::BTreeSet;

use mindmate_domain::policy::LevelBounds;
use mindmate_evaluation::report::{GroupFound, RowCounts};
use mindmate_evaluation::{Bootstrap, Gates, Measured, Metric, Ranked, found, thresholds};

use crate::drift::Drift;
use crate::gathered::Gathered;
use crate::report::{Below, Judged, Report, Verdict};
use crate::serving::Serving;
use crate::weeks::Span;

/// People with a crisis, and people with a week without one, without whom nothing is said of the scores:
/// intervals draw people, and of fewer the percentiles are too narrow to decide by.
pub const FEWEST_PEOPLE_OF_A_LABEL: u64 = 30;

/// The share of rows that gets an alert where recall is held against its limit.
const ALERTS: f64 = 0.10;

/// What a model must not fall below (R7.3). The same numbers let it serve.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Limits {
    /// Of the AUROC.
    pub auroc: f64,
    /// Of the recall at 10 % alerts.
    pub recall: f64,
}

impl From<&Gates> for Limits {
    fn from(gates: &Gates) -> Self {
        Self { auroc: gates.auroc_above, recall: gates.recall_above }
    }
}

/// How it is judged.
#[derive(Debug, Clone, Copy)]
pub struct Rules {
    /// What it must not fall below.
    pub limits: Limits,
    /// Where levels begin.
    pub levels: LevelBounds,
    /// How people are drawn.
    pub bootstrap: Bootstrap,
}

/// Judges what was gathered of what serves. `span` is that of the judged assessments, `recent` that of the
/// latest.
pub fn judge(
    gathered: &Gathered,
    serving: &Serving,
    rules: &Rules,
    (span, recent): (Span, Span),
) -> Report {
    let drift = serving.trained.as_ref().map(|trained| Drift::of(gathered, trained));
    let shift = serving.trained.as_ref().map_or(0.0, |trained| trained.shift);
    let judged = judged(gathered, rules, span, shift);
    let verdict = verdict(&judged, drift.as_ref(), rules.limits);
    Report {
        scorer: serving.version.clone(),
        synthetic: serving.trained.as_ref().is_some_and(|trained| trained.synthetic),
        verdict,
        judged,
        left_out: gathered.left_out,
        latest: recent,
        recent: gathered.recent.clone(),
        drift,
    }
}

fn judged(gathered: &Gathered, rules: &Rules, span: Span, shift: f64) -> Judged {
    let rows = &gathered.judged;
    let people = |crisis: Option<bool>| {
        let rows = rows.iter().filter(|row| crisis.is_none_or(|crisis| row.1 == crisis));
        rows.map(|row| row.2).collect::<BTreeSet<u32>>().len() as u64
    };
    let ranked = Ranked::new(rows.iter().copied(), shift);
    let step: &(dyn Fn() + Sync) = &|| {};
    let GroupFound { overall, thresholds } =
        found(&ranked, &thresholds(&rules.levels, &ranked), rules.bootstrap, step);
    let crises = rows.iter().filter(|row| row.1).count() as u64;
    Judged {
        span,
        rows: RowCounts { rows: rows.len() as u64, users: people(None), crises },
        people_with_a_crisis: people(Some(true)),
        people_without: people(Some(false)),
        fewest: FEWEST_PEOPLE_OF_A_LABEL,
        bootstrap: rules.bootstrap,
        overall,
        thresholds,
    }
}

/// A model that falls short weighs more than one whose inputs have moved; that too few crises happened to
/// say anything never hides that inputs have moved.
fn verdict(judged: &Judged, drift: Option<&Drift>, limits: Limits) -> Verdict {
    let below = if judged.is_enough() { below(judged, limits) } else { Vec::new() };
    let features = drift.map(Drift::drifted).unwrap_or_default();
    if !below.is_empty() {
        Verdict::Degraded { below, features }
    } else if !features.is_empty() {
        Verdict::Drifted { features }
    } else if judged.is_enough() {
        Verdict::Sound
    } else {
        Verdict::TooFew
    }
}

/// The measures that lie below their limits beyond doubt: with the whole of their intervals.
fn below(judged: &Judged, limits: Limits) -> Vec<Below> {
    let mut wanted = vec![(Metric::Auroc, limits.auroc)];
    if best_recall(&judged.rows) > limits.recall {
        wanted.push((Metric::RecallAt10Percent, limits.recall));
    }
    let below = wanted.into_iter().filter_map(|(metric, limit)| {
        let Measured { value: Some(value), interval: Some(interval) } =
            *judged.overall.get(&metric)?
        else {
            return None;
        };
        (interval.high < limit).then_some(Below { metric, value, interval, limit })
    });
    below.collect()
}

/// The recall of somebody who knew the future: where more than a tenth of the rows are crises, alerts on a
/// tenth cannot find them all, and a limit beyond that would blame every model.
fn best_recall(rows: &RowCounts) -> f64 {
    let crises = rows.crises as f64;
    if crises > 0.0 { (ALERTS * rows.rows as f64 / crises).min(1.0) } else { 0.0 }
}

#[cfg(test)]
mod tests;
