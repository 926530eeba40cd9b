//! The analyser that is always there.

use async_trait::async_trait;
use mindmate_language::{Vader, VaderError};
use mindmate_pipeline::PortResult;
use mindmate_pipeline::ports::{Analysis, SentimentAnalyzer, TextToAnalyze};

/// VADER, in this process: it calls no service and never fails. It knows English.
///
/// A text takes microseconds, so a batch is done in one go.
pub struct LocalAnalyzer {
    vader: Vader,
}

impl LocalAnalyzer {
    /// Builds it from the lexicon that is compiled in.
    ///
    /// # Errors
    /// Where the lexicon does not keep to its format; the tests read it.
    pub fn built_in() -> Result<Self, VaderError> {
        Ok(Self { vader: Vader::built_in()? })
    }

    fn one(&self, given: &TextToAnalyze) -> Analysis {
        match self.vader.read(given.text.as_str(), given.locale.as_deref()) {
            Ok(found) => {
                Analysis::Found { sentiment: found.sentiment(), analyzer: Vader::NAME.to_owned() }
            }
            Err(no_score) => Analysis::Unknown { reason: no_score.to_string() },
        }
    }
}

#[async_trait]
impl SentimentAnalyzer for LocalAnalyzer {
    async fn analyze(&self, batch: &[TextToAnalyze]) -> Vec<PortResult<Analysis>> {
        batch.iter().map(|given| Ok(self.one(given))).collect()
    }
}

#[cfg(test)]
mod tests {
    use mindmate_domain::app::{DiaryText, SentimentLabel};

    use super::*;

    fn analyze(texts: &[(&str, Option<&str>)]) -> Vec<Analysis> {
        let given = |(text, locale): &(&str, Option<&str>)| TextToAnalyze {
            text: DiaryText::new(*text),
            locale: locale.map(str::to_owned),
        };
        let batch: Vec<_> = texts.iter().map(given).collect();
        let found = LocalAnalyzer::built_in().unwrap();
        let found = futures::executor::block_on(found.analyze(&batch));
        found.into_iter().map(Result::unwrap).collect()
    }

    fn label(found: &Analysis) -> Option<SentimentLabel> {
        match found {
            Analysis::Found { sentiment, analyzer } => {
                assert_eq!(analyzer, "vader-3.3.2");
                Some(sentiment.label)
            }
            Analysis::Unknown { reason } => {
                assert!(reason.contains("no analyser"), "{reason}");
                None
            }
        }
    }

    /// R1.5
    #[test]
    fn each_text_of_a_batch_has_its_own_outcome_in_order() {
        let found = analyze(&[
            ("A wonderful day!", Some("en-GB")),
            ("un día maravilloso", Some("es-MX")),
            ("悲しい", None),
            ("I am sad", None),
            ("", Some("en")),
        ]);
        let labels: Vec<_> = found.iter().map(label).collect();
        let (positive, negative) = (SentimentLabel::Positive, SentimentLabel::Negative);
        let neutral = SentimentLabel::Neutral;
        assert_eq!(labels, [Some(positive), None, None, Some(negative), Some(neutral)]);
        assert_eq!(analyze(&[]), []);
    }
}
