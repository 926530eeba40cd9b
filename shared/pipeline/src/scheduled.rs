//! What a schedule starts.

use std::future::Future;

use jiff::Timestamp;
use serde::Serialize;

use crate::clock::Clock;
use crate::stage::StageError;

/// A task that a schedule starts. Schedules fire at least once: doing it twice must do no more
/// than doing it once.
pub trait ScheduledTask: Send + Sync + 'static {
    /// Its name, as in logs.
    const NAME: &'static str;

    /// What it came to: the function's answer, and a line of the log.
    type Output: Serialize + Send;

    /// Does it.
    fn run(
        &self,
        firing: Firing<'_>,
    ) -> impl Future<Output = Result<Self::Output, StageError>> + Send;
}

/// One firing of a schedule.
#[derive(Clone, Copy)]
pub struct Firing<'a> {
    /// When it was due, as the schedule says: it may come late.
    pub due: Timestamp,
    /// The time.
    pub clock: &'a dyn Clock,
}
