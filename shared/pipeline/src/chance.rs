//! Chance as a port: seeded, so that a whole run can be simulated.

use std::sync::{Mutex, PoisonError};

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// A source of random numbers.
pub trait Chance: Send + Sync + 'static {
    /// The next 64 random bits.
    fn next(&self) -> u64;

    /// A number in `[0, 1)`.
    fn fraction(&self) -> f64 {
        // 53 bits: as many as an f64 holds exactly.
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }
}

/// Chance from a seed.
pub struct SeededChance(Mutex<ChaCha8Rng>);

impl SeededChance {
    /// The same seed gives the same numbers.
    pub fn new(seed: u64) -> Self {
        Self(Mutex::new(ChaCha8Rng::seed_from_u64(seed)))
    }
}

impl Chance for SeededChance {
    fn next(&self) -> u64 {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).next_u64()
    }
}
