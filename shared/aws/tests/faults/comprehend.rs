//! Comprehend, as far as its documentation says how it answers: at most 25 texts of one language,
//! of 5,000 bytes each; and how it fails.

use std::num::NonZeroU16;
use std::sync::Arc;
use std::time::Duration;

use futures::future::join_all;
use mindmate_domain::app::SentimentLabel;
use mindmate_pipeline::ports::{Analysis, SentimentAnalyzer};
use mindmate_pipeline::{PortError, PortResult};
use mindmate_testkit::ManualClock;
use mindmate_testkit::conformance::samples::{AS_OF, instant};
use mindmate_testkit::sentiment::given;
use serde_json::{Value, json};

use crate::service::Service;

/// What a text holds that Comprehend cannot analyse now.
const FAILS: &str = "canary-fails";

/// What a text holds that Comprehend never takes.
const REFUSED: &str = "canary-refused";

/// What a text holds that has Comprehend refuse the whole call.
const POISON: &str = "canary-poison";

const LANGUAGES: [&str; 12] =
    ["ar", "de", "en", "es", "fr", "hi", "it", "ja", "ko", "pt", "zh", "zh-TW"];

fn said(code: &str, words: &str) -> (u16, String) {
    let said = json!({"__type": format!("com.amazonaws.comprehend#{code}"), "Message": words});
    (400, said.to_string())
}

fn texts(request: &Value) -> Vec<&str> {
    request["TextList"].as_array().unwrap().iter().map(|text| text.as_str().unwrap()).collect()
}

fn comprehend(request: &str) -> (u16, String) {
    let request: Value = serde_json::from_str(request).unwrap();
    let texts = texts(&request);
    if texts.len() > 25 {
        return said("BatchSizeLimitExceededException", "too many");
    }
    if !LANGUAGES.contains(&request["LanguageCode"].as_str().unwrap()) {
        return said("UnsupportedLanguageException", "which language?");
    }
    if texts.iter().any(|text| text.contains(POISON) || text.trim().is_empty()) {
        return said("InvalidRequestException", &format!("I do not like {}", texts.concat()));
    }
    let (mut results, mut errors) = (Vec::new(), Vec::new());
    for (index, text) in texts.into_iter().enumerate() {
        let failed = |code| json!({"Index": index, "ErrorCode": code, "ErrorMessage": text});
        match text {
            _ if text.contains(FAILS) => errors.push(failed("INTERNAL_SERVER_ERROR")),
            _ if text.contains(REFUSED) => errors.push(failed("INVALID_REQUEST")),
            _ if text.len() > 5_000 => errors.push(failed("TEXT_SIZE_LIMIT_EXCEEDED")),
            _ => results.push(found(index, text)),
        }
    }
    (200, json!({"ResultList": results, "ErrorList": errors}).to_string())
}

fn found(index: usize, text: &str) -> Value {
    let (label, positive, negative) = match text {
        _ if text.contains("happy") => ("POSITIVE", 0.912_345_67, 0.02),
        _ if text.contains("sad") => ("NEGATIVE", 0.02, 0.912_345_67),
        _ => ("NEUTRAL", 0.02, 0.02),
    };
    let neutral = 1.0 - positive - negative - 0.01;
    let scores =
        json!({"Positive": positive, "Negative": negative, "Neutral": neutral, "Mixed": 0.01});
    json!({"Index": index, "Sentiment": label, "SentimentScore": scores})
}

async fn analyzer(service: &Service) -> Arc<dyn SentimentAnalyzer> {
    analyzer_at(service, NonZeroU16::MAX, &ManualClock::auto(instant(AS_OF))).await
}

async fn analyzer_at(
    service: &Service,
    calls_a_second: NonZeroU16,
    clock: &ManualClock,
) -> Arc<dyn SentimentAnalyzer> {
    service.aws().await.sentiment(calls_a_second, Arc::new(clock.clone()))
}

/// How many texts each call had, the most first, by language.
fn calls(service: &Service) -> Vec<(String, usize)> {
    let calls = service.requests();
    let calls = calls.iter().map(|call| {
        let call: Value = serde_json::from_str(call).unwrap();
        (call["LanguageCode"].as_str().unwrap().to_owned(), texts(&call).len())
    });
    let mut calls: Vec<_> = calls.collect();
    calls.sort_by(|a, b| (&a.0, b.1).cmp(&(&b.0, a.1)));
    calls
}

fn code(result: &PortResult<Analysis>) -> &'static str {
    match result {
        Ok(Analysis::Found { .. }) => "found",
        Ok(Analysis::Unknown { .. }) => "unknown",
        Err(PortError::Transient { .. } | PortError::Outage { .. }) => "transient",
        Err(PortError::Permanent { code, .. }) => code,
    }
}

mod conforms {
    use super::{Service, analyzer, comprehend};

    async fn fresh() -> std::sync::Arc<dyn mindmate_pipeline::ports::SentimentAnalyzer> {
        analyzer(&Service::answering_by(comprehend).await).await
    }

    mindmate_testkit::sentiment_suite!(fresh);
}

#[tokio::test]
async fn a_sentiment_has_comprehends_label_and_scores_and_says_who_found_it() {
    let service = Service::answering_by(comprehend).await;
    let found = analyzer(&service).await.analyze(&[given("so sad", Some("es"))]).await.remove(0);
    let Analysis::Found { sentiment, analyzer } = found.unwrap() else { panic!("none") };
    assert_eq!((sentiment.label, analyzer.as_str()), (SentimentLabel::Negative, "comprehend"));
    assert!((sentiment.negative - 0.9123).abs() < 1e-9, "{sentiment:?}");
}

/// Deliveries that come during a call go together with the next, by language, 25 a call.
#[tokio::test]
async fn texts_of_many_deliveries_go_together_by_language() {
    let service = Service::answering_by(comprehend).await;
    let analyzer = analyzer(&service).await;
    let deliveries = (0..120).map(|n| {
        let analyzer = Arc::clone(&analyzer);
        async move {
            let (locale, text) = if n % 2 == 0 { ("en", "so sad") } else { ("pt-BR", "happy") };
            analyzer.analyze(&[given(text, Some(locale))]).await.remove(0).unwrap()
        }
    });
    let found = join_all(deliveries).await;
    assert!(found.iter().all(|one| matches!(one, Analysis::Found { .. })));
    // The first of each language was called for at once; the 59 others came meanwhile.
    let of = |language: &str| [25, 25, 9, 1].map(|texts| (language.to_owned(), texts));
    assert_eq!(calls(&service), [of("en"), of("pt")].concat());
}

/// One's own failure is one's own; no error holds a word of a text.
#[tokio::test]
async fn a_text_that_fails_fails_alone() {
    let service = Service::answering_by(comprehend).await;
    let texts = ["so sad", FAILS, REFUSED, "happy"].map(|text| given(text, None));
    let found = analyzer(&service).await.analyze(&texts).await;
    let codes: Vec<_> = found.iter().map(code).collect();
    assert_eq!(codes, ["found", "transient", "aws-refused", "found"]);
    for error in found.iter().filter_map(|one| one.as_ref().err()) {
        assert!(!format!("{error} {error:?}").contains("canary"), "{error:?}");
    }
    assert_eq!(service.requests().len(), 1, "whoever asked tries again");
}

/// A text that has the whole call refused takes no other along.
#[tokio::test]
async fn a_refused_call_is_made_again_for_each_text_alone() {
    let service = Service::answering_by(comprehend).await;
    let texts = ["so sad", POISON, "happy"].map(|text| given(text, None));
    let found = analyzer(&service).await.analyze(&texts).await;
    let codes: Vec<_> = found.iter().map(code).collect();
    assert_eq!(codes, ["found", "aws-refused", "found"]);
    let error = found[1].as_ref().unwrap_err();
    assert!(!format!("{error} {error:?}").contains("canary"), "{error:?}");
    assert_eq!(service.requests().len(), 4);
}

#[tokio::test]
async fn a_language_that_comprehend_does_not_know_is_not_sent() {
    let service = Service::answering_by(comprehend).await;
    let texts = [given("trist", Some("ca")), given("so sad", Some("zh-Hant"))];
    let found = analyzer(&service).await.analyze(&texts).await;
    assert_eq!(found.iter().map(code).collect::<Vec<_>>(), ["unknown", "found"]);
    assert_eq!(calls(&service), [("zh-TW".to_owned(), 1)]);
}

#[tokio::test]
async fn throttling_and_failures_are_for_all_of_a_call_and_transient() {
    for (answer, asks) in [
        (said("ThrottlingException", "slow down"), Some(Duration::from_secs(15))),
        (said("TooManyRequestsException", "slow down"), Some(Duration::from_secs(15))),
        (said("AccessDeniedException", "not yours"), Some(Duration::from_mins(5))),
        ((500, String::new()), None),
        ((200, "<html>".to_owned()), None),
        ((200, r#"{"ResultList":[],"ErrorList":[]}"#.to_owned()), None),
        ((200, r#"{"ResultList":[{"Index":0},{"Index":7},{}],"ErrorList":[]}"#.to_owned()), None),
    ] {
        let service = Service::answering(&[(answer.0, &answer.1)]).await;
        let texts = ["so sad", "happy"].map(|text| given(text, None));
        for one in analyzer(&service).await.analyze(&texts).await {
            let PortError::Transient { retry_after, .. } = one.unwrap_err() else {
                panic!("expected what may heal: {answer:?}")
            };
            assert_eq!(retry_after, asks, "{answer:?}");
        }
    }
}

/// The account's quota: 200 texts at once in one language are eight calls, over a second.
#[tokio::test]
async fn so_many_calls_a_second_and_no_more() {
    let service = Service::answering_by(comprehend).await;
    let clock = ManualClock::new(instant(AS_OF));
    let analyzer = analyzer_at(&service, NonZeroU16::new(8).unwrap(), &clock).await;
    let texts: Vec<_> = (0..200).map(|_| given("so sad", None)).collect();
    let found = clock.drive(Duration::from_millis(1), analyzer.analyze(&texts)).await;
    assert!(found.iter().all(Result::is_ok));
    assert_eq!(service.requests().len(), 8);
    let taken = mindmate_pipeline::Clock::now(&clock).duration_since(instant(AS_OF));
    assert_eq!(taken.as_millis(), 7 * 125);
}
