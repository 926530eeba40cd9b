//! The clock of a simulated day: it is set forward from step to step, and runs on as the machine's
//! in between, so that what waits for a moment waits for a moment.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use mindmate_pipeline::{Clock, SystemClock};

/// Ahead of or behind the machine's clock by what it was set to.
pub(super) struct SimulatedClock(Mutex<SignedDuration>);

impl SimulatedClock {
    /// A clock that shows `start` now.
    pub(super) fn starting_at(start: Timestamp) -> Self {
        Self(Mutex::new(start.duration_since(SystemClock.now())))
    }

    /// Sets it forward. It never goes back.
    pub(super) fn set_forward(&self, to: Timestamp) {
        let ahead = to.duration_since(SystemClock.now());
        let mut offset = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *offset = ahead.max(*offset);
    }
}

#[async_trait]
impl Clock for SimulatedClock {
    fn now(&self) -> Timestamp {
        let offset = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let now = SystemClock.now();
        now.saturating_add(offset).unwrap_or(now)
    }

    async fn sleep(&self, duration: Duration) {
        SystemClock.sleep(duration).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_set_forward_and_never_back() {
        let start: Timestamp = "2026-11-22T00:00:00Z".parse().unwrap();
        let clock = SimulatedClock::starting_at(start);
        assert!(clock.now() >= start);
        let later = start + SignedDuration::from_hours(3);
        clock.set_forward(later);
        assert!(clock.now() >= later);
        clock.set_forward(start);
        assert!(clock.now() >= later);
    }
}
