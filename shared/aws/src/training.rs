//! Whom could be learned from: a scan of the app's table, for a job that runs once a month.

use async_trait::async_trait;
use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use mindmate_contracts::app_table::{
    Decoded, PROFILE_SK, Timeline, USER_PREFIX, active_millis, decode,
};
use mindmate_domain::UserId;
use mindmate_domain::app::{AppItem, Profile};
use mindmate_domain::consent::StatedConsents;
use mindmate_pipeline::PortResult;
use mindmate_pipeline::ports::{TrainingPage, TrainingUser, TrainingUsers};

use crate::app_table::{AppTable, PK, SK, partition};
use crate::error::port_error;
use crate::item::{Row, text, text_of, to_contract};
use crate::table::PORT;

/// Sorts after every sort key: a scan that begins there begins at the next user.
const BEHIND_ALL: &str = "\u{10FFFF}";

/// A partition as far as it was read.
struct Reading {
    user: UserId,
    consents: StatedConsents,
    millis: Option<(i64, i64)>,
}

#[async_trait]
impl TrainingUsers for AppTable {
    /// In the order of the scan, which has a partition's items together.
    async fn users(
        &self,
        until: Timestamp,
        after: Option<&UserId>,
        limit: usize,
    ) -> PortResult<TrainingPage> {
        let until = until.as_millisecond();
        let mut users: Vec<Reading> = Vec::new();
        let mut start = after.map(behind);
        loop {
            let page = self.0.client.scan().table_name(&self.0.name);
            let page = page.set_exclusive_start_key(start).send().await;
            let page = page.map_err(|error| port_error(PORT, error))?;
            for row in page.items.unwrap_or_default() {
                let Some(user) = user_of(&row) else { continue };
                if users.last().is_none_or(|last| last.user != user) {
                    if users.len() == limit {
                        return Ok(TrainingPage { users: read(users), last: false });
                    }
                    users.push(Reading { user, consents: StatedConsents::Absent, millis: None });
                }
                if let Some(reading) = users.last_mut() {
                    reading.take(row, until);
                }
            }
            start = page.last_evaluated_key.filter(|key| !key.is_empty());
            if start.is_none() {
                return Ok(TrainingPage { users: read(users), last: true });
            }
        }
    }

    async fn timeline(&self, user: &UserId) -> PortResult<Timeline> {
        let mut timeline = Timeline::new(user.clone());
        for row in self.all_rows(user).await? {
            let sk = text_of(&row, SK).unwrap_or_default().to_owned();
            timeline.take(&sk, to_contract(row).as_ref());
        }
        Ok(timeline)
    }
}

fn behind(user: &UserId) -> Row {
    let key = [(PK, text(partition(user))), (SK, text(BEHIND_ALL))];
    key.map(|(name, value): (&str, AttributeValue)| (name.to_owned(), value)).into()
}

/// The user whose item it is; the app may keep other things in its table.
fn user_of(row: &Row) -> Option<UserId> {
    UserId::new(text_of(row, PK)?.strip_prefix(USER_PREFIX)?).ok()
}

impl Reading {
    fn take(&mut self, row: Row, until: i64) {
        let sk = text_of(&row, SK).unwrap_or_default().to_owned();
        let Some(item) = to_contract(row) else {
            // A profile that cannot be read allows nothing.
            if sk == PROFILE_SK {
                self.consents = Profile::closed().consents;
            }
            return;
        };
        if sk == PROFILE_SK {
            self.consents = match decode(&sk, &item) {
                Decoded::Read(AppItem::Profile(profile), _) => profile.consents,
                _ => Profile::closed().consents,
            };
        } else if let Some(at) = active_millis(&sk, &item).filter(|at| *at <= until) {
            let (first, last) = self.millis.unwrap_or((at, at));
            self.millis = Some((first.min(at), last.max(at)));
        }
    }
}

fn read(users: Vec<Reading>) -> Vec<TrainingUser> {
    let instant = |millis| Timestamp::from_millisecond(millis).ok();
    let users = users.into_iter().map(|one| TrainingUser {
        user: one.user,
        consents: one.consents,
        active: one.millis.and_then(|(first, last)| instant(first).zip(instant(last))),
    });
    users.collect()
}
