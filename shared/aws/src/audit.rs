//! The audit trail: a chain of hashes for each user, in the table of interventions.
//!
//! One chain over all would make every write wait for every other. A chain's head holds the number
//! and hash of its last row; row and head are written in the transaction of the act itself.
//!
//! Acts of operators upon many have a chain of their own, under the empty name: no user's id is
//! empty.

mod chain;
mod verify;

use async_trait::async_trait;
use aws_sdk_dynamodb::types::TransactWriteItem;
use mindmate_domain::UserId;
use mindmate_domain::audit::AuditEvent;
use mindmate_domain::pseudonym::hex;
use mindmate_pipeline::PortResult;
use mindmate_pipeline::ports::{AuditLog, PortError};
use sha2::{Digest, Sha256};

pub use self::chain::AuditFault;
pub(crate) use self::verify::verify;
pub use self::verify::{AuditBreak, AuditTrail};
use crate::item::{Row, number, number_of, text, text_of};
use crate::pause;
use crate::table::{PORT, Table, Transacted};

/// What the first row's hash covers in place of an earlier one.
const ROOT: &str = "mindmate-audit-1";

/// The key of the table.
pub(crate) const KEY: &str = "interventionId";

/// The prefix of the trail's rows.
const ROW_PREFIX: &str = "audit#";

/// The prefix of the chains' heads.
const HEAD_PREFIX: &str = "auditHead#";

/// How often an act is appended where others come first.
const TRIES: usize = 10;

/// The trail, to append to.
pub(crate) struct Trail(pub(crate) Table);

#[async_trait]
impl AuditLog for Trail {
    async fn append(&self, event: &AuditEvent) -> PortResult<()> {
        for tries in 0..TRIES {
            let writes = append(&self.0, event).await?;
            if self.0.transact(writes.into()).await? == Transacted::Done {
                return Ok(());
            }
            pause::before_again(tries).await;
        }
        Err(PortError::transient(PORT, "other acts kept coming first"))
    }
}

/// Where a chain stands.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Head {
    number: u64,
    hash: String,
}

/// The writes that append an event: they belong into the transaction of the act that it tells of.
/// Where their conditions do not hold, another act has come first, and the chain is to be read
/// again.
pub(crate) async fn append(
    table: &Table,
    event: &AuditEvent,
) -> PortResult<[TransactWriteItem; 2]> {
    let head = head(table, event.user.as_ref()).await?;
    let event_text = serde_json::to_string(event)
        .map_err(|error| PortError::permanent(PORT, "aws-refused", error))?;
    let (next, before) = match &head {
        None => (1, ROOT),
        Some(head) => (head.number + 1, head.hash.as_str()),
    };
    let hash = link(before, &event_text);
    let row = Row::from([
        (KEY.to_owned(), text(row_key(event.user.as_ref(), next))),
        ("event".to_owned(), text(event_text)),
        ("hash".to_owned(), text(hash.as_str())),
    ]);
    let new_head = Row::from([
        (KEY.to_owned(), text(head_key(event.user.as_ref()))),
        ("number".to_owned(), number(next)),
        ("hash".to_owned(), text(hash)),
    ]);
    let seen = head.map_or(0, |head| head.number);
    let moved = table.put_if(new_head, |put| {
        let put = put.expression_attribute_names("#number", "number");
        if seen == 0 {
            put.condition_expression("attribute_not_exists(#number)")
        } else {
            put.condition_expression("#number = :seen")
                .expression_attribute_values(":seen", number(seen))
        }
    })?;
    Ok([table.put_new_in(row, KEY)?, moved])
}

/// What a chain is called: its user's id, or nothing for the chain of operators' acts.
fn name(user: Option<&UserId>) -> &str {
    user.map_or("", UserId::as_str)
}

fn row_key(user: Option<&UserId>, number: u64) -> String {
    format!("{ROW_PREFIX}{}#{number:012}", name(user))
}

fn head_key(user: Option<&UserId>) -> String {
    format!("{HEAD_PREFIX}{}", name(user))
}

async fn head(table: &Table, user: Option<&UserId>) -> PortResult<Option<Head>> {
    let item = table.get([(KEY, text(head_key(user)))]).await?;
    Ok(item.as_ref().and_then(head_of))
}

fn head_of(item: &Row) -> Option<Head> {
    let hash = text_of(item, "hash")?.to_owned();
    Some(Head { number: number_of(item, "number")?, hash })
}

fn link(before: &str, event: &str) -> String {
    hex(&Sha256::new().chain_update(before).chain_update([0]).chain_update(event).finalize())
}
