//! What truly happened at the stores, whatever the stages were told of it.

use std::collections::BTreeMap;
use std::future::poll_fn;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Poll, Waker};

use jiff::Timestamp;
use mindmate_domain::intervention::Intervention;
use mindmate_domain::{AsOf, Assessment, Consent, RiskLevel, UserId};
use mindmate_pipeline::Outgoing;
use mindmate_pipeline::ports::Mark;

use crate::clock::Time;
use crate::executor::Current;
use crate::trace::Trace;

/// Something that happened.
pub(crate) struct Happening {
    pub(crate) at: Timestamp,
    /// When the delivery began that did it: what was true before then, it could know.
    pub(crate) began: Option<Timestamp>,
    pub(crate) what: What,
}

/// What happened.
pub(crate) enum What {
    /// A message was sent.
    Sent(Outgoing),
    /// An assessment was written; `false` where one stood there.
    Assessed(Box<Assessment>, bool),
    /// An intervention was decided on.
    Decided(Box<Intervention>),
    /// A chat message was put; `false` where it was there.
    Chatted(Box<Intervention>, bool),
    /// A sentiment was stored.
    Felt(UserId),
    /// Marks were set, and the ledger said so.
    Marked(Vec<Mark>),
    /// Somebody wrote words that set this floor.
    Wrote(UserId, Option<RiskLevel>),
    /// The schedule was refused: it came when the next run was due.
    Refused(AsOf),
    /// Somebody took a consent back.
    OptedOut(UserId, Consent),
}

/// The log, and the bell that wakes whoever waits for messages. Clones share it.
#[derive(Clone)]
pub(crate) struct Log(Arc<Inner>);

struct Inner {
    time: Time,
    current: Current,
    trace: Trace,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    happened: Vec<Happening>,
    began: BTreeMap<u64, Timestamp>,
    counts: BTreeMap<String, u64>,
    rung: u64,
    waiting: Vec<Waker>,
}

impl Log {
    pub(crate) fn new(time: Time, current: Current, trace: Trace) -> Self {
        Self(Arc::new(Inner { time, current, trace, state: Mutex::default() }))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn time(&self) -> &Time {
        &self.0.time
    }

    pub(crate) fn trace(&self) -> &Trace {
        &self.0.trace
    }

    /// The task that runs begins with a delivery.
    pub(crate) fn begin(&self) {
        let (task, now) = (self.0.current.task(), self.0.time.now());
        self.state().began.insert(task, now);
    }

    pub(crate) fn add(&self, what: What) {
        let (task, at) = (self.0.current.task(), self.0.time.now());
        let mut state = self.state();
        let began = state.began.get(&task).copied();
        state.happened.push(Happening { at, began, what });
    }

    /// Counts that something was reached.
    pub(crate) fn count(&self, what: impl Into<String>) {
        *self.state().counts.entry(what.into()).or_default() += 1;
    }

    pub(crate) fn counts(&self) -> BTreeMap<String, u64> {
        self.state().counts.clone()
    }

    /// Looks at all that happened, in order.
    pub(crate) fn read<T>(&self, look: impl FnOnce(&[Happening]) -> T) -> T {
        look(&self.state().happened)
    }

    /// How often the bell was rung.
    pub(crate) fn rung(&self) -> u64 {
        self.state().rung
    }

    /// Something may be there to be received.
    pub(crate) fn ring(&self) {
        let waiting = {
            let mut state = self.state();
            state.rung += 1;
            std::mem::take(&mut state.waiting)
        };
        for waker in waiting {
            waker.wake();
        }
    }

    /// Returns when the bell was rung after it had rung so often.
    pub(crate) async fn rung_after(&self, heard: u64) {
        poll_fn(|cx| {
            let mut state = self.state();
            if state.rung > heard {
                return Poll::Ready(());
            }
            state.waiting.push(cx.waker().clone());
            Poll::Pending
        })
        .await;
    }
}

/// The key of an assessment.
pub(crate) type Key = (UserId, AsOf);
