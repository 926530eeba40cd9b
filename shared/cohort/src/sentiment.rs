//! The stored sentiment of a text: what an imperfect analyser would make of its tone.

use mindmate_domain::app::Sentiment;

use crate::draw::Draw;
use crate::parameters as p;

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
    Sentiment::from_weights([positive, negative, neutral, mixed])
}

#[cfg(test)]
mod tests {
    use mindmate_domain::app::SentimentLabel;

    use super::*;

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
