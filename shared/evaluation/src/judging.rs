//! Judges scorers on the same rows.

use std::collections::{BTreeMap, BTreeSet};

use mindmate_domain::feature::Family;
use mindmate_domain::policy::LevelBounds;
use serde::Serialize;

use crate::bootstrap::Bootstrap;
use crate::metrics::{AlertMetric, bins, pr_curve, roc_curve};
use crate::ranked::Ranked;
use crate::report::{Ablated, Curves, Difference, Group, GroupFound, Report, RowCounts, TOP_TENTH};
use crate::sampled::Sampled;
use crate::scores::{Ladder, Scores, ScoresError};
use crate::set::Samples;

/// Crises without which a group is too few to say anything of: recall could not be told from its half.
pub const FEWEST_CRISES_OF_A_GROUP: usize = 10;

/// Weeks without a crisis, the same.
pub const FEWEST_QUIET_OF_A_GROUP: usize = 10;

/// What was found of a scorer, beside another or alone.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Judged {
    /// The scorer.
    pub report: Report,
    /// What it is compared with, on the same rows.
    pub against: Option<Report>,
    /// The scorer less the other.
    pub difference: Option<Difference>,
    /// The curves of both, the scorer's first: for a page, and in no record.
    #[serde(skip)]
    pub curves: Vec<Curves>,
}

/// A scorer on some rows, and what was measured of it there.
struct Standing<'a> {
    scores: &'a Scores,
    rows: &'a [usize],
    sampled: Sampled,
}

/// Judges by these.
#[derive(Clone, Copy)]
pub struct Judge<'a> {
    /// The rows.
    pub samples: &'a Samples,
    /// Where levels begin.
    pub levels: LevelBounds,
    /// How people are drawn.
    pub bootstrap: Bootstrap,
    /// Called after each resample.
    pub step: &'a (dyn Fn() + Sync),
}

impl Judge<'_> {
    /// Judges a scorer, beside another where there is one; with `ablated`, also without each family of features.
    ///
    /// # Errors
    /// A model's.
    pub fn judge(
        &self,
        ladder: Ladder<'_>,
        against: Option<Ladder<'_>>,
        ablated: bool,
    ) -> Result<Judged, ScoresError> {
        let scores = Scores::of(ladder, self.samples)?;
        let other = against.map(|other| Scores::of(other, self.samples)).transpose()?;
        let both: Vec<&Scores> = [&scores].into_iter().chain(&other).collect();
        let rows = self.common(&both);
        let one = self.standing(&scores, &rows);
        let other = other.as_ref().map(|other| self.standing(other, &rows));
        let mut report = self.report(&one);
        if ablated {
            report.ablation = self.ablation(ladder, &one)?;
        }
        Ok(Judged {
            report,
            against: other.as_ref().map(|other| self.report(other)),
            difference: other.as_ref().map(|other| difference(&one, other)),
            curves: both.into_iter().map(|one| self.curves(one, &rows)).collect(),
        })
    }

    /// Judges given scores, and takes each of the others from them, on the rows that all can say something of.
    pub fn compare<const N: usize>(
        &self,
        scores: &Scores,
        others: [&Scores; N],
    ) -> (Report, [Difference; N]) {
        let all: Vec<&Scores> = [scores].into_iter().chain(others).collect();
        let rows = self.common(&all);
        let one = self.standing(scores, &rows);
        (self.report(&one), others.map(|other| difference(&one, &self.standing(other, &rows))))
    }

    /// How often [`judge`](Self::judge) calls `step` at most: for who shows progress.
    pub fn steps_to_judge(&self, compared: bool, ablated: bool) -> u64 {
        let families = if ablated { Family::ALL.len() } else { 0 };
        self.steps((1 + self.judged_groups()) * (1 + usize::from(compared)) + families)
    }

    /// How often [`compare`](Self::compare) does, with so many others.
    pub fn steps_to_compare(&self, others: usize) -> u64 {
        self.steps(1 + self.judged_groups() + others)
    }

    fn steps(&self, measured: usize) -> u64 {
        measured as u64 * u64::from(self.bootstrap.resamples)
    }

    fn judged_groups(&self) -> usize {
        let rows: Vec<usize> = (0..self.samples.len()).collect();
        self.groups(&rows).filter(|(.., rows)| self.is_enough(rows)).count()
    }

    /// The rows that all of these scorers can say something of: which are compared, are compared on these.
    fn common(&self, scorers: &[&Scores]) -> Vec<usize> {
        let scored =
            |row: &usize| scorers.iter().all(|one| one.of.get(*row).copied().flatten().is_some());
        (0..self.samples.len()).filter(scored).collect()
    }

    /// Measures a scorer on these rows.
    fn standing<'a>(&self, scores: &'a Scores, rows: &'a [usize]) -> Standing<'a> {
        let ranked = self.ranked(scores, rows);
        let thresholds = thresholds(&self.levels, &ranked);
        let sampled = Sampled::of(&ranked, &thresholds, self.bootstrap, self.step);
        Standing { scores, rows, sampled }
    }

    /// What is found of a scorer.
    fn report(&self, of: &Standing<'_>) -> Report {
        let kept: BTreeSet<usize> = of.rows.iter().copied().collect();
        let left_out: Vec<usize> =
            (0..self.samples.len()).filter(|row| !kept.contains(row)).collect();
        let found = |rows: &[usize]| {
            let (ranked, thresholds) = (self.ranked(of.scores, rows), of.sampled.thresholds());
            Sampled::of(&ranked, thresholds, self.bootstrap, self.step).found()
        };
        let groups = self.groups(of.rows).map(|(column, name, rows)| Group {
            column: column.to_owned(),
            name: name.to_owned(),
            rows: self.counts(&rows),
            found: self.is_enough(&rows).then(|| found(&rows)),
        });
        Report {
            scorer: of.scores.version.clone(),
            rows: self.counts(of.rows),
            unscored: self.counts(&left_out),
            by_fallback: of.scores.by_fallback,
            shift: of.scores.shift,
            bootstrap: self.bootstrap,
            overall: of.sampled.overall(),
            thresholds: of.sampled.at_thresholds(),
            groups: groups.collect(),
            ablation: Vec::new(),
        }
    }

    /// What a model loses where a family of features is missing. It was trained with the family, so that this
    /// is what a failing source costs, and not what a model would do that never had the family.
    fn ablation(&self, ladder: Ladder<'_>, of: &Standing<'_>) -> Result<Vec<Ablated>, ScoresError> {
        let all = self.common(&[of.scores]);
        let uncounted = Judge { step: &|| {}, ..*self };
        let on_all = (all != of.rows).then(|| uncounted.standing(of.scores, &all));
        let whole = on_all.as_ref().unwrap_or(of);
        let without = |family| {
            let poorer = Scores::without(ladder, self.samples, family)?;
            let rows = self.common(&[of.scores, &poorer]);
            let kept: BTreeSet<usize> = rows.iter().copied().collect();
            let lost: Vec<usize> = all.iter().copied().filter(|row| !kept.contains(row)).collect();
            // Both on the same rows: otherwise they would draw other people.
            let on_fewer = (!lost.is_empty()).then(|| uncounted.standing(of.scores, &rows));
            let with = on_fewer.as_ref().unwrap_or(whole);
            let less = with.sampled.less(&self.standing(&poorer, &rows).sampled);
            Ok(Ablated { family, lost: self.counts(&lost), loss: less.overall() })
        };
        Family::ALL.into_iter().map(without).collect()
    }

    /// The curves of a scorer on these rows.
    fn curves(&self, scores: &Scores, rows: &[usize]) -> Curves {
        let ranked = self.ranked(scores, rows);
        let counts = ranked.once();
        let tally = ranked.tally(&counts);
        Curves {
            scorer: scores.version.clone(),
            roc: roc_curve(&tally),
            precision_recall: pr_curve(&tally),
            calibration: bins(&tally),
        }
    }

    fn ranked(&self, scores: &Scores, rows: &[usize]) -> Ranked {
        let (labels, users) = (self.samples.labels(), self.samples.users());
        Ranked::new(
            rows.iter().filter_map(|&row| Some((scores.of[row]?, labels[row], users[row]))),
            scores.shift,
        )
    }

    /// Each group with its column and its rows.
    fn groups<'a>(
        &'a self,
        rows: &'a [usize],
    ) -> impl Iterator<Item = (&'static str, &'a str, Vec<usize>)> {
        self.samples.groups().iter().flat_map(move |column| {
            let mut groups: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
            for &row in rows {
                let name = column.names[column.of[row] as usize].as_str();
                groups.entry(name).or_default().push(row);
            }
            groups.into_iter().map(|(name, rows)| (column.column, name, rows))
        })
    }

    fn counts(&self, rows: &[usize]) -> RowCounts {
        let users: BTreeSet<u32> = rows.iter().map(|row| self.samples.users()[*row]).collect();
        RowCounts {
            rows: rows.len() as u64,
            users: users.len() as u64,
            crises: self.crises(rows) as u64,
        }
    }

    fn crises(&self, rows: &[usize]) -> usize {
        rows.iter().filter(|row| self.samples.labels()[**row]).count()
    }

    fn is_enough(&self, rows: &[usize]) -> bool {
        let crises = self.crises(rows);
        crises >= FEWEST_CRISES_OF_A_GROUP && rows.len() - crises >= FEWEST_QUIET_OF_A_GROUP
    }
}

/// The names and scores of all thresholds: each level's, and the one above which a tenth of the rows lie.
pub fn thresholds(levels: &LevelBounds, ranked: &Ranked) -> Vec<(String, f64)> {
    const BUDGET: f64 = 0.10;
    let counts = ranked.once();
    let tally = ranked.tally(&counts);
    let mut room = BUDGET * tally.all_rows;
    let edge = tally.iter().find(|(_, rows, _)| {
        room -= rows;
        room <= 0.0
    });
    let levels = levels.named().map(|(level, from)| (level.name().to_owned(), from));
    let top = edge.map(|(score, ..)| (TOP_TENTH.to_owned(), score));
    levels.into_iter().chain(top).collect()
}

/// What is found of a scorer on scored rows, as a whole and at each of these thresholds. `step` is called
/// after each resample.
pub fn found(
    ranked: &Ranked,
    thresholds: &[(String, f64)],
    bootstrap: Bootstrap,
    step: &(dyn Fn() + Sync),
) -> GroupFound {
    Sampled::of(ranked, thresholds, bootstrap, step).found()
}

/// One scorer less another, on the same rows.
fn difference(one: &Standing<'_>, other: &Standing<'_>) -> Difference {
    let less = one.sampled.less(&other.sampled);
    let at = less.at_thresholds().into_iter().filter(|at| at.name != TOP_TENTH);
    Difference {
        scorer: one.scores.version.clone(),
        against: other.scores.version.clone(),
        overall: less.overall(),
        recall: at.map(|at| (at.name, at.measures[&AlertMetric::Recall])).collect(),
        better_in: less.auroc_above_zero(),
    }
}

#[cfg(test)]
mod tests;
