//! Adapters that fail as networks do, from a seed or by a script.
//!
//! A [`Faulty`] wraps any port. The worst of its faults is [`Fault::After`]: it happened, but the
//! caller saw a time-out. Who survives that one writes conditionally on business keys and sends
//! the same messages at every try.

mod ports;

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use mindmate_pipeline::ports::{PortError, PortResult};
use mindmate_pipeline::{Chance, Clock};

/// What goes wrong with one call, or with one message of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Nothing.
    None,
    /// It fails and nothing has happened.
    Before,
    /// It happened, but the caller sees a time-out.
    After,
    /// It happens twice: a message is sent twice, or comes to two consumers at the same time. On
    /// a store, where a second call is the caller's affair, it is no fault.
    Twice,
}

/// How likely each fault is, from 0 to 1 each, and together no more than 1.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct FaultRates {
    /// See [`Fault::Before`].
    pub before: f64,
    /// See [`Fault::After`].
    pub after: f64,
    /// See [`Fault::Twice`].
    pub twice: f64,
    /// How likely a call takes up to [`FaultRates::longest`], whatever else goes wrong with it.
    pub delay: f64,
    /// The longest delay.
    pub longest: Duration,
}

/// Where faults come from. Share one among ports to have one seed for all of them.
pub struct Faults {
    rates: FaultRates,
    chance: Arc<dyn Chance>,
    clock: Arc<dyn Clock>,
    script: Mutex<VecDeque<Fault>>,
}

impl Faults {
    /// Faults drawn at these rates.
    pub fn seeded(rates: FaultRates, chance: Arc<dyn Chance>, clock: Arc<dyn Clock>) -> Arc<Self> {
        Arc::new(Self { rates, chance, clock, script: Mutex::default() })
    }

    /// Adds faults that come next, before any that are drawn: one a call or message.
    pub fn script(&self, faults: impl IntoIterator<Item = Fault>) {
        self.script.lock().unwrap_or_else(PoisonError::into_inner).extend(faults);
    }

    /// The fault of the next call or message.
    fn next(&self) -> Fault {
        if let Some(fault) = self.script.lock().unwrap_or_else(PoisonError::into_inner).pop_front()
        {
            return fault;
        }
        let FaultRates { before, after, twice, .. } = self.rates;
        let drawn = self.chance.fraction();
        if drawn < before {
            Fault::Before
        } else if drawn < before + after {
            Fault::After
        } else if drawn < before + after + twice {
            Fault::Twice
        } else {
            Fault::None
        }
    }

    async fn delay(&self) {
        if self.chance.fraction() < self.rates.delay {
            self.clock.sleep(self.rates.longest.mul_f64(self.chance.fraction())).await;
        }
    }

    /// One call of a port, with what goes wrong with it.
    async fn around<T>(
        &self,
        port: &'static str,
        call: impl Future<Output = PortResult<T>> + Send,
    ) -> PortResult<T> {
        self.delay().await;
        match self.next() {
            Fault::Before => Err(nothing_happened(port)),
            Fault::After => {
                call.await?;
                Err(it_happened(port))
            }
            Fault::None | Fault::Twice => call.await,
        }
    }
}

fn nothing_happened(port: &'static str) -> PortError {
    PortError::transient(port, "injected: nothing happened")
}

fn it_happened(port: &'static str) -> PortError {
    PortError::transient(port, "injected: timed out")
}

/// A port with faults.
pub struct Faulty<P: ?Sized> {
    inner: Arc<P>,
    faults: Arc<Faults>,
}

impl<P: ?Sized> Faulty<P> {
    /// Wraps a port.
    pub fn new(inner: Arc<P>, faults: &Arc<Faults>) -> Arc<Self> {
        Arc::new(Self { inner, faults: Arc::clone(faults) })
    }
}
