//! The challenger: a logistic regression on the same rows. Trees that are no better are not worth their keep.
//!
//! Each input is standardised by the mean and the standard deviation of its present training values, and a missing
//! value becomes their median (R1.6: medians only where a scorer needs a number), with an indicator beside it where
//! some, but not all, of the training rows miss it. Penalised by L2 on the standardised weights, never weighted by class:
//! so it is calibrated as it is.

#[cfg(test)]
mod tests;

use mindmate_domain::Feature;
use serde::{Deserialize, Serialize};

use crate::logistic::{Design, Fit, NoFit, fit};
use crate::rows::Rows;

/// A fitted challenger.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Challenger {
    intercept: f64,
    inputs: Vec<Input>,
}

/// What is done with an input.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Input {
    feature: Feature,
    median: f64,
    mean: f64,
    /// 0 where all present values are one: then the input says nothing.
    deviation: f64,
    weight: f64,
    /// Added where the value is missing; `None` where all training rows had one, or none.
    missing_weight: Option<f64>,
}

impl Input {
    /// What is known before the fit.
    fn of(feature: Feature, values: impl Iterator<Item = f64>) -> Self {
        let mut count = 0_usize;
        let mut present: Vec<f64> =
            values.inspect(|_| count += 1).filter(|value| !value.is_nan()).collect();
        present.sort_unstable_by(f64::total_cmp);
        let n = present.len();
        let mean = if n == 0 { 0.0 } else { present.iter().sum::<f64>() / n as f64 };
        let squares: f64 = present.iter().map(|value| (value - mean) * (value - mean)).sum();
        let constant = present.first() == present.last();
        Self {
            feature,
            median: if n == 0 { 0.0 } else { f64::midpoint(present[(n - 1) / 2], present[n / 2]) },
            mean,
            deviation: if constant { 0.0 } else { (squares / n as f64).sqrt() },
            weight: 0.0,
            missing_weight: (n > 0 && n < count).then_some(0.0),
        }
    }

    fn standardised(&self, value: f64) -> f64 {
        let value = if value.is_nan() { self.median } else { value };
        if self.deviation > 0.0 { (value - self.mean) / self.deviation } else { 0.0 }
    }
}

impl Challenger {
    /// Fits it.
    ///
    /// # Errors
    /// Where there is no fit.
    pub fn fit(rows: &Rows, penalty: f64) -> Result<Self, NoFit> {
        let of = |(place, feature): (usize, &Feature)| Input::of(*feature, rows.column(place));
        let mut inputs: Vec<Input> = rows.inputs.iter().enumerate().map(of).collect();
        let width = inputs.len() + inputs.iter().filter(|one| one.missing_weight.is_some()).count();
        let mut values = Vec::with_capacity(rows.len() * width);
        rows.iter().for_each(|row| design(&inputs, row, &mut values));
        let targets: Vec<f64> = rows.labels.iter().map(|label| f64::from(*label)).collect();
        let Fit { intercept, weights } = fit(Design { values: &values, width }, &targets, penalty)?;
        let (own, of_missing) = weights.split_at(inputs.len());
        let mut of_missing = of_missing.iter();
        for (input, weight) in inputs.iter_mut().zip(own) {
            input.weight = *weight;
            input.missing_weight = input.missing_weight.and_then(|_| of_missing.next().copied());
        }
        Ok(Self { intercept, inputs })
    }

    /// The log-odds of a row of the inputs that it was fitted on; NaN is missing.
    pub fn log_odds(&self, row: &[f64]) -> f64 {
        let terms = self.inputs.iter().zip(row).map(|(input, value)| {
            let missing = input.missing_weight.filter(|_| value.is_nan()).unwrap_or_default();
            input.weight * input.standardised(*value) + missing
        });
        self.intercept + terms.sum::<f64>()
    }

    /// What it looks at, in order.
    pub fn inputs(&self) -> impl Iterator<Item = Feature> + '_ {
        self.inputs.iter().map(|input| input.feature)
    }

    /// Its file: JSON, the same for the same challenger.
    ///
    /// # Errors
    /// Where JSON cannot hold it, which no fitted one shows.
    pub fn to_bytes(&self) -> serde_json::Result<Vec<u8>> {
        serde_json::to_vec(self)
    }

    /// Reads its file.
    ///
    /// # Errors
    /// Where it is none.
    pub fn parse(bytes: &[u8]) -> serde_json::Result<Self> {
        serde_json::from_slice(bytes)
    }
}

/// A row of the design: the inputs, then the indicators of what is missing.
fn design(inputs: &[Input], row: &[f64], values: &mut Vec<f64>) {
    let pairs = || inputs.iter().zip(row);
    values.extend(pairs().map(|(input, value)| input.standardised(*value)));
    let missable = pairs().filter(|(input, _)| input.missing_weight.is_some());
    values.extend(missable.map(|(_, value)| f64::from(value.is_nan())));
}
