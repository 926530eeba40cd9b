//! Who was active when: an item for each user and UTC date, in buckets of a date and a storage
//! shard, so that fan-out reads what it needs and never scans the app's table.
//!
//! An item holds the instants of its date as a set of milliseconds: adding one twice changes
//! nothing, in any order, and a window that cuts a date is answered exactly.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use aws_sdk_dynamodb::types::AttributeValue;
use futures::{StreamExt as _, TryStreamExt as _, stream};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use mindmate_domain::instant::Window;
use mindmate_domain::run::{PageEntry, shard_hash, shard_of};
use mindmate_domain::{RiskLevel, UserId};
use mindmate_pipeline::PortResult;
use mindmate_pipeline::ports::{ActivityIndex, ActivityPage};

use crate::error::port_error;
use crate::item::{Row, number, text, text_of};
use crate::table::{PORT, Table, rows};

/// Storage shards of a date: each takes a share of a day's writes.
const STORAGE_SHARDS: u16 = 16;

pub(crate) const BUCKET: &str = "bucket";
pub(crate) const USER: &str = "userId";
const INSTANTS: &str = "instants";

/// Days that an item is kept: longer than any window that is looked at.
const KEPT_DAYS: i64 = 40;

/// Calls that are under way at once.
const IN_FLIGHT: usize = 16;

/// Users that a query of a bucket gives at once.
const PAGE: usize = 250;

/// Who was active, and the level of their last assessment.
pub(crate) struct Activity {
    pub(crate) activity: Table,
    pub(crate) assessments: Table,
}

/// One user on one date.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct UserDay {
    bucket: String,
    user: UserId,
}

impl UserDay {
    /// Where an instant of a user belongs, in milliseconds.
    pub(crate) fn new(user: &UserId, millis: i64) -> Self {
        let storage = shard_hash(user) % u32::from(STORAGE_SHARDS);
        Self { bucket: bucket(&date(millis), storage), user: user.clone() }
    }
}

fn bucket(date: &str, storage: u32) -> String {
    format!("{date}#{storage:02}")
}

fn date(millis: i64) -> String {
    let at = Timestamp::from_millisecond(millis).unwrap_or(Timestamp::MAX);
    at.to_zoned(TimeZone::UTC).date().to_string()
}

/// Adds instants to the days that they belong to.
pub(crate) async fn add(table: &Table, days: BTreeMap<UserDay, BTreeSet<i64>>) -> PortResult<()> {
    stream::iter(days)
        .map(|(day, instants)| async move {
            let last = instants.last().copied().unwrap_or_default();
            let expires = last / 1_000 + SignedDuration::from_hours(24 * KEPT_DAYS).as_secs();
            let instants = instants.iter().map(ToString::to_string).collect();
            let added = table
                .client
                .update_item()
                .table_name(&table.name)
                .key(BUCKET, text(day.bucket))
                .key(USER, text(day.user.as_str()))
                .update_expression("ADD #instants :instants SET #ttl = :expires")
                .expression_attribute_names("#instants", INSTANTS)
                .expression_attribute_names("#ttl", "ttl")
                .expression_attribute_values(":instants", AttributeValue::Ns(instants))
                .expression_attribute_values(":expires", number(expires))
                .send()
                .await;
            added.map(drop).map_err(|error| port_error(PORT, error))
        })
        .buffer_unordered(IN_FLIGHT)
        .try_collect()
        .await
}

#[async_trait]
impl ActivityIndex for Activity {
    async fn record(&self, user: &UserId, at: Timestamp) -> PortResult<()> {
        let millis = (at.as_nanosecond() + 999_999).div_euclid(1_000_000);
        let millis = i64::try_from(millis).unwrap_or(i64::MAX);
        let day = (UserDay::new(user, millis), BTreeSet::from([millis]));
        add(&self.activity, BTreeMap::from([day])).await
    }

    async fn active(
        &self,
        shard: u16,
        shards: u16,
        window: Window,
        after: Option<&UserId>,
        limit: usize,
    ) -> PortResult<ActivityPage> {
        let look = Look { shard, shards, window, after, limit };
        let buckets = look.buckets();
        let calls: Vec<_> = buckets.iter().map(|bucket| self.active_in(bucket, &look)).collect();
        let found: Vec<Vec<UserId>> = stream::iter(calls).buffered(IN_FLIGHT).try_collect().await?;
        // Each bucket gives its first ones: the first of all are among them.
        let mut users: BTreeSet<UserId> = found.into_iter().flatten().collect();
        let last = users.len() <= limit;
        while users.len() > limit {
            users.pop_last();
        }
        let entries = stream::iter(users)
            .map(|user| self.entry(user, window.until))
            .buffered(IN_FLIGHT)
            .try_collect()
            .await?;
        Ok(ActivityPage { entries, last })
    }
}

/// What is looked for.
struct Look<'a> {
    shard: u16,
    shards: u16,
    window: Window,
    after: Option<&'a UserId>,
    limit: usize,
}

impl Look<'_> {
    /// The buckets that may hold users of the shard: users are dealt to both kinds of shards by the
    /// same number, so that only storage shards that leave the same remainder can.
    fn buckets(&self) -> Vec<String> {
        let shards = u32::from(self.shards.max(1));
        let step = gcd(shards, u32::from(STORAGE_SHARDS));
        let storage =
            (0..u32::from(STORAGE_SHARDS)).filter(|one| one % step == u32::from(self.shard) % step);
        let storage: Vec<u32> = storage.collect();
        let dates = self.dates();
        dates.iter().flat_map(|date| storage.iter().map(|one| bucket(date, *one))).collect()
    }

    fn dates(&self) -> BTreeSet<String> {
        let (mut at, end) =
            (self.window.after.as_millisecond(), self.window.until.as_millisecond());
        let day = 24 * 3_600 * 1_000;
        let mut dates = BTreeSet::from([date(end)]);
        while at <= end {
            dates.insert(date(at));
            at += day;
        }
        dates
    }

    fn holds(&self, row: &Row) -> bool {
        let (after, until) =
            (self.window.after.as_millisecond(), self.window.until.as_millisecond());
        let instants = row.get(INSTANTS).and_then(|set| set.as_ns().ok()).into_iter().flatten();
        instants.filter_map(|one| one.parse::<i64>().ok()).any(|at| after < at && at <= until)
    }
}

fn gcd(a: u32, b: u32) -> u32 {
    if b == 0 { a } else { gcd(b, a % b) }
}

impl Activity {
    /// The first users of a bucket who are in the shard and were active in the window: one more
    /// than the limit, to tell whether there are more.
    async fn active_in(&self, bucket: &str, look: &Look<'_>) -> PortResult<Vec<UserId>> {
        let mut found = Vec::new();
        let mut after = look.after.map(|user| user.as_str().to_owned()).unwrap_or_default();
        loop {
            let page = self.page(bucket, &after).await?;
            for row in &page {
                let Some(user) = text_of(row, USER).and_then(|id| UserId::new(id).ok()) else {
                    continue;
                };
                user.as_str().clone_into(&mut after);
                if shard_of(&user, look.shards) == look.shard && look.holds(row) {
                    found.push(user);
                }
            }
            if page.len() < PAGE || found.len() > look.limit {
                return Ok(found);
            }
        }
    }

    async fn page(&self, bucket: &str, after: &str) -> PortResult<Vec<Row>> {
        let query = self
            .activity
            .query()
            .expression_attribute_names("#bucket", BUCKET)
            .expression_attribute_values(":bucket", text(bucket))
            .limit(i32::try_from(PAGE).unwrap_or(i32::MAX));
        // A key is never empty, also not in a condition.
        let query = if after.is_empty() {
            query.key_condition_expression("#bucket = :bucket")
        } else {
            query
                .key_condition_expression("#bucket = :bucket AND #user > :after")
                .expression_attribute_names("#user", USER)
                .expression_attribute_values(":after", text(after))
        };
        rows(query, PAGE).await
    }

    async fn entry(&self, user: UserId, until: Timestamp) -> PortResult<PageEntry> {
        let query = self
            .assessments
            .query()
            .key_condition_expression("#user = :user AND #asOf < :until")
            .projection_expression("#level")
            .expression_attribute_names("#user", USER)
            .expression_attribute_names("#asOf", "timestamp")
            .expression_attribute_names("#level", "level")
            .expression_attribute_values(":user", text(user.as_str()))
            .expression_attribute_values(":until", text(mindmate_domain::instant::key_form(until)))
            .scan_index_forward(false)
            .limit(1);
        let last = rows(query, 1).await?.pop();
        let last_level = last.and_then(|row| RiskLevel::from_name(text_of(&row, "level")?));
        Ok(PageEntry { user, last_level })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_users_bucket_is_among_those_of_their_shard() {
        let (after, until) = ("2026-11-15T06:00:00Z", "2026-11-22T06:00:00Z");
        let window = Window { after: after.parse().unwrap(), until: until.parse().unwrap() };
        let active: Timestamp = "2026-11-21T23:59:59.999Z".parse().unwrap();
        for shards in [1, 2, 3, 8, 12, 16, 48, 100] {
            for number in 0..200 {
                let user = UserId::new(&format!("user-{number}")).unwrap();
                let shard = shard_of(&user, shards);
                let look = Look { shard, shards, window, after: None, limit: 9 };
                let day = UserDay::new(&user, active.as_millisecond());
                assert!(look.buckets().contains(&day.bucket), "{shards} {}", day.bucket);
            }
        }
        let look = Look { shard: 3, shards: 16, window, after: None, limit: 9 };
        assert_eq!(look.buckets().len(), 8, "eight dates, one storage shard");
    }
}
