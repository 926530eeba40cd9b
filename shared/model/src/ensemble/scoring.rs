//! The model as scoring asks it: who may be scored, how sure it is, and what its score comes from.
//!
//! **Confidence** is the share of the evidence that was there × how far the members agree. The first is the share of
//! the inputs' importance that belongs to inputs with a value. The second is 1 less the widest distance between the members'
//! scores, each by the model's calibration and operating point: members that say 0.2 and 0.6 agree by 0.6.

use mindmate_domain::assessment::{Contribution, Method};
use mindmate_domain::{FeatureVector, RiskScore};

use super::Ensemble;
use crate::artefact::Contents;
use crate::evidence::is_evidence;
use crate::port::{ModelError, RiskModel, Scored, strongest_first};

/// How much of the evidence each input is.
#[derive(Debug, Clone)]
pub(super) struct Evidence(Vec<f64>);

impl Evidence {
    /// By importance. Where nothing is known of that, all inputs are alike.
    pub(super) fn new(contents: &Contents) -> Self {
        let of = |feature| {
            let mut found = contents.importance.iter().filter(|(of, _)| *of == feature);
            found.next().map_or(0.0, |(_, importance)| *importance)
        };
        let greatest = contents.importance.iter().map(|(_, of)| *of).fold(0.0, f64::max);
        if greatest == 0.0 {
            return Self(vec![1.0; contents.inputs.len()]);
        }
        // Of the greatest, so that no sum overflows.
        Self(contents.inputs.iter().map(|input| of(*input) / greatest).collect())
    }

    /// The share that is there, 0 to 1.
    fn share(&self, row: &[f64]) -> f64 {
        let all: f64 = self.0.iter().sum();
        let there = self.0.iter().zip(row).filter(|(_, value)| !value.is_nan());
        (there.map(|(weight, _)| weight).sum::<f64>() / all).clamp(0.0, 1.0)
    }
}

impl Ensemble {
    /// How far the members agree, 0 to 1.
    fn agreement(&self, margins: &[f64]) -> f64 {
        let Contents { calibration, operating_point, .. } = self.contents();
        let said =
            margins.iter().map(|margin| operating_point.score(calibration.log_odds(*margin)));
        let (low, high) = said.fold((1.0_f64, 0.0_f64), |(low, high), p| (low.min(p), high.max(p)));
        (1.0 - (high - low)).clamp(0.0, 1.0)
    }

    fn has_evidence(&self, row: &[f64]) -> bool {
        let mut values = self.inputs().iter().zip(row);
        values.any(|(input, value)| !value.is_nan() && is_evidence(*input, *value))
    }
}

impl RiskModel for Ensemble {
    fn version(&self) -> &str {
        self.artefact.version()
    }

    fn method(&self) -> Method {
        Method::Model
    }

    fn shift(&self) -> f64 {
        self.contents().operating_point.shift
    }

    fn score(&self, features: &FeatureVector) -> Result<Scored, ModelError> {
        let version = || self.version().to_owned();
        let row = self.row(features);
        if !self.has_evidence(&row) {
            let looked_for = self.inputs().len();
            return Err(ModelError::NotEnoughEvidence { version: version(), looked_for });
        }
        let margins = self.margins(&row);
        let log_odds = self.contents().calibration.log_odds(margins.mean);
        let not_a_number = || ModelError::NotANumber { version: version() };
        if !log_odds.is_finite() {
            return Err(not_a_number());
        }
        let score = RiskScore::new(self.contents().operating_point.score(log_odds))
            .map_err(|_| not_a_number())?;
        let added = self.explain(&row).contributions;
        let inputs = self.inputs().iter().zip(added);
        let mut contributions: Vec<Contribution> = inputs
            .map(|(input, log_odds)| Contribution { feature: *input, log_odds })
            .filter(|contribution| contribution.log_odds != 0.0)
            .collect();
        strongest_first(&mut contributions);
        let confidence = self.evidence.share(&row) * self.agreement(&margins.members);
        Ok(Scored { score, contributions, confidence })
    }
}
