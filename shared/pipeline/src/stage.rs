//! What a stage is.

use std::future::Future;
use std::time::Duration;

use jiff::Timestamp;
use mindmate_contracts::Contract;
use mindmate_contracts::messages::Request;
use mindmate_domain::StageName;
use mindmate_domain::run::Position;

use crate::clock::Clock;
use crate::outgoing::{Outbox, Outgoing};
use crate::ports::PortError;

/// Any error, as the cause of another.
pub type BoxError = Box<dyn std::error::Error + Send + Sync + 'static>;

/// One step in the way of an assessment.
pub trait Stage: Send + Sync + 'static {
    /// Its name, as in messages and logs.
    const NAME: StageName;

    /// What it takes: versioned, described in `schemas/`.
    type Input: Contract;

    /// Does the work and says what to send on.
    ///
    /// The same input always yields the same messages: a retry must not invent new ids. It may be
    /// called twice with the same input, at the same time, on two machines.
    fn handle(
        &self,
        input: Self::Input,
        cx: &Delivery<'_>,
    ) -> impl Future<Output = Result<Vec<Outgoing>, StageError>> + Send;

    /// Called once when the last attempt has failed, before the message is dead-lettered.
    ///
    /// # Errors
    /// What keeps it from doing its last duty: then the message is tried again instead, so that
    /// nobody is given up in silence.
    fn give_up(
        &self,
        input: Self::Input,
        failure: &Failure<'_>,
        cx: &Delivery<'_>,
    ) -> impl Future<Output = Result<Vec<Outgoing>, StageError>> + Send;

    /// Called before a body that could not be read is given up, where one can still read of it whom
    /// it is about: a stage on a person's way has a human look at them.
    ///
    /// # Errors
    /// As for [`Stage::give_up`].
    fn tell_of_unread(
        &self,
        _request: &Request,
        _failure: &Failure<'_>,
        _now: Timestamp,
    ) -> impl Future<Output = Result<(), StageError>> + Send {
        std::future::ready(Ok(()))
    }

    /// What is sent for a body that could not be read; `position` is known where the data has one.
    ///
    /// # Errors
    /// As for [`Stage::give_up`].
    fn give_up_unread(
        &self,
        outbox: Outbox,
        position: Option<Position>,
        failure: &Failure<'_>,
    ) -> Result<Vec<Outgoing>, StageError> {
        let outcome = position.map(|run| outbox.dead_lettered(run, None, failure));
        Ok(outcome.transpose()?.into_iter().collect())
    }
}

/// Why a message is given up.
#[derive(Debug, Clone, Copy)]
pub struct Failure<'a> {
    /// The cause's code, as on the dead letter.
    pub code: &'static str,
    /// The cause in words; it holds no text of a user and no raw id.
    pub message: &'a str,
}

/// One delivery of a message to a stage.
pub struct Delivery<'a> {
    /// The event's id: the same at every delivery.
    pub event_id: &'a str,
    /// Which delivery this is, from 1.
    pub attempt: u32,
    /// When the handler is stopped.
    pub deadline: Timestamp,
    /// The run's clock: a historical run's starts at its `asOf`.
    pub clock: &'a dyn Clock,
}

/// Why a stage could not do its work.
#[derive(Debug, thiserror::Error)]
pub enum StageError {
    /// It may heal: tried again with exponential waits and full jitter.
    #[error("{source}")]
    Transient {
        /// The cause.
        #[source]
        source: BoxError,
        /// What the service asked for.
        retry_after: Option<Duration>,
    },
    /// A store is out of order, and no message is to blame: it comes again, and is not given up for
    /// it.
    #[error("{source}")]
    Outage {
        /// The cause.
        #[source]
        source: BoxError,
    },
    /// It will not heal: dead-lettered at once, with its cause.
    #[error("{code}: {source}")]
    Permanent {
        /// The code that the dead letter carries.
        code: &'static str,
        /// The cause.
        #[source]
        source: BoxError,
    },
}

impl StageError {
    /// An error that will not heal.
    pub fn permanent(code: &'static str, source: impl Into<BoxError>) -> Self {
        Self::Permanent { code, source: source.into() }
    }

    /// An error that may heal.
    pub fn transient(source: impl Into<BoxError>) -> Self {
        Self::Transient { source: source.into(), retry_after: None }
    }
}

impl From<PortError> for StageError {
    fn from(error: PortError) -> Self {
        match error {
            PortError::Transient { retry_after, .. } => {
                Self::Transient { source: error.into(), retry_after }
            }
            PortError::Outage { .. } => Self::Outage { source: error.into() },
            PortError::Permanent { code, .. } => Self::Permanent { code, source: error.into() },
        }
    }
}
