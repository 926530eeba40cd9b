//! Whom could be learned from.

use async_trait::async_trait;
use jiff::Timestamp;
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
