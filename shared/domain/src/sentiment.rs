//! The four scores of a sentiment from weights of any size.

use crate::app::{Sentiment, SentimentLabel};

/// Scores are kept to 4 decimals.
const SCORE_STEPS: f64 = 10_000.0;

/// The labels in the order of the weights: of equal scores the first gives the label.
const LABELS: [SentimentLabel; 4] = [
    SentimentLabel::Positive,
    SentimentLabel::Negative,
    SentimentLabel::Neutral,
    SentimentLabel::Mixed,
];

impl Sentiment {
    /// The sentiment whose scores stand to each other as these weights do: positive, negative,
    /// neutral, mixed. The scores have 4 decimals and add up to 1; the label is the strongest, of
    /// equal ones the first.
    ///
    /// A weight below 0, or that is no number, counts as 0. Where all are 0 nothing speaks for any
    /// side, and the text is neutral.
    pub fn from_weights(weights: [f64; 4]) -> Self {
        let weights = weights.map(|weight| weight.max(0.0));
        let sum: f64 = weights.iter().sum();
        let mut steps = if sum > 0.0 && sum.is_finite() {
            weights.map(|weight| (weight / sum * SCORE_STEPS).round())
        } else {
            [0.0, 0.0, SCORE_STEPS, 0.0]
        };
        // The largest takes what rounding leaves, so that none falls below 0. That can make
        // another the largest, so the label is looked up afterwards.
        let filled = largest(&steps);
        steps[filled] += SCORE_STEPS - steps.iter().sum::<f64>();
        let label = LABELS[largest(&steps)];
        let [positive, negative, neutral, mixed] = steps.map(|step| step / SCORE_STEPS);
        Self { label, positive, negative, neutral, mixed }
    }
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
            let scores = Sentiment::from_weights([near, 0.01, 0.381, 0.228]);
            let most = if scores.positive >= scores.neutral {
                SentimentLabel::Positive
            } else {
                SentimentLabel::Neutral
            };
            assert_eq!(scores.label, most, "{scores:?}");
        }
    }

    #[test]
    fn weights_that_say_nothing_are_neutral() {
        for weights in [[0.0; 4], [-1.0; 4], [f64::NAN; 4], [f64::INFINITY; 4]] {
            let scores = Sentiment::from_weights(weights);
            assert_eq!((scores.label, scores.neutral), (SentimentLabel::Neutral, 1.0));
        }
    }

    #[test]
    #[expect(clippy::float_cmp, reason = "the scores are whole steps")]
    fn a_weight_below_nothing_counts_as_nothing() {
        let scores = Sentiment::from_weights([1.0, -5.0, 3.0, f64::NAN]);
        let found = [scores.positive, scores.negative, scores.neutral, scores.mixed];
        assert_eq!(found, [0.25, 0.0, 0.75, 0.0]);
    }
}
