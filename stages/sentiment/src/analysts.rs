//! Who analyses a text: a service where there is one, and the local analyser where it cannot.

use std::sync::Arc;

use mindmate_domain::app::Sentiment;
use mindmate_language::script_fits;
use mindmate_pipeline::ports::{Analysis, PortError, SentimentAnalyzer, TextToAnalyze};
use mindmate_pipeline::{PortResult, StageError};
use tracing::warn;

/// The analysers of an installation.
///
/// | the service | who serves |
/// | --- | --- |
/// | there is none | the local analyser |
/// | does not know the language | the local one |
/// | refuses the text | the local one |
/// | does not answer, throttles | nobody yet: it is tried again; at the last attempt the local one |
///
/// A text whose letters cannot be those of its language goes to nobody: an analyser that is told a
/// wrong language finds everything neutral.
#[derive(Clone)]
pub struct Analysts {
    service: Option<Arc<dyn SentimentAnalyzer>>,
    local: Arc<dyn SentimentAnalyzer>,
}

/// What came of an analysis.
pub(crate) enum Verdict {
    /// The sentiment, and who found it.
    Found { sentiment: Sentiment, analyzer: String },
    /// Nobody can read the text; in words, without any of it.
    Unknown { reason: String },
}

impl From<Analysis> for Verdict {
    fn from(analysis: Analysis) -> Self {
        match analysis {
            Analysis::Found { sentiment, analyzer } => Self::Found { sentiment, analyzer },
            Analysis::Unknown { reason } => Self::Unknown { reason },
        }
    }
}

impl Analysts {
    /// The local analyser alone.
    pub fn local(local: Arc<dyn SentimentAnalyzer>) -> Self {
        Self { service: None, local }
    }

    /// The same with a service, where there is one, that is asked first.
    #[must_use]
    pub fn with_service(self, service: Option<Arc<dyn SentimentAnalyzer>>) -> Self {
        Self { service, ..self }
    }

    /// Analyses a text. At the last attempt nobody is waited for.
    pub(crate) async fn analyze(
        &self,
        text: TextToAnalyze,
        is_last: bool,
    ) -> Result<Verdict, StageError> {
        if !script_fits(text.text.as_str(), text.locale.as_deref()) {
            let reason = "its letters are not those of the user's language".to_owned();
            return Ok(Verdict::Unknown { reason });
        }
        let Some(service) = &self.service else {
            return Ok(one(&*self.local, &text).await?.into());
        };
        let error = match one(&**service, &text).await {
            Ok(Analysis::Found { sentiment, analyzer }) => {
                return Ok(Verdict::Found { sentiment, analyzer });
            }
            Ok(Analysis::Unknown { .. }) => None,
            Err(error @ PortError::Transient { .. }) if !is_last => return Err(error.into()),
            Err(error) => Some(error),
        };
        match (one(&*self.local, &text).await?, error) {
            (Analysis::Found { sentiment, analyzer }, error) => {
                if let Some(error) = error {
                    warn!(%error, analyzer, "the local analyser stands in for the service");
                }
                Ok(Verdict::Found { sentiment, analyzer })
            }
            // The service may know the language: its failure is the cause.
            (Analysis::Unknown { .. }, Some(error)) => Err(error.into()),
            (Analysis::Unknown { reason }, None) => Ok(Verdict::Unknown { reason }),
        }
    }
}

/// Analyses one text; whoever gathers texts of several calls does it behind the port.
async fn one(analyzer: &dyn SentimentAnalyzer, text: &TextToAnalyze) -> PortResult<Analysis> {
    let found = analyzer.analyze(std::slice::from_ref(text)).await;
    let unsaid = || Err(PortError::transient("sentiment", "nothing was said of a text"));
    found.into_iter().next().unwrap_or_else(unsaid)
}
