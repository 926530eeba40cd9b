//! Counts who could be learned from, and says whether that is enough to train (R2.1, R2.7).
//!
//! **In:** a schedule. **Out:** the count, as the function's answer; nothing is sent or stored.
//!
//! A user counts who consents to scoring and to training (read of the profile as it stands now; for
//! users from before consents existed the policy says what holds), and whose own doings span at
//! least 60 days.
//!
//! | what fails | what then happens |
//! | --- | --- |
//! | the app's table does not answer | the schedule's event comes again; the count begins anew |
//! | a consents block that cannot be read | counts as no consent |
//! | an item that does not fit | is not counted into the span |
//! | too few users | a warning, and the answer says so: training is left out |

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use mindmate_domain::instant::serde_key_form;
use mindmate_domain::{Consent, Policy};
use mindmate_pipeline::ports::{TrainingUser, TrainingUsers};
use mindmate_pipeline::{Firing, ScheduledTask, StageError};
use serde::Serialize;
use tracing::warn;

/// Days that a user's history must span (R2.1).
pub const HISTORY_DAYS: i64 = 60;

/// Users without whom no model is trained (R2.7): with a fifth of them held out (R2.4), fewer than
/// twenty people would judge it.
pub const FEWEST_USERS: u64 = 100;

/// Users that are read together.
const PAGE_USERS: usize = 500;

/// The task.
pub struct TrainingData {
    users: Arc<dyn TrainingUsers>,
    policy: Arc<Policy>,
}

/// Who could be learned from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Eligibility {
    /// What lies after it was not looked at.
    #[serde(with = "serde_key_form")]
    pub until: Timestamp,
    /// Everybody of whom something is stored.
    pub users: u64,
    /// Those who could be learned from.
    pub eligible: u64,
    /// Those who do not consent.
    pub without_consent: u64,
    /// Those who do, and whose history is too short.
    pub too_short: u64,
    /// How many are needed.
    pub fewest: u64,
    /// Whether there are enough to train.
    pub enough: bool,
}

/// What keeps a user from being learned from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ineligible {
    /// They do not consent to it.
    NoConsent,
    /// Their history is too short.
    TooShort,
}

impl TrainingData {
    /// The task over this port.
    pub fn new(users: Arc<dyn TrainingUsers>, policy: Arc<Policy>) -> Self {
        Self { users, policy }
    }

    /// Whether a user could be learned from.
    ///
    /// # Errors
    /// Why not.
    pub fn check(&self, user: &TrainingUser) -> Result<(), Ineligible> {
        let consents = user.consents.effective(self.policy.legacy_consents);
        if !consents.allows(Consent::Scoring) || !consents.allows(Consent::Training) {
            return Err(Ineligible::NoConsent);
        }
        let span = user.active.map(|(first, last)| last.duration_since(first));
        let needed = SignedDuration::from_hours(HISTORY_DAYS * 24);
        if span.is_some_and(|span| span >= needed) { Ok(()) } else { Err(Ineligible::TooShort) }
    }

    /// Counts everybody.
    ///
    /// # Errors
    /// The port's.
    pub async fn count(&self, until: Timestamp) -> Result<Eligibility, StageError> {
        let mut counted = Eligibility {
            until,
            users: 0,
            eligible: 0,
            without_consent: 0,
            too_short: 0,
            fewest: FEWEST_USERS,
            enough: false,
        };
        let mut after = None;
        loop {
            let page = self.users.users(until, after.as_ref(), PAGE_USERS).await?;
            for user in &page.users {
                counted.users += 1;
                match self.check(user) {
                    Ok(()) => counted.eligible += 1,
                    Err(Ineligible::NoConsent) => counted.without_consent += 1,
                    Err(Ineligible::TooShort) => counted.too_short += 1,
                }
            }
            after = page.users.into_iter().last().map(|last| last.user);
            if page.last {
                break;
            }
            if after.is_none() {
                let words = "expected users or the end of the table, found neither";
                return Err(StageError::transient(words));
            }
        }
        counted.enough = counted.eligible >= FEWEST_USERS;
        Ok(counted)
    }
}

impl ScheduledTask for TrainingData {
    const NAME: &'static str = "training-data";

    type Output = Eligibility;

    async fn run(&self, firing: Firing<'_>) -> Result<Eligibility, StageError> {
        let counted = self.count(firing.due).await?;
        if !counted.enough {
            warn!(
                eligible = counted.eligible,
                fewest = FEWEST_USERS,
                "too little data: training is left out"
            );
        }
        Ok(counted)
    }
}
