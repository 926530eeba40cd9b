//! What every analyser of sentiment does. See
//! [`SentimentAnalyzer`].
//!
//! An analyser is no part of a backend, so it has a suite of its own:
//! [`sentiment_suite!`](crate::sentiment_suite). Nothing here says what a text's scores are, but
//! that a happy text is no sad one.

use mindmate_domain::app::{DiaryText, Sentiment, SentimentLabel};
use mindmate_pipeline::ports::{Analysis, SentimentAnalyzer, TextToAnalyze};

/// A text that every analyser finds positive.
const HAPPY: &str = "What a wonderful day, I am so happy!";

/// One that every analyser finds negative.
const SAD: &str = "I feel terrible and so sad.";

/// Makes one test of each behaviour. `make` names an `async fn() -> impl SentimentAnalyzer`, or one
/// that gives anything which derefs to an analyser.
#[macro_export]
macro_rules! sentiment_suite {
    ($make:ident) => {
        $crate::sentiment_suite! { @tests $make;
            each_text_of_a_batch_has_its_own_outcome_in_order,
            an_empty_batch_is_no_error,
            a_batch_can_be_larger_than_any_call,
            a_language_that_is_not_known_is_never_neutral,
            without_a_locale_a_text_is_english,
            odd_texts_leave_their_neighbours_alone,
            the_same_text_has_the_same_sentiment_again,
            four_scores_add_up_and_the_label_is_the_strongest
        }
    };
    (@tests $make:ident; $($behaviour:ident),*) => {
        $(#[tokio::test]
        async fn $behaviour() {
            $crate::sentiment::$behaviour(&*$make().await).await;
        })*
    };
}

/// A text to analyse.
pub fn given(text: &str, locale: Option<&str>) -> TextToAnalyze {
    TextToAnalyze { text: DiaryText::new(text), locale: locale.map(str::to_owned) }
}

async fn analyze(analyzer: &dyn SentimentAnalyzer, batch: &[TextToAnalyze]) -> Vec<Analysis> {
    let found = analyzer.analyze(batch).await;
    assert_eq!(found.len(), batch.len());
    found.into_iter().map(|one| one.expect("an outcome")).collect()
}

async fn sentiment(analyzer: &dyn SentimentAnalyzer, text: &str) -> Sentiment {
    match analyze(analyzer, &[given(text, Some("en"))]).await.remove(0) {
        Analysis::Found { sentiment, .. } => sentiment,
        Analysis::Unknown { reason } => panic!("expected a sentiment, found: {reason}"),
    }
}

fn label(found: &Analysis) -> Option<SentimentLabel> {
    match found {
        Analysis::Found { sentiment, analyzer } => {
            assert!(!analyzer.is_empty(), "who found it is told");
            Some(sentiment.label)
        }
        Analysis::Unknown { reason } => {
            assert!(!reason.is_empty(), "why not is told");
            None
        }
    }
}

/// A batch can half succeed.
pub async fn each_text_of_a_batch_has_its_own_outcome_in_order(analyzer: &dyn SentimentAnalyzer) {
    let batch = [
        given(HAPPY, Some("en-GB")),
        given("jIQuch", Some("tlh")),
        given(SAD, Some("en")),
        given(HAPPY, Some("en")),
    ];
    let found = analyze(analyzer, &batch).await;
    let labels: Vec<_> = found.iter().map(label).collect();
    let (positive, negative) = (SentimentLabel::Positive, SentimentLabel::Negative);
    assert_eq!(labels, [Some(positive), None, Some(negative), Some(positive)]);
}

/// Nothing is asked of nobody.
pub async fn an_empty_batch_is_no_error(analyzer: &dyn SentimentAnalyzer) {
    assert_eq!(analyze(analyzer, &[]).await, []);
}

/// Whoever calls a service with limits cuts the batch up.
pub async fn a_batch_can_be_larger_than_any_call(analyzer: &dyn SentimentAnalyzer) {
    let texts = (0..60).map(|n| given(if n % 3 == 0 { SAD } else { HAPPY }, None));
    let found = analyze(analyzer, &texts.collect::<Vec<_>>()).await;
    for (n, one) in found.iter().enumerate() {
        let expected = if n % 3 == 0 { SentimentLabel::Negative } else { SentimentLabel::Positive };
        assert_eq!(label(one), Some(expected), "text {n}");
    }
}

/// Safety 8: what cannot be said is not said to be neutral.
pub async fn a_language_that_is_not_known_is_never_neutral(analyzer: &dyn SentimentAnalyzer) {
    for locale in ["tlh", "tlh-US", "english", "", "-", "🙂"] {
        let found = analyze(analyzer, &[given(SAD, Some(locale))]).await;
        assert_eq!(label(&found[0]), None, "{locale}");
    }
}

/// As everywhere in the pipeline.
pub async fn without_a_locale_a_text_is_english(analyzer: &dyn SentimentAnalyzer) {
    let found = analyze(analyzer, &[given(SAD, None)]).await;
    assert_eq!(label(&found[0]), Some(SentimentLabel::Negative));
}

/// The longest, only pictures, nothing but marks, what no keyboard writes.
pub async fn odd_texts_leave_their_neighbours_alone(analyzer: &dyn SentimentAnalyzer) {
    let long = "so sad and terrible ".repeat(5_000);
    for odd in [long.as_str(), "😭😭😭😭", "\0\u{FFFD}\u{202E}", "!!!???", "a\u{301}"] {
        let batch = [given(HAPPY, None), given(odd, None), given(SAD, None)];
        let found = analyze(analyzer, &batch).await;
        assert_eq!(label(&found[0]), Some(SentimentLabel::Positive));
        assert_eq!(label(&found[2]), Some(SentimentLabel::Negative));
    }
}

/// Else a redelivery would store another.
pub async fn the_same_text_has_the_same_sentiment_again(analyzer: &dyn SentimentAnalyzer) {
    for text in [HAPPY, SAD, "The bus leaves at nine."] {
        assert_eq!(sentiment(analyzer, text).await, sentiment(analyzer, text).await);
    }
}

/// As the features need them.
pub async fn four_scores_add_up_and_the_label_is_the_strongest(analyzer: &dyn SentimentAnalyzer) {
    for text in [HAPPY, SAD, "The bus leaves at nine.", "good and dirty"] {
        let found = sentiment(analyzer, text).await;
        let scores = [found.positive, found.negative, found.neutral, found.mixed];
        assert!((scores.iter().sum::<f64>() - 1.0).abs() < 1e-9, "{found:?}");
        assert!(scores.iter().all(|score| (0.0..=1.0).contains(score)), "{found:?}");
        let strongest = match found.label {
            SentimentLabel::Positive => found.positive,
            SentimentLabel::Negative => found.negative,
            SentimentLabel::Neutral => found.neutral,
            SentimentLabel::Mixed => found.mixed,
        };
        assert!(scores.iter().all(|score| *score <= strongest), "{found:?}");
    }
}
