//! The texts of a history, each read once.
//!
//! Reading comes first and apart: what it finds of crisis language stands where a feature fails.

use std::panic::{AssertUnwindSafe, catch_unwind};

use jiff::Timestamp;
use mindmate_domain::app::Sentiment;
use mindmate_domain::history::{LeftOutText, TextEntry};
use mindmate_domain::instant::Window;
use mindmate_domain::{CrisisCheck, History};
use mindmate_language::{Language, Lexicons, TextFacts};

/// What reading the texts of a history came to. Holds counts and categories, no text.
#[derive(Debug, Clone, PartialEq)]
pub enum TextReadings {
    /// Text analysis is not consented to: nothing was read.
    NotConsented,
    /// Reading failed.
    Failed,
    /// All texts were read.
    Read {
        /// Whether there is a list for the profile's language. Without one only crisis language
        /// is known of the texts, and no words are counted.
        lexicon: bool,
        /// The texts of 35 days, oldest first.
        texts: Vec<TextReading>,
    },
}

/// What is known of one text.
#[derive(Debug, Clone, PartialEq)]
pub struct TextReading {
    /// When it was written.
    pub at: Timestamp,
    /// Unicode scalar values of the stored text.
    pub characters: u32,
    /// Counts of words and phrases.
    pub facts: TextFacts,
    /// The stored sentiment, where there is one.
    pub sentiment: Option<Sentiment>,
}

/// Reads each text of a history once.
///
/// Where there is no list for the profile's locale, crisis language is looked for in the lists of
/// all languages. A panic while reading becomes [`TextReadings::Failed`].
pub fn read_texts(history: &History, lexicons: &Lexicons) -> TextReadings {
    let Some(texts) = &history.texts else {
        return TextReadings::NotConsented;
    };
    let locale = history.profile.locale.as_deref();
    guarded(|| {
        let language = lexicons.for_locale(locale);
        let read = |entry| reading(entry, language.as_ref(), lexicons);
        TextReadings::Read { lexicon: language.is_some(), texts: texts.iter().map(read).collect() }
    })
}

/// Whether a text of an item that was left out calls for a human: one of this window that holds
/// crisis language, or that cannot be read.
pub fn left_out_crisis(history: &History, lexicons: &Lexicons, window: Window) -> bool {
    let calls = |left_out: &LeftOutText| {
        let text = left_out.text.as_ref();
        text.is_none_or(|text| lexicons.crisis(text.as_str()).is_some())
    };
    let look = || history.left_out.iter().filter(|text| window.contains(text.at)).any(calls);
    // A look that panics has failed, and a human looks instead.
    catch_unwind(AssertUnwindSafe(look)).unwrap_or(true)
}

/// Runs a reading so that a panic in it is a failed reading.
fn guarded(read: impl FnOnce() -> TextReadings) -> TextReadings {
    // Only shared references cross the boundary: nothing can be left half-changed.
    catch_unwind(AssertUnwindSafe(read)).unwrap_or(TextReadings::Failed)
}

fn reading(entry: &TextEntry, language: Option<&Language<'_>>, lexicons: &Lexicons) -> TextReading {
    let text = entry.text.as_str();
    let facts = match language {
        Some(language) => language.read(text),
        None => TextFacts { crisis: lexicons.crisis(text), ..TextFacts::default() },
    };
    let characters = u32::try_from(text.chars().count()).unwrap_or(u32::MAX);
    TextReading { at: entry.at, characters, facts, sentiment: entry.sentiment }
}

impl TextReadings {
    /// Crisis language in the texts of the whole history.
    pub fn crisis_check(&self) -> CrisisCheck {
        match self {
            Self::NotConsented => CrisisCheck::NotConsented,
            Self::Failed => CrisisCheck::Failed { signals: Vec::new() },
            Self::Read { texts, .. } => mindmate_crisis::gather(
                texts.iter().filter_map(|text| Some((text.at, text.facts.crisis?))),
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_while_reading_is_a_failed_reading_and_a_failed_crisis_check() {
        let readings = guarded(|| panic!("a lexicon that breaks"));
        assert_eq!(readings, TextReadings::Failed);
        assert!(readings.crisis_check().has_failed());
    }
}
