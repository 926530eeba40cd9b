//! So many calls a second, evenly.

use std::num::NonZeroU16;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use mindmate_pipeline::Clock;

/// Nobody waits longer: whoever would, waits because the clock was set back.
const LONGEST: SignedDuration = SignedDuration::from_secs(20);

/// Gives turns.
pub(super) struct Pace {
    clock: Arc<dyn Clock>,
    between: SignedDuration,
    /// When the next turn is.
    next: Mutex<Timestamp>,
}

impl Pace {
    pub(super) fn new(calls_a_second: NonZeroU16, clock: Arc<dyn Clock>) -> Self {
        let between = SignedDuration::from_secs(1) / i32::from(calls_a_second.get());
        Self { clock, between, next: Mutex::new(Timestamp::MIN) }
    }

    /// Returns when it is one's turn.
    pub(super) async fn turn(&self) {
        if let Ok(wait) = Duration::try_from(self.take())
            && !wait.is_zero()
        {
            self.clock.sleep(wait).await;
        }
    }

    /// Takes the next turn; how long it is until then.
    fn take(&self) -> SignedDuration {
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        let now = self.clock.now();
        let wait = next.duration_since(now);
        let wait = if wait.is_negative() || wait > LONGEST { SignedDuration::ZERO } else { wait };
        *next = now.saturating_add(wait + self.between).unwrap_or(now);
        wait
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use futures::future::join_all;
    use mindmate_testkit::ManualClock;

    use super::*;

    const EIGHT: NonZeroU16 = NonZeroU16::new(8).unwrap();

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + second).unwrap()
    }

    /// However many come at once, no second sees more than its share, and nobody is left out.
    #[tokio::test]
    async fn turns_come_so_many_a_second() {
        let clock = ManualClock::new(at(0));
        let pace = Pace::new(EIGHT, Arc::new(clock.clone()));
        let done = AtomicUsize::new(0);
        let mut counts = Vec::new();
        let turns = (0..20).map(|_| async {
            pace.turn().await;
            done.fetch_add(1, Ordering::SeqCst);
        });
        let mut turns = std::pin::pin!(join_all(turns));
        while futures::poll!(&mut turns).is_pending() {
            counts.push(done.load(Ordering::SeqCst));
            clock.advance(Duration::from_millis(125));
        }
        assert_eq!(counts, (1..20).collect::<Vec<_>>());
    }

    #[tokio::test]
    async fn a_turn_that_nobody_took_is_not_saved() {
        let clock = ManualClock::new(at(0));
        let pace = Pace::new(EIGHT, Arc::new(clock.clone()));
        assert_eq!(pace.take(), SignedDuration::ZERO);
        clock.advance(Duration::from_secs(10));
        let waits: Vec<_> = (0..3).map(|_| pace.take().as_millis()).collect();
        assert_eq!(waits, [0, 125, 250]);
    }

    /// A machine's clock may be set back: then nobody waits for the old time to come again.
    #[tokio::test]
    async fn a_clock_that_is_set_back_stops_nobody() {
        let pace = Pace::new(EIGHT, Arc::new(ManualClock::new(at(0))));
        *pace.next.lock().unwrap() = at(3600);
        assert_eq!(pace.take(), SignedDuration::ZERO);
        assert_eq!(pace.take().as_millis(), 125);
    }
}
