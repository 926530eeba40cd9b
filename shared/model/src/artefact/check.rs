//! What must hold of a model's contents, whoever made them.

use std::collections::BTreeSet;

use mindmate_domain::Feature;
use mindmate_domain::feature::{FEATURE_VERSION, schema_hash};

use super::{ArtefactError, Contents, Member};
use crate::port::ALIASES;

/// The most splits of all trees together: scoring keeps a threshold's rank in 24 bits. The file of so many has half
/// a gigabyte.
pub(crate) const MOST_SPLITS: usize = (1 << 24) - 1;

pub(super) fn check(contents: &Contents) -> Result<(), ArtefactError> {
    check_features(contents.feature_version, &contents.feature_schema_sha256)?;
    check_inputs(&contents.inputs)?;
    check_members(&contents.members)?;
    for member in &contents.members {
        check_looks(member, contents.inputs.len())?;
    }
    let calibration = contents.calibration;
    let finite = calibration.slope.is_finite() && calibration.intercept.is_finite();
    if !(finite && calibration.slope > 0.0) {
        return Err(ArtefactError::Calibration(calibration));
    }
    let point = contents.operating_point;
    if !(point.shift.is_finite() && (0.0..=1.0).contains(&point.share)) {
        return Err(ArtefactError::OperatingPoint(point));
    }
    check_baselines(contents)?;
    check_importance(contents)
}

/// Whether this program makes the features that the model was trained on.
pub(super) fn check_features(version: u32, schema: &str) -> Result<(), ArtefactError> {
    if version != FEATURE_VERSION {
        return Err(ArtefactError::FeatureVersion { expected: FEATURE_VERSION, found: version });
    }
    let expected = schema_hash();
    if schema != expected {
        return Err(ArtefactError::FeatureSchema { expected, found: schema.to_owned() });
    }
    Ok(())
}

fn check_inputs(inputs: &[Feature]) -> Result<(), ArtefactError> {
    let wrong = |found: String| Err(ArtefactError::Inputs { found });
    if inputs.is_empty() {
        return wrong("none".to_owned());
    }
    if let Some(alias) = inputs.iter().find(|input| ALIASES.contains(input)) {
        return wrong(format!("the alias {alias}"));
    }
    match inputs.windows(2).find(|pair| pair[0] >= pair[1]) {
        Some(pair) => wrong(format!("{} after {}", pair[1], pair[0])),
        None => Ok(()),
    }
}

fn check_members(members: &[Member]) -> Result<(), ArtefactError> {
    let wrong = |found: String| Err(ArtefactError::Members { found });
    if members.is_empty() {
        return wrong("none".to_owned());
    }
    let mut names = BTreeSet::new();
    for member in members {
        if !names.insert(&member.name) {
            return wrong(format!("two of the name {:?}", member.name));
        }
        if member.trees.is_empty() {
            return wrong(format!("{:?} without trees", member.name));
        }
    }
    let trees = members.iter().flat_map(|member| &member.trees);
    check_splits(trees.map(|tree| tree.splits().len()).sum())
}

fn check_splits(found: usize) -> Result<(), ArtefactError> {
    if found > MOST_SPLITS {
        let found = format!("{found} splits");
        return Err(ArtefactError::Members { found });
    }
    Ok(())
}

fn check_looks(member: &Member, inputs: usize) -> Result<(), ArtefactError> {
    for (tree, found) in member.trees.iter().enumerate() {
        let mut looked_at = found.splits().iter().map(|split| split.input);
        if let Some(found) = looked_at.find(|input| usize::from(*input) >= inputs) {
            let member = member.name.clone();
            return Err(ArtefactError::Input { member, tree, inputs, found });
        }
    }
    Ok(())
}

fn check_baselines(contents: &Contents) -> Result<(), ArtefactError> {
    let (expected, found) = (contents.inputs.len(), contents.baseline.len());
    if expected != found {
        return Err(ArtefactError::Baselines { expected, found });
    }
    for (&feature, baseline) in contents.inputs.iter().zip(&contents.baseline) {
        baseline.check().map_err(|error| ArtefactError::Baseline { feature, error })?;
    }
    Ok(())
}

fn check_importance(contents: &Contents) -> Result<(), ArtefactError> {
    let mut seen = BTreeSet::new();
    for &(feature, found) in &contents.importance {
        let known = contents.inputs.binary_search(&feature).is_ok() && seen.insert(feature);
        if !(known && found.is_finite() && found >= 0.0) {
            return Err(ArtefactError::Importance { feature, found });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of one more, a value above all thresholds would have the rank of one below them.
    #[test]
    fn more_splits_than_have_ranks_are_refused() {
        assert!(check_splits(MOST_SPLITS).is_ok());
        let error = check_splits(MOST_SPLITS + 1).unwrap_err().to_string();
        assert!(error.contains("16777216 splits"), "{error}");
    }
}
