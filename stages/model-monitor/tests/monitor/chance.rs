//! Whether the stability index is by chance what the bound takes it for (Yurdakul 2018).

use mindmate_model::baseline::{Baseline, psi};

use crate::support::Draws;

const SEEN: u32 = 1_000;
const TRAINED_ON: u32 = 2_000;
const TIMES: u64 = 400;

/// χ² with 9 degrees of freedom: deciles make ten bins, and nothing is missing.
const DEGREES: f64 = 9.0;
const UPPER_TWENTIETH: f64 = 16.919;

#[test]
fn where_nothing_changes_the_index_is_chi_squared() {
    let scale = 1.0 / f64::from(SEEN) + 1.0 / f64::from(TRAINED_ON);
    let mut draws = Draws::new(1);
    let mut values = |count: u32| (0..count).map(|_| draws.normal()).collect::<Vec<f64>>();
    let indices: Vec<f64> = (0..TIMES)
        .map(|_| {
            let baseline = Baseline::of(&values(TRAINED_ON));
            let mut seen = baseline.empty();
            for value in values(SEEN) {
                baseline.count(&mut seen, value);
            }
            psi(&baseline, &seen).unwrap() / scale
        })
        .collect();
    let mean = indices.iter().sum::<f64>() / indices.len() as f64;
    let above = indices.iter().filter(|index| **index > UPPER_TWENTIETH).count() as f64;
    let share = above / indices.len() as f64;
    println!("mean {mean:.2} of {DEGREES}, share above the upper twentieth {share:.3}");
    assert!((mean / DEGREES - 1.0).abs() < 0.07, "{mean}");
    assert!((0.03..0.075).contains(&share), "{share}");
}
