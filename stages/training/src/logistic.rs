//! Logistic regression by Newton's method: the challenger's, and Platt's calibration.
//!
//! Minimises −Σ [tᵢ ln pᵢ + (1 − tᵢ) ln (1 − pᵢ)] + ½ ridge · |β|², p = 1 / (1 + exp(−(α + xβ))), over the intercept
//! α, which is not penalised, and β. Targets may be any numbers from 0 to 1. The steps are those of iteratively
//! reweighted least squares (McCullagh & Nelder 1989, 2.5), each halved until it does not make things worse.

#[cfg(test)]
mod tests;

/// Steps at most; from a start of nothing ten are many.
const STEPS: usize = 100;

/// Halvings of a step at most.
const HALVINGS: usize = 40;

/// A step that would gain less than this share of the loss is the last.
const ENOUGH: f64 = 1e-12;

/// Rows of numbers, one after the other.
#[derive(Debug, Clone, Copy)]
pub struct Design<'a> {
    /// All rows, `width` numbers each; finite.
    pub values: &'a [f64],
    /// How many numbers a row has; above 0.
    pub width: usize,
}

/// A fitted regression.
#[derive(Debug, Clone, PartialEq)]
pub struct Fit {
    /// α.
    pub intercept: f64,
    /// β, one for each column.
    pub weights: Vec<f64>,
}

/// Why there is no fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoFit {
    /// Without a penalty, columns that say the same leave no single answer.
    #[error("expected columns that say different things, found some that do not")]
    Singular,
    /// It does not settle.
    #[error("expected the fit to settle within {STEPS} steps, found that it does not")]
    Unsettled,
}

impl Design<'_> {
    fn rows(&self) -> impl Iterator<Item = &[f64]> {
        self.values.chunks_exact(self.width)
    }
}

impl Fit {
    /// The log-odds of a row.
    pub fn log_odds(&self, row: &[f64]) -> f64 {
        let terms = row.iter().zip(&self.weights).map(|(x, weight)| x * weight);
        self.intercept + terms.sum::<f64>()
    }
}

/// Fits a regression; one target a row.
///
/// # Errors
/// Why there is none.
pub fn fit(design: Design<'_>, targets: &[f64], ridge: f64) -> Result<Fit, NoFit> {
    let mut now = vec![0.0; design.width + 1];
    now[design.width] = even_odds(targets);
    let mut loss = loss_of(design, targets, ridge, &now);
    for _ in 0..STEPS {
        let (gradient, mut curvature) = slopes(design, targets, ridge, &now);
        let step = solve(&mut curvature, &gradient).ok_or(NoFit::Singular)?;
        let gain: f64 = gradient.iter().zip(&step).map(|(slope, by)| slope * by).sum();
        if gain <= ENOUGH * (1.0 + loss.abs()) {
            // So near, a whole step squares the error, though the loss has no digits left to show it.
            now.iter_mut().zip(&step).for_each(|(at, by)| *at -= by);
            return Ok(read(now));
        }
        let (next, next_loss) = halved(design, targets, ridge, &now, &step, loss);
        if next_loss >= loss {
            // No step of any length helps: what is left is the last digits' noise.
            return Ok(read(now));
        }
        (now, loss) = (next, next_loss);
    }
    Err(NoFit::Unsettled)
}

/// The log-odds that all rows have alike, a start.
fn even_odds(targets: &[f64]) -> f64 {
    let share = targets.iter().sum::<f64>() / targets.len() as f64;
    if share > 0.0 && share < 1.0 { (share / (1.0 - share)).ln() } else { 0.0 }
}

/// The intercept stands last while it is searched for.
fn read(mut weights: Vec<f64>) -> Fit {
    let intercept = weights.pop().unwrap_or_default();
    Fit { intercept, weights }
}

fn log_odds(row: &[f64], at: &[f64]) -> f64 {
    let terms = row.iter().zip(at).map(|(x, weight)| x * weight);
    terms.sum::<f64>() + at[row.len()]
}

fn loss_of(design: Design<'_>, targets: &[f64], ridge: f64, at: &[f64]) -> f64 {
    let of_row = |(row, target): (&[f64], &f64)| {
        let z = log_odds(row, at);
        // ln(1 + eᶻ) − t·z, so that no power overflows.
        z.max(0.0) + (-z.abs()).exp().ln_1p() - target * z
    };
    let rows: f64 = design.rows().zip(targets).map(of_row).sum();
    let penalty: f64 = at[..design.width].iter().map(|weight| weight * weight).sum();
    rows + 0.5 * ridge * penalty
}

/// The gradient, and the lower triangle of the second derivatives, row by row in a square.
fn slopes(design: Design<'_>, targets: &[f64], ridge: f64, at: &[f64]) -> (Vec<f64>, Vec<f64>) {
    let size = design.width + 1;
    let mut gradient = vec![0.0; size];
    let mut curvature = vec![0.0; size * size];
    let mut with_one = vec![1.0; size];
    for (row, target) in design.rows().zip(targets) {
        with_one[..design.width].copy_from_slice(row);
        let p = 1.0 / (1.0 + (-log_odds(row, at)).exp());
        let weight = p * (1.0 - p);
        for (index, x) in with_one.iter().enumerate() {
            gradient[index] += (p - target) * x;
            let scaled = weight * x;
            let line = &mut curvature[index * size..=index * size + index];
            line.iter_mut().zip(&with_one).for_each(|(sum, other)| *sum += scaled * other);
        }
    }
    for index in 0..design.width {
        gradient[index] += ridge * at[index];
        curvature[index * size + index] += ridge;
    }
    (gradient, curvature)
}

fn halved(
    design: Design<'_>,
    targets: &[f64],
    ridge: f64,
    now: &[f64],
    step: &[f64],
    loss: f64,
) -> (Vec<f64>, f64) {
    let mut share = 1.0;
    let mut tried = (now.to_vec(), loss);
    for _ in 0..HALVINGS {
        let next: Vec<f64> = now.iter().zip(step).map(|(at, by)| at - share * by).collect();
        let next_loss = loss_of(design, targets, ridge, &next);
        if next_loss < loss {
            tried = (next, next_loss);
            break;
        }
        share /= 2.0;
    }
    tried
}

/// Solves `matrix · x = right` by Cholesky's decomposition, in place; the lower triangle is given. `None`
/// where the matrix is not positive definite to the precision of its own numbers.
fn solve(matrix: &mut [f64], right: &[f64]) -> Option<Vec<f64>> {
    let size = right.len();
    for row in 0..size {
        let diagonal = matrix[row * size + row];
        for column in 0..=row {
            let mut rest = matrix[row * size + column];
            for k in 0..column {
                rest -= matrix[row * size + k] * matrix[column * size + k];
            }
            if column < row {
                matrix[row * size + column] = rest / matrix[column * size + column];
            } else if rest > diagonal * f64::EPSILON * size as f64 {
                matrix[row * size + row] = rest.sqrt();
            } else {
                return None;
            }
        }
    }
    let mut x = right.to_vec();
    for row in 0..size {
        for k in 0..row {
            x[row] -= matrix[row * size + k] * x[k];
        }
        x[row] /= matrix[row * size + row];
    }
    for row in (0..size).rev() {
        for k in row + 1..size {
            x[row] -= matrix[k * size + row] * x[k];
        }
        x[row] /= matrix[row * size + row];
    }
    Some(x)
}
