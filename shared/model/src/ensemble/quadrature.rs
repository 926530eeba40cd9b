//! Gauss–Legendre points and weights on 0 to 1: with m of them the integral of a polynomial of degree up to
//! 2m − 1 is exact.

use std::f64::consts::PI;

/// Steps of Newton's method; from this start it has all digits after five.
const STEPS: usize = 8;

/// `N` points and their weights.
#[derive(Debug, Clone)]
pub(super) struct Quadrature<const N: usize> {
    pub(super) points: [f64; N],
    pub(super) weights: [f64; N],
}

impl<const N: usize> Quadrature<N> {
    pub(super) fn new() -> Self {
        let (mut points, mut weights) = ([0.0; N], [0.0; N]);
        for (index, (point, weight)) in points.iter_mut().zip(&mut weights).enumerate() {
            let mut x = (PI * (index as f64 + 0.75) / (N as f64 + 0.5)).cos();
            let mut slope = 1.0;
            for _ in 0..STEPS {
                let value;
                (value, slope) = legendre(N, x);
                x -= value / slope;
            }
            *point = 0.5 - 0.5 * x;
            *weight = 1.0 / ((1.0 - x * x) * slope * slope);
        }
        Self { points, weights }
    }
}

/// Legendre's polynomial of this degree at x, and its slope there, by Bonnet's recursion.
fn legendre(degree: usize, x: f64) -> (f64, f64) {
    let (mut before, mut value) = (1.0, x);
    for k in 2..=degree {
        let k = k as f64;
        (before, value) = (value, ((2.0 * k - 1.0) * x * value - (k - 1.0) * before) / k);
    }
    (value, degree as f64 * (x * value - before) / (x * x - 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn integrates<const N: usize>() {
        let Quadrature { points, weights } = Quadrature::<N>::new();
        for degree in 0..2 * N {
            let power = i32::try_from(degree).unwrap();
            let sum: f64 = points.iter().zip(weights).map(|(x, w)| w * x.powi(power)).sum();
            let expected = 1.0 / (degree as f64 + 1.0);
            assert!((sum - expected).abs() < 1e-14, "{N} points, degree {degree}: {sum}");
        }
    }

    #[test]
    fn powers_up_to_twice_the_points_less_one_are_integrated() {
        integrates::<4>();
        integrates::<6>();
        integrates::<8>();
        integrates::<16>();
        integrates::<36>();
    }
}
