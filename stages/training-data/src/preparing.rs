//! Reads everybody who could be learned from, and writes the set.

use std::collections::BTreeMap;
use std::sync::Arc;

use futures::{StreamExt as _, stream};
use mindmate_contracts::training_set::{
    Columns, LeftOutWeeks, MANIFEST_VERSION, Manifest, Side, UserCounts, header,
};
use mindmate_domain::AsOf;
use mindmate_domain::pseudonym::hex;
use mindmate_pipeline::ports::{TrainingDraft, TrainingUser};
use mindmate_pipeline::{Everybody, StageError};
use serde::Serialize;
use sha2::{Digest as _, Sha256};
use tracing::{info, warn};

use crate::eligibility::{Eligibility, Ineligible, Survey, check};
use crate::manifest::{FileTally, RULES, count_consents, versions};
use crate::plan::Cut;
use crate::samples::{Sampler, UserSamples};
use crate::{Progress, TrainingData};

/// Rows of each label without which a side is too little (R2.7): fewer crises say nothing about how
/// many of them are found.
pub const FEWEST_OF_A_LABEL: u64 = 10;

/// Weeks of crisis, of whomever, without which the last weeks are not enough to judge a model by, so
/// that validation looks back for a third of all.
pub const ENOUGH_TO_JUDGE: u64 = 30;

/// Users that are read and made samples of at once. Together they are what memory holds.
const IN_FLIGHT: usize = 8;

/// What a preparation came to.
#[derive(Debug, Clone, PartialEq)]
pub enum Prepared {
    /// A set is in its place; with the digest of its manifest, by which models name it.
    Set(Box<Manifest>, String),
    /// There is too little data (R2.7), and no set: an earlier one was taken away, since some of its
    /// people may have withdrawn since.
    TooLittle(Lack),
}

/// What there is too little of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(tag = "of", rename_all = "camelCase")]
pub enum Lack {
    /// Users who could be learned from.
    Users {
        /// How many there are.
        found: u64,
        /// How many it takes.
        fewest: u64,
    },
    /// Rows of a label on a side.
    Rows {
        /// Which side.
        side: &'static str,
        /// Whether of crises.
        crisis: bool,
        /// How many there are.
        found: u64,
        /// How many it takes.
        fewest: u64,
    },
}

impl Lack {
    fn is_of(&self, of: Side) -> bool {
        matches!(self, Self::Rows { side, .. } if *side == of.name())
    }
}

impl std::fmt::Display for Lack {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Users { found, fewest } => {
                write!(f, "{found} users could be learned from, and it takes {fewest}")
            }
            Self::Rows { side, crisis, found, fewest } => {
                let label = if *crisis { "crises" } else { "weeks without a crisis" };
                write!(f, "{found} {label} on the side of {side}, and it takes {fewest}")
            }
        }
    }
}

/// What is known of a set while it is written.
#[derive(Default)]
struct Written {
    files: [FileTally; 2],
    items: Sha256,
    users: UserCounts,
    invented: u64,
    consents: BTreeMap<String, u64>,
    left_out: LeftOutWeeks,
}

impl TrainingData {
    /// Prepares the set of everything up to `until`, in the place of an earlier one.
    ///
    /// # Errors
    /// The ports'; then the earlier set stands as it was.
    pub async fn prepare(
        &self,
        until: AsOf,
        progress: &(dyn Fn(Progress) + Sync),
    ) -> Result<(Eligibility, Prepared), StageError> {
        let Survey { eligibility, weeks } = self.survey(until.instant()).await?;
        let begin = || progress(Progress::Counted { eligible: eligibility.eligible });
        begin();
        let prepared = if let Some(thirds) = Cut::of_thirds(&weeks).filter(|_| eligibility.enough) {
            self.write_latest(until, (Cut::recent(&weeks), thirds), &begin, progress).await?
        } else {
            let (found, fewest) = (eligibility.eligible, eligibility.fewest);
            Prepared::TooLittle(Lack::Users { found, fewest })
        };
        if let Prepared::TooLittle(lack) = &prepared {
            warn!(%lack, "too little data: training is left out");
            self.ports.store.remove().await?;
        }
        Ok((eligibility, prepared))
    }

    /// Writes the set of the recent cut, or of the thirds where that leaves too little to judge by.
    async fn write_latest(
        &self,
        until: AsOf,
        (recent, thirds): (Option<Cut>, Cut),
        begin: &(dyn Fn() + Sync),
        progress: &(dyn Fn(Progress) + Sync),
    ) -> Result<Prepared, StageError> {
        if let Some(recent) = recent {
            match self.write_set(until, recent, ENOUGH_TO_JUDGE, progress).await? {
                Prepared::TooLittle(lack) if lack.is_of(Side::Validation) => {
                    info!(%lack, "validation looks back further");
                    begin();
                }
                // Written; or training has too little, and would have less by an earlier cut.
                prepared => return Ok(prepared),
            }
        }
        self.write_set(until, thirds, FEWEST_OF_A_LABEL, progress).await
    }

    /// Writes the set of a cut, where validation has so many weeks of crisis. Where there is too little,
    /// nothing is changed.
    async fn write_set(
        &self,
        until: AsOf,
        cut: Cut,
        fewest_judged: u64,
        progress: &(dyn Fn(Progress) + Sync),
    ) -> Result<Prepared, StageError> {
        let mut draft = self.ports.store.draft().await?;
        let written = match self.write_samples(until, cut, &mut *draft, progress).await {
            Ok(written) => written,
            Err(error) => {
                if let Err(error) = draft.discard().await {
                    warn!(%error, "a draft was left behind");
                }
                return Err(error);
            }
        };
        if let Some(lack) = written.lack(fewest_judged) {
            draft.discard().await?;
            return Ok(Prepared::TooLittle(lack));
        }
        let manifest = self.manifest(until, cut, written);
        let bytes = serde_json::to_vec_pretty(&manifest)
            .map_err(|error| StageError::permanent("unwritable-manifest", error))?;
        let sha256 = hex(&Sha256::digest(&bytes));
        draft.publish(bytes).await?;
        Ok(Prepared::Set(Box::new(manifest), sha256))
    }

    async fn write_samples(
        &self,
        until: AsOf,
        cut: Cut,
        draft: &mut dyn TrainingDraft,
        progress: &(dyn Fn(Progress) + Sync),
    ) -> Result<Written, StageError> {
        let mut written = Written::default();
        for side in Side::ALL {
            written.append(draft, side, header().into_bytes()).await?;
        }
        let mut pages = Everybody::new(&*self.ports.users, until.instant());
        while let Some(users) = pages.next().await? {
            let eligible =
                users.into_iter().filter(|user| sees(&mut written.users, self.check(user)));
            let eligible: Vec<TrainingUser> = eligible.collect();
            let samples = eligible.into_iter().map(|user| self.samples_of(user, until, cut));
            let mut samples = stream::iter(samples).buffered(IN_FLIGHT);
            while let Some(samples) = samples.next().await {
                written.take(draft, samples?).await?;
                progress(Progress::Read);
            }
        }
        Ok(written)
    }

    /// Whether a user could be learned from.
    ///
    /// # Errors
    /// Why not.
    pub fn check(&self, user: &TrainingUser) -> Result<(), Ineligible> {
        check(user, self.policy.legacy_consents)
    }

    /// On a thread of its own: reading texts and making features is all work and no waiting.
    async fn samples_of(
        &self,
        user: TrainingUser,
        until: AsOf,
        cut: Cut,
    ) -> Result<Option<UserSamples>, StageError> {
        let Some(active) = user.active else { return Ok(None) };
        let timeline = self.ports.users.timeline(&user.user).await?;
        let (dealer, lexicons) = (self.dealer.clone(), Arc::clone(&self.lexicons));
        let legacy = self.policy.legacy_consents;
        let made = tokio::task::spawn_blocking(move || {
            let (dealer, lexicons, until) = (&dealer, &*lexicons, until.instant());
            let sampler = Sampler { dealer, lexicons, legacy, cut, until };
            sampler.samples_of(&user.user, active, &timeline)
        });
        let made = made.await.map_err(|error| StageError::permanent("samples-failed", error))?;
        made.map_err(|error| StageError::permanent("unwritable-row", error))
    }

    fn manifest(&self, until: AsOf, cut: Cut, written: Written) -> Manifest {
        let Written { files: [train, validation], items, users, invented, consents, left_out } =
            written;
        Manifest {
            manifest_version: MANIFEST_VERSION,
            until,
            cut: cut.as_of(),
            synthetic: invented == users.with_samples,
            invented_users: invented,
            rules: RULES,
            versions: versions(self.lexicons.version(), &self.policy.version),
            key_id: self.dealer.key_id(),
            columns: Columns::all(),
            files: vec![train.entry(Side::Train), validation.entry(Side::Validation)],
            users,
            items_sha256: hex(&items.finalize()),
            consents,
            left_out_weeks: left_out,
        }
    }
}

/// Counts one more user; says whether they could be learned from.
fn sees(users: &mut UserCounts, found: Result<(), Ineligible>) -> bool {
    users.seen += 1;
    match found {
        Ok(()) => return true,
        Err(Ineligible::NoConsent) => users.without_consent += 1,
        Err(Ineligible::TooShort) => users.too_short += 1,
    }
    false
}

impl Written {
    async fn append(
        &mut self,
        draft: &mut dyn TrainingDraft,
        side: Side,
        bytes: Vec<u8>,
    ) -> Result<(), StageError> {
        self.files[side as usize].append(&bytes);
        Ok(draft.append(side, bytes).await?)
    }

    /// Takes the samples of one more user; `None` is one who has withdrawn since they were counted.
    async fn take(
        &mut self,
        draft: &mut dyn TrainingDraft,
        samples: Option<UserSamples>,
    ) -> Result<(), StageError> {
        let Some(samples) = samples else {
            self.users.without_consent += 1;
            return Ok(());
        };
        let UserSamples { side, rows, counts, left_out, consents, synthetic, sha256 } = samples;
        self.items.update(sha256);
        self.left_out.add(&left_out);
        if counts.rows == 0 {
            self.users.without_samples += 1;
            return Ok(());
        }
        self.users.with_samples += 1;
        self.invented += u64::from(synthetic);
        count_consents(&mut self.consents, consents);
        self.files[side as usize].user(&counts);
        self.append(draft, side, rows).await
    }

    /// What there is too little of, if anything.
    fn lack(&self, fewest_judged: u64) -> Option<Lack> {
        Side::ALL.into_iter().find_map(|side| {
            let counts = &self.files[side as usize].counts;
            let judged = if side == Side::Validation { fewest_judged } else { FEWEST_OF_A_LABEL };
            let of = [(true, counts.crisis, judged), (false, counts.quiet, FEWEST_OF_A_LABEL)];
            let (crisis, found, fewest) =
                of.into_iter().find(|(_, found, fewest)| found < fewest)?;
            Some(Lack::Rows { side: side.name(), crisis, found, fewest })
        })
    }
}
