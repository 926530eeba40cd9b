//! What a feature comes to: a number, or why there is none.

use mindmate_domain::{Feature, FeatureValue, FeatureVector, MissingReason};

/// A feature's number, or why there is none.
pub(crate) type Outcome = Result<f64, MissingReason>;

/// Less than the feature needs, though its source has something in the window.
pub(crate) fn too_few(have: usize, need: usize) -> MissingReason {
    let whole = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
    MissingReason::TooFew { have: whole(have), need: whole(need) }
}

/// Asks for `need` entries of a source: none at all is `NoData`, some but fewer is `TooFew`.
pub(crate) fn entries(have: usize, need: usize) -> Result<(), MissingReason> {
    match have {
        0 => Err(MissingReason::NoData),
        _ => at_least(have, need),
    }
}

/// Asks for `need` things that are made from entries which are there: fewer is `TooFew`, also
/// where there is none (no pair of successive days, no night with an interaction).
pub(crate) fn at_least(have: usize, need: usize) -> Result<(), MissingReason> {
    if have < need { Err(too_few(have, need)) } else { Ok(()) }
}

/// Sets a feature to what it came to.
pub(crate) fn set(vector: &mut FeatureVector, feature: Feature, outcome: Outcome) {
    let value = match outcome {
        // A negative zero would be written as "-0.0": adding zero makes it a plain one.
        Ok(number) => FeatureValue::Value(number + 0.0),
        Err(reason) => FeatureValue::Missing(reason),
    };
    vector.set(feature, value);
}

/// A count as a feature's number.
#[expect(clippy::unnecessary_wraps, reason = "stands where other features have an outcome")]
pub(crate) fn count(count: usize) -> Outcome {
    Ok(count as f64)
}
