//! What Comprehend answers of each text.

use aws_sdk_comprehend::operation::batch_detect_sentiment::BatchDetectSentimentOutput;
use aws_sdk_comprehend::types::{BatchDetectSentimentItemResult, BatchItemError, SentimentType};
use mindmate_domain::app::{Sentiment, SentimentLabel};
use mindmate_pipeline::ports::Analysis;
use mindmate_pipeline::{PortError, PortResult};

use super::{NAME, PORT, Results};

/// What the codes of errors hold that are the text's fault, whatever their case: later tries change
/// nothing. All others may heal.
const REFUSED: [&str; 4] = ["invalidrequest", "textsizelimit", "unsupportedlanguage", "validation"];

/// The results of an answer for so many texts, in order.
pub(super) fn read(answer: &BatchDetectSentimentOutput, texts: usize) -> Results {
    let mut results: Vec<Option<PortResult<Analysis>>> = (0..texts).map(|_| None).collect();
    let found = answer.result_list.iter().map(|one| (one.index, found(one)));
    let failed = answer.error_list.iter().map(|one| (one.index, Err(failed(one))));
    for (index, result) in found.chain(failed) {
        let place = index.and_then(|index| usize::try_from(index).ok());
        if let Some(slot) = place.and_then(|place| results.get_mut(place)) {
            *slot = Some(result);
        }
    }
    results.into_iter().map(|result| result.unwrap_or_else(|| Err(unsaid()))).collect()
}

/// A text of which Comprehend said nothing.
pub(super) fn unsaid() -> PortError {
    PortError::transient(PORT, "nothing was said of this text")
}

fn found(one: &BatchDetectSentimentItemResult) -> PortResult<Analysis> {
    let unreadable = || PortError::transient(PORT, "a sentiment could not be read");
    let label = one.sentiment.as_ref().and_then(label).ok_or_else(unreadable)?;
    let scores = one.sentiment_score.as_ref().ok_or_else(unreadable)?;
    let scores = [scores.positive, scores.negative, scores.neutral, scores.mixed];
    let [Some(positive), Some(negative), Some(neutral), Some(mixed)] = scores else {
        return Err(unreadable());
    };
    let weights = [positive, negative, neutral, mixed].map(f64::from);
    // The label is Comprehend's own word, also where rounding makes two scores equal.
    let sentiment = Sentiment { label, ..Sentiment::from_weights(weights) };
    Ok(Analysis::Found { sentiment, analyzer: NAME.to_owned() })
}

fn label(found: &SentimentType) -> Option<SentimentLabel> {
    match found {
        SentimentType::Positive => Some(SentimentLabel::Positive),
        SentimentType::Negative => Some(SentimentLabel::Negative),
        SentimentType::Neutral => Some(SentimentLabel::Neutral),
        SentimentType::Mixed => Some(SentimentLabel::Mixed),
        _ => None,
    }
}

/// Its code only: the words may quote the text.
fn failed(one: &BatchItemError) -> PortError {
    let code = one.error_code.clone().unwrap_or_else(|| "an error without a code".to_owned());
    let plain = code.replace('_', "").to_ascii_lowercase();
    if REFUSED.iter().any(|refused| plain.contains(refused)) {
        PortError::permanent(PORT, "aws-refused", code)
    } else {
        PortError::transient(PORT, code)
    }
}
