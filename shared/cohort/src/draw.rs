//! Chance: one seeded stream for each user and aspect, and the few ways to sample from it.
//!
//! Only sampling whose values are fixed is used: the words of `ChaCha8`, own arithmetic on them, and
//! the ziggurat of `rand_distr` for normals. A test pins the bytes, so that a change is noticed. The
//! one function of the platform's own is `exp`, in the length of a session, and whole seconds hide
//! its last bit.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};

/// Fills the key behind the 8 bytes of the seed; the digit changes with the process.
const KEY_LABEL: &[u8; 24] = b"mindmate-cohort-process1";

/// Bits by which an index is shifted to make room for the aspect.
const ASPECT_BITS: u32 = 2;

/// Most entries of one sort on one day.
const DAILY_MOST: u32 = 3;

/// What a stream is for. Apart, so that a change to one leaves the others' values alone.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Aspect {
    Person,
    Latent,
    Diary,
    Words,
}

/// A stream of chance.
pub(crate) struct Draw(ChaCha8Rng);

impl Draw {
    pub(crate) fn new(seed: u64, index: u32, aspect: Aspect) -> Self {
        let mut key = [0; 32];
        key[..8].copy_from_slice(&seed.to_le_bytes());
        key[8..].copy_from_slice(KEY_LABEL);
        let mut stream = ChaCha8Rng::from_seed(key);
        stream.set_stream((u64::from(index) << ASPECT_BITS) | aspect as u64);
        Self(stream)
    }

    /// Uniform in [0, 1), 53 bits.
    pub(crate) fn unit(&mut self) -> f64 {
        const STEP: f64 = 1.0 / (1_u64 << 53) as f64;
        (self.0.next_u64() >> 11) as f64 * STEP
    }

    /// True with probability `p`.
    pub(crate) fn chance(&mut self, p: f64) -> bool {
        self.unit() < p
    }

    /// Uniform in `low..high`.
    pub(crate) fn between(&mut self, (low, high): (f64, f64)) -> f64 {
        low + (high - low) * self.unit()
    }

    /// Uniform in `0..n`; 0 where `n` is 0. The bias of the multiplication is below `n` / 2³².
    pub(crate) fn below(&mut self, n: u32) -> u32 {
        ((u64::from(self.0.next_u32()) * u64::from(n)) >> 32) as u32
    }

    /// Uniform in `low..=high`.
    pub(crate) fn whole(&mut self, (low, high): (u32, u32)) -> u32 {
        low + self.below(high.saturating_sub(low) + 1)
    }

    /// Normal with this mean and standard deviation.
    pub(crate) fn normal(&mut self, mean: f64, sd: f64) -> f64 {
        let z: f64 = StandardNormal.sample(&mut self.0);
        mean + sd * z
    }

    /// 0 to 3, binomial with this mean.
    pub(crate) fn up_to_three(&mut self, mean: f64) -> u32 {
        let p = mean / f64::from(DAILY_MOST);
        (0..DAILY_MOST).map(|_| u32::from(self.chance(p))).sum()
    }

    /// One of these; empty where there are none.
    pub(crate) fn word(&mut self, of: &[&'static str]) -> &'static str {
        let at = self.below(u32::try_from(of.len()).unwrap_or(0));
        usize::try_from(at).ok().and_then(|at| of.get(at)).copied().unwrap_or_default()
    }

    /// The first whose weights, added up, exceed a uniform draw; the first of all where none does.
    pub(crate) fn weighted(&mut self, weights: impl Iterator<Item = u32> + Clone) -> usize {
        let mut left = self.below(weights.clone().sum());
        for (index, weight) in weights.enumerate() {
            if left < weight {
                return index;
            }
            left -= weight;
        }
        0
    }
}
