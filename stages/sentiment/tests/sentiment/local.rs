//! The local analyser passes the suite that every analyser passes.

use std::sync::Arc;

use mindmate_pipeline::ports::SentimentAnalyzer;

async fn fresh() -> Arc<dyn SentimentAnalyzer> {
    super::support::local()
}

mindmate_testkit::sentiment_suite!(fresh);
