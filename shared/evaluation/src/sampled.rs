//! All measures of a scorer: on its rows as they are, and on each resample of their people.

use std::collections::BTreeMap;

use crate::bootstrap::{Bootstrap, interval, share_above_zero};
use crate::metrics::{AlertMetric, Alerts, Metric, Tally};
use crate::ranked::{Counts, Ranked};
use crate::report::{AtThreshold, GroupFound, Measured};

/// Measures of scored rows, or one scorer's less another's.
#[derive(Debug, Clone)]
pub(crate) struct Sampled {
    thresholds: Vec<(String, f64)>,
    /// All metrics, then those of alerts at each threshold.
    values: Vec<f64>,
    resamples: Vec<Vec<f64>>,
}

impl Sampled {
    /// Measures these rows as a whole and at each of these thresholds, by name and score; `step` is called after each resample.
    pub(crate) fn of(
        ranked: &Ranked,
        thresholds: &[(String, f64)],
        bootstrap: Bootstrap,
        step: &(dyn Fn() + Sync),
    ) -> Self {
        let values = measures(&ranked.tally(&ranked.once()), thresholds);
        let resample = || {
            let mut counts = Counts::default();
            move |drawn: &[f64]| {
                ranked.count(drawn, &mut counts);
                measures(&ranked.tally(&counts), thresholds)
            }
        };
        let resamples = bootstrap.run(ranked.users(), resample, step);
        Self { thresholds: thresholds.to_vec(), values, resamples }
    }

    /// The measures less those of another scorer, at the leading thresholds that are the same.
    ///
    /// Both must be of the same rows: users are numbered in the order of these, and whom a resample draws depends on their numbers
    /// and the seed alone, so that both have drawn the same people.
    pub(crate) fn less(&self, other: &Self) -> Self {
        let less = |one: &[f64], other: &[f64]| one.iter().zip(other).map(|(a, b)| a - b).collect();
        let thresholds = self.thresholds.iter().zip(&other.thresholds);
        let resamples = self.resamples.iter().zip(&other.resamples);
        Self {
            thresholds: thresholds
                .take_while(|(one, other)| one == other)
                .map(|(one, _)| one.clone())
                .collect(),
            values: less(&self.values, &other.values),
            resamples: resamples.map(|(one, other)| less(one, other)).collect(),
        }
    }

    /// Where alerts were measured, by name and score.
    pub(crate) fn thresholds(&self) -> &[(String, f64)] {
        &self.thresholds
    }

    /// All metrics as a whole, with their intervals.
    pub(crate) fn overall(&self) -> BTreeMap<Metric, Measured> {
        self.measured(&Metric::ALL, 0)
    }

    /// What comes of alerts at each threshold.
    pub(crate) fn at_thresholds(&self) -> Vec<AtThreshold> {
        let at = self.thresholds.iter().enumerate().map(|(place, (name, from))| AtThreshold {
            name: name.clone(),
            from: *from,
            measures: self
                .measured(&AlertMetric::ALL, Metric::ALL.len() + place * AlertMetric::ALL.len()),
        });
        at.collect()
    }

    /// Both.
    pub(crate) fn found(&self) -> GroupFound {
        GroupFound { overall: self.overall(), thresholds: self.at_thresholds() }
    }

    /// Of the resamples, the share in which the first of [`Metric::ALL`], the AUROC, is above 0.
    pub(crate) fn auroc_above_zero(&self) -> Option<f64> {
        share_above_zero(&self.resamples, 0)
    }

    /// The measures of these names, which begin at a place.
    fn measured<M: Copy + Ord>(&self, names: &[M], first: usize) -> BTreeMap<M, Measured> {
        let of = |place: usize| Measured {
            value: self.values.get(place).copied().filter(|value| value.is_finite()),
            interval: interval(&self.resamples, place),
        };
        names.iter().enumerate().map(|(place, name)| (*name, of(first + place))).collect()
    }
}

fn measures(tally: &Tally<'_>, thresholds: &[(String, f64)]) -> Vec<f64> {
    let overall = Metric::ALL.map(|metric| metric.of(tally));
    let at = thresholds.iter().flat_map(|(_, from)| {
        let alerts = Alerts::at(tally, *from);
        AlertMetric::ALL.map(|metric| metric.of(&alerts))
    });
    overall.into_iter().chain(at).collect()
}
