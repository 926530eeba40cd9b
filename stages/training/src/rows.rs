//! The rows of a side as a learner takes them: the model's inputs alone.

use mindmate_domain::Feature;
use mindmate_domain::feature::FEATURE_COUNT;
use mindmate_evaluation::Samples;
use mindmate_model::port::ALIASES;

/// Rows of the model's inputs, each with its label and whose it is.
#[derive(Debug, Clone, PartialEq)]
pub struct Rows {
    /// What stands in a row, in the features' order.
    pub inputs: Vec<Feature>,
    /// Row after row; NaN is missing.
    pub values: Vec<f64>,
    /// Whether a crisis followed, of each.
    pub labels: Vec<bool>,
    /// Whose each is, as a number from 0 on.
    pub users: Vec<u32>,
}

/// What a model takes in: every feature that repeats no other.
pub fn inputs() -> Vec<Feature> {
    Feature::ALL.into_iter().filter(|feature| !ALIASES.contains(feature)).collect()
}

impl Rows {
    /// Those of a side.
    pub fn of(samples: &Samples) -> Self {
        let inputs = inputs();
        let rows = samples.features().chunks_exact(FEATURE_COUNT);
        let values = rows.flat_map(|row| inputs.iter().map(|input| row[*input as usize])).collect();
        Self { inputs, values, labels: samples.labels().to_vec(), users: samples.users().to_vec() }
    }

    /// How many.
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }

    /// How many numbers a row has.
    pub fn width(&self) -> usize {
        self.inputs.len()
    }

    /// Row after row.
    pub fn iter(&self) -> impl Iterator<Item = &[f64]> {
        self.values.chunks_exact(self.width())
    }

    /// The values of an input, of each row.
    pub fn column(&self, input: usize) -> impl Iterator<Item = f64> + '_ {
        self.values.iter().skip(input).step_by(self.width()).copied()
    }

    /// Rows with a crisis.
    pub fn crises(&self) -> usize {
        self.labels.iter().filter(|label| **label).count()
    }

    /// The rows whose place fits, in order.
    #[must_use]
    pub fn filter(&self, keep: impl Fn(usize) -> bool) -> Self {
        let places: Vec<usize> = (0..self.len()).filter(|place| keep(*place)).collect();
        let width = self.width();
        let row = |place: &usize| &self.values[place * width..(place + 1) * width];
        Self {
            inputs: self.inputs.clone(),
            values: places.iter().flat_map(row).copied().collect(),
            labels: places.iter().map(|place| self.labels[*place]).collect(),
            users: places.iter().map(|place| self.users[*place]).collect(),
        }
    }
}
