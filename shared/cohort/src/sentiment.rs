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
    scaled([positive, negative, neutral, mixed])
}

/// Scales to a sum of 1 in whole steps. The largest takes what rounding leaves, so that none falls
/// below 0; that can make another the largest, so the label is looked up afterwards.
fn scaled(raw: [f64; 4]) -> Sentiment {
    use SentimentLabel::{Mixed, Negative, Neutral, Positive};
    let sum: f64 = raw.iter().sum();
    let mut steps = raw.map(|score| (score / sum * SCORE_STEPS).round());
    let filled = largest(&steps);
    steps[filled] += SCORE_STEPS - steps.iter().sum::<f64>();
    let label = [Positive, Negative, Neutral, Mixed][largest(&steps)];
    let [positive, negative, neutral, mixed] = steps.map(|step| step / SCORE_STEPS);
    Sentiment { label, positive, negative, neutral, mixed }
}

/// Index of the largest, the first among equals.
fn largest(steps: &[f64; 4]) -> usize {
    (1..steps.len()).fold(0, |best, next| if steps[next] > steps[best] { next } else { best })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_label_is_the_largest_score_after_rounding_too() {
        // Near a tie the step that rounding takes back moves the first below the third.
        for close in 0..2_000 {
            let near = 0.38 + f64::from(close) * 1e-6;
            let scores = scaled([near, 0.01, 0.381, 0.228]);
            let most = if scores.positive >= scores.neutral {
                SentimentLabel::Positive
            } else {
                SentimentLabel::Neutral
            };
            assert_eq!(scores.label, most, "{scores:?}");
        }
    }

    #[test]
    fn a_low_tone_is_negative_and_a_high_one_positive() {
        let mut draw = Draw::new(1, 1, crate::draw::Aspect::Words);
        let mut count =
            |tone, label| (0..500).filter(|_| of(tone, &mut draw).label == label).count();
        assert!(count(1.5, SentimentLabel::Negative) > 400);
        assert!(count(9.5, SentimentLabel::Positive) > 400);
        assert!(count(5.5, SentimentLabel::Positive) < 300);
    }
}
