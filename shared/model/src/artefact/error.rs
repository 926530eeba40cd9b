//! What is wrong with a model or with its file: what was expected, what was found, what to do.

use mindmate_domain::Feature;

use super::check::MOST_SPLITS;
use super::{FORMAT_VERSION, OperatingPoint, Platt};
use crate::baseline::BaselineError;

/// What is wrong with a model or with its file.
#[derive(Debug, thiserror::Error)]
pub enum ArtefactError {
    /// The file is something else.
    #[error("expected a model of MindMate, found {found}: is it the right file?")]
    Foreign {
        /// What it looks like.
        found: &'static str,
    },
    /// An earlier program wrote it.
    #[error(
        "expected a model of format {FORMAT_VERSION}, found the older format {0}: train it anew \
         with this program"
    )]
    OlderFormat(u32),
    /// A later program wrote it.
    #[error(
        "expected a model of format {FORMAT_VERSION}, found the newer format {0}: update this \
         program, or use a model that it trained"
    )]
    NewerFormat(u32),
    /// It ends too early.
    #[error(
        "expected {expected} bytes of a model, found {found}: the file is cut off, fetch or \
         train it again"
    )]
    Truncated {
        /// The bytes that the file should have.
        expected: u64,
        /// The bytes that it has.
        found: u64,
    },
    /// It begins as ours does, and is not as it was written.
    #[error(
        "expected the model as it was written, found {found}: the file is damaged or was \
         edited, fetch or train it again"
    )]
    Corrupt {
        /// What differs.
        found: String,
    },
    /// It was trained on other definitions of the features.
    #[error(
        "expected a model for features of version {expected}, found one for version {found}: \
         prepare a training set with this program and train on it"
    )]
    FeatureVersion {
        /// This program's.
        expected: u32,
        /// The model's.
        found: u32,
    },
    /// It was trained on other features or another order.
    #[error(
        "expected a model for the features with the hash {expected}, found {found}: prepare a \
         training set with this program and train on it"
    )]
    FeatureSchema {
        /// This program's.
        expected: String,
        /// The model's.
        found: String,
    },
    /// The file is whole, and what is in it is no model of this format.
    #[error("expected the contents of a model of format {FORMAT_VERSION}: {0}")]
    Unreadable(#[source] serde_json::Error),
    /// The inputs are not features in their order, without aliases.
    #[error("expected inputs in the features' order and no alias, found {found}")]
    Inputs {
        /// The first that is wrong, or that there is none.
        found: String,
    },
    /// There is no member, one has no tree, two have one name, or all have too many splits.
    #[error(
        "expected members with names of their own and trees of at most {MOST_SPLITS} splits in \
         all, found {found}"
    )]
    Members {
        /// What is wrong.
        found: String,
    },
    /// A tree looks at an input that is not there.
    #[error("expected an input below {inputs} in tree {tree} of {member}, found {found}")]
    Input {
        /// Which member.
        member: String,
        /// The tree's index in it.
        tree: usize,
        /// How many inputs there are.
        inputs: usize,
        /// What the tree looks at.
        found: u16,
    },
    /// The calibration turns the order round or is no number.
    #[error("expected a finite calibration with a slope above 0, found {0:?}")]
    Calibration(Platt),
    /// The operating point is no number, or its share none.
    #[error("expected a finite operating point with a share from 0 to 1, found {0:?}")]
    OperatingPoint(OperatingPoint),
    /// There is not one baseline for each input.
    #[error("expected {expected} baselines, one for each input, found {found}")]
    Baselines {
        /// How many inputs there are.
        expected: usize,
        /// How many baselines there are.
        found: usize,
    },
    /// A baseline cannot be right.
    #[error("the baseline of {feature}: {error}")]
    Baseline {
        /// Of which input.
        feature: Feature,
        /// What is wrong with it.
        error: BaselineError,
    },
    /// An importance is negative or no number, or that of something that is no input or comes twice.
    #[error("expected importances from 0 of inputs, each once, found {found} for {feature}")]
    Importance {
        /// Which feature.
        feature: Feature,
        /// What stands there.
        found: f64,
    },
}
