//! Interventions, each written with its audit event and the user's guard in one transaction.

use async_trait::async_trait;
use jiff::Timestamp;
use mindmate_domain::instant::{key_form, parse};
use mindmate_domain::intervention::{DeliveryStatus, Guard, Intervention};
use mindmate_domain::{InterventionId, UserId};
use mindmate_pipeline::PortResult;
use mindmate_pipeline::ports::{Decision, InterventionStore, PortError, StoredIntervention};

use crate::audit::{self, KEY};
use crate::error::does_not_fit;
use crate::item::{Row, read, row, text, text_of};
use crate::table::{PORT, Table, Transacted, held, rows};

/// By user and instant; only interventions are in it.
const INDEX: &str = "UserInterventionsIndex";

/// Where the instant of delivery is kept.
const DELIVERED: &str = "deliveredAt";

/// How often a decision is tried where another act of the same user comes first.
const TRIES: usize = 5;

/// Interventions.
pub(crate) struct Interventions(pub(crate) Table);

#[async_trait]
impl InterventionStore for Interventions {
    async fn get(&self, id: &InterventionId) -> PortResult<Option<StoredIntervention>> {
        self.0.get([(KEY, text(id.as_str()))]).await?.map(stored).transpose()
    }

    async fn guard(&self, user: &UserId) -> PortResult<Option<Guard>> {
        let item = self.0.get([(KEY, text(guard_key(user)))]).await?;
        item.map(|item| read(PORT, item)).transpose()
    }

    async fn decide(
        &self,
        intervention: &Intervention,
        new_guard: Guard,
        seen: Option<Guard>,
    ) -> PortResult<Decision> {
        for _ in 0..TRIES {
            let [event, head] = audit::append(&self.0, intervention.audit()).await?;
            let writes = vec![
                self.0.put_new_in(item(intervention)?, KEY)?,
                self.guard_if(intervention.user(), new_guard, seen)?,
                event,
                head,
            ];
            let refused = match self.0.transact(writes).await? {
                Transacted::Done => return Ok(Decision::Written),
                Transacted::Refused(places) => places,
            };
            // The other writer may be ourselves, in a try whose answer was lost.
            if let Some(existing) = self.get(intervention.id()).await? {
                return Ok(Decision::Existing(Box::new(existing)));
            }
            if refused.contains(&1) {
                return Ok(Decision::GuardMoved);
            }
        }
        Err(PortError::transient(PORT, "other acts of the same user kept coming first"))
    }

    async fn delivered(&self, id: &InterventionId, at: Timestamp) -> PortResult<()> {
        let updated = self
            .0
            .client
            .update_item()
            .table_name(&self.0.name)
            .key(KEY, text(id.as_str()))
            .update_expression("SET #delivered = :at")
            .condition_expression("attribute_exists(#key) AND attribute_not_exists(#delivered)")
            .expression_attribute_names("#key", KEY)
            .expression_attribute_names("#delivered", DELIVERED)
            .expression_attribute_values(":at", text(key_form(at)))
            .send()
            .await;
        held(updated.map(drop)).map(drop)
    }

    async fn latest(&self, user: &UserId, limit: usize) -> PortResult<Vec<StoredIntervention>> {
        let query = self
            .0
            .query()
            .index_name(INDEX)
            .key_condition_expression("#user = :user")
            .expression_attribute_names("#user", "userId")
            .expression_attribute_values(":user", text(user.as_str()))
            .scan_index_forward(false)
            .limit(i32::try_from(limit).unwrap_or(i32::MAX).max(1));
        rows(query, limit).await?.into_iter().map(stored).collect()
    }
}

impl Interventions {
    fn guard_if(
        &self,
        user: &UserId,
        guard: Guard,
        seen: Option<Guard>,
    ) -> PortResult<aws_sdk_dynamodb::types::TransactWriteItem> {
        let item = row(PORT, &guard, [(KEY, text(guard_key(user)))])?;
        self.0.put_if(item, |put| match seen {
            None => put
                .condition_expression("attribute_not_exists(#key)")
                .expression_attribute_names("#key", KEY),
            Some(seen) => put
                .condition_expression("#level = :level AND #since = :since AND #until = :until")
                .expression_attribute_names("#level", "level")
                .expression_attribute_names("#since", "since")
                .expression_attribute_names("#until", "until")
                .expression_attribute_values(":level", text(seen.level.name()))
                .expression_attribute_values(":since", text(key_form(seen.since)))
                .expression_attribute_values(":until", text(key_form(seen.until))),
        })
    }
}

fn guard_key(user: &UserId) -> String {
    format!("guard#{}", user.as_str())
}

/// An intervention's item: what serde makes of it, its key, and what the index sorts by.
fn item(intervention: &Intervention) -> PortResult<Row> {
    let keys = [
        (KEY, text(intervention.id().as_str())),
        ("timestamp", text(key_form(intervention.created_at()))),
    ];
    row(PORT, intervention, keys)
}

fn stored(item: Row) -> PortResult<StoredIntervention> {
    let status = match text_of(&item, DELIVERED).map(parse) {
        None => DeliveryStatus::Pending,
        Some(Ok(at)) => DeliveryStatus::Delivered { at },
        Some(Err(_)) => return does_not_fit(PORT, "an intervention's delivery cannot be read"),
    };
    Ok(StoredIntervention { intervention: read(PORT, item)?, status })
}
