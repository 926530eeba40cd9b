//! Calibration by Platt (1999), with the targets that keep it from promising too much: (N₊ + 1) / (N₊ + 2) for
//! those who had a crisis and 1 / (N₋ + 2) for the others, fitted by Newton's method (Lin, Lin & Weng 2007).

use mindmate_model::Platt;

use crate::logistic::{Design, NoFit, fit};

/// Why there is no calibration.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
pub enum NoCalibration {
    /// The regression has no answer, as where all margins are one.
    #[error("the margins of held-out rows cannot be calibrated: {0}")]
    NoFit(#[from] NoFit),
    /// Held-out rows with a crisis have no higher margins than the others.
    #[error(
        "expected higher margins of held-out rows with a crisis, found a slope of {0}: what was \
         learned from some users says nothing of others"
    )]
    Slope(f64),
}

/// From margins to log-odds.
///
/// The margins must be of rows that the trees were not fitted on: on their own rows trees are surer than they may be.
///
/// # Errors
/// Why there is no calibration.
pub fn calibrate(margins: &[f64], labels: &[bool]) -> Result<Platt, NoCalibration> {
    let crises = labels.iter().filter(|label| **label).count() as f64;
    let quiet = labels.len() as f64 - crises;
    let (high, low) = ((crises + 1.0) / (crises + 2.0), 1.0 / (quiet + 2.0));
    let targets: Vec<f64> = labels.iter().map(|label| if *label { high } else { low }).collect();
    let fitted = fit(Design { values: margins, width: 1 }, &targets, 0.0)?;
    let slope = fitted.weights[0];
    if slope > 0.0 && slope.is_finite() && fitted.intercept.is_finite() {
        Ok(Platt { slope, intercept: fitted.intercept })
    } else {
        Err(NoCalibration::Slope(slope))
    }
}

#[cfg(test)]
mod tests {
    use super::{NoCalibration, calibrate};

    #[test]
    fn margins_that_are_log_odds_already_are_left_nearly_as_they_are() {
        // At each margin as many crises as it says, of 1,000 rows.
        let (mut margins, mut labels) = (Vec::new(), Vec::new());
        for step in -6..=6 {
            let margin = f64::from(step) / 2.0;
            let p = 1.0 / (1.0 + f64::exp(-margin));
            for row in 0..1_000 {
                margins.push(margin);
                labels.push(f64::from(row) < p * 1_000.0 - 0.5);
            }
        }
        let platt = calibrate(&margins, &labels).unwrap();
        assert!((platt.slope - 1.0).abs() < 0.01, "{platt:?}");
        assert!(platt.intercept.abs() < 0.01, "{platt:?}");
    }

    #[test]
    fn margins_that_tell_without_an_error_promise_no_certainty() {
        let margins = [-2.0, -1.0, -1.5, 1.0, 2.0];
        let platt = calibrate(&margins, &[false, false, false, true, true]).unwrap();
        let p = 1.0 / (1.0 + (-platt.log_odds(2.0)).exp());
        assert!(p < 0.95, "{p} after five rows");
    }

    #[test]
    fn margins_the_wrong_way_round_are_refused() {
        let error = calibrate(&[1.0, 2.0, -1.0, -2.0], &[false, false, true, true]).unwrap_err();
        assert!(matches!(error, NoCalibration::Slope(slope) if slope < 0.0), "{error}");
        let flat = calibrate(&[0.5; 4], &[false, false, true, true]).unwrap_err();
        assert!(matches!(flat, NoCalibration::NoFit(_)), "{flat}");
    }
}
