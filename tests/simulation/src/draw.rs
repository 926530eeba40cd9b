//! Draws from a seed.

use jiff::{SignedDuration, Timestamp};
use mindmate_pipeline::{Chance, SeededChance};

use crate::clock::later;
use crate::executor::below;

/// Draws what a plan is made of.
pub(crate) struct Draw(SeededChance);

impl Draw {
    pub(crate) fn new(seed: u64) -> Self {
        Self(SeededChance::new(seed))
    }

    /// Whether something of this probability happens.
    pub(crate) fn chance(&self, probability: f64) -> bool {
        self.0.fraction() < probability
    }

    /// A number from `least` up to `most`, which is included.
    pub(crate) fn number(&self, least: usize, most: usize) -> usize {
        least + below(&self.0, most - least + 1).unwrap_or(0)
    }

    /// A number in `[0, most)`.
    pub(crate) fn share(&self, most: f64) -> f64 {
        self.0.fraction() * most
    }

    /// One of several.
    pub(crate) fn one<T: Copy>(&self, of: &[T]) -> T {
        of[self.number(0, of.len() - 1)]
    }

    /// An instant between two seconds after another, to the millisecond.
    pub(crate) fn instant(&self, from: Timestamp, seconds: (usize, usize)) -> Timestamp {
        let millis = self.number(seconds.0 * 1_000, seconds.1 * 1_000);
        later(from, SignedDuration::from_millis(i64::try_from(millis).unwrap_or(0)))
    }

    /// A seed for something that draws by itself.
    pub(crate) fn seed(&self) -> u64 {
        self.0.next()
    }
}
