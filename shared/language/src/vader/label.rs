//! A label and four scores that add up to 1, as analysers with a model give them.

use mindmate_domain::app::Sentiment;

use super::Polarity;

/// A compound score of at least this, either way, has a side. The authors' own threshold, which
/// they hold against the score as they round it.
const SIDE: f64 = 0.05;

/// What the side's score begins with, so that it is the strongest.
const AT_LEAST: f64 = 0.5;

/// VADER is no model and gives no probabilities: this says how far its one number lies on a side.
///
/// With a side its score is 0.5 + |compound| / 2. What is left is neutral's, but for the share in
/// which the words of the weaker side stand to those of the stronger: that is mixed's. Without a
/// side the text is neutral, or mixed where its charged words are many and balance each other.
pub(super) fn of(found: Polarity) -> Sentiment {
    let Polarity { positive, negative, .. } = found;
    let compound = found.rounded_compound();
    let stronger = positive.max(negative);
    let balance = if stronger > 0.0 { positive.min(negative) / stronger } else { 0.0 };
    if compound.abs() < SIDE {
        let mixed = balance * (positive + negative);
        return Sentiment::from_weights([0.0, 0.0, 1.0 - mixed, mixed]);
    }
    let side = AT_LEAST + compound.abs() / 2.0;
    let left = 1.0 - side;
    let (neutral, mixed) = (left * (1.0 - balance), left * balance);
    if compound > 0.0 {
        Sentiment::from_weights([side, 0.0, neutral, mixed])
    } else {
        Sentiment::from_weights([0.0, side, neutral, mixed])
    }
}

#[cfg(test)]
mod tests {
    use mindmate_domain::app::SentimentLabel::{self, Mixed, Negative, Neutral, Positive};

    use super::*;
    use crate::Vader;

    fn label(text: &str) -> SentimentLabel {
        Vader::built_in().unwrap().polarity(text).sentiment().label
    }

    #[test]
    fn a_text_has_the_label_of_its_side() {
        for (text, expected) in [
            ("I had a wonderful, happy day!", Positive),
            ("I feel terrible and so sad", Negative),
            ("I am not happy", Negative),
            ("The bus leaves at nine", Neutral),
            ("", Neutral),
            ("😭😭😭", Negative),
            ("good bad", Negative),
            ("good and dirty", Mixed),
        ] {
            assert_eq!(label(text), expected, "{text}");
        }
        let balanced = Polarity { compound: 0.01, positive: 0.45, negative: 0.4, neutral: 0.15 };
        assert_eq!(of(balanced).label, Mixed);
    }

    #[test]
    fn the_threshold_is_held_against_the_rounded_score() {
        for (compound, expected) in
            [(0.05, Positive), (0.049_96, Positive), (0.049_94, Neutral), (-0.049_96, Negative)]
        {
            let found = Polarity { compound, positive: 0.1, negative: 0.0, neutral: 0.9 };
            assert_eq!(of(found).label, expected, "{compound}");
        }
    }

    #[test]
    #[expect(clippy::float_cmp, reason = "the scores are whole steps")]
    fn the_scores_add_up_and_the_side_is_the_strongest() {
        for compound in [-1.0, -0.5, -0.05, 0.0, 0.05, 0.6, 1.0] {
            let found = of(Polarity { compound, positive: 0.3, negative: 0.2, neutral: 0.5 });
            let scores = [found.positive, found.negative, found.neutral, found.mixed];
            assert!((scores.iter().sum::<f64>() - 1.0).abs() < 1e-9, "{found:?}");
            let side = if compound > 0.0 { found.positive } else { found.negative };
            let expected = if compound == 0.0 { 0.0 } else { 0.5 + f64::abs(compound) / 2.0 };
            assert_eq!(side, expected, "{found:?}");
        }
    }
}
