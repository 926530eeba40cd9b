//! A clock that is moved by hand.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use mindmate_pipeline::Clock;
use tokio::sync::watch;

/// The longest sleep that [`ManualClock::auto`] passes over by itself: as long as a queue waits
/// for a message (SQS: 20 s). Deadlines and heartbeats are longer and still wait.
pub const LONGEST_AUTO_SLEEP: Duration = Duration::from_secs(20);

/// A clock that stands still until a test moves it. Clones show the same time.
///
/// A sleep returns when the clock was moved far enough; nothing ever really sleeps.
#[derive(Clone)]
pub struct ManualClock {
    now: Arc<watch::Sender<Timestamp>>,
    auto: Duration,
    mirror: Option<Arc<Mirror>>,
}

/// Shows the time elsewhere.
type Mirror = dyn Fn(Timestamp) + Send + Sync;

impl ManualClock {
    /// A clock that shows `start` until it is moved.
    pub fn new(start: Timestamp) -> Self {
        Self::auto_up_to(start, Duration::ZERO)
    }

    /// A clock that sleeps of at most [`LONGEST_AUTO_SLEEP`] move by themselves, at once: for a
    /// host that waits for messages.
    pub fn auto(start: Timestamp) -> Self {
        Self::auto_up_to(start, LONGEST_AUTO_SLEEP)
    }

    /// The same with another bound. It must lie below every deadline: a handler that waits for
    /// another thread would find its time gone.
    pub fn auto_up_to(start: Timestamp, longest: Duration) -> Self {
        Self { now: Arc::new(watch::Sender::new(start)), auto: longest, mirror: None }
    }

    /// A clock whose time is shown elsewhere too, before anybody here can see it: by a process that
    /// a test speaks to.
    pub fn mirrored(start: Timestamp, mirror: impl Fn(Timestamp) + Send + Sync + 'static) -> Self {
        mirror(start);
        Self { mirror: Some(Arc::new(mirror)), ..Self::new(start) }
    }

    /// Moves the clock and wakes who has slept long enough.
    pub fn advance(&self, by: Duration) {
        self.now.send_modify(|now| self.move_to(now, later(*now, by)));
    }

    /// Moves the clock to an instant, never back.
    pub fn advance_to(&self, instant: Timestamp) {
        self.now.send_modify(|now| self.move_to(now, instant.max(*now)));
    }

    fn move_to(&self, now: &mut Timestamp, instant: Timestamp) {
        *now = instant;
        if let Some(mirror) = &self.mirror {
            mirror(instant);
        }
    }

    /// How many sleeps wait for the clock to be moved.
    pub fn sleepers(&self) -> usize {
        self.now.receiver_count()
    }

    /// Runs `work` to its end, and moves the clock by `step` whenever it waits for the clock. Time
    /// stands still while the work waits for anything else, such as another thread.
    pub async fn drive<T>(&self, step: Duration, work: impl Future<Output = T>) -> T {
        let mut work = std::pin::pin!(work);
        loop {
            if let std::task::Poll::Ready(done) = futures::poll!(work.as_mut()) {
                return done;
            }
            if self.sleepers() > 0 {
                self.advance(step);
            }
            tokio::task::yield_now().await;
        }
    }
}

impl std::fmt::Debug for ManualClock {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("ManualClock").field(&*self.now.borrow()).finish()
    }
}

/// `now` and this much; the last instant there is, where that lies beyond it.
pub(crate) fn later(now: Timestamp, by: Duration) -> Timestamp {
    now.checked_add(by).unwrap_or(Timestamp::MAX)
}

#[async_trait]
impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        *self.now.borrow()
    }

    async fn sleep(&self, duration: Duration) {
        let until = later(self.now(), duration);
        if duration <= self.auto {
            // The others go first: what they do now happens before this sleep ends.
            tokio::task::yield_now().await;
            self.advance_to(until);
            return;
        }
        let mut moved = self.now.subscribe();
        // An error would mean that the sender is gone, and `self` holds it.
        if moved.wait_for(|now| *now >= until).await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt as _;

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[tokio::test]
    async fn a_sleep_ends_when_the_clock_was_moved_far_enough() {
        let clock = ManualClock::new(Timestamp::UNIX_EPOCH);
        let mut sleep = clock.sleep(2 * SECOND);
        assert!((&mut sleep).now_or_never().is_none());
        assert_eq!(clock.sleepers(), 1);
        clock.advance(SECOND);
        assert!((&mut sleep).now_or_never().is_none());
        clock.advance(SECOND);
        sleep.await;
        assert_eq!((clock.now().as_second(), clock.sleepers()), (2, 0));
    }

    #[tokio::test]
    async fn an_auto_clock_passes_over_waits_and_keeps_deadlines() {
        let clock = ManualClock::auto(Timestamp::UNIX_EPOCH);
        let both = futures::future::join(clock.sleep(5 * SECOND), clock.sleep(20 * SECOND));
        both.await;
        assert_eq!(clock.now().as_second(), 20, "sleeps at the same time overlap");
        assert!(clock.sleep(21 * SECOND).now_or_never().is_none());
    }

    #[tokio::test]
    async fn driving_moves_time_only_while_somebody_waits_for_it() {
        let clock = ManualClock::new(Timestamp::UNIX_EPOCH);
        let elsewhere = async {
            for _ in 0..10 {
                tokio::task::yield_now().await;
            }
        };
        clock.drive(SECOND, elsewhere).await;
        assert_eq!(clock.now().as_second(), 0);
        clock.drive(SECOND, clock.sleep(3 * SECOND)).await;
        assert_eq!(clock.now().as_second(), 3);
    }
}
