//! Whom could be learned from, and where what is learned from is put.

use async_trait::async_trait;
use jiff::Timestamp;
use mindmate_contracts::app_table::Timeline;
pub use mindmate_contracts::training_set::{MANIFEST_PATH, Side};
use mindmate_domain::UserId;
use mindmate_domain::consent::StatedConsents;

use super::PortResult;

/// Everybody of whom the app's table holds something. A look at all of it, for jobs that run once
/// a month: nothing on an assessment's way asks here.
#[async_trait]
pub trait TrainingUsers: Send + Sync {
    /// Users after `after`, at most `limit`, each once, in an order of the backend's own that
    /// stays the same. What lies after `until` does not count.
    async fn users(
        &self,
        until: Timestamp,
        after: Option<&UserId>,
        limit: usize,
    ) -> PortResult<TrainingPage>;

    /// All that is stored of a user, read once. A history that is cut out of it is the one that
    /// [`HistoryStore::load`](super::HistoryStore::load) gives.
    async fn timeline(&self, user: &UserId) -> PortResult<Timeline>;
}

/// Users, in the backend's order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrainingPage {
    /// The users.
    pub users: Vec<TrainingUser>,
    /// Whether there is nobody after them.
    pub last: bool,
}

/// A user, as far as it matters for learning.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrainingUser {
    /// Who.
    pub user: UserId,
    /// What their profile says of consents.
    pub consents: StatedConsents,
    /// From the first to the last of what they did: moods, own chats, selfies, sessions,
    /// activities. Whole milliseconds. None of somebody who did nothing.
    pub active: Option<(Timestamp, Timestamp)>,
}

/// Where the training set is put: a file of samples for each side, and a manifest.
///
/// There is one set, which the next one replaces, so that no earlier one keeps who has withdrawn. The
/// set is there when its manifest is: it is written last, and taken away first. It has the digest
/// of each file, so that a reader who comes in between sees that they do not belong together.
#[async_trait]
pub trait TrainingStore: Send + Sync {
    /// Where that is, in words for people.
    fn place(&self) -> String;

    /// Begins a set. Nothing of it shows before it is published, and the earlier one stands until then.
    async fn draft(&self) -> PortResult<Box<dyn TrainingDraft>>;

    /// A file of the set that is there, by its path: [`MANIFEST_PATH`] or a side's. None where there is none.
    async fn read(&self, path: &str) -> PortResult<Option<Vec<u8>>>;

    /// Takes the set away, if there is one; the manifest first.
    async fn remove(&self) -> PortResult<()>;
}

/// A set that is being written. One that is dropped is never published.
#[async_trait]
pub trait TrainingDraft: Send {
    /// Writes at the end of a side's file. How much is kept in memory depends on no file's length.
    async fn append(&mut self, side: Side, bytes: Vec<u8>) -> PortResult<()>;

    /// Puts both files in their places, each whole, and the manifest last. A side to which nothing was
    /// appended is an empty file.
    async fn publish(self: Box<Self>, manifest: Vec<u8>) -> PortResult<()>;

    /// Throws it away.
    async fn discard(self: Box<Self>) -> PortResult<()>;
}
