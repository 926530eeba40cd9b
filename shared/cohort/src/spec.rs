//! What a cohort is made from, and its users one by one.

use jiff::{SignedDuration, Timestamp};
use mindmate_domain::app::AppItem;
use mindmate_domain::ids::UserId;

use crate::draw::{Aspect, Draw};
use crate::person::Person;
use crate::truth::LatentTruth;
use crate::{diary, items, latent};

/// Most users that a cohort has: the seven digits of `syn-0000042`.
pub const USERS_MAX: u32 = 10_000_000;

/// Most days that a diary has: ten years.
pub const DAYS_MAX: u16 = 3_650;

/// Earliest end: the year 1980, so that ten years of diary stay behind 1970.
const EARLIEST_END_SECOND: i64 = 315_532_800;

/// Latest end: the year 2200. Later years have no use, and five digits would sort wrongly in keys.
const LATEST_END_SECOND: i64 = 7_258_118_400;

/// A cohort: the same specification makes the same bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CohortSpec {
    /// How many users, 1 to [`USERS_MAX`].
    pub users: u32,
    /// How many days of 24 h the diaries reach back from `end`, 1 to [`DAYS_MAX`].
    pub days: u16,
    /// What chance starts from.
    pub seed: u64,
    /// The `asOf` that it ends at: no item lies after it, none at or before `end` − `days`.
    pub end: Timestamp,
}

/// Why a specification is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CohortError {
    /// No users, or more than their names have digits for.
    #[error("expected 1 to {USERS_MAX} users, found {0}")]
    Users(u32),
    /// No days, or more than ten years.
    #[error("expected 1 to {DAYS_MAX} days, found {0}")]
    Days(u16),
    /// An end that is far from any diary.
    #[error("expected an end from 1980 to 2200, found {0}")]
    End(Timestamp),
}

/// One made-up user.
#[derive(Debug, Clone, PartialEq)]
pub struct SyntheticUser {
    /// `syn-` and the index in seven digits.
    pub user: UserId,
    /// Profile, events and sentiments in the order of their sort keys.
    pub items: Vec<AppItem>,
    /// What the items were drawn from: for evaluation, never for the pipeline.
    pub truth: LatentTruth,
}

impl CohortSpec {
    /// A checked specification.
    ///
    /// # Errors
    /// See [`CohortSpec::validate`].
    pub fn new(users: u32, days: u16, seed: u64, end: Timestamp) -> Result<Self, CohortError> {
        let spec = Self { users, days, seed, end };
        spec.validate()?;
        Ok(spec)
    }

    /// Checks a specification that was put together field by field.
    ///
    /// # Errors
    /// The first field that is out of its range.
    pub fn validate(&self) -> Result<(), CohortError> {
        if !(1..=USERS_MAX).contains(&self.users) {
            return Err(CohortError::Users(self.users));
        }
        if !(1..=DAYS_MAX).contains(&self.days) {
            return Err(CohortError::Days(self.days));
        }
        if !(EARLIEST_END_SECOND..LATEST_END_SECOND).contains(&self.end.as_second()) {
            return Err(CohortError::End(self.end));
        }
        Ok(())
    }

    /// All users, made one at a time: memory does not grow with their number.
    pub fn users(&self) -> impl Iterator<Item = SyntheticUser> + '_ {
        (0..self.users).map(|index| self.user(index))
    }

    /// The user of an index, the same whichever others are made, so that shards can be made in
    /// parallel. An index from `users` on gives the user that a larger cohort would have there.
    pub fn user(&self, index: u32) -> SyntheticUser {
        let draw = |aspect| Draw::new(self.seed, index, aspect);
        let person = Person::draw(self, index, &mut draw(Aspect::Person));
        let mut truth = latent::live(self, &person, &mut draw(Aspect::Latent));
        let drafts =
            diary::keep(self, &person, &truth, &mut draw(Aspect::Diary), &mut draw(Aspect::Words));
        let items = items::finish(person, drafts, &mut truth);
        SyntheticUser { user: UserId::synthetic(index), items, truth }
    }

    /// The excluded start of the diaries.
    pub(crate) fn start(&self) -> Timestamp {
        let days = SignedDuration::from_hours(i64::from(self.days) * 24);
        self.end.saturating_sub(days).unwrap_or(Timestamp::MIN)
    }
}
