//! The samples of a side, in columns.

use mindmate_contracts::training_set::GROUP_COLUMNS;
use mindmate_domain::feature::{FEATURE_COUNT, FeatureValue, MissingReason};
use mindmate_domain::{AsOf, Feature, FeatureVector};

/// The samples of a side, in the file's order.
#[derive(Debug, Clone, PartialEq)]
pub struct Samples {
    pub(crate) features: Vec<f64>,
    pub(crate) labels: Vec<bool>,
    pub(crate) users: Vec<u32>,
    pub(crate) pseudonyms: Vec<String>,
    pub(crate) instants: Vec<AsOf>,
    pub(crate) groups: [GroupColumn; GROUP_COLUMNS.len()],
}

/// A column by which a model is judged apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupColumn {
    /// As in the header.
    pub column: &'static str,
    /// The groups, in the order in which they come in the file; `""` where nobody knows.
    pub names: Vec<String>,
    /// The group of each sample, as its place in `names`.
    pub of: Vec<u32>,
}

impl Samples {
    /// How many.
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }

    /// Whether a crisis followed, of each.
    pub fn labels(&self) -> &[bool] {
        &self.labels
    }

    /// Whose each is: a number from 0 on, the same for all samples of a person.
    pub fn users(&self) -> &[u32] {
        &self.users
    }

    /// How many people.
    pub fn user_count(&self) -> usize {
        self.pseudonyms.len()
    }

    /// What stands for a person, by their number.
    pub fn pseudonyms(&self) -> &[String] {
        &self.pseudonyms
    }

    /// What each looks back from.
    pub fn instants(&self) -> &[AsOf] {
        &self.instants
    }

    /// The groups.
    pub fn groups(&self) -> &[GroupColumn] {
        &self.groups
    }

    /// All features, row after row, in the order of [`Feature::ALL`]; NaN where one is missing.
    pub fn features(&self) -> &[f64] {
        &self.features
    }

    /// The features of a sample, in the order of [`Feature::ALL`]; NaN where one is missing. Empty where
    /// there is no such sample.
    pub fn row(&self, sample: usize) -> &[f64] {
        self.features.chunks_exact(FEATURE_COUNT).nth(sample).unwrap_or_default()
    }

    /// The features of each sample, as what serves takes them.
    pub fn vectors(&self) -> impl Iterator<Item = FeatureVector> + '_ {
        self.features.chunks_exact(FEATURE_COUNT).map(vector)
    }
}

/// A row of features as what serves takes it. Why one is missing is not in a set.
pub fn vector(row: &[f64]) -> FeatureVector {
    let mut vector = FeatureVector::all_missing(MissingReason::NoData);
    for (feature, value) in Feature::ALL.into_iter().zip(row).filter(|(_, value)| !value.is_nan()) {
        vector.set(feature, FeatureValue::Value(*value));
    }
    vector
}
