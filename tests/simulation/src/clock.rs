//! Virtual time: it stands still while anybody can work, and then moves to the next instant that
//! somebody sleeps until.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use mindmate_pipeline::Clock;

/// What time it is in the simulated world, and who sleeps. Clones show the same time.
#[derive(Clone)]
pub(crate) struct Time(Arc<Mutex<Sleepers>>);

struct Sleepers {
    now: Timestamp,
    /// A number for each sleep, so that those that end at one instant end in the order in which
    /// they began.
    last: u64,
    sleeping: BTreeMap<(Timestamp, u64), Waker>,
}

impl Time {
    /// Time that begins at an instant.
    pub(crate) fn starting_at(now: Timestamp) -> Self {
        Self(Arc::new(Mutex::new(Sleepers { now, last: 0, sleeping: BTreeMap::new() })))
    }

    /// The instant that it is now.
    pub(crate) fn now(&self) -> Timestamp {
        self.lock().now
    }

    /// When the next sleep ends.
    pub(crate) fn next_end(&self) -> Option<Timestamp> {
        self.lock().sleeping.keys().next().map(|(until, _)| *until)
    }

    /// Moves on to an instant, never back, and wakes whose sleep has ended.
    pub(crate) fn advance_to(&self, instant: Timestamp) {
        let ended = {
            let mut sleepers = self.lock();
            sleepers.now = sleepers.now.max(instant);
            let now = sleepers.now;
            let still = sleepers.sleeping.split_off(&(now, u64::MAX));
            std::mem::replace(&mut sleepers.sleeping, still)
        };
        for waker in ended.into_values() {
            waker.wake();
        }
    }

    /// Returns when that instant has come.
    pub(crate) fn sleep_until(&self, until: Timestamp) -> Sleep {
        Sleep { time: self.clone(), until, place: None }
    }

    /// The clock of the servers: queues and stores.
    pub(crate) fn clock(&self) -> Arc<dyn Clock> {
        self.skewed(SignedDuration::ZERO)
    }

    /// The clock of a machine that is ahead, or behind.
    pub(crate) fn skewed(&self, skew: SignedDuration) -> Arc<dyn Clock> {
        Arc::new(SimClock { time: self.clone(), skew })
    }

    fn lock(&self) -> MutexGuard<'_, Sleepers> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The clock of one machine.
struct SimClock {
    time: Time,
    skew: SignedDuration,
}

#[async_trait]
impl Clock for SimClock {
    fn now(&self) -> Timestamp {
        later(self.time.now(), self.skew)
    }

    async fn sleep(&self, duration: Duration) {
        let by = SignedDuration::try_from(duration).unwrap_or(SignedDuration::MAX);
        self.time.sleep_until(later(self.time.now(), by)).await;
    }
}

/// An instant moved by a while; at most the last one that there is.
pub(crate) fn later(instant: Timestamp, by: SignedDuration) -> Timestamp {
    instant.saturating_add(by).unwrap_or(Timestamp::MAX)
}

/// A sleep.
pub(crate) struct Sleep {
    time: Time,
    until: Timestamp,
    place: Option<u64>,
}

impl Future for Sleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let time = self.time.clone();
        let mut sleepers = time.lock();
        if sleepers.now >= self.until {
            return Poll::Ready(());
        }
        let place = *self.place.get_or_insert_with(|| {
            sleepers.last += 1;
            sleepers.last
        });
        sleepers.sleeping.insert((self.until, place), cx.waker().clone());
        Poll::Pending
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        if let Some(place) = self.place {
            self.time.lock().sleeping.remove(&(self.until, place));
        }
    }
}
