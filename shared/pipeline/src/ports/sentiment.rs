//! The sentiment of texts.

use async_trait::async_trait;
use mindmate_domain::app::{DiaryText, Sentiment};

use super::PortResult;

/// Finds the sentiment of texts.
#[async_trait]
pub trait SentimentAnalyzer: Send + Sync {
    /// Analyses a batch of any size and says of each text, in order, what was found: a batch can
    /// half succeed. No error holds any of a text.
    async fn analyze(&self, batch: &[TextToAnalyze]) -> Vec<PortResult<Analysis>>;
}

/// A text of a person who consents to its analysis.
#[derive(Debug, Clone, PartialEq)]
pub struct TextToAnalyze {
    /// As it is stored.
    pub text: DiaryText,
    /// The person's locale (BCP 47), which says the language; without one: English.
    pub locale: Option<String>,
}

/// What was found in a text.
#[derive(Debug, Clone, PartialEq)]
pub enum Analysis {
    /// Its sentiment.
    Found {
        /// Label and scores.
        sentiment: Sentiment,
        /// Which analyser found it, for the record: `vader-3.3.2`.
        analyzer: String,
    },
    /// The analyser does not know the language: that is no fault, trying again changes nothing,
    /// and the text has no sentiment. It is never neutral for that.
    Unknown {
        /// In words, without any of the text.
        reason: String,
    },
}
