//! A trained model as it is kept: its trees, its calibration, what it was trained on, and what is
//! known of it.
//!
//! [`Contents`] are what a trainer fills in. [`Artefact::new`] checks them and gives them their
//! version: `m` (or `synthetic`, where its people are invented), the date up to which the training set reads, and the
//! start of the digest of everything in it. The same contents have the same bytes and the same version: no clock is read.

mod check;
mod error;
mod file;

use mindmate_domain::{AsOf, Feature, RiskLevel};
use serde::{Deserialize, Serialize};

pub(crate) use self::check::MOST_SPLITS;
pub use self::error::ArtefactError;
use crate::baseline::Baseline;
use crate::odds::logistic;
use crate::tree::Tree;

/// The form of the file that this program writes, and the only one that it reads.
pub const FORMAT_VERSION: u32 = 2;

/// Everything in a model but its version. Fields are written in this order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Contents {
    /// The version of the features' definitions that it was trained on.
    pub feature_version: u32,
    /// Their names and order; see [`mindmate_domain::feature::schema_hash`].
    pub feature_schema_sha256: String,
    /// The version of the label's definition.
    pub label_version: u32,
    /// What it looks at, in the features' order, without [`crate::port::ALIASES`]. A row has one
    /// value for each.
    pub inputs: Vec<Feature>,
    /// The ensembles of trees whose margins are averaged.
    pub members: Vec<Member>,
    /// From the mean margin to a probability.
    pub calibration: Platt,
    /// From the probability to the score that levels are taken from.
    pub operating_point: OperatingPoint,
    /// How each input was distributed among the training rows.
    pub baseline: Vec<Baseline>,
    /// What it was trained on.
    pub training: TrainedOn,
    /// What it was trained with.
    pub hyperparameters: serde_json::Value,
    /// What was measured of it on the validation side.
    pub metrics: serde_json::Value,
    /// How much each input counts, in the trainer's own unit, from 0; what is not named counts nothing.
    pub importance: Vec<(Feature, f64)>,
    /// The model card, in Markdown. It cannot name the version, which its own words decide.
    pub card: String,
}

/// Trees whose outcomes are added up.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Member {
    /// `randomForest` or `gradientBoosting`.
    pub name: String,
    /// Whether the margin is the mean over the trees, as a forest's, instead of their sum.
    pub averaged: bool,
    /// The trees.
    pub trees: Vec<Tree>,
}

/// Platt's calibration: the log-odds are slope × mean margin of the members + intercept.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Platt {
    /// Finite and above 0, so that no order is turned round.
    pub slope: f64,
    /// Finite.
    pub intercept: f64,
}

impl Platt {
    /// The calibrated log-odds of a margin.
    pub fn log_odds(self, margin: f64) -> f64 {
        self.slope * margin + self.intercept
    }
}

/// How far scores stand above calibrated probabilities.
///
/// Levels begin at fixed scores (R4.4), and a crisis is rare: a calibrated probability is seldom 0.4, and a model that
/// showed nothing else would reach nearly nobody, however well it ranks people. All log-odds are shifted alike, so that no order
/// changes and contributions stay what they are, until as many people are reached as the rules reach.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct OperatingPoint {
    /// Added to the calibrated log-odds; finite. The score is the logistic function of the sum.
    pub shift: f64,
    /// From which level on as many training weeks are reached as the rules reach.
    pub level: RiskLevel,
    /// The share of training weeks that this is, 0 to 1.
    pub share: f64,
}

impl OperatingPoint {
    /// Where scores are the calibrated probabilities themselves.
    pub const NONE: Self = Self { shift: 0.0, level: RiskLevel::Moderate, share: 0.0 };

    /// The score of calibrated log-odds.
    pub fn score(self, log_odds: f64) -> f64 {
        logistic(log_odds + self.shift)
    }
}

/// What is said wherever a model is named that was trained on invented people.
pub const INVENTED: &str = "trained on invented people: proves the pipeline and nothing clinical";

/// What a model was trained on, as its set's manifest says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TrainedOn {
    /// Of the manifest's bytes, in lower-case hexadecimal.
    pub manifest_sha256: String,
    /// No label reads what lies after it.
    pub until: AsOf,
    /// Between training and validation.
    pub cut: AsOf,
    /// Users with a row on the training side.
    pub users: u64,
    /// Rows on the training side.
    pub samples: u64,
    /// Those of them that are followed by a crisis.
    pub crises: u64,
    /// Which key the pseudonyms follow from.
    pub key_id: String,
    /// Whether all of these people are invented: then the model proves nothing clinical.
    pub synthetic: bool,
    /// What chance was drawn from.
    pub seed: u64,
    /// The version of the program that trained it.
    pub code: String,
}

/// A checked model with its version.
#[derive(Debug, Clone, PartialEq)]
pub struct Artefact {
    version: String,
    contents: Contents,
}

impl Artefact {
    /// Checks contents and gives them their version.
    ///
    /// # Errors
    /// What is wrong with them.
    pub fn new(contents: Contents) -> Result<Self, ArtefactError> {
        check::check(&contents)?;
        let version = file::version(&contents)?;
        Ok(Self { version, contents })
    }

    /// `m{yyyymmdd}-{12 hexadecimal digits}`, with `synthetic` in the place of `m` where it was trained on
    /// invented people: so every output that names it says so.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// What is in it.
    pub fn contents(&self) -> &Contents {
        &self.contents
    }

    /// Takes what is in it.
    pub fn into_contents(self) -> Contents {
        self.contents
    }

    /// Reads a file. It is taken only as it was written, to the last byte.
    ///
    /// # Errors
    /// What is wrong with the file, or with the model in it.
    pub fn parse(bytes: &[u8]) -> Result<Self, ArtefactError> {
        let (version, contents) = file::read(bytes)?;
        check::check(&contents)?;
        Ok(Self { version, contents })
    }

    /// The file, UTF-8. The same model always has the same bytes.
    ///
    /// # Errors
    /// [`ArtefactError::Unreadable`] where JSON cannot hold it, which no checked model shows.
    pub fn to_bytes(&self) -> Result<Vec<u8>, ArtefactError> {
        file::write(&self.contents)
    }
}
