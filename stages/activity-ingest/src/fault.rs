//! What the app tells and cannot be true. None of it heals by trying again, and none of it says
//! who told it.

use jiff::SignedDuration;
use mindmate_pipeline::StageError;

use crate::facts::MOST;
use crate::session::LONGEST_SESSION;
use crate::{AHEAD, LATE};

/// Why a record is put aside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Fault {
    /// The client's clock is wrong, and nobody knows by how much.
    #[error("expected an instant at most {AHEAD:#} ahead, found one {ahead:#} ahead")]
    Ahead { ahead: SignedDuration },
    /// What was told before may be forgotten by now.
    #[error("expected an instant at most {LATE:#} ago, found one {ago:#} ago")]
    TooLate { ago: SignedDuration },
    /// A clock was set back in it.
    #[error("expected a session to end after its start, found an end {by:#} before it")]
    EndsBeforeStart { by: SignedDuration },
    /// Its end was told by another session, or not at all.
    #[error("expected a session of at most {LONGEST_SESSION:#}, found one of {found:#}")]
    SessionTooLong { found: SignedDuration },
    /// A clock was set back.
    #[error(
        "expected an activity to be completed after its suggestion, found a completion {by:#} \
         before it"
    )]
    CompletedBeforeSuggested { by: SignedDuration },
    /// Ids are used again, or instants made up.
    #[error(
        "expected at most {MOST} different records of one {thing}, found more: none of it is kept"
    )]
    TooManyVersions { thing: &'static str },
}

impl Fault {
    /// As on the record that is put aside.
    pub(crate) fn code(self) -> &'static str {
        match self {
            Self::Ahead { .. } => "clock-ahead",
            Self::TooLate { .. } => "too-late",
            Self::EndsBeforeStart { .. } => "ends-before-start",
            Self::SessionTooLong { .. } => "session-too-long",
            Self::CompletedBeforeSuggested { .. } => "completed-before-suggested",
            Self::TooManyVersions { .. } => "too-many-versions",
        }
    }
}

impl From<Fault> for StageError {
    fn from(fault: Fault) -> Self {
        Self::permanent(fault.code(), fault)
    }
}
