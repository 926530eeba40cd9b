//! All lexicons, and what they find in a text.

use mindmate_domain::crisis::CrisisCategory;

use crate::lexicon_file::{self, Kind, LANGUAGES, LanguageIndex, LexiconError};
use crate::matcher::{Hit, Matcher};
use crate::normalise::normalise;
use crate::{context, form, words};

/// What was found in one text. It holds no word of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TextFacts {
    /// UAX #29 words with a letter or a digit, of the normalised text.
    pub words: u32,
    /// Words of negative sentiment.
    pub negative_words: u32,
    /// Words in which the writer speaks of themselves.
    pub first_person_words: u32,
    /// Words that allow of no more or less.
    pub absolutist_words: u32,
    /// Occurrences of phrases of despair.
    pub despair_hits: u32,
    /// Occurrences of phrases of loneliness.
    pub isolation_hits: u32,
    /// Whether the text asks for help.
    pub seeks_help: bool,
    /// The most acute crisis language, by the lists of all languages.
    pub crisis: Option<CrisisCategory>,
}

/// The lexicons of all languages, built once and shared by reference.
pub struct Lexicons {
    plain: Matcher,
}

impl Lexicons {
    /// Builds the lexicons that are compiled in.
    ///
    /// # Errors
    /// Where a data file does not keep to its format; the tests read them all.
    pub fn built_in() -> Result<Self, LexiconError> {
        let entries = lexicon_file::built_in()?;
        Ok(Self { plain: Matcher::new(entries.iter(), std::convert::identity)? })
    }

    /// The lists for a locale ("es", "es-MX", "es_MX"), or `None` where there are none for its
    /// language. Without a locale: English.
    pub fn for_locale(&self, locale: Option<&str>) -> Option<Language<'_>> {
        let index = language_of(locale)?;
        Some(Language { lexicons: self, index })
    }

    /// The most acute crisis language in a text, by the lists of all languages together: a profile
    /// in Spanish may well write in English.
    pub fn crisis(&self, text: &str) -> Option<CrisisCategory> {
        let form = form::of(&normalise(text));
        let hits: Vec<Hit> = self.plain.hits(&form).filter(|hit| hit.kind.bears_on_crisis()).collect();
        context::most_acute(&hits)
    }

    /// The version of the data files.
    pub fn version(&self) -> &str {
        lexicon_file::VERSION
    }
}

/// The language of a locale among those that have lists. Without a locale: English.
pub(crate) fn language_of(locale: Option<&str>) -> Option<LanguageIndex> {
    let tag = locale.map_or("en", str::trim);
    let code = tag.split(['-', '_', '.', '@']).next().unwrap_or_default();
    let index = LANGUAGES.iter().position(|known| known.eq_ignore_ascii_case(code))?;
    LanguageIndex::try_from(index).ok()
}

/// The lists of one language.
#[derive(Clone, Copy)]
pub struct Language<'a> {
    lexicons: &'a Lexicons,
    index: LanguageIndex,
}

impl Language<'_> {
    /// ISO 639-1.
    pub fn code(&self) -> &str {
        LANGUAGES.get(usize::from(self.index)).copied().unwrap_or_default()
    }

    /// Reads a text: words and hits by this language's lists, crisis language by those of all.
    pub fn read(&self, text: &str) -> TextFacts {
        let normal = normalise(text);
        let form = form::of(&normal);
        let mut facts = TextFacts { words: words::count(&normal), ..TextFacts::default() };
        let mut crisis = Vec::new();
        for hit in self.lexicons.plain.hits(&form) {
            if hit.kind.bears_on_crisis() {
                crisis.push(hit);
            } else if hit.language == self.index {
                match hit.kind {
                    Kind::Negative => facts.negative_words += 1,
                    Kind::FirstPerson => facts.first_person_words += 1,
                    Kind::Absolutist => facts.absolutist_words += 1,
                    Kind::Despair => facts.despair_hits += 1,
                    Kind::Isolation => facts.isolation_hits += 1,
                    Kind::HelpSeeking => facts.seeks_help = true,
                    _ => {}
                }
            }
        }
        facts.crisis = context::most_acute(&crisis);
        facts
    }
}
