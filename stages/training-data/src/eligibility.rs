//! Who could be learned from, and how many weeks there are of them.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use mindmate_domain::Consents;
use mindmate_pipeline::ports::TrainingUser;
use serde::Serialize;

use crate::plan::{HISTORY_DAYS, SampleDay};

/// Users without whom no model is trained (R2.7): with a third of them held out, about thirty people
/// would judge it.
pub const FEWEST_USERS: u64 = 100;

/// Who could be learned from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Eligibility {
    /// What lies after it was not looked at.
    #[serde(with = "mindmate_domain::instant::serde_key_form")]
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

impl Eligibility {
    pub(crate) fn none_yet(until: Timestamp) -> Self {
        Self {
            until,
            users: 0,
            eligible: 0,
            without_consent: 0,
            too_short: 0,
            fewest: FEWEST_USERS,
            enough: false,
        }
    }

    pub(crate) fn count(&mut self, found: Result<(), Ineligible>) {
        self.users += 1;
        match found {
            Ok(()) => self.eligible += 1,
            Err(Ineligible::NoConsent) => self.without_consent += 1,
            Err(Ineligible::TooShort) => self.too_short += 1,
        }
        self.enough = self.eligible >= self.fewest;
    }
}

/// Whether a user could be learned from; `legacy` is what holds without a consents block.
///
/// # Errors
/// Why not.
pub fn check(user: &TrainingUser, legacy: Consents) -> Result<(), Ineligible> {
    if !user.consents.effective(legacy).may_be_learned_from() {
        return Err(Ineligible::NoConsent);
    }
    let span = user.active.map(|(first, last)| last.duration_since(first));
    let needed = SignedDuration::from_hours(HISTORY_DAYS * 24);
    if span.is_some_and(|span| span >= needed) { Ok(()) } else { Err(Ineligible::TooShort) }
}

/// What a first look at everybody came to: one number a date, however many users there are.
#[derive(Debug, Clone)]
pub(crate) struct Survey {
    pub(crate) eligibility: Eligibility,
    /// How many weeks of eligible users begin on a date.
    pub(crate) weeks: BTreeMap<SampleDay, u64>,
}
