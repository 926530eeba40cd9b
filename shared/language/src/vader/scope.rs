//! Which texts VADER can read.

use crate::lexicons::code_of;
use crate::script::is_mostly_latin;

/// The language of the lexicon.
const ENGLISH: &str = "en";

/// Why there is no score for a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoScore {
    /// It is said to be in another language.
    #[error("no analyser for this language: the local one knows English")]
    Language,
    /// Most of its letters are not Latin, so it is in another language whatever is said of it.
    #[error("no analyser for this script: the local one knows English")]
    Script,
}

/// Whether a text is English as far as one can see. Of a text in Latin letters its locale is
/// believed.
pub(super) fn check(text: &str, locale: Option<&str>) -> Result<(), NoScore> {
    if !code_of(locale).eq_ignore_ascii_case(ENGLISH) {
        return Err(NoScore::Language);
    }
    if is_mostly_latin(text) { Ok(()) } else { Err(NoScore::Script) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_english_has_scores() {
        for locale in [None, Some("en"), Some("en-GB"), Some(" EN_us.UTF-8")] {
            assert_eq!(check("fine", locale), Ok(()), "{locale:?}");
        }
        for locale in ["es", "es-MX", "fr", "eng", "english", "tlh", "", "-", "🙂"] {
            assert_eq!(check("fine", Some(locale)), Err(NoScore::Language), "{locale}");
        }
    }

    #[test]
    fn a_text_in_other_letters_has_none_whatever_its_locale() {
        for text in ["私はとても悲しい", "мне грустно", "أنا حزين lol", "अच्छा", "𝓘 𝓪𝓶 𝓼𝓪𝓭"]
        {
            assert_eq!(check(text, Some("en")), Err(NoScore::Script), "{text}");
        }
        for text in ["", "😭😭😭", "…!?", "café with Zoë", "I love 東京", "ｓａｄ", "42 °C"]
        {
            assert_eq!(check(text, Some("en")), Ok(()), "{text}");
        }
    }
}
