//! What scorers say of the samples of a side.

use std::num::NonZero;
use std::thread;

use mindmate_domain::FeatureVector;
use mindmate_domain::feature::{FEATURE_COUNT, Family, FeatureValue, MissingReason};
use mindmate_model::{ModelError, RiskModel};

use crate::set::{Samples, vector};

/// The score of each sample, in the samples' order.
#[derive(Debug, Clone, PartialEq)]
pub struct Scores {
    /// Of the model, of the rules, or of whatever scored.
    pub version: String,
    /// `None` where nothing could be said: not of the sample, and not by the rung below.
    pub of: Vec<Option<f64>>,
    /// How many are the rung's below, since the model had too little to go by.
    pub by_fallback: u64,
    /// By how much the log-odds of the scores stand above those of calibrated probabilities, the rung's below
    /// too: beside the model's, its scores are read alike.
    pub shift: f64,
}

/// A model, and the rung below it that scores whom the model cannot, as the ladder of scoring does (R4.7).
#[derive(Clone, Copy)]
pub struct Ladder<'a> {
    /// The model.
    pub model: &'a dyn RiskModel,
    /// The rules, where they are not the model themselves.
    pub below: Option<&'a dyn RiskModel>,
}

/// Why a model cannot be judged.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ScoresError {
    /// The arithmetic came to no number.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// A challenger's scores are not of these samples.
    #[error("expected a score for each of the {expected} samples, found {found}")]
    Count {
        /// How many samples there are.
        expected: usize,
        /// How many scores.
        found: usize,
    },
    /// A challenger's score is none.
    #[error("sample {sample}: expected a score from 0 to 1, found {found}")]
    Range {
        /// Which, from 0.
        sample: usize,
        /// What was given.
        found: f64,
    },
}

impl Scores {
    /// Scores all samples by the code that serves, on all processors.
    ///
    /// # Errors
    /// Where the model comes to no number. That it has too little to go by is no error.
    pub fn of(ladder: Ladder<'_>, samples: &Samples) -> Result<Self, ScoresError> {
        Self::of_changed(ladder, samples, |_| {})
    }

    /// The same as if a family of features were not there.
    ///
    /// # Errors
    /// As [`of`](Self::of).
    pub fn without(
        ladder: Ladder<'_>,
        samples: &Samples,
        family: Family,
    ) -> Result<Self, ScoresError> {
        Self::of_changed(ladder, samples, |features| {
            for feature in family.features() {
                features.set(feature, FeatureValue::Missing(MissingReason::Unavailable));
            }
        })
    }

    /// The scores of somebody who is no [`RiskModel`], such as a trainer's challenger.
    ///
    /// # Errors
    /// Where they are not one probability a sample.
    pub fn given(version: &str, scores: &[f64], samples: &Samples) -> Result<Self, ScoresError> {
        let (expected, found) = (samples.len(), scores.len());
        if expected != found {
            return Err(ScoresError::Count { expected, found });
        }
        let wrong = scores.iter().position(|score| !(0.0..=1.0).contains(score));
        if let Some(sample) = wrong {
            return Err(ScoresError::Range { sample, found: scores[sample] });
        }
        let of = scores.iter().copied().map(Some).collect();
        Ok(Self { version: version.to_owned(), of, by_fallback: 0, shift: 0.0 })
    }

    fn of_changed(
        ladder: Ladder<'_>,
        samples: &Samples,
        change: impl Fn(&mut FeatureVector) + Sync,
    ) -> Result<Self, ScoresError> {
        let threads = thread::available_parallelism().map_or(1, NonZero::get);
        let part = samples.len().div_ceil(threads).max(1) * FEATURE_COUNT;
        let score = |rows: &[f64]| -> Result<Vec<(Option<f64>, bool)>, ModelError> {
            let rows = rows.chunks_exact(FEATURE_COUNT).map(|row| {
                let mut features = vector(row);
                change(&mut features);
                ladder.score(&features)
            });
            rows.collect()
        };
        let parts: Vec<_> = thread::scope(|scope| {
            let parts = samples.features().chunks(part);
            let running: Vec<_> = parts.map(|part| scope.spawn(|| score(part))).collect();
            running.into_iter().map(thread::ScopedJoinHandle::join).collect()
        });
        let mut scores = Self {
            version: ladder.model.version().to_owned(),
            of: Vec::new(),
            by_fallback: 0,
            shift: ladder.model.shift(),
        };
        for part in parts {
            let part = part.unwrap_or_else(|panic| std::panic::resume_unwind(panic))?;
            scores.by_fallback += part.iter().filter(|(_, fallback)| *fallback).count() as u64;
            scores.of.extend(part.into_iter().map(|(score, _)| score));
        }
        Ok(scores)
    }
}

impl Ladder<'_> {
    /// The score, and whether it is the rung's below.
    fn score(self, features: &FeatureVector) -> Result<(Option<f64>, bool), ModelError> {
        let by = |model: &dyn RiskModel| match model.score(features) {
            Ok(scored) => Ok(Some(scored.score.for_operator())),
            Err(ModelError::NotEnoughEvidence { .. }) => Ok(None),
            Err(error) => Err(error),
        };
        match (by(self.model)?, self.below) {
            (None, Some(below)) => {
                Ok(by(below)?.map_or((None, false), |score| (Some(score), true)))
            }
            (score, _) => Ok((score, false)),
        }
    }
}
