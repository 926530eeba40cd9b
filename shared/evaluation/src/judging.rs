//! Judges scorers on the same rows.

use std::collections::{BTreeMap, BTreeSet};

use mindmate_domain::feature::Family;
use mindmate_domain::policy::LevelBounds;
use serde::Serialize;

use crate::bootstrap::{Bootstrap, interval, share_above_zero};
use crate::metrics::{AlertMetric, Alerts, Metric, Tally, bins, pr_curve, roc_curve};
use crate::ranked::{Counts, Ranked};
use crate::report::{
    Ablated, AtThreshold, Curves, Difference, Group, GroupFound, Measured, Report, RowCounts,
    TOP_TENTH,
};
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
    /// The rows that all of these scorers can say something of: which are compared, are compared on these.
    pub fn common(&self, scorers: &[&Scores]) -> Vec<usize> {
        let scored =
            |row: &usize| scorers.iter().all(|one| one.of.get(*row).copied().flatten().is_some());
        (0..self.samples.len()).filter(scored).collect()
    }

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
        let mut report = self.report(&scores, &rows);
        if ablated {
            report.ablation = self.ablation(ladder, &scores)?;
        }
        Ok(Judged {
            report,
            against: other.as_ref().map(|other| self.report(other, &rows)),
            difference: other.as_ref().map(|other| self.difference(&scores, other, &rows)),
            curves: both.into_iter().map(|one| self.curves(one, &rows)).collect(),
        })
    }

    /// How many resamples [`judge`](Self::judge) draws at most: for who shows progress.
    pub fn resamples(&self, compared: bool, ablated: bool) -> u64 {
        let rows: Vec<usize> = (0..self.samples.len()).collect();
        let groups = self.groups(&rows).filter(|(.., rows)| self.is_enough(rows)).count();
        let reports = (1 + groups) * (1 + usize::from(compared));
        let families = if ablated { Family::ALL.len() } else { 0 };
        (reports + usize::from(compared) + families) as u64 * u64::from(self.bootstrap.resamples)
    }

    /// What is found of a scorer on these rows.
    pub fn report(&self, scores: &Scores, rows: &[usize]) -> Report {
        let kept: BTreeSet<usize> = rows.iter().copied().collect();
        let left_out: Vec<usize> =
            (0..self.samples.len()).filter(|row| !kept.contains(row)).collect();
        let thresholds = thresholds(&self.levels, &self.ranked(scores, rows));
        let found = |rows: &[usize]| {
            found(&self.ranked(scores, rows), &thresholds, self.bootstrap, self.step)
        };
        let groups = self.groups(rows).map(|(column, name, rows)| Group {
            column: column.to_owned(),
            name: name.to_owned(),
            rows: self.counts(&rows),
            found: self.is_enough(&rows).then(|| found(&rows)),
        });
        let GroupFound { overall, thresholds: at } = found(rows);
        Report {
            scorer: scores.version.clone(),
            rows: self.counts(rows),
            unscored: self.counts(&left_out),
            by_fallback: scores.by_fallback,
            shift: scores.shift,
            bootstrap: self.bootstrap,
            overall,
            thresholds: at,
            groups: groups.collect(),
            ablation: Vec::new(),
        }
    }

    /// One scorer less another on these rows.
    pub fn difference(&self, scores: &Scores, against: &Scores, rows: &[usize]) -> Difference {
        let (values, resamples) = self.differences(scores, against, rows);
        let recall = self.levels.named().into_iter().enumerate().map(|(place, (level, _))| {
            let of = measured(&AlertMetric::ALL, &values, &resamples, first_at(place));
            (level.name().to_owned(), of[&AlertMetric::Recall])
        });
        Difference {
            scorer: scores.version.clone(),
            against: against.version.clone(),
            overall: measured(&Metric::ALL, &values, &resamples, 0),
            recall: recall.collect(),
            better_in: share_above_zero(&resamples, 0),
        }
    }

    /// What a model loses where a family of features is missing. It was trained with the family, so that this
    /// is what a failing source costs, and not what a model would do that never had the family.
    ///
    /// # Errors
    /// The model's.
    pub fn ablation(
        &self,
        ladder: Ladder<'_>,
        scores: &Scores,
    ) -> Result<Vec<Ablated>, ScoresError> {
        let with = self.common(&[scores]);
        Family::ALL
            .into_iter()
            .map(|family| {
                let without = Scores::without(ladder, self.samples, family)?;
                let rows = self.common(&[scores, &without]);
                let kept: BTreeSet<usize> = rows.iter().copied().collect();
                let lost: Vec<usize> =
                    with.iter().copied().filter(|row| !kept.contains(row)).collect();
                let (values, resamples) = self.differences(scores, &without, &rows);
                Ok(Ablated {
                    family,
                    lost: self.counts(&lost),
                    loss: measured(&Metric::ALL, &values, &resamples, 0),
                })
            })
            .collect()
    }

    /// The curves of a scorer on these rows.
    pub fn curves(&self, scores: &Scores, rows: &[usize]) -> Curves {
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

    /// All measures of the one less those of the other, at the levels' bounds too, on the rows and in each resample.
    fn differences(
        &self,
        scores: &Scores,
        against: &Scores,
        rows: &[usize],
    ) -> (Vec<f64>, Vec<Vec<f64>>) {
        let both = [self.ranked(scores, rows), self.ranked(against, rows)];
        let bounds = self.levels.named().map(|(_, from)| from);
        let less = |counts: &[Counts; 2]| -> Vec<f64> {
            let [one, other] = [0, 1].map(|at| measures(&both[at].tally(&counts[at]), &bounds));
            one.iter().zip(&other).map(|(one, other)| one - other).collect()
        };
        let values = less(&[both[0].once(), both[1].once()]);
        let resample = || {
            let mut counts: [Counts; 2] = Default::default();
            let (both, less) = (&both, &less);
            move |drawn: &[f64]| {
                for (ranked, counts) in both.iter().zip(&mut counts) {
                    ranked.count(drawn, counts);
                }
                less(&counts)
            }
        };
        let resamples = self.bootstrap.run(both[0].users(), resample, self.step);
        (values, resamples)
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
    let bounds: Vec<f64> = thresholds.iter().map(|(_, from)| *from).collect();
    let values = measures(&ranked.tally(&ranked.once()), &bounds);
    let resample = || {
        let mut counts = Counts::default();
        let bounds = &bounds;
        move |drawn: &[f64]| {
            ranked.count(drawn, &mut counts);
            measures(&ranked.tally(&counts), bounds)
        }
    };
    let resamples = bootstrap.run(ranked.users(), resample, step);
    let at = thresholds.iter().enumerate().map(|(place, (name, from))| AtThreshold {
        name: name.clone(),
        from: *from,
        measures: measured(&AlertMetric::ALL, &values, &resamples, first_at(place)),
    });
    let thresholds = at.collect();
    GroupFound { overall: measured(&Metric::ALL, &values, &resamples, 0), thresholds }
}

/// All metrics, then those of alerts at each bound.
fn measures(tally: &Tally<'_>, bounds: &[f64]) -> Vec<f64> {
    let overall = Metric::ALL.map(|metric| metric.of(tally));
    let at = bounds.iter().flat_map(|bound| {
        let alerts = Alerts::at(tally, *bound);
        AlertMetric::ALL.map(|metric| metric.of(&alerts))
    });
    overall.into_iter().chain(at).collect()
}

/// Where the measures of a threshold begin.
fn first_at(threshold: usize) -> usize {
    Metric::ALL.len() + threshold * AlertMetric::ALL.len()
}

/// The measures of these names, which begin at a place.
fn measured<M: Copy + Ord>(
    names: &[M],
    values: &[f64],
    resamples: &[Vec<f64>],
    first: usize,
) -> BTreeMap<M, Measured> {
    let of = |place: usize| Measured {
        value: values.get(place).copied().filter(|value| value.is_finite()),
        interval: interval(resamples, place),
    };
    names.iter().enumerate().map(|(place, name)| (*name, of(first + place))).collect()
}

#[cfg(test)]
mod tests;
