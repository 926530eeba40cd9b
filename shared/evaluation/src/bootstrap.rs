//! How sure a measure is, with few people and many weeks of each.
//!
//! Weeks of one person are alike, so that it is people who are drawn again, not weeks (cluster bootstrap,
//! Field & Welsh 2007): as many as there are, each as often as chance has it, with all their weeks. Intervals
//! are the percentiles of the resamples' measures (Efron & Tibshirani 1993). Two scorers are compared within each
//! resample, so that what is hard about its people counts for both.

use std::num::NonZero;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

/// Fills the key behind the 8 bytes of the seed; the digit changes with the way of drawing.
const KEY_LABEL: &[u8; 24] = b"mindmate-bootstrap-draw1";

/// The share of resamples that lies within an interval.
pub const CONFIDENCE: f64 = 0.95;

/// Of the resamples, the share in which a measure must be defined for an interval to be given: without
/// crises in too many of them, those that are left say nothing of the others.
const MOSTLY: f64 = 0.95;

/// How people are drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Bootstrap {
    /// How often; with 0 there are no intervals.
    pub resamples: u32,
    /// What chance starts from.
    pub seed: u64,
}

impl Default for Bootstrap {
    fn default() -> Self {
        Self { resamples: 1_000, seed: 1 }
    }
}

/// The middle [`CONFIDENCE`] of a measure's resamples.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Interval {
    /// Its lower end.
    pub low: f64,
    /// Its upper end.
    pub high: f64,
}

impl Bootstrap {
    /// Draws `users` people again and again, and measures each time. `measure` is given how often each was
    /// drawn, and must give as many values each time; `step` is called after each.
    ///
    /// A resample depends on the seed and its number alone, so that threads change nothing.
    pub fn run<M: FnMut(&[f64]) -> Vec<f64>>(
        self,
        users: usize,
        measure: impl Fn() -> M + Sync,
        step: &(dyn Fn() + Sync),
    ) -> Vec<Vec<f64>> {
        let next = AtomicU32::new(0);
        let done = Mutex::new(Vec::new());
        let work = || {
            let mut measure = measure();
            let mut drawn = vec![0.0; users];
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= self.resamples {
                    break;
                }
                self.draw(number, &mut drawn);
                let values = measure(&drawn);
                let mut done = done.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
                done.push((number, values));
                drop(done);
                step();
            }
        };
        let threads = thread::available_parallelism().map_or(1, NonZero::get);
        thread::scope(|scope| {
            for _ in 0..threads {
                scope.spawn(work);
            }
        });
        let mut done = done.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
        done.sort_unstable_by_key(|(number, _)| *number);
        done.into_iter().map(|(_, values)| values).collect()
    }

    fn draw(self, number: u32, drawn: &mut [f64]) {
        let mut key = [0; 32];
        key[..8].copy_from_slice(&self.seed.to_le_bytes());
        key[8..].copy_from_slice(KEY_LABEL);
        let mut stream = ChaCha8Rng::from_seed(key);
        stream.set_stream(number.into());
        drawn.fill(0.0);
        let users = drawn.len() as u64;
        for _ in 0..drawn.len() {
            // The bias of the multiplication is below users / 2³².
            let one = (u64::from(stream.next_u32()) * users) >> 32;
            drawn[usize::try_from(one).unwrap_or(0)] += 1.0;
        }
    }
}

/// The interval of the measure at this place in all resamples. `None` where it was too seldom defined.
pub fn interval(resamples: &[Vec<f64>], place: usize) -> Option<Interval> {
    let mut values = defined(resamples, place)?;
    values.sort_unstable_by(f64::total_cmp);
    let tail = (1.0 - CONFIDENCE) / 2.0;
    Some(Interval { low: quantile(&values, tail), high: quantile(&values, 1.0 - tail) })
}

/// Of the resamples in which the measure at this place is defined, the share in which it is above 0.
pub fn share_above_zero(resamples: &[Vec<f64>], place: usize) -> Option<f64> {
    let values = defined(resamples, place)?;
    let above = values.iter().filter(|value| **value > 0.0).count();
    Some(above as f64 / values.len() as f64)
}

fn defined(resamples: &[Vec<f64>], place: usize) -> Option<Vec<f64>> {
    let values = resamples.iter().filter_map(|values| values.get(place).copied());
    let values: Vec<f64> = values.filter(|value| value.is_finite()).collect();
    let enough = !values.is_empty() && values.len() as f64 >= MOSTLY * resamples.len() as f64;
    enough.then_some(values)
}

/// Linear between order statistics (Hyndman & Fan 1996, type 7); `values` are sorted, and not empty.
fn quantile(values: &[f64], share: f64) -> f64 {
    let at = share * (values.len() - 1) as f64;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a place in it")]
    let below = at.floor() as usize;
    let above = (below + 1).min(values.len() - 1);
    values[below] + (at - below as f64) * (values[above] - values[below])
}

#[cfg(test)]
mod tests;
