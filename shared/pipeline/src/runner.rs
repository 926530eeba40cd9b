//! Carries one delivery through a stage: decode, handle, publish, and say what becomes of it.

use std::sync::Arc;
use std::time::Duration;

use mindmate_contracts::{Contract, RawEvent};
use tracing::{debug, warn};

use crate::chance::Chance;
use crate::clock::Clock;
use crate::crash;
use crate::deadline::{Cut, within};
use crate::outgoing::{Outbox, Outgoing};
use crate::ports::{DeadLetterCause, Publisher, Settlement};
use crate::publishing::publish_all;
use crate::retry::RetryPolicy;
use crate::stage::{Delivery, Failure, Stage, StageError};

/// How long a handler may take, unless the host says otherwise.
const DEFAULT_LIMIT: Duration = Duration::from_secs(30);

/// A message that was received this often is given up without another try: each time before, its
/// consumer died with it or ran out of time. One more, and the queue itself would put it aside
/// (`maxReceiveCount`), without a cause and without a word to anybody.
const EXHAUSTED: u32 = 9;

/// A message as a host received it.
#[derive(Debug, Clone, Copy)]
pub struct RawDelivery<'a> {
    /// The envelope.
    pub body: &'a str,
    /// Which delivery this is, from 1.
    pub attempt: u32,
}

/// What the host does with the message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Disposition {
    /// It is done: delete it.
    Ack,
    /// It comes again.
    Retry {
        /// After this long.
        after: Duration,
    },
    /// It comes again, and this was no attempt of its own: a store is out of order.
    Wait {
        /// After this long.
        after: Duration,
    },
    /// It goes to the dead-letter queue.
    DeadLetter {
        /// Why.
        cause: DeadLetterCause,
    },
}

impl From<Disposition> for Settlement {
    fn from(disposition: Disposition) -> Self {
        match disposition {
            Disposition::Ack => Self::Delete,
            Disposition::Retry { after } | Disposition::Wait { after } => Self::Release { after },
            Disposition::DeadLetter { cause } => Self::DeadLetter { cause },
        }
    }
}

/// What a runner speaks to.
#[derive(Clone)]
pub struct RunnerPorts {
    /// Where outgoing messages go.
    pub publisher: Arc<dyn Publisher>,
    /// The run's clock.
    pub clock: Arc<dyn Clock>,
    /// Jitter.
    pub chance: Arc<dyn Chance>,
}

/// Carries deliveries through one stage. Every host calls only [`Runner::process`].
pub struct Runner<S> {
    stage: S,
    ports: RunnerPorts,
    policy: RetryPolicy,
    limit: Duration,
}

impl<S: Stage> Runner<S> {
    /// A runner with the default retries and a limit of 30 seconds a delivery.
    pub fn new(stage: S, ports: RunnerPorts) -> Self {
        Self { stage, ports, policy: RetryPolicy::default(), limit: DEFAULT_LIMIT }
    }

    /// The same with other retries.
    #[must_use]
    pub fn with_retries(mut self, policy: RetryPolicy) -> Self {
        self.policy = policy;
        self
    }

    /// The same with another limit a delivery.
    #[must_use]
    pub fn with_limit(mut self, limit: Duration) -> Self {
        self.limit = limit;
        self
    }

    /// Decodes, handles (under a deadline, with panics caught), publishes, and says what becomes
    /// of the message. It never fails and never panics: the worst it says is `Retry`.
    pub async fn process(&self, raw: RawDelivery<'_>) -> Disposition {
        let event = match RawEvent::parse(raw.body) {
            Ok(event) => event,
            Err(error) => {
                return self.poison(None, raw, error.code(), &error.to_string()).await;
            }
        };
        let input = match S::Input::decode(&event) {
            Ok(input) => input,
            Err(error) => {
                return self.poison(Some(&event), raw, error.code(), &error.to_string()).await;
            }
        };
        if raw.attempt >= EXHAUSTED {
            let words = format!("received {} times and never finished", raw.attempt);
            return self.give_up(&event, raw, "received-too-often", &words).await;
        }
        crash::point("runner.before-handle");
        let cx = self.delivery(&event, raw);
        let error = match self.attempt(input, &cx).await {
            Ok(()) => return Disposition::Ack,
            Err(error) => error,
        };
        let (code, wait) = match &error {
            StageError::Permanent { code, .. } => (*code, None),
            StageError::Transient { retry_after, .. } => ("retries-exhausted", Some(*retry_after)),
            StageError::Outage { .. } => return self.retry(raw, None, &error),
        };
        if let Some(asked) = wait
            && raw.attempt < self.policy.attempts
        {
            return self.retry(raw, asked, &error);
        }
        self.give_up(&event, raw, code, &error.to_string()).await
    }

    fn delivery<'a>(&'a self, event: &'a RawEvent<'_>, raw: RawDelivery<'_>) -> Delivery<'a> {
        let clock = &*self.ports.clock;
        let now = clock.now();
        Delivery {
            event_id: &event.id,
            attempt: raw.attempt,
            deadline: now.checked_add(self.limit).unwrap_or(now),
            clock,
        }
    }

    async fn attempt(&self, input: S::Input, cx: &Delivery<'_>) -> Result<(), StageError> {
        // In a block of its own, so that a panic before the first await is caught too.
        let work = async { self.stage.handle(input, cx).await };
        let outgoing = match within(&*self.ports.clock, self.limit, work).await {
            Ok(result) => result?,
            Err(Cut::Panicked(words)) => return Err(StageError::permanent("panicked", words)),
            Err(Cut::TimedOut) => {
                let words = format!("the handler took longer than {:?}", self.limit);
                return Err(StageError::transient(words));
            }
        };
        crash::point("runner.before-publish");
        self.publish(&outgoing).await?;
        crash::point("runner.after-publish");
        Ok(())
    }

    /// Sends, under a deadline of its own. A publisher that panics or hangs is no fault of the
    /// message's: it comes again.
    async fn publish(&self, outgoing: &[Outgoing]) -> Result<(), StageError> {
        let publish = async { publish_all(&*self.ports.publisher, outgoing).await };
        match within(&*self.ports.clock, self.limit, publish).await {
            Ok(result) => result,
            Err(cut) => Err(StageError::transient(format!("sending failed: {cut:?}"))),
        }
    }

    fn retry(
        &self,
        raw: RawDelivery<'_>,
        asked: Option<Duration>,
        error: &StageError,
    ) -> Disposition {
        let after = self.policy.wait(raw.attempt, asked, &*self.ports.chance);
        debug!(stage = %S::NAME, attempt = raw.attempt, after_ms = after.as_millis(), %error, "will retry");
        match error {
            StageError::Outage { .. } => Disposition::Wait { after },
            _ => Disposition::Retry { after },
        }
    }

    /// A message whose last attempt has failed: the stage says its last words first.
    async fn give_up(
        &self,
        event: &RawEvent<'_>,
        raw: RawDelivery<'_>,
        code: &'static str,
        message: &str,
    ) -> Disposition {
        let cx = self.delivery(event, raw);
        let failure = Failure { code, message };
        let last_words = async {
            // Decoded before, so it decodes again.
            let input = S::Input::decode(event)
                .map_err(|error| StageError::permanent("bad-data", error))?;
            self.stage.give_up(input, &failure, &cx).await
        };
        let outgoing = match within(&*self.ports.clock, self.limit, last_words).await {
            Ok(Ok(outgoing)) => outgoing,
            Ok(Err(error)) => return self.retry(raw, None, &error),
            Err(cut) => {
                let error = StageError::transient(format!("giving up failed: {cut:?}"));
                return self.retry(raw, None, &error);
            }
        };
        self.dead_letter(raw, code, message, &outgoing).await
    }

    /// A message that cannot be read: no attempt can help it.
    async fn poison(
        &self,
        event: Option<&RawEvent<'_>>,
        raw: RawDelivery<'_>,
        code: &'static str,
        message: &str,
    ) -> Disposition {
        let position = event.and_then(RawEvent::position);
        let failure = Failure { code, message };
        let outbox = Outbox::new(S::NAME, self.ports.clock.now());
        let request = event.and_then(RawEvent::request);
        let last_words = async {
            if let Some(request) = &request {
                self.stage.tell_of_unread(request, &failure, self.ports.clock.now()).await?;
            }
            self.stage.give_up_unread(outbox, position, &failure)
        };
        match within(&*self.ports.clock, self.limit, last_words).await {
            Ok(Ok(outgoing)) => self.dead_letter(raw, code, message, &outgoing).await,
            Ok(Err(error)) => self.retry(raw, None, &error),
            Err(cut) => {
                let error = StageError::transient(format!("giving up failed: {cut:?}"));
                self.retry(raw, None, &error)
            }
        }
    }

    async fn dead_letter(
        &self,
        raw: RawDelivery<'_>,
        code: &'static str,
        message: &str,
        outgoing: &[Outgoing],
    ) -> Disposition {
        if let Err(error) = self.publish(outgoing).await {
            return self.retry(raw, None, &error);
        }
        warn!(stage = %S::NAME, code, attempts = raw.attempt, cause = message, "dead-lettered");
        Disposition::DeadLetter {
            cause: DeadLetterCause {
                stage: S::NAME,
                code: code.to_owned(),
                message: message.to_owned(),
                attempts: raw.attempt,
                at: self.ports.clock.now(),
            },
        }
    }
}
