//! The app's table, as the pipeline may use it.

use async_trait::async_trait;
use jiff::Timestamp;
use mindmate_contracts::app_table::Item;
use mindmate_domain::app::{AppItem, Profile};
use mindmate_domain::instant::Window;
use mindmate_domain::intervention::Intervention;
use mindmate_domain::run::PageEntry;
use mindmate_domain::{AsOf, Consents, History, UserId};

use super::PortResult;

/// Reads what an assessment may read.
#[async_trait]
pub trait HistoryStore: Send + Sync {
    /// The user's history of the 35 days before `as_of`, in one call. A user of whom nothing is
    /// stored has an empty history. `legacy` is what holds without a consents block.
    async fn load(&self, user: &UserId, as_of: AsOf, legacy: Consents) -> PortResult<History>;
}

/// Reads profiles: consents are read again at each stage.
#[async_trait]
pub trait ProfileStore: Send + Sync {
    /// The profile, where there is one.
    async fn profile(&self, user: &UserId) -> PortResult<Option<Profile>>;
}

/// Single items of the app's table.
#[async_trait]
pub trait AppItems: Send + Sync {
    /// The item under a key as it is now, without its keys.
    async fn item(&self, user: &UserId, sk: &str) -> PortResult<Option<FoundItem>>;

    /// Writes an item; one of the same key is replaced. The change comes by the stream of the app's
    /// table.
    async fn put(&self, user: &UserId, item: &AppItem) -> PortResult<()>;

    /// Removes an item of the pipeline's own, if it is there. Nobody else's is ever removed.
    async fn remove(&self, user: &UserId, sk: &str) -> PortResult<()>;
}

/// An item that was found.
#[derive(Debug, Clone, PartialEq)]
pub enum FoundItem {
    /// As stored.
    Item(Item),
    /// Something that is no item of this table's format.
    Unreadable,
}

/// Small states of users that stages keep, each changed only where it still is what was seen.
#[async_trait]
pub trait UserStates: Send + Sync {
    /// The state of that name.
    async fn state(&self, user: &UserId, name: &str) -> PortResult<Option<String>>;

    /// Writes the state if it still is what was `seen`; says whether it did. After `expires` it may
    /// be gone.
    async fn put(
        &self,
        user: &UserId,
        name: &str,
        value: &str,
        seen: Option<&str>,
        expires: Timestamp,
    ) -> PortResult<bool>;
}

/// Who was active when.
#[async_trait]
pub trait ActivityIndex: Send + Sync {
    /// Notes that a user was active. Doing it twice changes nothing. A backend that finds it in the
    /// app's table by itself has nothing to do.
    async fn record(&self, user: &UserId, at: Timestamp) -> PortResult<()>;

    /// The users of a shard who were active in the window, by id, after `after`, at most `limit`;
    /// each with the level of the last assessment whose `asOf` is before the window's end.
    ///
    /// `shards` is how many shards the users are dealt to; a user's shard depends on nothing else.
    async fn active(
        &self,
        shard: u16,
        shards: u16,
        window: Window,
        after: Option<&UserId>,
        limit: usize,
    ) -> PortResult<ActivityPage>;
}

/// Users of a shard, by id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActivityPage {
    /// The users.
    pub entries: Vec<PageEntry>,
    /// Whether there is nobody after them.
    pub last: bool,
}

/// The chat, in which interventions are delivered.
#[async_trait]
pub trait AppChats: Send + Sync {
    /// Puts the intervention's message under its own key, unless it is there already.
    async fn deliver(&self, intervention: &Intervention) -> PortResult<ChatPut>;

    /// Whether the user wrote a chat message after `since`, up to `until`.
    async fn wrote_between(
        &self,
        user: &UserId,
        since: Timestamp,
        until: Timestamp,
    ) -> PortResult<bool>;
}

/// What became of a chat message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChatPut {
    /// It was put.
    Put,
    /// It was there already, from an earlier try.
    AlreadyThere,
}
