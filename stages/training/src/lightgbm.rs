//! LightGBM itself.

use lightgbm3::{Booster, Dataset};

use crate::constraints::Constraints;
use crate::hyperparameters::Hyperparameters;
use crate::lightgbm_text::{self, Grown};
use crate::members::{GrowError, Kind, weights};
use crate::rows::Rows;

impl From<lightgbm3::Error> for GrowError {
    fn from(error: lightgbm3::Error) -> Self {
        Self::Refused(error.to_string())
    }
}

/// Trains a member, as LightGBM keeps it.
///
/// # Errors
/// What LightGBM says.
pub fn train(
    kind: Kind,
    rows: &Rows,
    of: &Hyperparameters,
    constraints: &Constraints,
) -> Result<Booster, GrowError> {
    let labels: Vec<f32> = rows.labels.iter().map(|label| f32::from(u8::from(*label))).collect();
    let width =
        i32::try_from(rows.width()).map_err(|error| GrowError::Refused(error.to_string()))?;
    let mut dataset = Dataset::from_slice(&rows.values, &labels, width, true)?;
    if let Some(weights) = weights(rows, of.balanced) {
        dataset.set_weights(&weights)?;
    }
    Ok(Booster::train(dataset, &kind.parameters(of, constraints, rows))?)
}

/// Trains a member, as it serves.
///
/// # Errors
/// What LightGBM says, or is wrong with what it made.
pub fn grow(
    kind: Kind,
    rows: &Rows,
    of: &Hyperparameters,
    constraints: &Constraints,
) -> Result<Grown, GrowError> {
    let text = train(kind, rows, of, constraints)?.save_string()?;
    let grown = lightgbm_text::read(&text, rows.width(), rows.len())?;
    constraints.check(&rows.inputs, &grown.trees)?;
    Ok(grown)
}
