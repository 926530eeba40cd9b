//! The review queue, in the table of interventions: a sparse index holds the open entries alone.

use async_trait::async_trait;
use aws_sdk_dynamodb::types::{Select, TransactWriteItem, Update};
use jiff::Timestamp;
use mindmate_domain::audit::{AuditAction, AuditEvent};
use mindmate_domain::instant::key_form;
use mindmate_domain::intervention::{ReviewEntry, ReviewReason};
use mindmate_domain::{AsOf, UserId};
use mindmate_pipeline::PortResult;
use mindmate_pipeline::ports::{PortError, ReviewQueue};

use crate::audit::{self, KEY};
use crate::error::port_error;
use crate::item::{read, row, text};
use crate::table::{PORT, Table, Transacted, rows};

/// By state and order; only open entries are in it.
const INDEX: &str = "ReviewIndex";

const STATE: &str = "reviewState";
const OPEN: &str = "open";

/// How often an acknowledgement is tried where another act of the same user comes first.
const TRIES: usize = 5;

/// The review queue.
pub(crate) struct Reviews(pub(crate) Table);

#[async_trait]
impl ReviewQueue for Reviews {
    async fn enter(&self, entry: &ReviewEntry) -> PortResult<()> {
        let key = key(&entry.user, entry.as_of, entry.reason);
        // The index sorts by text: rank, then due, then what keeps entries apart.
        let order = format!("{:03}#{}#{key}", entry.rank(), key_form(entry.due_at));
        let keys = [(KEY, text(key)), (STATE, text(OPEN)), ("reviewOrder", text(order))];
        self.0.put_new(row(PORT, entry, keys)?, KEY).await.map(drop)
    }

    async fn open(&self, limit: usize) -> PortResult<Vec<ReviewEntry>> {
        let query = self.open_entries().limit(i32::try_from(limit).unwrap_or(i32::MAX).max(1));
        rows(query, limit).await?.into_iter().map(|item| read(PORT, item)).collect()
    }

    async fn count_open(&self) -> PortResult<u64> {
        let (mut count, mut start) = (0, None);
        loop {
            let page = self.open_entries().select(Select::Count).set_exclusive_start_key(start);
            let page = page.send().await.map_err(|error| port_error(PORT, error))?;
            count += u64::try_from(page.count).unwrap_or_default();
            start = page.last_evaluated_key.filter(|key| !key.is_empty());
            if start.is_none() {
                return Ok(count);
            }
        }
    }

    async fn acknowledge(
        &self,
        user: &UserId,
        as_of: AsOf,
        reason: ReviewReason,
        by: &str,
        at: Timestamp,
    ) -> PortResult<bool> {
        let action = AuditAction::ReviewAcknowledged;
        let subject = format!("{as_of}/{}", reason.name());
        let act = AuditEvent::upon(user.clone(), by, action, subject, at);
        for _ in 0..TRIES {
            let [event, head] = audit::append(&self.0, &act).await?;
            let close = self.close(&key(user, as_of, reason), &act)?;
            match self.0.transact(vec![close, event, head]).await? {
                Transacted::Done => return Ok(true),
                Transacted::Refused(places) if places.contains(&0) => return Ok(false),
                Transacted::Refused(_) => {}
            }
        }
        Err(PortError::transient(PORT, "other acts of the same user kept coming first"))
    }
}

impl Reviews {
    fn open_entries(&self) -> aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder {
        self.0
            .query()
            .index_name(INDEX)
            .key_condition_expression("#state = :open")
            .expression_attribute_names("#state", STATE)
            .expression_attribute_values(":open", text(OPEN))
    }

    /// Takes an entry out of the index; it stays in the table with who took notice of it.
    fn close(&self, key: &str, act: &AuditEvent) -> PortResult<TransactWriteItem> {
        let update = Update::builder()
            .table_name(&self.0.name)
            .key(KEY, text(key))
            .update_expression(
                "SET acknowledgedAt = :at, acknowledgedBy = :by REMOVE #state, reviewOrder",
            )
            .condition_expression("attribute_exists(#state)")
            .expression_attribute_names("#state", STATE)
            .expression_attribute_values(":at", text(key_form(act.at)))
            .expression_attribute_values(":by", text(act.actor.as_str()))
            .build()
            .map_err(|error| PortError::permanent(PORT, "aws-refused", error))?;
        Ok(TransactWriteItem::builder().update(update).build())
    }
}

fn key(user: &UserId, as_of: AsOf, reason: ReviewReason) -> String {
    format!("review#{}#{as_of}#{}", user.as_str(), reason.name())
}
