//! When a failed delivery is tried again. The only module that knows the `backoff` crate.
//!
//! `backoff`'s `ExponentialBackoff` gives the intervals, without its own randomisation, which
//! draws from the thread's generator; full jitter (Brooker 2015, "Exponential Backoff And Jitter":
//! uniform between 0 and the interval) is drawn from our seeded port. See
//! `docs/adr/0004-backoff-behind-one-module.md`.

use std::time::Duration;

use backoff::ExponentialBackoff;
use backoff::backoff::Backoff;

use crate::chance::Chance;

/// The bounds of the waits between attempts, and how many attempts there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetryPolicy {
    /// The interval after the first attempt; it doubles after each.
    pub initial: Duration,
    /// No interval is longer.
    pub longest: Duration,
    /// A delivery that fails at this receive or a later one is given up: the first try and three
    /// retries (R5.5).
    pub attempts: u32,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self { initial: Duration::from_secs(1), longest: Duration::from_mins(1), attempts: 4 }
    }
}

impl RetryPolicy {
    /// The interval after this attempt (from 1), before jitter.
    pub fn interval(&self, attempt: u32) -> Duration {
        let mut intervals = ExponentialBackoff {
            initial_interval: self.initial,
            current_interval: self.initial,
            multiplier: 2.0,
            max_interval: self.longest,
            randomization_factor: 0.0,
            max_elapsed_time: None,
            ..ExponentialBackoff::default()
        };
        let mut interval = self.initial;
        // Beyond 64 doublings every interval is the longest one.
        for _ in 0..attempt.clamp(1, 64) {
            interval = intervals.next_backoff().unwrap_or(self.longest);
        }
        interval
    }

    /// How long to wait after this attempt: full jitter, but never less than the service asked.
    pub fn wait(&self, attempt: u32, asked: Option<Duration>, chance: &dyn Chance) -> Duration {
        let drawn = self.interval(attempt).mul_f64(chance.fraction());
        drawn.max(asked.unwrap_or(Duration::ZERO))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::chance::SeededChance;

    #[test]
    fn intervals_double_up_to_the_longest() {
        let policy = RetryPolicy::default();
        let seconds: Vec<_> = (1..=9).map(|n| policy.interval(n).as_secs()).collect();
        assert_eq!(seconds, [1, 2, 4, 8, 16, 32, 60, 60, 60]);
    }

    proptest! {
        #[test]
        fn a_wait_lies_between_what_was_asked_and_the_interval(
            attempt in 0..200_u32,
            asked in proptest::option::of(0..90_000_u64),
            seed: u64,
        ) {
            let policy = RetryPolicy::default();
            let asked = asked.map(Duration::from_millis);
            let wait = policy.wait(attempt, asked, &SeededChance::new(seed));
            prop_assert!(wait >= asked.unwrap_or_default());
            prop_assert!(wait <= policy.interval(attempt).max(asked.unwrap_or_default()));
        }
    }
}
