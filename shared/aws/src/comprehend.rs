//! The sentiment of texts by Comprehend.
//!
//! Texts that are asked for at the same time go together, those of a language in one call, at most
//! 25 of them, and so many calls a second: the quota is the account's, so all processes share it.
//! Comprehend reads 5,000 bytes of a text: of a longer one its beginning is analysed.
//!
//! | what Comprehend says | becomes |
//! | --- | --- |
//! | a language that it does not know: it is not even called | unknown |
//! | an error of one text, for a fault of its own | transient, for this text alone |
//! | an error of one text, for the text's | permanent, `aws-refused`, for this text alone |
//! | a batch that is refused | each of its texts is sent alone: one bad text takes nobody along |
//! | throttling, no answer | transient, for all of the call; see `error.rs` |
//! | an answer that cannot be read, nothing at all of a text | transient |

mod answer;
mod pace;

use std::collections::BTreeMap;
use std::num::NonZeroU16;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use aws_sdk_comprehend::Client;
use aws_sdk_comprehend::types::LanguageCode;
use futures::future::join_all;
use mindmate_pipeline::ports::{Analysis, SentimentAnalyzer, TextToAnalyze};
use mindmate_pipeline::{Clock, PortError, PortResult};

use self::pace::Pace;
use crate::error::port_error;
use crate::together::Together;

const PORT: &str = "comprehend";

/// Who found a sentiment, for the record. Comprehend has no versions that one could name.
const NAME: &str = "comprehend";

/// A call takes at most this many texts.
const MOST: usize = 25;

/// Of a text Comprehend takes at most this many bytes.
const LONGEST: usize = 5_000;

/// The languages whose sentiment Comprehend knows.
const LANGUAGES: [&str; 11] =
    ["ar", "de", "en", "es", "fr", "hi", "it", "ja", "ko", "pt", SIMPLIFIED];

const SIMPLIFIED: &str = "zh";

const TRADITIONAL: &str = "zh-TW";

/// What a locale in Chinese says that is written in traditional characters.
const IN_TRADITIONAL: [&str; 4] = ["hant", "hk", "mo", "tw"];

/// What becomes of each text of a call.
type Results = Vec<PortResult<Analysis>>;

/// Comprehend.
pub(crate) struct Comprehend {
    client: Client,
    pace: Pace,
    /// By language.
    together: Mutex<BTreeMap<&'static str, Arc<Together<String, Analysis>>>>,
}

impl Comprehend {
    pub(crate) fn new(client: Client, calls_a_second: NonZeroU16, clock: Arc<dyn Clock>) -> Self {
        Self { client, pace: Pace::new(calls_a_second, clock), together: Mutex::default() }
    }

    fn together(&self, language: &'static str) -> Arc<Together<String, Analysis>> {
        let mut together = self.together.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(together.entry(language).or_default())
    }

    /// Analyses texts of one language, in as many calls as it takes.
    async fn detect(&self, language: &str, texts: &[String]) -> Results {
        let calls = texts.chunks(MOST).map(|chunk| self.chunk(language, chunk));
        join_all(calls).await.into_iter().flatten().collect()
    }

    async fn chunk(&self, language: &str, texts: &[String]) -> Results {
        match self.call(language, texts).await {
            Ok(results) => results,
            Err(PortError::Permanent { .. }) if texts.len() > 1 => {
                let alone = texts.iter().map(|text| async move {
                    let results = self.call(language, std::slice::from_ref(text)).await?;
                    results.into_iter().next().unwrap_or_else(|| Err(answer::unsaid()))
                });
                join_all(alone).await
            }
            Err(error) => texts.iter().map(|_| Err(error.again())).collect(),
        }
    }

    async fn call(&self, language: &str, texts: &[String]) -> PortResult<Results> {
        self.pace.turn().await;
        let answer = self
            .client
            .batch_detect_sentiment()
            .language_code(LanguageCode::from(language))
            .set_text_list(Some(texts.to_vec()))
            .send()
            .await
            .map_err(|error| port_error(PORT, error))?;
        Ok(answer::read(&answer, texts.len()))
    }
}

#[async_trait]
impl SentimentAnalyzer for Comprehend {
    async fn analyze(&self, batch: &[TextToAnalyze]) -> Vec<PortResult<Analysis>> {
        let mut languages: BTreeMap<&'static str, Vec<usize>> = BTreeMap::new();
        let mut results: Vec<Option<PortResult<Analysis>>> = batch.iter().map(|_| None).collect();
        for (place, given) in batch.iter().enumerate() {
            match language_of(given.locale.as_deref()) {
                Some(language) => languages.entry(language).or_default().push(place),
                None => results[place] = Some(Ok(unknown())),
            }
        }
        let calls = languages.into_iter().map(|(language, places)| async move {
            let texts = places.iter().map(|place| beginning(batch[*place].text.as_str())).collect();
            let detect = async |texts: Vec<String>| self.detect(language, &texts).await;
            let results = self.together(language).call(texts, detect).await;
            places.into_iter().zip(results).collect::<Vec<_>>()
        });
        for (place, result) in join_all(calls).await.into_iter().flatten() {
            results[place] = Some(result);
        }
        results.into_iter().map(|one| one.unwrap_or_else(|| Err(answer::unsaid()))).collect()
    }
}

fn unknown() -> Analysis {
    Analysis::Unknown { reason: "Comprehend does not know the language".to_owned() }
}

/// The language of a locale (`es`, `es-MX`, `zh_Hant_HK`) as Comprehend calls it, among those that
/// it knows; without a locale: English.
fn language_of(locale: Option<&str>) -> Option<&'static str> {
    let locale = locale.map_or("en", str::trim).to_ascii_lowercase();
    let mut parts = locale.split(['-', '_', '.', '@']);
    let code = parts.next().unwrap_or_default();
    let language = LANGUAGES.into_iter().find(|known| *known == code)?;
    let is_traditional = language == SIMPLIFIED && parts.any(|part| IN_TRADITIONAL.contains(&part));
    Some(if is_traditional { TRADITIONAL } else { language })
}

/// As much of a text as Comprehend takes, whole characters, from the first that is seen.
fn beginning(text: &str) -> String {
    let text = text.trim_start();
    text[..text.floor_char_boundary(LONGEST)].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_locale_names_one_of_comprehends_languages_or_none() {
        for (locale, expected) in [
            (None, Some("en")),
            (Some("en-GB"), Some("en")),
            (Some(" ES_mx.UTF-8"), Some("es")),
            (Some("pt-BR"), Some("pt")),
            (Some("zh-CN"), Some("zh")),
            (Some("zh-TW"), Some("zh-TW")),
            (Some("zh_Hant_HK"), Some("zh-TW")),
            (Some("de-TW"), Some("de")),
            (Some("tlh"), None),
            (Some("english"), None),
            (Some(""), None),
        ] {
            assert_eq!(language_of(locale), expected, "{locale:?}");
        }
    }

    #[test]
    fn a_long_text_is_cut_between_characters() {
        for (text, bytes) in
            [("é".repeat(2_501), 5_000), ("a".to_owned() + &"é".repeat(2_500), 4_999)]
        {
            assert_eq!(beginning(&text).len(), bytes);
            assert!(text.starts_with(&beginning(&text)));
        }
        assert_eq!(beginning(&(" ".repeat(6_000) + "sad")), "sad", "no blank is sent");
        assert_eq!(beginning("sad "), "sad ");
    }
}
