//! Assessments under (user, `asOf`).

use async_trait::async_trait;
use aws_sdk_dynamodb::types::KeysAndAttributes;
use mindmate_domain::assessment::Method;
use mindmate_domain::{AsOf, Assessment, RiskLevel, UserId};
use mindmate_pipeline::PortResult;
use mindmate_pipeline::ports::{AssessmentPut, AssessmentStore, PortError};

use crate::error::{does_not_fit, left_undone, port_error};
use crate::item::{Row, number, read, row, text, text_of};
use crate::pause;
use crate::table::{PORT, Table, rows};

const USER: &str = "userId";
const AS_OF: &str = "timestamp";

/// Most keys of one call.
const BATCH: usize = 100;

/// How often keys that were left unread are asked for again.
const TRIES: usize = 5;

/// Assessments that are looked at together for a known level.
const LOOK: i32 = 10;

/// Assessments.
pub(crate) struct Assessments(pub(crate) Table);

#[async_trait]
impl AssessmentStore for Assessments {
    async fn put(&self, assessment: &Assessment) -> PortResult<AssessmentPut> {
        let as_of = text(assessment.as_of.to_string());
        let expires = number(assessment.expires_at.as_second());
        let item = row(PORT, assessment, [(AS_OF, as_of.clone()), ("ttl", expires)])?;
        if self.0.put_new(item, USER).await? {
            return Ok(AssessmentPut::Written);
        }
        let key = [(USER, text(assessment.user.as_str())), (AS_OF, as_of)];
        match self.0.get(key).await? {
            Some(item) => Ok(AssessmentPut::Existing(Box::new(read(PORT, item)?))),
            None => Err(PortError::transient(PORT, "an assessment went while it was looked at")),
        }
    }

    async fn get_many(&self, users: &[UserId], as_of: AsOf) -> PortResult<Vec<Assessment>> {
        let mut found = Vec::with_capacity(users.len());
        for users in users.chunks(BATCH) {
            let key = |user: &UserId| {
                let key = [(USER, text(user.as_str())), (AS_OF, text(as_of.to_string()))];
                Row::from(key.map(|(name, value)| (name.to_owned(), value)))
            };
            for item in self.batch(users.iter().map(key).collect()).await? {
                found.push(read::<Assessment>(PORT, item)?);
            }
        }
        // A batch comes in any order.
        let place = |one: &Assessment| users.iter().position(|user| *user == one.user);
        found.sort_by_cached_key(place);
        Ok(found)
    }

    async fn latest(&self, user: &UserId, limit: usize) -> PortResult<Vec<Assessment>> {
        let query = self.of(user).limit(i32::try_from(limit).unwrap_or(i32::MAX).max(1));
        rows(query, limit).await?.into_iter().map(|item| read(PORT, item)).collect()
    }

    async fn last_known(
        &self,
        user: &UserId,
        before: AsOf,
    ) -> PortResult<Option<(AsOf, RiskLevel)>> {
        let query = self
            .0
            .query()
            .key_condition_expression("#user = :user AND #asOf < :before")
            .filter_expression("#level <> :unknown AND #method <> :carried")
            .projection_expression("#asOf, #level")
            .expression_attribute_names("#user", USER)
            .expression_attribute_names("#asOf", AS_OF)
            .expression_attribute_names("#level", "level")
            .expression_attribute_names("#method", "method")
            .expression_attribute_values(":user", text(user.as_str()))
            .expression_attribute_values(":before", text(before.to_string()))
            .expression_attribute_values(":unknown", text(RiskLevel::Unknown.name()))
            .expression_attribute_values(":carried", text(Method::LastKnown.name()))
            .scan_index_forward(false)
            .limit(LOOK);
        let Some(item) = rows(query, 1).await?.pop() else {
            return Ok(None);
        };
        let level = text_of(&item, "level").and_then(RiskLevel::from_name);
        match as_of_in(&item).zip(level) {
            Some(known) => Ok(Some(known)),
            None => does_not_fit(PORT, "an assessment's level or timestamp cannot be read"),
        }
    }

    async fn latest_as_of(&self, user: &UserId) -> PortResult<Option<AsOf>> {
        let query = self
            .of(user)
            .projection_expression("#asOf")
            .expression_attribute_names("#asOf", AS_OF)
            .limit(1);
        match rows(query, 1).await?.pop() {
            None => Ok(None),
            Some(item) => match as_of_in(&item) {
                Some(as_of) => Ok(Some(as_of)),
                None => does_not_fit(PORT, "an assessment's timestamp cannot be read"),
            },
        }
    }
}

impl Assessments {
    /// A user's, latest first. What was written a moment ago counts: it may overtake another.
    fn of(
        &self,
        user: &UserId,
    ) -> aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder {
        self.0
            .query()
            .key_condition_expression("#user = :user")
            .expression_attribute_names("#user", USER)
            .expression_attribute_values(":user", text(user.as_str()))
            .scan_index_forward(false)
            .consistent_read(true)
    }

    async fn batch(&self, mut keys: Vec<Row>) -> PortResult<Vec<Row>> {
        let mut found = Vec::with_capacity(keys.len());
        for tries in 0..TRIES {
            let asked = KeysAndAttributes::builder().set_keys(Some(keys)).consistent_read(true);
            let asked =
                asked.build().map_err(|error| PortError::permanent(PORT, "aws-refused", error))?;
            let answer = self.0.client.batch_get_item().request_items(&self.0.name, asked).send();
            let answer = answer.await.map_err(|error| port_error(PORT, error))?;
            found.extend(answer.responses.unwrap_or_default().into_values().flatten());
            let left = answer.unprocessed_keys.unwrap_or_default().into_values();
            keys = left.flat_map(|left| left.keys).collect();
            if keys.is_empty() {
                return Ok(found);
            }
            pause::before_again(tries).await;
        }
        Err(left_undone(PORT, keys.len()))
    }
}

fn as_of_in(item: &Row) -> Option<AsOf> {
    text_of(item, AS_OF)?.parse().ok()
}
