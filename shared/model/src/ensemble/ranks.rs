//! A row by ranks: where each value stands among the thresholds that the trees ask of its input.
//!
//! Of a value no tree asks more than whether it is above a threshold, and it is above the i-th least one of its input just
//! where more than i of them are below it. So each value is looked up once, and every split compares two small
//! whole numbers, in half the room of the thresholds themselves.

use mindmate_domain::feature::FEATURE_COUNT;

use crate::artefact::{MOST_SPLITS, Member};
use crate::tree::{Branch, Split, Tree};

/// The low bits of a question say where it looks, in one of two halves; above them is its rank.
const PLACE_BITS: u32 = 8;
const PLACES: usize = 1 << PLACE_BITS;
const HALF: usize = PLACES / 2;

const _: () = assert!(FEATURE_COUNT <= HALF, "each half holds all inputs");
const _: () = assert!(MOST_SPLITS < 1 << (u32::BITS - PLACE_BITS), "each threshold has a rank");

/// The distinct thresholds of each input, in order.
#[derive(Debug, Clone)]
pub(super) struct Thresholds(Vec<Vec<f64>>);

/// What a split asks: its threshold's rank, and under it where it looks.
#[derive(Debug, Clone, Copy)]
pub(super) struct Question(u32);

/// A row twice over: with missing values above every threshold, and below. A split that sends missing
/// values right looks into the first half, one that sends them left into the second.
pub(super) struct Ranks([u32; PLACES]);

impl Question {
    /// Nothing is above it.
    pub(super) const NEVER: Self = Self(u32::MAX);
}

impl Thresholds {
    /// A model's thresholds, and what its splits ask: by member, tree and split.
    pub(super) fn new(members: &[Member]) -> (Self, Vec<Vec<Vec<Question>>>) {
        let of_tree = |tree: &Tree| tree.splits().iter().map(unranked).collect();
        let of_member = |member: &Member| member.trees.iter().map(of_tree).collect();
        let mut questions: Vec<Vec<Vec<Question>>> = members.iter().map(of_member).collect();
        let mut by_input: Vec<Vec<_>> = (0..FEATURE_COUNT).map(|_| Vec::new()).collect();
        let trees = members.iter().flat_map(|member| &member.trees);
        let splits = trees.flat_map(Tree::splits);
        // Each looks at an input that is there, as the artefact's checks see to.
        for (split, question) in splits.zip(questions.iter_mut().flatten().flatten()) {
            by_input[usize::from(split.input)].push((split.threshold, question));
        }
        (Self(by_input.into_iter().map(rank_all).collect()), questions)
    }

    /// NaN and what the row does not have are missing.
    pub(super) fn ranks(&self, row: &[f64]) -> Ranks {
        let mut ranks = [u32::MAX; PLACES];
        let (above, below) = ranks.split_at_mut(HALF);
        below.fill(0);
        for (input, value) in row.iter().enumerate().take(self.0.len()) {
            if !value.is_nan() {
                let rank =
                    above_place(self.0[input].partition_point(|threshold| threshold < value));
                (above[input], below[input]) = (rank, rank);
            }
        }
        Ranks(ranks)
    }
}

/// What a split asks, with the rank still to come.
fn unranked(split: &Split) -> Question {
    let half = match split.missing {
        Branch::Right => 0,
        Branch::Left => HALF,
    };
    Question(u32::try_from(half + usize::from(split.input)).unwrap_or(u32::MAX))
}

/// Gives the questions of an input their ranks. What is left are the distinct thresholds.
fn rank_all(mut asked: Vec<(f64, &mut Question)>) -> Vec<f64> {
    asked.sort_unstable_by(|(one, _), (other, _)| one.total_cmp(other));
    let mut distinct = Vec::new();
    for (threshold, question) in asked {
        // Zeros of both signs are one threshold.
        if distinct.last() != Some(&threshold) {
            distinct.push(threshold);
        }
        question.0 |= above_place(distinct.len() - 1);
    }
    distinct
}

/// A rank in the bits above a place.
fn above_place(rank: usize) -> u32 {
    u32::try_from(rank).unwrap_or(u32::MAX) << PLACE_BITS
}

impl Ranks {
    /// Whether the value is above the threshold.
    pub(super) fn is_above(&self, question: Question) -> bool {
        let place = question.0 as usize % PLACES;
        // A value's own low bits are 0, so that one of an equal rank is not above.
        self.0[place] > question.0
    }
}
