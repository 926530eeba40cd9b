//! Streams: ordered by key, read from a checkpoint.

use async_trait::async_trait;
use jiff::Timestamp;

use super::{DeadLetterCause, PortResult};

/// The place of a record in its stream. Rises with every record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Sequence(pub u64);

/// One record.
#[derive(Debug, Clone)]
pub struct StreamRecord {
    /// Its place.
    pub sequence: Sequence,
    /// Records of the same key are in order.
    pub key: String,
    /// When it was put.
    pub put_at: Timestamp,
    /// The body: an envelope.
    pub body: String,
}

/// A stream, seen by one consumer group.
#[async_trait]
pub trait StreamSource: Send + Sync {
    /// The next records after the checkpoint, in order, at most `max`. Reading moves nothing: the
    /// same records come again until the checkpoint is moved.
    async fn read(&self, max: usize) -> PortResult<Vec<StreamRecord>>;

    /// Everything up to here is done. A checkpoint never moves back.
    async fn checkpoint(&self, up_to: Sequence) -> PortResult<()>;

    /// What names the record for good, wherever and whenever it is read: attempts are counted by
    /// it. Another than its sequence only where that holds for one batch alone.
    fn name_of(&self, record: &StreamRecord) -> String {
        record.sequence.0.to_string()
    }

    /// Puts a poison record aside, to the failure destination, with its cause. Doing it twice
    /// leaves one.
    async fn put_aside(&self, record: &StreamRecord, cause: &DeadLetterCause) -> PortResult<()>;
}
