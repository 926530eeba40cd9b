//! How far the features of the latest assessments have moved from those of training.
//!
//! By chance alone the population stability index of n people against m is about χ² with one degree of freedom
//! fewer than there are bins, times 1/n + 1/m (Yurdakul 2018, "Statistical properties of the population stability
//! index"). Its bound is the quantile above which one look in [`FALSE_ALARMS`]⁻¹ has any feature at all:
//! Bonferroni over all features, which needs no assumption of how they hang together. m is the number of
//! people and not of their weeks, for weeks of one person are alike.
//!
//! With many people the bound is passed by what matters to nobody. A feature counts as drifted where the index
//! is also at least [`MAJOR`], the field's word for a shift that a model is refitted for; from [`MINOR`] on it is
//! shown as moving (Siddiqi 2006).

use mindmate_domain::Feature;
use mindmate_domain::feature::FEATURE_COUNT;
use mindmate_model::baseline::{Baseline, Histogram, psi};
use serde::{Deserialize, Serialize};

use crate::gathered::Gathered;
use crate::serving::Trained;

/// With fewer people nothing is said of drift: bins of a hundredth have ten, and the distribution of the
/// index is another.
pub const FEWEST_PEOPLE: u64 = 1_000;

/// The share of looks in which any feature passes its bound by chance.
pub const FALSE_ALARMS: f64 = 0.01;

/// The standard normal quantile of 1 − [`FALSE_ALARMS`] / [`FEATURE_COUNT`].
const NORMAL_QUANTILE: f64 = 3.628;
const _: () = assert!(FEATURE_COUNT == 70, "the quantile is of so many tests");

/// An index from which on a feature is shown as moving.
pub const MINOR: f64 = 0.1;

/// An index from which on a feature has drifted.
pub const MAJOR: f64 = 0.25;

/// How far the features have moved.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Drift {
    /// People whose latest features were looked at.
    pub people: u64,
    /// How many it takes.
    pub fewest: u64,
    /// People whom the model learned from.
    pub trained_on: u64,
    /// Each input, the one that moved most first; empty where there are too few people.
    pub features: Vec<Moved>,
}

/// How far a feature has moved.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Moved {
    /// Which.
    pub feature: Feature,
    /// Its population stability index, what is missing being a bin of its own.
    pub psi: f64,
    /// What chance alone seldom passes.
    pub bound: f64,
    /// The share of people of whom it is missing.
    pub missing: f64,
    /// The same in training.
    pub missing_in_training: f64,
}

impl Moved {
    /// Whether it is far enough to refit a model for.
    pub fn has_drifted(&self) -> bool {
        self.psi >= MAJOR && self.psi > self.bound
    }

    /// Whether it is worth a look.
    pub fn is_moving(&self) -> bool {
        self.psi >= MINOR && self.psi > self.bound
    }
}

impl Drift {
    /// Of what was gathered.
    pub(crate) fn of(gathered: &Gathered, trained: &Trained) -> Self {
        let people = gathered.histograms.iter().map(Histogram::total).max().unwrap_or(0);
        let mut features = Vec::new();
        if people >= FEWEST_PEOPLE {
            let pairs = trained.inputs.iter().zip(&gathered.histograms);
            features = pairs
                .filter_map(|((feature, baseline), seen)| {
                    moved(*feature, baseline, seen, trained.users)
                })
                .collect();
            features.sort_by(|a: &Moved, b| b.psi.total_cmp(&a.psi));
        }
        Self { people, fewest: FEWEST_PEOPLE, trained_on: trained.users, features }
    }

    /// The features that have drifted, the one that moved most first.
    pub fn drifted(&self) -> Vec<Feature> {
        self.features.iter().filter(|one| one.has_drifted()).map(|one| one.feature).collect()
    }
}

fn moved(feature: Feature, baseline: &Baseline, seen: &Histogram, users: u64) -> Option<Moved> {
    Some(Moved {
        feature,
        psi: psi(baseline, seen)?,
        bound: bound(bins(baseline.histogram(), seen), seen.total(), users),
        missing: seen.share_missing()?,
        missing_in_training: baseline.histogram().share_missing()?,
    })
}

/// Bins, the missing values' among them, in which there is anything on either side.
fn bins(expected: &Histogram, seen: &Histogram) -> usize {
    let pairs = expected.counts().iter().zip(seen.counts());
    let present = pairs.filter(|(expected, seen)| **expected + **seen > 0).count();
    present + usize::from(expected.missing() + seen.missing() > 0)
}

/// What the index of `n` people against `m` seldom passes by chance.
fn bound(bins: usize, n: u64, m: u64) -> f64 {
    let degrees = bins.saturating_sub(1);
    if degrees == 0 {
        return 0.0;
    }
    chi_squared(degrees) * (1.0 / n.max(1) as f64 + 1.0 / m.max(1) as f64)
}

/// The quantile of χ² at the place of [`NORMAL_QUANTILE`] (Wilson & Hilferty 1931). So far out it is too large,
/// by 1% at ten degrees of freedom and by 6% at one: the bound errs on the side of silence.
fn chi_squared(degrees: usize) -> f64 {
    let k = degrees as f64;
    let spread = 2.0 / (9.0 * k);
    k * (1.0 - spread + NORMAL_QUANTILE * spread.sqrt()).powi(3)
}

#[cfg(test)]
mod tests {
    use super::{bound, chi_squared};

    /// Exact quantiles of 1 − 0.01/70, from the regularised incomplete gamma function.
    #[test]
    fn the_quantile_is_a_little_too_large_and_never_too_small() {
        for (degrees, exact) in [(1, 14.464), (2, 17.707), (5, 24.944), (10, 34.657), (12, 38.192)]
        {
            let over = chi_squared(degrees) / exact;
            assert!((1.0..1.07).contains(&over), "{degrees}: {over}");
        }
        assert!(chi_squared(10) / 34.657 < 1.011);
    }

    #[test]
    fn the_bound_falls_with_people_on_either_side() {
        let few = bound(11, 1_000, 100);
        assert!(few > 0.38 && few > bound(11, 1_000, 10_000));
        assert!(bound(11, 1_000, 10_000) > bound(11, 100_000, 10_000));
        assert!(bound(1, 1_000, 1_000).abs() < f64::EPSILON, "one bin cannot move");
    }
}
