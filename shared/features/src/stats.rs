//! The statistics that features are made of.
//!
//! Standard deviations and variances are of the population (divided by n). All of them are plain
//! loops: no series here is longer than a history of 35 days.

#[cfg(test)]
mod tests;

/// A sum of squares up to this is zero: rounding noise must not pass for variance.
const ZERO_SUM_OF_SQUARES: f64 = 1e-12;

/// Daily means, differences and autocorrelations are rounded to this many units of 1, so that
/// ties and thresholds do not hang on the last bit.
const UNITS_OF_NINE_DECIMALS: f64 = 1e9;

/// Rounds to 9 decimals, halves away from zero.
pub(crate) fn round9(value: f64) -> f64 {
    (value * UNITS_OF_NINE_DECIMALS).round() / UNITS_OF_NINE_DECIMALS
}

/// The mean; not a number where there is nothing.
pub(crate) fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// Σ(xᵢ − x̄)², 0 where it is at most 1e-12.
pub(crate) fn sum_of_squares(values: &[f64]) -> f64 {
    let mean = mean(values);
    zero_if_tiny(values.iter().map(|value| (value - mean).powi(2)).sum())
}

fn zero_if_tiny(sum: f64) -> f64 {
    if sum <= ZERO_SUM_OF_SQUARES { 0.0 } else { sum }
}

/// Population variance.
pub(crate) fn variance(values: &[f64]) -> f64 {
    sum_of_squares(values) / values.len() as f64
}

/// Population standard deviation.
pub(crate) fn standard_deviation(values: &[f64]) -> f64 {
    variance(values).sqrt()
}

/// A least-squares line.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Line {
    mean_x: f64,
    mean_y: f64,
    pub(crate) slope: f64,
}

impl Line {
    /// The line through these points (x, y); `None` where all x are the same.
    pub(crate) fn through(points: &[(f64, f64)]) -> Option<Self> {
        let n = points.len() as f64;
        let mean_x = points.iter().map(|point| point.0).sum::<f64>() / n;
        let mean_y = points.iter().map(|point| point.1).sum::<f64>() / n;
        let (mut xx, mut xy) = (0.0, 0.0);
        for (x, y) in points {
            xx += (x - mean_x).powi(2);
            xy += (x - mean_x) * (y - mean_y);
        }
        let xx = zero_if_tiny(xx);
        (xx > 0.0).then(|| Self { mean_x, mean_y, slope: xy / xx })
    }

    /// How far a point lies above the line.
    pub(crate) fn residual(&self, (x, y): (f64, f64)) -> f64 {
        y - (self.mean_y + self.slope * (x - self.mean_x))
    }
}

/// The median: the mean of the middle two of an even number. Not a number where there is nothing.
/// The order of the values is changed.
pub(crate) fn median(values: &mut [f64]) -> f64 {
    if values.is_empty() {
        return f64::NAN;
    }
    let middle = values.len() / 2;
    let even = values.len().is_multiple_of(2);
    let (below, upper, _) = values.select_nth_unstable_by(middle, f64::total_cmp);
    let upper = *upper;
    if even {
        let lower = below.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        f64::midpoint(lower, upper)
    } else {
        upper
    }
}

/// Median of the absolute deviations from `center`.
pub(crate) fn median_absolute_deviation(values: &[f64], center: f64) -> f64 {
    let mut deviations: Vec<_> = values.iter().map(|value| (value - center).abs()).collect();
    median(&mut deviations)
}

/// Mean of |xᵢ₊₁ − xᵢ|; not a number for fewer than two values.
pub(crate) fn mean_absolute_successive_difference(values: &[f64]) -> f64 {
    let sum: f64 = values.windows(2).map(|pair| (pair[1] - pair[0]).abs()).sum();
    sum / (values.len() as f64 - 1.0)
}

/// Pearson's r of pairs, each side with its own mean; `None` where a side has no variance.
pub(crate) fn pearson(pairs: &[(f64, f64)]) -> Option<f64> {
    let n = pairs.len() as f64;
    let mean_a = pairs.iter().map(|pair| pair.0).sum::<f64>() / n;
    let mean_b = pairs.iter().map(|pair| pair.1).sum::<f64>() / n;
    let (mut aa, mut bb, mut ab) = (0.0, 0.0, 0.0);
    for (a, b) in pairs {
        aa += (a - mean_a).powi(2);
        bb += (b - mean_b).powi(2);
        ab += (a - mean_a) * (b - mean_b);
    }
    let (aa, bb) = (zero_if_tiny(aa), zero_if_tiny(bb));
    // The cut keeps rounding from carrying r past ±1.
    (aa > 0.0 && bb > 0.0).then(|| (ab / (aa.sqrt() * bb.sqrt())).clamp(-1.0, 1.0))
}

/// Median of the slopes between all pairs of points of different x (Sen 1968); not a number
/// where there is no such pair.
pub(crate) fn theil_sen(points: &[(f64, f64)]) -> f64 {
    let mut slopes = Vec::with_capacity(points.len() * points.len().saturating_sub(1) / 2);
    for (i, (xi, yi)) in points.iter().enumerate() {
        slopes.extend(points[i + 1..].iter().map(|(xj, yj)| (yj - yi) / (xj - xi)));
    }
    median(&mut slopes)
}

/// −1, 0 or 1.
fn sign(value: f64) -> i64 {
    i64::from(value > 0.0) - i64::from(value < 0.0)
}

/// How many pairs of these values are equal, and Σ t(t − 1)(2t + 5) over the groups of t equals.
fn ties(values: &[f64]) -> (i64, i64) {
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let (mut pairs, mut correction) = (0, 0);
    #[expect(clippy::float_cmp, reason = "a tie is equality; the values were rounded before")]
    for group in sorted.chunk_by(|a, b| a == b) {
        let t = i64::try_from(group.len()).unwrap_or(i64::MAX);
        pairs += t * (t - 1) / 2;
        correction += t * (t - 1) * (2 * t + 5);
    }
    (pairs, correction)
}

/// Z of the Mann–Kendall test, continuity- and tie-corrected (Kendall 1975); 0 when S = 0.
pub(crate) fn mann_kendall_z(values: &[f64]) -> f64 {
    let mut s = 0;
    for (i, x) in values.iter().enumerate() {
        s += values[i + 1..].iter().map(|y| sign(y - x)).sum::<i64>();
    }
    if s == 0 {
        return 0.0;
    }
    let n = i64::try_from(values.len()).unwrap_or(i64::MAX);
    let (_, correction) = ties(values);
    let variance = (n * (n - 1) * (2 * n + 5) - correction) as f64 / 18.0;
    (s - s.signum()) as f64 / variance.sqrt()
}

/// Kendall's τ-b of points (x, y); `None` where all x or all y are tied.
pub(crate) fn kendall_tau_b(points: &[(f64, f64)]) -> Option<f64> {
    let mut s = 0;
    for (i, (xi, yi)) in points.iter().enumerate() {
        s += points[i + 1..].iter().map(|(xj, yj)| sign(xj - xi) * sign(yj - yi)).sum::<i64>();
    }
    let n = i64::try_from(points.len()).unwrap_or(i64::MAX);
    let pairs = n * (n - 1) / 2;
    let (xs, ys): (Vec<_>, Vec<_>) = points.iter().copied().unzip();
    let untied = (pairs - ties(&xs).0, pairs - ties(&ys).0);
    (untied.0 > 0 && untied.1 > 0)
        .then(|| s as f64 / ((untied.0 as f64).sqrt() * (untied.1 as f64).sqrt()))
}
