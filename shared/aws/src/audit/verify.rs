//! Reads the whole trail and verifies each chain.
//!
//! A scan is no picture of one moment: an act may be written while it runs. So a chain that does not
//! hold together in the scan is read again by its keys, head first: the rows that a head names are
//! there before it. What is broken then is broken.

use std::collections::BTreeMap;

use futures::{StreamExt as _, TryStreamExt as _, stream};
use mindmate_domain::UserId;
use mindmate_pipeline::PortResult;
use mindmate_pipeline::ports::PortError;

use super::chain::{AuditFault, Chain, Link};
use super::{HEAD_PREFIX, Head, KEY, ROW_PREFIX, head, head_of, row_key};
use crate::error::{does_not_fit, port_error};
use crate::item::{Row, text, text_of};
use crate::table::{PORT, Table};

/// Reads that are under way at once.
const IN_FLIGHT: usize = 16;

/// A trail that holds together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct AuditTrail {
    /// Its users; operators' acts upon many count as one more.
    pub chains: u64,
    /// Its rows.
    pub rows: u64,
}

/// A chain that does not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditBreak {
    /// Whose it is.
    pub user: UserId,
    /// Where it is broken.
    pub fault: AuditFault,
}

/// Verifies the trail in this table: all of it, some 400 bytes of memory a row.
///
/// # Errors
/// The table's, a row whose key or attributes no act writes, and `audit-broken` where the chain of
/// operators' acts does not hold together.
pub(crate) async fn verify(table: &Table) -> PortResult<Result<AuditTrail, AuditBreak>> {
    let mut trail = AuditTrail::default();
    for (user, chain) in scan(table).await? {
        let whose = user.as_ref();
        let verified = match chain.verify(whose) {
            Ok(rows) => Ok(rows),
            Err(_) => again(table, whose, &chain).await?.verify(whose),
        };
        match verified {
            Ok(rows) => trail.rows += rows,
            Err(fault) => return broken(user, fault).map(Err),
        }
        trail.chains += 1;
    }
    Ok(Ok(trail))
}

/// A user's chain is named; the chain of operators is nobody's, and its fault is the error itself.
fn broken(user: Option<UserId>, fault: AuditFault) -> PortResult<AuditBreak> {
    if let Some(user) = user {
        return Ok(AuditBreak { user, fault });
    }
    let words = format!("the chain of operators' acts upon many is broken: {fault}");
    Err(PortError::permanent(PORT, "audit-broken", words))
}

async fn scan(table: &Table) -> PortResult<BTreeMap<Option<UserId>, Chain>> {
    let (mut chains, mut start) = (BTreeMap::new(), None);
    loop {
        let page = table
            .client
            .scan()
            .table_name(&table.name)
            .filter_expression("begins_with(#key, :rows) OR begins_with(#key, :heads)")
            .expression_attribute_names("#key", KEY)
            .expression_attribute_values(":rows", text(ROW_PREFIX))
            .expression_attribute_values(":heads", text(HEAD_PREFIX))
            .consistent_read(true)
            .set_exclusive_start_key(start)
            .send()
            .await
            .map_err(|error| port_error(PORT, error))?;
        for row in page.items.unwrap_or_default() {
            if take(&mut chains, &row).is_none() {
                return does_not_fit(PORT, "a row of the audit trail is not as any act writes it");
            }
        }
        start = page.last_evaluated_key.filter(|key| !key.is_empty());
        if start.is_none() {
            return Ok(chains);
        }
    }
}

/// Puts what a scan found to its chain; `None` where it is neither a row nor a head.
fn take(chains: &mut BTreeMap<Option<UserId>, Chain>, row: &Row) -> Option<()> {
    let key = text_of(row, KEY)?;
    if let Some(user) = key.strip_prefix(HEAD_PREFIX) {
        chains.entry(whose(user)?).or_default().head = Some(head_of(row)?);
    } else {
        // A user's id may hold the sign that stands before the number.
        let (user, number) = key.strip_prefix(ROW_PREFIX)?.rsplit_once('#')?;
        let chain = chains.entry(whose(user)?).or_default();
        chain.rows.insert(number.parse().ok()?, link_of(row)?);
    }
    Some(())
}

/// The user of a chain of this name: nobody of the empty one. `None` where no chain is called so.
#[expect(clippy::option_option, reason = "one says whether it can be read, the other what it is")]
fn whose(name: &str) -> Option<Option<UserId>> {
    if name.is_empty() { Some(None) } else { UserId::new(name).ok().map(Some) }
}

fn link_of(row: &Row) -> Option<Link> {
    let (event, hash) = (text_of(row, "event")?.to_owned(), text_of(row, "hash")?.to_owned());
    Some(Link { event, hash })
}

/// Reads a chain again, by its keys.
async fn again(table: &Table, user: Option<&UserId>, seen: &Chain) -> PortResult<Chain> {
    let head: Option<Head> = head(table, user).await?;
    let last_seen = seen.rows.keys().next_back().copied().unwrap_or_default();
    let last = head.as_ref().map_or(0, |head| head.number).max(last_seen);
    let rows: Vec<(u64, Option<Row>)> = stream::iter(1..=last)
        .map(|number| async move {
            let row = table.get([(KEY, text(row_key(user, number)))]).await?;
            PortResult::Ok((number, row))
        })
        .buffered(IN_FLIGHT)
        .try_collect()
        .await?;
    let rows = rows.iter().filter_map(|(number, row)| Some((*number, link_of(row.as_ref()?)?)));
    Ok(Chain { head, rows: rows.collect() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::item::number;

    fn row(key: &str) -> Row {
        let attributes =
            [(KEY, text(key)), ("event", text("{}")), ("hash", text("0")), ("number", number(2))];
        attributes.map(|(name, value)| (name.to_owned(), value)).into()
    }

    #[test]
    fn rows_and_heads_come_to_the_chain_of_their_user() {
        let mut chains = BTreeMap::new();
        for key in ["audit#a#b#000000000002", "auditHead#a#b", "audit##000000000003", "auditHead#"]
        {
            assert_eq!(take(&mut chains, &row(key)), Some(()), "{key}");
        }
        let chain = &chains[&Some(UserId::new("a#b").unwrap())];
        assert_eq!(chain.rows.keys().copied().collect::<Vec<_>>(), [2]);
        assert_eq!(chain.head.as_ref().map(|head| head.number), Some(2));
        assert_eq!(chains[&None].rows.keys().copied().collect::<Vec<_>>(), [3], "of operators");
        assert_eq!(chains.len(), 2);
    }

    #[test]
    fn what_no_act_writes_is_no_row() {
        for key in ["audit#a", "audit#a#x", "audit##x"] {
            assert_eq!(take(&mut BTreeMap::new(), &row(key)), None, "{key}");
        }
    }
}
