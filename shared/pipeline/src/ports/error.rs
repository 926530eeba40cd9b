//! How a port fails.

use std::time::Duration;

use crate::stage::BoxError;

/// Why a port could not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum PortError {
    /// It may heal: a time-out, a throttle, a store that is down or full.
    #[error("{port}: {source}")]
    Transient {
        /// Which port, by its table, queue or service.
        port: &'static str,
        /// The cause.
        #[source]
        source: BoxError,
        /// What the service asked for.
        retry_after: Option<Duration>,
    },
    /// The store itself is out of order, such as a full disk, whatever it is asked: it may heal, and
    /// no message is to blame, so that none is given up for it.
    #[error("{port}: {source}")]
    Outage {
        /// Which port, by its table, queue or service.
        port: &'static str,
        /// The cause.
        #[source]
        source: BoxError,
    },
    /// It will not heal by trying again.
    #[error("{port}: {code}: {source}")]
    Permanent {
        /// Which port, by its table, queue or service.
        port: &'static str,
        /// The code that a dead letter carries.
        code: &'static str,
        /// The cause.
        #[source]
        source: BoxError,
    },
}

impl PortError {
    /// An error that may heal.
    pub fn transient(port: &'static str, source: impl Into<BoxError>) -> Self {
        Self::Transient { port, source: source.into(), retry_after: None }
    }

    /// A store that is out of order.
    pub fn outage(port: &'static str, source: impl Into<BoxError>) -> Self {
        Self::Outage { port, source: source.into() }
    }

    /// The same once more, in words: for each of those that one call was made for.
    #[must_use]
    pub fn again(&self) -> Self {
        match self {
            Self::Transient { port, source, retry_after } => {
                let (source, retry_after) = (source.to_string().into(), *retry_after);
                Self::Transient { port, source, retry_after }
            }
            Self::Outage { port, source } => Self::outage(port, source.to_string()),
            Self::Permanent { port, code, source } => {
                Self::permanent(port, code, source.to_string())
            }
        }
    }

    /// An error that will not heal.
    pub fn permanent(port: &'static str, code: &'static str, source: impl Into<BoxError>) -> Self {
        Self::Permanent { port, code, source: source.into() }
    }
}

/// What ports return.
pub type PortResult<T> = Result<T, PortError>;
