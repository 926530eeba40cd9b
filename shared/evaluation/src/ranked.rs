//! Rows in the order of their scores, ready to be counted again and again.

use mindmate_model::odds::logistic;

use crate::metrics::{CLIP, Known, Tally, losses};

/// Scored rows.
#[derive(Debug, Clone)]
pub struct Ranked {
    scores: Vec<f64>,
    probabilities: Vec<f64>,
    log_odds: Vec<f64>,
    odds_against: Vec<f64>,
    losses: Vec<(f64, f64)>,
    fits: Known,
    rows: Vec<Row>,
    users: usize,
}

/// A row, by the place of its score.
#[derive(Debug, Clone, Copy)]
struct Row {
    place: u32,
    user: u32,
    label: bool,
}

/// How many rows and crises each score has.
#[derive(Debug, Clone, Default)]
pub(crate) struct Counts {
    rows: Vec<f64>,
    crises: Vec<f64>,
}

impl Ranked {
    /// Rows by score (0 to 1), label and user. Users are numbered anew, in the order in which they come. `shift` is by how
    /// much the scores' log-odds stand above those of the probabilities that calibration is measured of.
    pub fn new(rows: impl IntoIterator<Item = (f64, bool, u32)>, shift: f64) -> Self {
        let rows: Vec<(f64, bool, u32)> = rows.into_iter().collect();
        let mut scores: Vec<f64> = rows.iter().map(|(score, ..)| *score).collect();
        scores.sort_unstable_by(|a, b| b.total_cmp(a));
        scores.dedup();
        let mut numbers = std::collections::HashMap::new();
        let rows: Vec<Row> = rows
            .into_iter()
            .map(|(score, label, user)| {
                let before = scores.partition_point(|other| *other > score);
                let next = numbers.len();
                let user = *numbers.entry(user).or_insert(next);
                let small = |number| u32::try_from(number).unwrap_or(u32::MAX);
                Row { place: small(before), user: small(user), label }
            })
            .collect();
        let log_odds = scores.iter().map(|score| {
            let score = score.clamp(CLIP, 1.0 - CLIP);
            (score / (1.0 - score)).ln() - shift
        });
        let log_odds: Vec<f64> = log_odds.collect();
        let probabilities = if shift == 0.0 {
            scores.clone()
        } else {
            log_odds.iter().map(|log_odds| logistic(*log_odds)).collect()
        };
        let odds_against = log_odds.iter().map(|log_odds| (-log_odds).exp()).collect();
        let losses = probabilities.iter().map(|probability| losses(*probability)).collect();
        let (users, fits) = (numbers.len(), Known::default());
        let cold =
            Self { scores, probabilities, log_odds, odds_against, losses, fits, rows, users };
        let fits = Known::of(&cold.tally(&cold.once()));
        Self { fits, ..cold }
    }

    /// How many people they are of.
    pub fn users(&self) -> usize {
        self.users
    }

    /// Every row once.
    pub(crate) fn once(&self) -> Counts {
        let mut counts = Counts::default();
        self.count(&vec![1.0; self.users], &mut counts);
        counts
    }

    /// Every row as often as its user was drawn; `drawn` is by the users' numbers.
    pub(crate) fn count(&self, drawn: &[f64], counts: &mut Counts) {
        for column in [&mut counts.rows, &mut counts.crises] {
            column.clear();
            column.resize(self.scores.len(), 0.0);
        }
        for row in &self.rows {
            let (place, times) = (row.place as usize, drawn[row.user as usize]);
            counts.rows[place] += times;
            if row.label {
                counts.crises[place] += times;
            }
        }
    }

    /// What is counted, as measures take it.
    pub(crate) fn tally<'a>(&'a self, counts: &'a Counts) -> Tally<'a> {
        Tally {
            scores: &self.scores,
            probabilities: &self.probabilities,
            log_odds: &self.log_odds,
            odds_against: &self.odds_against,
            losses: &self.losses,
            start: self.fits.start(),
            rows: &counts.rows,
            crises: &counts.crises,
            all_rows: counts.rows.iter().sum(),
            all_crises: counts.crises.iter().sum(),
        }
    }
}
