//! A trained model, ready to score.
//!
//! The margin is the mean of the members' margins; Platt's calibration makes log-odds of it. Both are linear in the
//! trees, so that what each input adds, summed over the trees, adds up to the log-odds.

mod explaining;
mod margins;
mod paths;
mod quadrature;
mod ranks;
mod scoring;
mod shapley;

use mindmate_domain::{Feature, FeatureVector};

use crate::artefact::{Artefact, Contents};
use explaining::Explaining;
use margins::Forest;
use ranks::Thresholds;
use scoring::Evidence;

/// The margins of a row, in the members' log-odds, not calibrated.
#[derive(Debug, Clone, PartialEq)]
pub struct Margins {
    /// One of each member, in the artefact's order.
    pub members: Vec<f64>,
    /// Their mean.
    pub mean: f64,
}

/// Where a row's calibrated log-odds come from.
#[derive(Debug, Clone, PartialEq)]
pub struct Explained {
    /// The log-odds of somebody of whom nothing is known: the mean over the training rows.
    pub base: f64,
    /// What each input adds, in the inputs' order. With `base` they add up to the log-odds.
    pub contributions: Vec<f64>,
}

/// A model, ready to score. Scoring shares it between threads.
#[derive(Debug, Clone)]
pub struct Ensemble {
    artefact: Artefact,
    thresholds: Thresholds,
    members: Vec<Forest>,
    explaining: Explaining,
    evidence: Evidence,
}

impl Ensemble {
    /// Makes a model ready.
    pub fn new(artefact: Artefact) -> Self {
        let contents = artefact.contents();
        let (thresholds, questions) = Thresholds::new(&contents.members);
        let members = contents.members.iter().zip(&questions);
        let members = members.map(|(member, asked)| Forest::new(member, asked)).collect();
        let explaining = Explaining::new(contents, &questions);
        let evidence = Evidence::new(contents);
        Self { artefact, thresholds, members, explaining, evidence }
    }

    /// What it was made of.
    pub fn artefact(&self) -> &Artefact {
        &self.artefact
    }

    /// What it looks at, in a row's order.
    pub fn inputs(&self) -> &[Feature] {
        &self.contents().inputs
    }

    /// The row of somebody's features: one value for each input, NaN where it is missing.
    pub fn row(&self, features: &FeatureVector) -> Vec<f64> {
        let value = |input: &Feature| features.get(*input).value().unwrap_or(f64::NAN);
        self.inputs().iter().map(value).collect()
    }

    /// The members' margins of a row. Values that it does not have are missing.
    pub fn margins(&self, row: &[f64]) -> Margins {
        let ranks = self.thresholds.ranks(row);
        let members: Vec<f64> = self.members.iter().map(|one| one.margin(&ranks)).collect();
        let mean = members.iter().sum::<f64>() / members.len() as f64;
        Margins { members, mean }
    }

    /// The calibrated log-odds of a row. Nothing is allocated.
    pub fn log_odds(&self, row: &[f64]) -> f64 {
        let ranks = self.thresholds.ranks(row);
        let sum: f64 = self.members.iter().map(|one| one.margin(&ranks)).sum();
        self.contents().calibration.log_odds(sum / self.members.len() as f64)
    }

    /// What each input adds to the calibrated log-odds of a row.
    pub fn explain(&self, row: &[f64]) -> Explained {
        let ranks = self.thresholds.ranks(row);
        let contributions = self.explaining.contributions(&ranks);
        Explained { base: self.explaining.base, contributions }
    }

    fn contents(&self) -> &Contents {
        self.artefact.contents()
    }
}
