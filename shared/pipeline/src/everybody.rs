//! A walk over everybody.

use jiff::Timestamp;
use mindmate_domain::UserId;

use crate::ports::{PortError, PortResult, TrainingUser, TrainingUsers};

/// Users that are read together.
const PAGE_USERS: usize = 500;

/// Everybody of whom something is stored, a page at a time: memory holds one.
pub struct Everybody<'a> {
    users: &'a dyn TrainingUsers,
    until: Timestamp,
    after: Option<UserId>,
    last: bool,
}

impl<'a> Everybody<'a> {
    /// From the first on. What lies after `until` does not count.
    pub fn new(users: &'a dyn TrainingUsers, until: Timestamp) -> Self {
        Self { users, until, after: None, last: false }
    }

    /// The next page; none after the last one.
    ///
    /// # Errors
    /// The port's, and one that may heal where a page has nobody and is not the last.
    pub async fn next(&mut self) -> PortResult<Option<Vec<TrainingUser>>> {
        if self.last {
            return Ok(None);
        }
        let page = self.users.users(self.until, self.after.as_ref(), PAGE_USERS).await?;
        self.last = page.last;
        self.after = page.users.last().map(|last| last.user.clone());
        if !page.last && self.after.is_none() {
            let words = "expected users or the end of the table, found neither";
            return Err(PortError::transient("users", words));
        }
        Ok(Some(page.users))
    }
}
