//! Whether there is anything to learn and to judge by, before an hour goes into it.

use std::collections::BTreeSet;

use crate::rows::Rows;

/// Why there is nothing to learn.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NothingToLearn {
    /// All rows of a side have one label, or there are none.
    #[error(
        "expected rows with and without a crisis on the {side} side, found {crises} of {rows} with \
         one: nothing can be {what} by them"
    )]
    OneLabel {
        /// `training` or `validation`.
        side: &'static str,
        /// Rows with a crisis.
        crises: usize,
        /// All rows.
        rows: usize,
        /// `learned` or `judged`.
        what: &'static str,
    },
    /// Not every fold would have a user with a crisis.
    #[error(
        "expected at least {folds} training users with a crisis, one for each fold, found {found}: \
         prepare a larger set, or set `folds` lower"
    )]
    TooFewUsers {
        /// The hyperparameter.
        folds: u64,
        /// Users with a row of label 1.
        found: usize,
    },
    /// Every input says the same of everybody.
    #[error(
        "expected an input that differs between training rows, found {rows} rows that are alike in \
         all {inputs}: nothing can be learned from them"
    )]
    AllAlike {
        /// Training rows.
        rows: usize,
        /// How many inputs there are.
        inputs: usize,
    },
}

/// Looks at the training side.
///
/// # Errors
/// Why nothing can be learned from it.
pub fn check_training(rows: &Rows, folds: u64) -> Result<(), NothingToLearn> {
    check_labels(rows, "training", "learned")?;
    let in_crisis = rows.users.iter().zip(&rows.labels).filter(|(_, label)| **label);
    let found = in_crisis.map(|(user, _)| user).collect::<BTreeSet<_>>().len();
    if (found as u64) < folds {
        return Err(NothingToLearn::TooFewUsers { folds, found });
    }
    if (0..rows.width()).any(|input| differs(rows, input)) {
        Ok(())
    } else {
        Err(NothingToLearn::AllAlike { rows: rows.len(), inputs: rows.width() })
    }
}

/// Looks at the validation side.
///
/// # Errors
/// Why nothing can be judged by it.
pub fn check_validation(rows: &Rows) -> Result<(), NothingToLearn> {
    check_labels(rows, "validation", "judged")
}

fn check_labels(rows: &Rows, side: &'static str, what: &'static str) -> Result<(), NothingToLearn> {
    let (crises, rows) = (rows.crises(), rows.len());
    if crises == 0 || crises == rows {
        return Err(NothingToLearn::OneLabel { side, crises, rows, what });
    }
    Ok(())
}

/// Whether an input has two values; being missing is one.
fn differs(rows: &Rows, input: usize) -> bool {
    let mut column = rows.column(input).map(|value| (!value.is_nan()).then_some(value));
    let first = column.next();
    column.any(|value| Some(value) != first)
}
