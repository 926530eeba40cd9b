//! The lexicons as files: `data/{language}/*.toml`.
//!
//! A file has a version, a language, a line on its source, groups of spellings, and phrases by
//! kind in the notation of [`crate::phrase`]. A phrase with `~` in it is found piece by piece.

use std::collections::BTreeMap;

use mindmate_domain::crisis::CrisisCategory;
use serde::Deserialize;

use crate::phrase::{PhraseError, pieces, spellings};

/// Why the lexicons cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum LexiconError {
    /// A file is not as the format wants it.
    #[error("lexicon `{file}` cannot be read: {source}")]
    Format {
        /// The file.
        file: &'static str,
        /// What is wrong.
        source: toml::de::Error,
    },
    /// A phrase of a file cannot be read.
    #[error("lexicon `{file}`: {source}")]
    Phrase {
        /// The file.
        file: &'static str,
        /// What is wrong.
        source: PhraseError,
    },
    /// A file says another language or version than its place.
    #[error("lexicon `{file}` should say `{expected}` and says `{found}`")]
    Header {
        /// The file.
        file: &'static str,
        /// The language or version that was expected.
        expected: String,
        /// The one that was found.
        found: String,
    },
    /// There are more words than codes for them.
    #[error("the lexicons have more than {0} different words, which is all that have a code")]
    TooManyWords(usize),
    /// The automaton cannot be built.
    #[error("the automaton over all lexicons cannot be built: {0}")]
    Automaton(#[from] aho_corasick::BuildError),
}

/// What a phrase is a sign of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Kind {
    /// A word of negative sentiment.
    Negative,
    /// The writer speaks of themselves.
    FirstPerson,
    /// A word that allows of no more or less.
    Absolutist,
    /// Despair.
    Despair,
    /// Loneliness.
    Isolation,
    /// Asking for help.
    HelpSeeking,
    /// See [`CrisisCategory::PassiveIdeation`].
    PassiveIdeation,
    /// Passive ideation if meant, often a way of speaking ("kill me now"). It counts, unless a
    /// retraction follows.
    Figurative,
    /// See [`CrisisCategory::SelfHarm`].
    SelfHarm,
    /// See [`CrisisCategory::ActiveIdeation`].
    ActiveIdeation,
    /// See [`CrisisCategory::PlanIntentMeans`].
    PlanIntentMeans,
    /// Makes a plan of the crisis language that follows directly ("going to").
    Intent,
    /// May stand between an intent and what is intended.
    IntentLink,
    /// A whole phrase that holds crisis words and means something else.
    Idiom,
    /// Negates what follows directly.
    Negation,
    /// May stand between a negation and what it negates.
    NegationLink,
    /// Directly before a negation: it does not negate ("why not …").
    DoubtBefore,
    /// Soon after a negated phrase: it may not be negated ("… but").
    DoubtAfter,
    /// Makes somebody else the subject of what follows directly.
    ThirdPerson,
    /// May stand between another person and what they are the subject of.
    ThirdPersonLink,
    /// The writer, as whoever the sentence is about.
    Oneself,
    /// What follows directly is the title or the words of a song, a film, a game.
    Quotation,
    /// May stand between such and the words.
    QuotationLink,
    /// Takes back what was just said.
    Retraction,
}

impl Kind {
    /// The category, where it is crisis language.
    pub(crate) fn category(self) -> Option<CrisisCategory> {
        match self {
            Self::PassiveIdeation | Self::Figurative => Some(CrisisCategory::PassiveIdeation),
            Self::SelfHarm => Some(CrisisCategory::SelfHarm),
            Self::ActiveIdeation => Some(CrisisCategory::ActiveIdeation),
            Self::PlanIntentMeans => Some(CrisisCategory::PlanIntentMeans),
            _ => None,
        }
    }

    /// As the lists call it, where it is crisis language.
    pub(crate) fn name(self) -> Option<&'static str> {
        match self {
            Self::PassiveIdeation => Some("passiveIdeation"),
            Self::Figurative => Some("figurative"),
            Self::SelfHarm => Some("selfHarm"),
            Self::ActiveIdeation => Some("activeIdeation"),
            Self::PlanIntentMeans => Some("planIntentMeans"),
            _ => None,
        }
    }

    /// Whether it is crisis language or says how to take it.
    pub(crate) fn bears_on_crisis(self) -> bool {
        self >= Self::PassiveIdeation
    }
}

/// A language, as its place in [`LANGUAGES`].
pub(crate) type LanguageIndex = u8;

/// ISO 639-1 codes of the languages with lexicons.
pub(crate) const LANGUAGES: [&str; 2] = ["en", "es"];

/// The version that all files have.
pub(crate) const VERSION: &str = "lexicons-2";

/// A spelling of a phrase, as written in its file.
pub(crate) struct Entry {
    pub(crate) spelling: String,
    pub(crate) language: LanguageIndex,
    pub(crate) kind: Kind,
    /// Where it is not a phrase of its own: which piece of one.
    pub(crate) piece: Option<Piece>,
}

/// A piece of a phrase whose pieces have other words between them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Piece {
    /// The phrase, by its number among those in pieces.
    pub(crate) phrase: u16,
    /// Which of its pieces, from 0.
    pub(crate) number: u8,
    /// Whether the phrase ends with it.
    pub(crate) last: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LexiconFile {
    version: String,
    language: String,
    #[expect(dead_code, reason = "required in the file for its readers, and used by nobody else")]
    source: String,
    #[serde(default)]
    groups: BTreeMap<String, Vec<String>>,
    phrases: BTreeMap<Kind, Vec<String>>,
}

macro_rules! files {
    ($($path:literal),+ $(,)?) => {
        [$(($path, include_str!(concat!("../data/", $path)))),+]
    };
}

/// All lexicons, as compiled in.
const FILES: [(&str, &str); 18] = files![
    "en/absolutist.toml",
    "en/context.toml",
    "en/crisis.toml",
    "en/crisis-pieces.toml",
    "en/despair.toml",
    "en/first-person.toml",
    "en/help-seeking.toml",
    "en/isolation.toml",
    "en/negative.toml",
    "es/absolutist.toml",
    "es/context.toml",
    "es/crisis.toml",
    "es/crisis-pieces.toml",
    "es/despair.toml",
    "es/first-person.toml",
    "es/help-seeking.toml",
    "es/isolation.toml",
    "es/negative.toml",
];

/// Reads the lexicons that are compiled in.
pub(crate) fn built_in() -> Result<Vec<Entry>, LexiconError> {
    let mut entries = Vec::new();
    let mut phrases_in_pieces = 0;
    for (path, text) in FILES {
        read(path, text, &mut entries, &mut phrases_in_pieces)?;
    }
    Ok(entries)
}

fn read(
    file: &'static str,
    text: &str,
    entries: &mut Vec<Entry>,
    phrases_in_pieces: &mut u16,
) -> Result<(), LexiconError> {
    let lexicon: LexiconFile =
        toml::from_str(text).map_err(|source| LexiconError::Format { file, source })?;
    let differs = |expected: &str, found: &str| LexiconError::Header {
        file,
        expected: expected.to_owned(),
        found: found.to_owned(),
    };
    if lexicon.version != VERSION {
        return Err(differs(VERSION, &lexicon.version));
    }
    let folder = file.split('/').next().unwrap_or_default();
    let language = LANGUAGES
        .iter()
        .position(|code| *code == lexicon.language && *code == folder)
        .and_then(|index| LanguageIndex::try_from(index).ok())
        .ok_or_else(|| differs(folder, &lexicon.language))?;
    for (kind, phrases) in lexicon.phrases {
        for phrase in phrases {
            let wrong = |source| LexiconError::Phrase { file, source };
            let texts = pieces(&phrase).map_err(wrong)?;
            let in_pieces = texts.len() > 1;
            for (number, text) in texts.iter().enumerate() {
                let piece = in_pieces.then_some(Piece {
                    phrase: *phrases_in_pieces,
                    number: u8::try_from(number).unwrap_or(u8::MAX),
                    last: number + 1 == texts.len(),
                });
                let all = spellings(text, &lexicon.groups).map_err(wrong)?;
                let entry = |spelling| Entry { spelling, language, kind, piece };
                entries.extend(all.into_iter().map(entry));
            }
            *phrases_in_pieces += u16::from(in_pieces);
        }
    }
    Ok(())
}
