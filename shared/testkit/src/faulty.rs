//! Adapters that fail as networks do, from a seed or by a script.
//!
//! A [`Faulty`] wraps any port. The worst of its faults is [`Fault::After`]: it happened, but the
//! caller saw a time-out. Who survives that one writes conditionally on business keys and sends
//! the same messages at every try.

mod counting;
mod ports;

use std::collections::{BTreeSet, VecDeque};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Poll;
use std::time::Duration;

use mindmate_pipeline::ports::{PortError, PortResult};
use mindmate_pipeline::{Chance, Clock};

use self::counting::Counts;

/// What goes wrong with one call, or with one message of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Nothing.
    None,
    /// It fails and nothing has happened.
    Before,
    /// The same, and the service says when to come again.
    Throttled,
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
    /// See [`Fault::Throttled`].
    pub throttled: f64,
    /// See [`Fault::After`].
    pub after: f64,
    /// See [`Fault::Twice`].
    pub twice: f64,
    /// How likely a call takes up to [`FaultRates::longest`], whatever else goes wrong with it.
    pub delay: f64,
    /// The longest delay.
    pub longest: Duration,
    /// How likely a call hangs for up to [`FaultRates::longest_stall`], beside any delay.
    pub stall: f64,
    /// The longest that a call hangs.
    pub longest_stall: Duration,
}

impl FaultRates {
    /// Nothing goes wrong.
    pub const NONE: Self = Self {
        before: 0.0,
        throttled: 0.0,
        after: 0.0,
        twice: 0.0,
        delay: 0.0,
        longest: Duration::ZERO,
        stall: 0.0,
        longest_stall: Duration::ZERO,
    };
}

/// How long a throttled caller is asked to wait.
const COME_AGAIN: Duration = Duration::from_secs(2);

/// Where faults come from. Share one among ports to have one seed for all of them.
pub struct Faults {
    rates: Mutex<FaultRates>,
    chance: Arc<dyn Chance>,
    clock: Arc<dyn Clock>,
    script: Mutex<VecDeque<Fault>>,
    down: Mutex<BTreeSet<&'static str>>,
    gives_way: AtomicBool,
    counts: Counts,
}

/// Nothing that panics is done while one of these is held.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Faults {
    /// Faults drawn at these rates.
    pub fn seeded(rates: FaultRates, chance: Arc<dyn Chance>, clock: Arc<dyn Clock>) -> Arc<Self> {
        Arc::new(Self {
            rates: Mutex::new(rates),
            chance,
            clock,
            script: Mutex::default(),
            down: Mutex::default(),
            gives_way: AtomicBool::new(false),
            counts: Counts::default(),
        })
    }

    /// Adds faults that come next, before any that are drawn: one a call or message.
    pub fn script(&self, faults: impl IntoIterator<Item = Fault>) {
        lock(&self.script).extend(faults);
    }

    /// Draws at other rates from now on: a storm begins, or ends.
    pub fn set_rates(&self, rates: FaultRates) {
        *lock(&self.rates) = rates;
    }

    /// Takes a port down, by its name (`AssessmentStore`): each call fails and nothing happens.
    pub fn take_down(&self, port: &'static str) {
        lock(&self.down).insert(port);
    }

    /// Brings a port up again.
    pub fn bring_up(&self, port: &'static str) {
        lock(&self.down).remove(port);
    }

    /// Lets every call give way to whoever else is ready, once before it and once after: so that
    /// a scheduler can put anything between any two calls.
    pub fn give_way(&self) {
        self.gives_way.store(true, Ordering::SeqCst);
    }

    /// How often each fault was met, by its name and the port's.
    pub fn counts(&self) -> std::collections::BTreeMap<(&'static str, &'static str), u64> {
        self.counts.all()
    }

    /// The fault of the next call or message.
    fn next(&self, port: &'static str) -> Fault {
        let fault = self.drawn();
        if let Some(name) = fault.name() {
            self.counts.add(name, port);
        }
        fault
    }

    fn drawn(&self) -> Fault {
        if let Some(fault) = lock(&self.script).pop_front() {
            return fault;
        }
        let FaultRates { before, throttled, after, twice, .. } = *lock(&self.rates);
        let drawn = self.chance.fraction();
        if drawn < before {
            Fault::Before
        } else if drawn < before + throttled {
            Fault::Throttled
        } else if drawn < before + throttled + after {
            Fault::After
        } else if drawn < before + throttled + after + twice {
            Fault::Twice
        } else {
            Fault::None
        }
    }

    async fn delay(&self, port: &'static str) {
        let FaultRates { delay, longest, stall, longest_stall, .. } = *lock(&self.rates);
        if self.chance.fraction() < delay {
            self.counts.add("delayed", port);
            self.clock.sleep(longest.mul_f64(self.chance.fraction())).await;
        }
        // Without stalls nothing is drawn for them, so that seeds of old keep their meaning.
        if stall > 0.0 && self.chance.fraction() < stall {
            self.counts.add("stalled", port);
            self.clock.sleep(longest_stall.mul_f64(self.chance.fraction())).await;
        }
    }

    /// What keeps a call from happening at all.
    fn is_down(&self, port: &'static str) -> bool {
        let down = lock(&self.down).contains(port);
        if down {
            self.counts.add("down", port);
        }
        down
    }

    async fn yield_now(&self) {
        if !self.gives_way.load(Ordering::SeqCst) {
            return;
        }
        let mut gave_way = false;
        std::future::poll_fn(|cx| {
            if std::mem::replace(&mut gave_way, true) {
                return Poll::Ready(());
            }
            cx.waker().wake_by_ref();
            Poll::Pending
        })
        .await;
    }

    /// One call of a port, with what goes wrong with it.
    async fn around<T>(
        &self,
        port: &'static str,
        call: impl Future<Output = PortResult<T>> + Send,
    ) -> PortResult<T> {
        self.yield_now().await;
        self.delay(port).await;
        if self.is_down(port) {
            return Err(nothing_happened(port));
        }
        let fault = self.next(port);
        let result = match fault {
            Fault::Before => return Err(nothing_happened(port)),
            Fault::Throttled => return Err(throttled(port)),
            Fault::After | Fault::None | Fault::Twice => call.await,
        };
        self.yield_now().await;
        if fault == Fault::After { result.and(Err(it_happened(port))) } else { result }
    }
}

impl Fault {
    /// As it is counted; nothing is not.
    fn name(self) -> Option<&'static str> {
        match self {
            Self::None => None,
            Self::Before => Some("failed"),
            Self::Throttled => Some("throttled"),
            Self::After => Some("happened, and timed out"),
            Self::Twice => Some("twice"),
        }
    }
}

fn throttled(port: &'static str) -> PortError {
    let source = "injected: throttled".into();
    PortError::Transient { port, source, retry_after: Some(COME_AGAIN) }
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
