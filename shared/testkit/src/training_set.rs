//! Training sets for tests: small, and as a reader wants them.

use std::path::Path;

use mindmate_contracts::training_set::{
    Columns, FileEntry, LeftOutWeeks, MANIFEST_PATH, MANIFEST_VERSION, Manifest, Rules,
    SampleCounts, Side, UserCounts, Versions,
};
use mindmate_domain::feature::{FEATURE_COUNT, FEATURE_VERSION, schema_hash};
use mindmate_domain::pseudonym::hex;
use sha2::{Digest as _, Sha256};

/// A row: whose, of which day of a month, which label, the first feature's cell. All others are 0.25, and the last
/// one is missing.
pub fn row(user: &str, day: u8, label: &str, first: &str) -> String {
    let others = ",0.25".repeat(FEATURE_COUNT - 2);
    format!(
        "u:{user},2026-04-{day:02}T06:00:00.000Z,{label},{first}{others},,ES,under 3 months,,Europe,read\n"
    )
}

/// What is said of a file.
fn entry(side: Side, file: &str) -> FileEntry {
    let rows: Vec<&str> = file.lines().skip(1).collect();
    let crisis = rows.iter().filter(|row| row.split(',').nth(2) == Some("1")).count() as u64;
    let mut users: Vec<&str> = rows.iter().filter_map(|row| row.split(',').next()).collect();
    users.sort_unstable();
    users.dedup();
    FileEntry {
        path: side.path().to_owned(),
        side,
        sha256: hex(&Sha256::digest(file)),
        bytes: file.len() as u64,
        users: users.len() as u64,
        counts: SampleCounts { rows: rows.len() as u64, crisis, ..SampleCounts::default() },
    }
}

/// The manifest of files with these texts, header included. All people are invented.
pub fn manifest(train: &str, validation: &str) -> Manifest {
    let at = "2026-05-01T06:00:00.000Z".parse().unwrap();
    Manifest {
        manifest_version: MANIFEST_VERSION,
        until: at,
        cut: at,
        synthetic: true,
        invented_users: 2,
        rules: Rules {
            history_days: 60,
            step_days: 7,
            label_days: 7,
            gap_days: 7,
            train_thirds: 2,
            judged_days: 60,
        },
        versions: Versions {
            code: "0".to_owned(),
            features: FEATURE_VERSION,
            feature_schema_sha256: schema_hash(),
            label: 1,
            lexicons: "lexicons-1".to_owned(),
            policy: "policy-1".to_owned(),
        },
        key_id: "0".to_owned(),
        columns: Columns::all(),
        files: vec![entry(Side::Train, train), entry(Side::Validation, validation)],
        users: UserCounts::default(),
        items_sha256: "0".to_owned(),
        consents: [("training".to_owned(), 2)].into(),
        left_out_weeks: LeftOutWeeks::default(),
    }
}

/// Puts a set into a folder.
pub fn write(folder: &Path, train: &str, validation: &str) {
    for (side, text) in [(Side::Train, train), (Side::Validation, validation)] {
        let path = folder.join(side.path());
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    let manifest = serde_json::to_vec(&manifest(train, validation)).unwrap();
    std::fs::write(folder.join(MANIFEST_PATH), manifest).unwrap();
}
