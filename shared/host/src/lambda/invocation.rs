//! One invocation of a function: what comes in, how long it may take, and how it fails.

use std::fmt;
use std::time::Duration;

use jiff::Timestamp;
use mindmate_pipeline::{Clock, StageError};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Time that is kept back to settle and to answer: for a dead letter that is three calls to SQS,
/// one after another, of which one may run into the time-out of an attempt.
const MARGIN: Duration = Duration::from_secs(8);

/// Time that is kept back to answer alone.
const ANSWER: Duration = Duration::from_millis(500);

/// Something that Lambda invokes.
#[async_trait::async_trait]
pub trait Function: Send + Sync + 'static {
    /// What comes in.
    type Event: DeserializeOwned + Send;

    /// What goes out.
    type Answer: Serialize + Send;

    /// Does the work.
    async fn invoke(
        &self,
        event: Self::Event,
        invocation: &Invocation,
    ) -> Result<Self::Answer, FunctionError>;
}

/// One invocation.
#[derive(Debug, Clone)]
pub struct Invocation {
    /// Lambda's name for it.
    pub request_id: String,
    /// When Lambda kills the function.
    pub deadline: Timestamp,
}

impl Invocation {
    /// When the work stops: what is not done is given back.
    pub(super) fn stop_at(&self) -> Timestamp {
        self.deadline.checked_sub(MARGIN).unwrap_or(Timestamp::MIN)
    }

    /// When nothing more is waited for: the answer goes out.
    pub(super) fn answer_at(&self) -> Timestamp {
        self.deadline.checked_sub(ANSWER).unwrap_or(Timestamp::MIN)
    }
}

/// Why an invocation failed as a whole. It holds no text of a user and no raw id.
pub struct FunctionError {
    /// What kind of error, for filters.
    pub code: String,
    /// In words.
    pub message: String,
}

impl FunctionError {
    pub(super) fn new(code: &str, message: impl Into<String>) -> Self {
        Self { code: code.to_owned(), message: message.into() }
    }
}

impl fmt::Display for FunctionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.message)
    }
}

/// As it is shown: Lambda's runtime logs errors by it.
impl fmt::Debug for FunctionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for FunctionError {}

impl From<StageError> for FunctionError {
    fn from(error: StageError) -> Self {
        match &error {
            StageError::Permanent { code, source } => Self::new(code, source.to_string()),
            StageError::Transient { source, .. } | StageError::Outage { source } => {
                Self::new("transient", source.to_string())
            }
        }
    }
}

/// Returns when the clock shows this instant.
pub(super) async fn until(clock: &dyn Clock, instant: Timestamp) {
    let left = instant.duration_since(clock.now());
    if let Ok(left) = Duration::try_from(left)
        && !left.is_zero()
    {
        clock.sleep(left).await;
    }
}

/// The work's result, or nothing where the clock showed this instant first.
pub(super) async fn before<T>(
    clock: &dyn Clock,
    instant: Timestamp,
    work: impl Future<Output = T>,
) -> Option<T> {
    if clock.now() >= instant {
        return None;
    }
    tokio::select! {
        // What is done at the last moment is done.
        biased;
        done = work => Some(done),
        () = until(clock, instant) => None,
    }
}
