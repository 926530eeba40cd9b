//! When each request comes and whom it is about, laid down before the first one is sent: the loop
//! is open, so that a pipeline that is slow is not asked less.

use std::time::Duration;

use mindmate_domain::UserId;
use rand::{Rng as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

use crate::scenario::{Arrivals, Scenario, Spacing};

#[cfg(test)]
mod tests;

/// What is wrong with a request's body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Body {
    /// Nothing.
    Sound,
    /// Its data does not fit; its place in the run can be read.
    Unfit,
    /// It is no envelope at all: nobody can say whose it was.
    Garbage,
}

/// One request to come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Arrival {
    /// When, in microseconds from the beginning.
    pub due_us: u64,
    /// Whom it is about: an index into the cohort.
    pub user: u32,
    /// What is wrong with it.
    pub body: Body,
}

impl Arrival {
    /// When, from the beginning.
    pub fn due(&self) -> Duration {
        Duration::from_micros(self.due_us)
    }
}

/// The id of the cohort's user of that index, as the cohort names them.
///
/// # Errors
/// None for any index that a cohort has.
pub fn user_id(index: u32) -> anyhow::Result<UserId> {
    Ok(UserId::new(&format!("syn-{index:07}"))?)
}

/// The one of whom many requests come.
const HOT: u32 = 0;

/// The requests of a scenario, in the order in which they come. None of a daily wave: those are the
/// fan-out's. The same scenario makes the same ones.
pub fn arrivals(scenario: &Scenario) -> Vec<Arrival> {
    let Some(seconds) = scenario.seconds() else { return Vec::new() };
    let mut chance = Chance(ChaCha8Rng::seed_from_u64(scenario.cohort.seed));
    let mut arrivals = Vec::new();
    let mut poisoned = 0_u64;
    let mut at = 0.0;
    while let Some(next) = next(&scenario.arrivals, at, &mut chance).filter(|at| *at < seconds) {
        at = next;
        let is_hot = chance.happens(scenario.hot_user.share);
        let user = if is_hot { HOT } else { chance.below(scenario.cohort.users) };
        let is_poison = chance.happens(scenario.poison.bodies);
        poisoned += u64::from(is_poison);
        let body = match (is_poison, poisoned.is_multiple_of(2)) {
            (false, _) => Body::Sound,
            (true, false) => Body::Unfit,
            (true, true) => Body::Garbage,
        };
        let due = Duration::try_from_secs_f64(at).unwrap_or_default();
        let due_us = u64::try_from(due.as_micros()).unwrap_or(u64::MAX);
        arrivals.push(Arrival { due_us, user, body });
    }
    arrivals
}

/// When the one after `at` comes, in seconds.
fn next(arrivals: &Arrivals, at: f64, chance: &mut Chance) -> Option<f64> {
    let (gap, spacing) = match *arrivals {
        Arrivals::DailyWave { .. } => return None,
        Arrivals::Steady { rate, spacing, .. } => (1.0 / rate, spacing),
        Arrivals::Spike { rate, peak_rate, peak_at, peak_seconds, spacing, .. } => {
            let in_peak = (peak_at..peak_at + peak_seconds).contains(&at);
            // A gap that would reach over the peak's beginning ends there.
            let left = peak_at - at;
            let gap = 1.0 / if in_peak { peak_rate } else { rate };
            if left > 0.0 && gap > left {
                return Some(peak_at);
            }
            (gap, spacing)
        }
    };
    let times = match spacing {
        Spacing::Even => 1.0,
        Spacing::Poisson => chance.exponential(),
    };
    Some(at + gap * times)
}

/// Chance from a seed.
struct Chance(ChaCha8Rng);

impl Chance {
    /// Uniform in [0, 1), 53 bits.
    fn unit(&mut self) -> f64 {
        const STEP: f64 = 1.0 / (1_u64 << 53) as f64;
        (self.0.next_u64() >> 11) as f64 * STEP
    }

    fn happens(&mut self, share: f64) -> bool {
        self.unit() < share
    }

    /// Uniform in `0..n`.
    fn below(&mut self, n: u32) -> u32 {
        u32::try_from((u64::from(self.0.next_u32()) * u64::from(n)) >> 32).unwrap_or_default()
    }

    /// Of mean 1.
    fn exponential(&mut self) -> f64 {
        -(1.0 - self.unit()).ln()
    }
}
