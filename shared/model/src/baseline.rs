//! How a feature was distributed when a model was trained, and how far it has moved since: the
//! population stability index.
//!
//! A baseline has at most ten bins of the present values, between their deciles, and one for what is missing. PSI =
//! Σ (o − b) · ln(o / b) over all of them, where b and o are a bin's shares of the baseline's and of the
//! observed values (Lewis 1994; Siddiqi 2006). A share below [`LEAST_SHARE`] is taken as that, so that an empty bin
//! has a logarithm. It is 0 where both are equal and never below 0, for each term has factors of one sign.
//!
//! How large it becomes by chance alone depends on how many values there are on either side: about
//! (bins − 1) · (1/n + 1/m) on average (Yurdakul 2018). [`Histogram::total`] tells both.

use serde::{Deserialize, Serialize};

/// The bins of present values, at most.
const BINS: usize = 10;

/// What an empty bin's share is taken as.
pub const LEAST_SHARE: f64 = 1e-4;

/// How an input was distributed among the training rows. Bins reach from above an edge to the next
/// edge, which is in them; the first has no lower end and the last no upper.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Baseline {
    /// The inner deciles of the present values, each once, ascending; none where none is present.
    edges: Vec<f64>,
    /// How many there were in each bin.
    histogram: Histogram,
}

/// How many values fell into each bin of a baseline.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Histogram {
    /// Of the present values: one more than edges.
    counts: Vec<u64>,
    /// Of the missing ones.
    missing: u64,
}

/// What is wrong with a baseline.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum BaselineError {
    /// Edges do not ascend, or one is no number.
    #[error("expected finite edges that ascend, found {0:?}")]
    Edges(Vec<f64>),
    /// There is not one bin more than edges.
    #[error("expected {expected} bins, found {found}")]
    Bins {
        /// One more than edges.
        expected: usize,
        /// What is there.
        found: usize,
    },
}

impl Baseline {
    /// That of these values; NaN is missing. Infinities fall into the outermost bins and make no edge.
    pub fn of(values: &[f64]) -> Self {
        let mut present: Vec<f64> = values.iter().copied().filter(|v| v.is_finite()).collect();
        present.sort_unstable_by(f64::total_cmp);
        let mut edges: Vec<f64> = (1..BINS).filter_map(|bin| decile(&present, bin)).collect();
        edges.dedup();
        // Nothing lies above the greatest value: a bin there would be empty whatever is observed.
        edges.pop_if(|edge| present.last().is_some_and(|last| *last <= *edge));
        let histogram = Histogram { counts: vec![0; edges.len() + 1], missing: 0 };
        let mut baseline = Self { edges, histogram };
        let mut histogram = baseline.empty();
        for value in values {
            baseline.count(&mut histogram, *value);
        }
        baseline.histogram = histogram;
        baseline
    }

    /// The edges between bins.
    pub fn edges(&self) -> &[f64] {
        &self.edges
    }

    /// How many of the training rows' values fell into each bin.
    pub fn histogram(&self) -> &Histogram {
        &self.histogram
    }

    /// A histogram of these bins with nothing in it.
    pub fn empty(&self) -> Histogram {
        Histogram { counts: vec![0; self.edges.len() + 1], missing: 0 }
    }

    /// Counts one more value; NaN is missing.
    pub fn count(&self, into: &mut Histogram, value: f64) {
        if value.is_nan() {
            into.missing += 1;
            return;
        }
        let bin = self.edges.partition_point(|edge| *edge < value);
        if let Some(count) = into.counts.get_mut(bin) {
            *count += 1;
        }
    }

    pub(crate) fn check(&self) -> Result<(), BaselineError> {
        let ascends = self.edges.windows(2).all(|pair| pair[0] < pair[1]);
        if !(ascends && self.edges.iter().all(|edge| edge.is_finite())) {
            return Err(BaselineError::Edges(self.edges.clone()));
        }
        let (expected, found) = (self.edges.len() + 1, self.histogram.counts.len());
        if expected != found {
            return Err(BaselineError::Bins { expected, found });
        }
        Ok(())
    }
}

impl Histogram {
    /// Present values by bin.
    pub fn counts(&self) -> &[u64] {
        &self.counts
    }

    /// Missing values.
    pub fn missing(&self) -> u64 {
        self.missing
    }

    /// All values.
    pub fn total(&self) -> u64 {
        self.counts.iter().sum::<u64>() + self.missing
    }

    /// The share that is missing, 0 to 1. `None` of no values.
    pub fn share_missing(&self) -> Option<f64> {
        let total = self.total();
        (total > 0).then(|| self.missing as f64 / total as f64)
    }

    /// Each bin's share, the missing ones last, none below [`LEAST_SHARE`].
    fn shares(&self) -> impl Iterator<Item = f64> + '_ {
        let total = self.total() as f64;
        let counts = self.counts.iter().chain(std::iter::once(&self.missing));
        counts.map(move |count| (*count as f64 / total).max(LEAST_SHARE))
    }
}

/// The population stability index of what was observed against the baseline: 0 for no change, and more the
/// more has moved; see the module. `None` where either has no values, or the bins are others.
pub fn psi(baseline: &Baseline, observed: &Histogram) -> Option<f64> {
    let expected = &baseline.histogram;
    let alike = expected.counts.len() == observed.counts.len();
    if !alike || expected.total() == 0 || observed.total() == 0 {
        return None;
    }
    let pairs = expected.shares().zip(observed.shares());
    Some(pairs.map(|(b, o)| (o - b) * (o / b).ln()).sum())
}

/// The least value that has at least `bin` tenths of the sorted values up to it.
fn decile(sorted: &[f64], bin: usize) -> Option<f64> {
    let place = (sorted.len() * bin).div_ceil(BINS);
    sorted.get(place.saturating_sub(1)).copied()
}

#[cfg(test)]
mod tests;
