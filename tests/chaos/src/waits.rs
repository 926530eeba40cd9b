//! Real time: processes do not wait for a clock that is moved by hand.

use std::time::Duration;

use jiff::Timestamp;
use mindmate_pipeline::{Clock as _, SystemClock};

/// How often something is looked at.
const LOOK: Duration = Duration::from_millis(10);

pub(crate) fn now() -> Timestamp {
    SystemClock.now()
}

pub(crate) fn since(start: Timestamp) -> Duration {
    now().duration_since(start).unsigned_abs()
}

#[expect(clippy::disallowed_methods, reason = "other processes are waited for, in real time")]
pub(crate) fn pause(duration: Duration) {
    std::thread::sleep(duration);
}

/// Looks until there is something to see, or the time is over.
pub(crate) fn eventually<T>(within: Duration, mut look: impl FnMut() -> Option<T>) -> Option<T> {
    let start = now();
    loop {
        if let Some(seen) = look() {
            return Some(seen);
        }
        if since(start) >= within {
            return None;
        }
        pause(LOOK);
    }
}

/// This share of a count, rounded down.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "shares are in [0, 1), and counts far below 2^53"
)]
pub(crate) fn share_of(count: u64, share: f64) -> u64 {
    (count as f64 * share) as u64
}
