//! Numbers for those who watch the pipeline over time: counts and times, never whom they are about.

use jiff::Timestamp;

use crate::ports::PortResult;

/// One number at one instant.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Metric {
    /// Its name, as on dashboards and in alarms: `RunAssessed`.
    pub name: &'static str,
    /// How much.
    pub value: Quantity,
}

/// A number with its unit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Quantity {
    /// How many.
    Count(u64),
    /// How long.
    Seconds(f64),
}

impl Metric {
    /// How many there are of something.
    pub const fn count(name: &'static str, count: u64) -> Self {
        Self { name, value: Quantity::Count(count) }
    }

    /// How long something took.
    pub const fn seconds(name: &'static str, seconds: f64) -> Self {
        Self { name, value: Quantity::Seconds(seconds) }
    }
}

/// Takes numbers in.
pub trait Metrics: Send + Sync {
    /// Puts numbers of one instant. They may be put twice: each is how things stand, so that the
    /// largest of a time is right and a sum is not.
    ///
    /// # Errors
    /// Where they cannot be written.
    fn put(&self, at: Timestamp, metrics: &[Metric]) -> PortResult<()>;
}

/// Where nobody watches over time: one machine says all at the end of its command.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoMetrics;

impl Metrics for NoMetrics {
    fn put(&self, _: Timestamp, _: &[Metric]) -> PortResult<()> {
        Ok(())
    }
}
