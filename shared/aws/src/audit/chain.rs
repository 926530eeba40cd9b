//! Whether the rows of one chain hold together. Pure: it reads what was read.

use std::collections::BTreeMap;

use mindmate_domain::UserId;
use mindmate_domain::audit::AuditEvent;

use super::{Head, ROOT, link};

/// One chain of the trail, as it was read.
#[derive(Debug, Default)]
pub(super) struct Chain {
    /// Where the chain is said to stand.
    pub(super) head: Option<Head>,
    /// Its rows, by number.
    pub(super) rows: BTreeMap<u64, Link>,
}

/// A row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Link {
    /// The event in JSON.
    pub(super) event: String,
    /// Hash over the row before it and this event.
    pub(super) hash: String,
}

/// How a chain is broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AuditFault {
    /// A row is not what was written.
    #[error("row {number} of this chain of the audit trail, or one before it, was changed")]
    Changed {
        /// The first row that does not fit.
        number: u64,
    },
    /// A row is gone.
    #[error("row {number} of this chain of the audit trail is missing")]
    Missing {
        /// The first that is.
        number: u64,
    },
    /// The head is gone, or says something else than the last row.
    #[error(
        "the head of this chain of the audit trail was changed or removed: expected it to name row {expected}"
    )]
    Head {
        /// The last row there is.
        expected: u64,
    },
}

impl Chain {
    /// Says how many rows hold together, or where they do not.
    pub(super) fn verify(&self, user: Option<&UserId>) -> Result<u64, AuditFault> {
        let mut before = ROOT;
        for (expected, (&number, row)) in (1..).zip(&self.rows) {
            if number != expected {
                return Err(AuditFault::Missing { number: expected });
            }
            // Every chain begins with the same root: another user's would fit, but for its events.
            if row.hash != link(before, &row.event) || !is_of(user, &row.event) {
                return Err(AuditFault::Changed { number });
            }
            before = &row.hash;
        }
        let last = self.rows.keys().next_back().copied().unwrap_or_default();
        match &self.head {
            Some(head) if head.number > last => Err(AuditFault::Missing { number: last + 1 }),
            Some(head) if head.number == last && head.hash == before => Ok(last),
            _ => Err(AuditFault::Head { expected: last }),
        }
    }
}

fn is_of(user: Option<&UserId>, event: &str) -> bool {
    serde_json::from_str::<AuditEvent>(event).is_ok_and(|event| event.user.as_ref() == user)
}

#[cfg(test)]
mod tests {
    use mindmate_domain::audit::AuditAction;

    use super::*;

    fn user(name: &str) -> UserId {
        UserId::new(name).unwrap()
    }

    fn event(name: &str, subject: u64) -> String {
        let action = AuditAction::InterventionCreated;
        let at = "2026-11-22T06:00:00Z".parse().unwrap();
        let subject = subject.to_string();
        let event = AuditEvent::upon(user(name), "intervention", action, subject, at);
        serde_json::to_string(&event).unwrap()
    }

    fn chain(name: &str, rows: u64) -> Chain {
        let mut chain = Chain::default();
        let mut before = ROOT.to_owned();
        for number in 1..=rows {
            let event = event(name, number);
            before = link(&before, &event);
            chain.rows.insert(number, Link { event, hash: before.clone() });
        }
        chain.head = Some(Head { number: rows, hash: before });
        chain
    }

    fn broken(change: impl FnOnce(&mut Chain)) -> AuditFault {
        let mut chain = chain("a#b", 4);
        assert_eq!(chain.verify(Some(&user("a#b"))), Ok(4), "it was whole before");
        change(&mut chain);
        chain.verify(Some(&user("a#b"))).unwrap_err()
    }

    /// R10.7
    #[test]
    fn a_changed_row_is_found() {
        let fault = broken(|chain| chain.rows.get_mut(&2).unwrap().event = event("a#b", 9));
        assert_eq!(fault, AuditFault::Changed { number: 2 });
        let fault = broken(|chain| chain.rows.get_mut(&3).unwrap().hash = "0".repeat(64));
        assert_eq!(fault, AuditFault::Changed { number: 3 });
    }

    /// R10.7
    #[test]
    fn a_row_that_was_changed_with_its_own_hash_is_found_at_the_next() {
        let fault = broken(|chain| {
            let event = event("a#b", 9);
            let hash = link(&chain.rows[&1].hash, &event);
            chain.rows.insert(2, Link { event, hash });
        });
        assert_eq!(fault, AuditFault::Changed { number: 3 });
    }

    /// R10.7
    #[test]
    fn a_removed_row_is_found() {
        let fault = broken(|chain| drop(chain.rows.remove(&3)));
        assert_eq!(fault, AuditFault::Missing { number: 3 });
    }

    /// R10.7
    #[test]
    fn swapped_rows_are_found() {
        let fault = broken(|chain| {
            let (second, third) = (chain.rows[&2].clone(), chain.rows[&3].clone());
            chain.rows.insert(2, third);
            chain.rows.insert(3, second);
        });
        assert_eq!(fault, AuditFault::Changed { number: 2 });
    }

    /// R10.7
    #[test]
    fn a_chain_whose_end_was_cut_off_is_found_by_its_head() {
        let fault = broken(|chain| drop(chain.rows.split_off(&3)));
        assert_eq!(fault, AuditFault::Missing { number: 3 });
        let fault = broken(|chain| chain.rows.clear());
        assert_eq!(fault, AuditFault::Missing { number: 1 });
    }

    /// R10.7
    #[test]
    fn a_head_that_was_removed_or_set_back_is_found() {
        assert_eq!(broken(|chain| chain.head = None), AuditFault::Head { expected: 4 });
        let fault = broken(|chain| {
            chain.head = Some(Head { number: 3, hash: chain.rows[&3].hash.clone() });
        });
        assert_eq!(fault, AuditFault::Head { expected: 4 });
    }

    /// R10.7
    #[test]
    fn the_chain_of_somebody_else_does_not_pass_for_this_users() {
        let fault = chain("other", 2).verify(Some(&user("a#b"))).unwrap_err();
        assert_eq!(fault, AuditFault::Changed { number: 1 });
    }

    /// What an operator did to many is in nobody's chain, and no user's act passes for it.
    #[test]
    fn the_chain_of_operators_holds_acts_upon_nobody_alone() {
        assert_eq!(chain("a", 2).verify(None), Err(AuditFault::Changed { number: 1 }));
        let mut chain = Chain::default();
        let event = event("a", 1).replace("\"user\":\"a\",", "");
        let hash = link(ROOT, &event);
        chain.head = Some(Head { number: 1, hash: hash.clone() });
        chain.rows.insert(1, Link { event, hash });
        assert_eq!(chain.verify(None), Ok(1));
        assert_eq!(chain.verify(Some(&user("a"))), Err(AuditFault::Changed { number: 1 }));
    }
}
