//! Prepares the training set: labelled weeks of those who consent, split by time and by user (R2).
//!
//! **In:** a schedule. **Out:** a file of samples for each side and a manifest, by
//! [`TrainingStore`], and what it came to as the function's answer.
//!
//! Of every user who consents to scoring and to training, and whose own doings span at least 60 days,
//! each week from their sixtieth day on is a sample: the 70 features at that instant, by the code that
//! serves and out of what it would have loaded, and the label of the 7 days after it
//! ([`mindmate_features::label_of_week`]). [`plan`] says which weeks, and of which side; `docs/adr/0013`
//! has the reasons.
//!
//! Everybody is looked at twice, a page at a time: to count them and find the cut, then to write; once
//! more where the last weeks hold too few crises to judge by. Memory holds a page of users, the items of
//! eight of them, and what the store buffers. Consents are read again with each user's items.
//!
//! | what fails | what then happens |
//! | --- | --- |
//! | the app's table or the store does not answer | nothing is published; the schedule's event comes again, and all begins anew |
//! | it is killed, or runs out of time | the same: a draft never shows |
//! | a consents block that cannot be read, a consent that is withdrawn meanwhile | counts as no consent |
//! | an item that does not fit | is left out of features and label, as in serving |
//! | one family of features | its cells are empty, as in serving |
//! | the texts of a week cannot be read | no sample; it is counted |
//! | too few users, or too few rows of a label | a warning, no set, and the answer says so: training is left out. An earlier set is taken away |

mod eligibility;
mod manifest;
pub mod plan;
mod preparing;
mod rows;
mod samples;

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use mindmate_contracts::training_set::FileEntry;
use mindmate_domain::pseudonym::PseudonymKey;
use mindmate_domain::{AsOf, Policy};
use mindmate_language::Lexicons;
use mindmate_pipeline::ports::{TrainingStore, TrainingUsers};
use mindmate_pipeline::{Everybody, Firing, ScheduledTask, StageError};
use serde::Serialize;

use self::eligibility::Survey;
pub use self::eligibility::{Eligibility, FEWEST_USERS, Ineligible, check};
use self::plan::Dealer;
pub use self::preparing::{ENOUGH_TO_JUDGE, FEWEST_OF_A_LABEL, Lack, Prepared};
pub use self::samples::{Sampler, UserSamples};

/// What the task speaks to.
#[derive(Clone)]
pub struct TrainingDataPorts {
    /// Everybody.
    pub users: Arc<dyn TrainingUsers>,
    /// Where the set is put.
    pub store: Arc<dyn TrainingStore>,
}

/// The task.
pub struct TrainingData {
    ports: TrainingDataPorts,
    lexicons: Arc<Lexicons>,
    policy: Arc<Policy>,
    dealer: Dealer,
}

/// Where a preparation stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// Everybody was counted, and a set is begun: a second time, where too little would be judged by the
    /// last weeks alone.
    Counted {
        /// Those who could be learned from.
        eligible: u64,
    },
    /// One of them was read.
    Read,
}

/// What a firing came to.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Answer {
    /// Who could be learned from.
    #[serde(flatten)]
    pub eligibility: Eligibility,
    /// Where the set is.
    pub place: String,
    /// What there is too little of; then there is no set.
    pub lack: Option<Lack>,
    /// The same in words.
    pub reason: Option<String>,
    /// The lower-case hexadecimal SHA-256 of the set's manifest; none where there is no set, and so nothing
    /// to train with.
    pub manifest_sha256: Option<String>,
    /// The set's files.
    pub files: Vec<FileEntry>,
}

impl TrainingData {
    /// The task over these ports, with the word lists and the policy that it goes by, and the
    /// installation's key for pseudonyms.
    pub fn new(
        ports: TrainingDataPorts,
        lexicons: Arc<Lexicons>,
        policy: Arc<Policy>,
        key: &PseudonymKey,
    ) -> Self {
        Self { ports, lexicons, policy, dealer: Dealer::new(key) }
    }

    /// Counts who could be learned from, and reads nothing else.
    ///
    /// # Errors
    /// The port's.
    pub async fn count(&self, until: Timestamp) -> Result<Eligibility, StageError> {
        Ok(self.survey(until).await?.eligibility)
    }

    async fn survey(&self, until: Timestamp) -> Result<Survey, StageError> {
        let mut survey =
            Survey { eligibility: Eligibility::none_yet(until), weeks: BTreeMap::new() };
        let mut pages = Everybody::new(&*self.ports.users, until);
        while let Some(users) = pages.next().await? {
            for user in &users {
                let found = self.check(user);
                survey.eligibility.count(found);
                if let (Ok(()), Some(active)) = (found, user.active) {
                    for day in self.dealer.days(&user.user, active, until) {
                        *survey.weeks.entry(day).or_default() += 1;
                    }
                }
            }
        }
        Ok(survey)
    }
}

impl ScheduledTask for TrainingData {
    const NAME: &'static str = "training-data";

    type Output = Answer;

    async fn run(&self, firing: Firing<'_>) -> Result<Answer, StageError> {
        let (eligibility, prepared) = self.prepare(AsOf::just_after(firing.due), &|_| {}).await?;
        let place = self.ports.store.place();
        let (lack, reason) = (None, None);
        let answer =
            Answer { eligibility, place, lack, reason, manifest_sha256: None, files: Vec::new() };
        Ok(match prepared {
            Prepared::Set(manifest, sha256) => {
                Answer { manifest_sha256: Some(sha256), files: manifest.files, ..answer }
            }
            Prepared::TooLittle(lack) => {
                Answer { lack: Some(lack), reason: Some(lack.to_string()), ..answer }
            }
        })
    }
}
