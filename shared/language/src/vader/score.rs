//! From the valences of all words to the scores of the text.

use std::collections::BTreeSet;

use super::Polarity;
use super::words::Words;

/// About the largest sum of valences that is expected: what the compound score is normalised by.
const ALPHA: f64 = 15.0;

/// What is left of a valence before "but", and what becomes of one after it.
const BEFORE_BUT: f64 = 0.5;
const AFTER_BUT: f64 = 1.5;

/// What an exclamation mark adds, and how many of them count. Measured by the authors.
const EXCLAMATION: f64 = 0.292;
const MOST_EXCLAMATIONS: usize = 4;

/// What a question mark adds where there are two or three, and what more of them add together.
const QUESTION: f64 = 0.18;
const SOME_QUESTIONS: std::ops::RangeInclusive<usize> = 2..=3;
const MANY_QUESTIONS: f64 = 0.96;

/// Weighs down what is said before the first "but", and up what is said after it.
///
/// As the reference implementation has it: for each place the *first* place with the same valence
/// is weighed, which is another one where a valence was weighed into an equal of a later one.
pub(super) fn weigh_around_but(words: &Words, valences: &mut [f64]) {
    let Some(but) = words.position("but") else { return };
    let charged =
        |(place, valence): (usize, &f64)| (*valence != 0.0).then_some((bits(*valence), place));
    let mut places: BTreeSet<(u64, usize)> =
        valences.iter().enumerate().filter_map(charged).collect();
    for turn in 0..valences.len() {
        let Some(now) = valences.get(turn).map(|valence| bits(*valence)) else { break };
        let Some(&first) = places.range((now, 0)..=(now, turn)).next() else { continue };
        let factor = if first.1 < but { BEFORE_BUT } else { AFTER_BUT };
        if let Some(valence) = valences.get_mut(first.1) {
            *valence *= factor;
            places.remove(&first);
            places.insert((bits(*valence), first.1));
        }
    }
}

/// Equal numbers have equal bits, as long as none of them is 0.
fn bits(valence: f64) -> u64 {
    valence.to_bits()
}

/// What punctuation adds, away from 0.
pub(super) fn emphasis(text: &str) -> f64 {
    let count = |mark: u8| text.bytes().filter(|byte| *byte == mark).count();
    let questions = match count(b'?') {
        0 | 1 => 0.0,
        some if SOME_QUESTIONS.contains(&some) => some as f64 * QUESTION,
        _ => MANY_QUESTIONS,
    };
    count(b'!').min(MOST_EXCLAMATIONS) as f64 * EXCLAMATION + questions
}

/// The scores of a text.
pub(super) fn of(valences: &[f64], emphasis: f64) -> Polarity {
    if valences.is_empty() {
        return Polarity::default();
    }
    let (mut positive, mut negative, mut neutral) = (0.0, 0.0, 0.0);
    for &valence in valences {
        // A neutral word counts as 1, so a charged one counts as 1 and what it is charged with.
        if valence > 0.0 {
            positive += valence + 1.0;
        } else if valence < 0.0 {
            negative += 1.0 - valence;
        } else {
            neutral += 1.0;
        }
    }
    if positive > negative {
        positive += emphasis;
    } else if positive < negative {
        negative += emphasis;
    }
    let total = positive + negative + neutral;
    Polarity {
        compound: compound(valences.iter().sum(), emphasis),
        positive: positive / total,
        negative: negative / total,
        neutral: neutral / total,
    }
}

/// A sum of valences, with what punctuation adds, on a scale from -1 to 1.
fn compound(sum: f64, emphasis: f64) -> f64 {
    let sum = if sum > 0.0 {
        sum + emphasis
    } else if sum < 0.0 {
        sum - emphasis
    } else {
        return 0.0;
    };
    (sum / (sum * sum + ALPHA).sqrt()).clamp(-1.0, 1.0)
}

/// Rounds to so many decimals by the exact value, half to even, as Python does.
pub(super) fn to_decimals(number: f64, decimals: usize) -> f64 {
    format!("{number:.decimals$}").parse().unwrap_or(number)
}
