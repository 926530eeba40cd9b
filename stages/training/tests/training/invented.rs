//! Training sets of invented rows: their features are drawn, and so is who has a crisis, by some of them.

use std::fmt::Write as _;
use std::path::Path;

use mindmate_contracts::training_set::{
    Columns, FileEntry, LeftOutWeeks, MANIFEST_PATH, MANIFEST_VERSION, Manifest, Rules,
    SampleCounts, Side, UserCounts, Versions, header,
};
use mindmate_domain::Feature;
use mindmate_domain::feature::{FEATURE_VERSION, schema_hash};
use mindmate_domain::pseudonym::hex;
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use sha2::{Digest as _, Sha256};

/// Weeks of each user.
pub const WEEKS: usize = 10;

/// How many users a side has, and what chance is drawn from.
#[derive(Debug, Clone, Copy)]
pub struct Spec {
    pub train_users: usize,
    pub validation_users: usize,
    pub seed: u64,
}

/// The two files.
#[derive(Debug, Clone, PartialEq)]
pub struct Files {
    pub train: String,
    pub validation: String,
}

/// A row: label and features.
struct Row {
    crisis: bool,
    features: Vec<Option<f64>>,
}

impl Files {
    pub fn of(spec: Spec) -> Self {
        let mut chance = ChaCha8Rng::seed_from_u64(spec.seed);
        let mut side = |prefix: &str, users: usize| {
            let mut text = header();
            for user in 0..users {
                for week in 0..WEEKS {
                    write(&mut text, &format!("{prefix}{user}"), week, &row(&mut chance));
                }
            }
            text
        };
        Self { train: side("u:t", spec.train_users), validation: side("u:v", spec.validation_users) }
    }

    /// Each row of both files with another text for it.
    pub fn map(&self, change: impl Fn(Vec<String>) -> Vec<String>) -> Self {
        let change = |text: &str| {
            let mut lines = text.lines();
            let head = lines.next().unwrap_or_default().to_owned() + "\n";
            let rows = lines.map(|line| change(line.split(',').map(str::to_owned).collect()));
            rows.fold(head, |text, cells| text + &cells.join(",") + "\n")
        };
        Self { train: change(&self.train), validation: change(&self.validation) }
    }

    pub fn manifest(&self) -> Manifest {
        let at = |text: &str| text.parse().unwrap();
        Manifest {
            manifest_version: MANIFEST_VERSION,
            until: at("2026-05-01T06:00:00.000Z"),
            cut: at("2026-03-01T06:00:00.000Z"),
            synthetic: true,
            invented_users: 1,
            rules: Rules { history_days: 60, step_days: 7, label_days: 7, gap_days: 7, train_thirds: 2 },
            versions: Versions {
                code: "0.1.0".to_owned(),
                features: FEATURE_VERSION,
                feature_schema_sha256: schema_hash(),
                label: 1,
                lexicons: "lexicons-1".to_owned(),
                policy: "policy-1".to_owned(),
            },
            key_id: "key".to_owned(),
            columns: Columns::all(),
            files: vec![entry(Side::Train, &self.train), entry(Side::Validation, &self.validation)],
            users: UserCounts::default(),
            consents: [("training".to_owned(), 1)].into(),
            left_out_weeks: LeftOutWeeks::default(),
        }
    }

    /// Puts the set into a folder, as `mindmate training-data` lays it out.
    pub fn put(&self, folder: &Path) {
        for (side, text) in [(Side::Train, &self.train), (Side::Validation, &self.validation)] {
            let path = folder.join(side.path());
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        let manifest = serde_json::to_vec(&self.manifest()).unwrap();
        std::fs::write(folder.join(MANIFEST_PATH), manifest).unwrap();
    }
}

/// Every third feature is missing in a fifth of the rows, but for crisis words, of which most people use none.
fn row(chance: &mut ChaCha8Rng) -> Row {
    let mut features: Vec<Option<f64>> = Feature::ALL
        .iter()
        .enumerate()
        .map(|(place, _)| (place % 3 > 0 || chance.random_bool(0.8)).then(|| chance.random()))
        .collect();
    let mood: f64 = 1.0 + 9.0 * chance.random::<f64>();
    let words = if chance.random_bool(0.1) { chance.random_range(1..4) } else { 0 };
    features[Feature::MoodMean7Day as usize] = chance.random_bool(0.9).then_some(mood);
    features[Feature::CrisisKeywords as usize] = Some(f64::from(words));
    let log_odds = -2.0 - 0.5 * (mood - 4.0) + 0.8 * f64::from(words);
    let crisis = chance.random_bool(1.0 / (1.0 + f64::exp(-log_odds)));
    Row { crisis, features }
}

fn write(text: &mut String, user: &str, week: usize, row: &Row) {
    let day = 1 + week;
    write!(text, "{user},2026-03-{day:02}T06:00:00.000Z,{}", u8::from(row.crisis)).unwrap();
    for value in &row.features {
        match value {
            Some(value) => write!(text, ",{value}").unwrap(),
            None => text.push(','),
        }
    }
    text.push_str(",ES,under 3 months,from 75%,Europe,read\n");
}

fn entry(side: Side, text: &str) -> FileEntry {
    let rows: Vec<&str> = text.lines().skip(1).collect();
    let crisis = rows.iter().filter(|row| row.split(',').nth(2) == Some("1")).count() as u64;
    let mut users: Vec<&str> = rows.iter().filter_map(|row| row.split(',').next()).collect();
    users.dedup();
    let counts = SampleCounts {
        rows: rows.len() as u64,
        crisis,
        quiet: rows.len() as u64 - crisis,
        ..SampleCounts::default()
    };
    FileEntry {
        path: side.path().to_owned(),
        side,
        sha256: hex(&Sha256::digest(text)),
        bytes: text.len() as u64,
        users: users.len() as u64,
        counts,
    }
}
