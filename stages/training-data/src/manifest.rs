//! What is told of a set in its manifest while it is written.

use std::collections::BTreeMap;

use mindmate_contracts::training_set::{FileEntry, Rules, SampleCounts, Side, Versions};
use mindmate_domain::feature::{FEATURE_VERSION, schema_hash};
use mindmate_domain::pseudonym::hex;
use mindmate_domain::{Consent, Consents};
use mindmate_features::{LABEL_DAYS, LABEL_VERSION};
use sha2::{Digest, Sha256};

use crate::plan::{GAP_DAYS, HISTORY_DAYS, JUDGED_DAYS, STEP_DAYS, TRAIN_THIRDS};

/// The numbers that this program makes sets by.
pub(crate) const RULES: Rules = Rules {
    history_days: HISTORY_DAYS,
    step_days: STEP_DAYS,
    label_days: LABEL_DAYS,
    gap_days: GAP_DAYS,
    train_thirds: TRAIN_THIRDS,
    judged_days: JUDGED_DAYS,
};

/// The versions of this program with these lists and this policy.
pub(crate) fn versions(lexicons: &str, policy: &str) -> Versions {
    Versions {
        code: env!("CARGO_PKG_VERSION").to_owned(),
        features: FEATURE_VERSION,
        feature_schema_sha256: schema_hash(),
        label: LABEL_VERSION,
        lexicons: lexicons.to_owned(),
        policy: policy.to_owned(),
    }
}

/// A file while it is written.
#[derive(Default)]
pub(crate) struct FileTally {
    digest: Sha256,
    bytes: u64,
    users: u64,
    pub(crate) counts: SampleCounts,
}

impl FileTally {
    /// Counts bytes that are appended.
    pub(crate) fn append(&mut self, bytes: &[u8]) {
        self.digest.update(bytes);
        self.bytes += bytes.len() as u64;
    }

    /// Counts a user's rows.
    pub(crate) fn user(&mut self, counts: &SampleCounts) {
        self.users += 1;
        self.counts.add(counts);
    }

    pub(crate) fn entry(self, side: Side) -> FileEntry {
        FileEntry {
            path: side.path().to_owned(),
            side,
            sha256: hex(&self.digest.finalize()),
            bytes: self.bytes,
            users: self.users,
            counts: self.counts,
        }
    }
}

/// Counts the consents of one more user.
pub(crate) fn count_consents(counts: &mut BTreeMap<String, u64>, consents: Consents) {
    for consent in Consent::ALL {
        *counts.entry(consent.name().to_owned()).or_default() +=
            u64::from(consents.allows(consent));
    }
}
