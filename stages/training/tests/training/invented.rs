//! Training sets of invented rows: their features are drawn, and so is who has a crisis, by some of them.

use std::fmt::Write as _;
use std::path::Path;

use mindmate_contracts::training_set::header;
use mindmate_domain::Feature;
use mindmate_testkit::training_set;
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

/// Weeks of each user.
pub(crate) const WEEKS: usize = 10;

/// How many users a side has, and what chance is drawn from.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Spec {
    pub(crate) train_users: usize,
    pub(crate) validation_users: usize,
    pub(crate) seed: u64,
}

/// The two files.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Files {
    pub(crate) train: String,
    pub(crate) validation: String,
}

/// A row: label and features.
struct Row {
    crisis: bool,
    features: Vec<Option<f64>>,
}

impl Files {
    pub(crate) fn of(spec: Spec) -> Self {
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
        Self {
            train: side("u:t", spec.train_users),
            validation: side("u:v", spec.validation_users),
        }
    }

    /// Each row of both files with another text for it.
    pub(crate) fn map(&self, change: impl Fn(Vec<String>) -> Vec<String>) -> Self {
        let change = |text: &str| {
            let mut lines = text.lines();
            let head = lines.next().unwrap_or_default().to_owned() + "\n";
            let rows = lines.map(|line| change(line.split(',').map(str::to_owned).collect()));
            rows.fold(head, |text, cells| text + &cells.join(",") + "\n")
        };
        Self { train: change(&self.train), validation: change(&self.validation) }
    }

    /// Puts the set into a folder, as `mindmate training-data` lays it out.
    pub(crate) fn put(&self, folder: &Path) {
        training_set::write(folder, &self.train, &self.validation);
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
