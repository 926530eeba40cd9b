//! The waits between tries of what a service took in part: it asks for them.

use std::time::Duration;

use mindmate_pipeline::{Clock as _, SystemClock};

/// The first wait; each later one is twice as long.
const FIRST: Duration = Duration::from_millis(50);

/// Waits before a try is made again, from 0.
pub(crate) async fn before_again(tries: usize) {
    let doublings = u32::try_from(tries).unwrap_or(u32::MAX).min(6);
    SystemClock.sleep(FIRST * 2_u32.pow(doublings)).await;
}
