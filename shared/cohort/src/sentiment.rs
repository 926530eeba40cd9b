//! The stored sentiment of a text: what an imperfect analyser would make of its tone.

use mindmate_domain::app::{Sentiment, SentimentLabel};

use crate::draw::Draw;
use crate::parameters as p;

/// Scores are kept to 4 decimals, as the sentiment stage does.
const SCORE_STEPS: f64 = 10_000.0;

/// Four scores that add up to 1 and follow the tone (1 to 10), with the analyser's own noise.
pub(crate) fn of(tone: f64, draw: &mut Draw) -> Sentiment {
    let (least, most) = p::MOOD;
    let place = ((tone - least) / (most - least)).clamp(0.0, 1.0);
    let along = |(low, high): p::Range| low + (high - low) * place;
    let mut raw = |mean: f64| draw.normal(mean, p::SCORE_NOISE).max(p::SCORE_LEAST);
    let positive = raw(along(p::POSITIVE_SCORE));
    let negative = raw(along(p::NEGATIVE_SCORE));
    let neutral = raw(p::NEUTRAL_SCORE);
    let mixed = raw(p::MIXED_SCORE);
    scaled(positive, negative, neutral, mixed)
}

/// Scales to a sum of 1 in whole steps. The largest takes what rounding leaves, so that none falls
/// below 0.
fn scaled(positive: f64, negative: f64, neutral: f64, mixed: f64) -> Sentiment {
    use SentimentLabel::{Mixed, Negative, Neutral, Positive};
    let raw = [positive, negative, neutral, mixed];
    let sum: f64 = raw.iter().sum();
    let mut steps = raw.map(|score| (score / sum * SCORE_STEPS).round());
    let mut largest = 0;
    for index in 1..steps.len() {
        if steps[index] > steps[largest] {
            largest = index;
        }
    }
    let others: f64 = steps.iter().sum::<f64>() - steps[largest];
    steps[largest] = SCORE_STEPS - others;
    let [positive, negative, neutral, mixed] = steps.map(|step| step / SCORE_STEPS);
    let label = [Positive, Negative, Neutral, Mixed][largest];
    Sentiment {
        label,
        positive,
        negative,
        neutral,
        mixed,
    }
}
