//! Everything that is fitted on the training side, in parts that run beside each other.

use mindmate_model::Platt;

use crate::challenger::Challenger;
use crate::constraints::Constraints;
use crate::folds::deal;
use crate::hyperparameters::Hyperparameters;
use crate::jobs::in_parallel;
use crate::lightgbm::grow;
use crate::lightgbm_text::Grown;
use crate::logistic::NoFit;
use crate::members::{GrowError, Kind};
use crate::platt::{NoCalibration, calibrate};
use crate::rows::Rows;

/// What was learned.
#[derive(Debug, Clone, PartialEq)]
pub struct Learned {
    /// The members on all rows, in the order of [`Kind::ALL`].
    pub members: Vec<Grown>,
    /// From their mean margin to a probability.
    pub calibration: Platt,
    /// The calibrated log-odds of each row, by members that did not see it.
    pub held_out: Vec<f64>,
    /// What they have to beat.
    pub challenger: Challenger,
}

/// Why nothing was learned.
#[derive(Debug, thiserror::Error)]
pub enum LearningError {
    /// A member could not be grown.
    #[error("{}: {error}", kind.name())]
    Member {
        /// Which.
        kind: Kind,
        /// Why.
        error: GrowError,
    },
    /// The challenger could not be fitted.
    #[error("the challenger: {0}")]
    Challenger(NoFit),
    /// The members cannot be calibrated.
    #[error(transparent)]
    Calibration(#[from] NoCalibration),
}

/// A part.
#[derive(Clone, Copy)]
enum Part {
    Challenger,
    /// A member on all rows.
    Whole(Kind),
    /// A member on all folds but one.
    Without(Kind, usize),
}

/// What a part came to.
enum Fitted {
    Challenger(Challenger),
    Whole(Kind, Grown),
    /// The margins of the rows of this fold, which was left out, in their order.
    Without(usize, Vec<f64>),
}

/// Learns from rows on so many threads, and says of each part that it is done.
///
/// # Errors
/// Why nothing was learned.
pub fn learn(
    rows: &Rows,
    of: &Hyperparameters,
    constraints: &Constraints,
    threads: usize,
    said: &(dyn Fn(&str) + Sync),
) -> Result<Learned, LearningError> {
    let folds = usize::try_from(of.folds).unwrap_or(usize::MAX);
    let fold_of = deal(&rows.users, &rows.labels, folds, of.seed);
    let parts = parts(folds);
    let fitted = in_parallel(parts.len(), threads, |index| {
        let part = parts[index];
        let fitted = fit(part, rows, &fold_of, of, constraints)?;
        said(&part.words(folds));
        Ok::<_, LearningError>(fitted)
    })?;
    gather(rows, &fold_of, fitted)
}

/// The long ones first, so that no thread ends up alone with one. Boosting takes longer than the forest.
fn parts(folds: usize) -> Vec<Part> {
    let of_kind = |kind| {
        let without = (0..folds).map(move |fold| Part::Without(kind, fold));
        std::iter::once(Part::Whole(kind)).chain(without)
    };
    let [forest, boosting] = Kind::ALL;
    of_kind(boosting).chain([Part::Challenger]).chain(of_kind(forest)).collect()
}

impl Part {
    fn words(self, folds: usize) -> String {
        match self {
            Self::Challenger => "challenger".to_owned(),
            Self::Whole(kind) => format!("{} on all rows", kind.name()),
            Self::Without(kind, fold) => {
                format!("{} without fold {} of {folds}", kind.name(), fold + 1)
            }
        }
    }
}

fn fit(
    part: Part,
    rows: &Rows,
    fold_of: &[usize],
    of: &Hyperparameters,
    constraints: &Constraints,
) -> Result<Fitted, LearningError> {
    let member = |kind| move |error| LearningError::Member { kind, error };
    Ok(match part {
        Part::Challenger => Fitted::Challenger(
            Challenger::fit(rows, of.challenger_penalty).map_err(LearningError::Challenger)?,
        ),
        Part::Whole(kind) => {
            Fitted::Whole(kind, grow(kind, rows, of, constraints).map_err(member(kind))?)
        }
        Part::Without(kind, fold) => {
            let seen = rows.filter(|row| fold_of[row] != fold);
            let grown = grow(kind, &seen, of, constraints).map_err(member(kind))?;
            let left_out = rows.iter().zip(fold_of).filter(|(_, of_row)| **of_row == fold);
            Fitted::Without(fold, left_out.map(|(row, _)| grown.margin(row)).collect())
        }
    })
}

fn gather(rows: &Rows, fold_of: &[usize], fitted: Vec<Fitted>) -> Result<Learned, LearningError> {
    let mut sums = vec![0.0; rows.len()];
    let (mut members, mut challenger) = (Vec::new(), None);
    for fitted in fitted {
        match fitted {
            Fitted::Challenger(fitted) => challenger = Some(fitted),
            Fitted::Whole(kind, grown) => members.push((kind as usize, grown)),
            Fitted::Without(fold, margins) => {
                let places = (0..rows.len()).filter(|row| fold_of[*row] == fold);
                places.zip(margins).for_each(|(row, margin)| sums[row] += margin);
            }
        }
    }
    members.sort_by_key(|(kind, _)| *kind);
    let margins: Vec<f64> = sums.iter().map(|sum| sum / Kind::ALL.len() as f64).collect();
    let calibration = calibrate(&margins, &rows.labels)?;
    Ok(Learned {
        members: members.into_iter().map(|(_, grown)| grown).collect(),
        calibration,
        held_out: margins.iter().map(|margin| calibration.log_odds(*margin)).collect(),
        challenger: challenger.ok_or(LearningError::Challenger(NoFit::Unsettled))?,
    })
}
