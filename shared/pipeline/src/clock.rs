//! Time as a port: nothing else in the workspace reads a clock or sleeps.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};

/// The time, and waiting for it.
#[async_trait]
pub trait Clock: Send + Sync + 'static {
    /// The instant that it is now.
    fn now(&self) -> Timestamp;

    /// Returns when this much time has passed.
    async fn sleep(&self, duration: Duration);
}

/// The machine's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

#[async_trait]
impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the port that all others go through")]
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    #[expect(clippy::disallowed_methods, reason = "this is the port that all others go through")]
    async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }
}

/// Another clock, moved: the clock of a historical run starts at its `asOf`.
pub struct OffsetClock {
    inner: Arc<dyn Clock>,
    offset: SignedDuration,
}

impl OffsetClock {
    /// A clock that shows `start` now and runs on as `inner` does.
    pub fn starting_at(start: Timestamp, inner: Arc<dyn Clock>) -> Self {
        let offset = start.duration_since(inner.now());
        Self { inner, offset }
    }
}

#[async_trait]
impl Clock for OffsetClock {
    fn now(&self) -> Timestamp {
        let now = self.inner.now();
        now.saturating_add(self.offset).unwrap_or(now)
    }

    async fn sleep(&self, duration: Duration) {
        self.inner.sleep(duration).await;
    }
}
