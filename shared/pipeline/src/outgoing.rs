//! Messages on their way out of a stage.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use mindmate_contracts::envelope::{MAX_BODY_BYTES, encode};
use mindmate_contracts::messages::AssessmentDeadLettered;
use mindmate_contracts::{Channel, Message, QueueName, StreamName};
use mindmate_domain::{Position, StageName, UserId};

use crate::stage::{Failure, StageError};

/// A written message and where it goes.
#[derive(Clone, PartialEq, Eq)]
pub struct Outgoing {
    /// Where to.
    pub channel: Channel,
    /// The event's id: the same at every try.
    pub id: String,
    /// What keeps its order in a stream: equal keys stay in order. Empty for a queue.
    pub key: String,
    /// The envelope.
    pub body: String,
    /// How long it stays hidden in its queue, at most [`LONGEST_DELAY`]. Streams know no delay.
    pub delay: Duration,
    /// What travels beside the body to a queue: mostly nothing. A message that was played back says
    /// so here. Streams carry none: Kinesis has no place for them.
    pub attributes: BTreeMap<String, String>,
}

/// The longest delay of a message: SQS knows no longer one.
pub const LONGEST_DELAY: Duration = Duration::from_mins(15);

impl Outgoing {
    /// A written message, without a delay and with nothing beside its body.
    pub fn new(channel: Channel, id: String, key: String, body: String) -> Self {
        Self { channel, id, key, body, delay: Duration::ZERO, attributes: BTreeMap::new() }
    }

    /// The same, hidden in its queue for a while; at most [`LONGEST_DELAY`].
    #[must_use]
    pub fn delayed(mut self, delay: Duration) -> Self {
        self.delay = delay.min(LONGEST_DELAY);
        self
    }
}

impl std::fmt::Debug for Outgoing {
    /// Without the body: it holds a user's id.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Outgoing")
            .field("channel", &self.channel)
            .field("id", &self.id)
            .field("bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}

/// Writes what a stage sends on.
#[derive(Debug, Clone, Copy)]
pub struct Outbox {
    stage: StageName,
    time: Timestamp,
}

impl Outbox {
    /// The outbox of a stage at an instant.
    pub fn new(stage: StageName, time: Timestamp) -> Self {
        Self { stage, time }
    }

    /// A message to a queue.
    ///
    /// # Errors
    /// A body larger than [`MAX_BODY_BYTES`].
    pub fn to_queue<M: Message>(
        &self,
        queue: QueueName,
        id: String,
        message: &M,
    ) -> Result<Outgoing, StageError> {
        self.write(Channel::Queue(queue), id, String::new(), message)
    }

    /// A message to a stream, in order among those of the same key.
    ///
    /// # Errors
    /// A body larger than [`MAX_BODY_BYTES`].
    pub fn to_stream<M: Message>(
        &self,
        stream: StreamName,
        id: String,
        key: String,
        message: &M,
    ) -> Result<Outgoing, StageError> {
        self.write(Channel::Stream(stream), id, key, message)
    }

    /// The outcome of a request that this stage gives up. Without a user to keep it in order with,
    /// its own id spreads such records over the stream.
    ///
    /// # Errors
    /// What [`Outbox::to_stream`] says.
    pub fn dead_lettered(
        &self,
        run: Position,
        user: Option<&UserId>,
        failure: &Failure<'_>,
    ) -> Result<Outgoing, StageError> {
        let stage = self.stage;
        let id = format!("{}/{}/{}/dead-lettered/{stage}", run.run, run.shard, run.ordinal);
        let key = user.map_or_else(|| id.clone(), UserId::partition_key);
        let message = AssessmentDeadLettered { run, stage, code: failure.code.to_owned() };
        self.to_stream(StreamName::Outcomes, id, key, &message)
    }

    fn write<M: Message>(
        &self,
        channel: Channel,
        id: String,
        key: String,
        message: &M,
    ) -> Result<Outgoing, StageError> {
        let body = encode(&id, self.stage, self.time, message)
            .map_err(|error| StageError::permanent("unwritable-message", error))?;
        if body.len() > MAX_BODY_BYTES {
            let size = format!(
                "expected a {} of at most {MAX_BODY_BYTES} bytes, found {}",
                M::NAME,
                body.len()
            );
            return Err(StageError::permanent("message-too-large", size));
        }
        Ok(Outgoing::new(channel, id, key, body))
    }
}
