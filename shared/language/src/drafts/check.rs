//! What may not be sent of what a language model wrote (safety 10).

use serde::Deserialize;
use whatlang::Lang;

use super::MESSAGE_CHARS;
use super::file::DraftFile;
use crate::form;

/// Fewer characters say nothing, and no language can be told of them.
const LEAST_CHARS: usize = 40;

/// What a draft must not speak of, or not so. Each has its phrases in the data file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Rule {
    /// Death and harming oneself, "committed suicide" among them.
    Death,
    /// Methods.
    Methods,
    /// A diagnosis, symptoms, medicine.
    Diagnosis,
    /// A score, a level, and that somebody was watched.
    Assessment,
    /// Blame and orders.
    Blame,
    /// A promise that is demanded.
    Promises,
    /// Secrecy.
    Secrecy,
    /// A claim to be human, or to feel.
    Pretence,
    /// Numbers and addresses in words.
    Contact,
}

impl Rule {
    /// All rules.
    pub const ALL: [Self; 9] = [
        Self::Death,
        Self::Methods,
        Self::Diagnosis,
        Self::Assessment,
        Self::Blame,
        Self::Promises,
        Self::Secrecy,
        Self::Pretence,
        Self::Contact,
    ];
}

/// Why a draft is not sent. It holds nothing of the draft, and may be logged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Too short or too long.
    #[error("expected a message of {LEAST_CHARS} to {MESSAGE_CHARS} characters, found {found}")]
    Length {
        /// How many it has.
        found: usize,
    },
    /// It is not in the reader's language, as far as that can be told.
    #[error("expected the language of the reader, found another")]
    OtherLanguage,
    /// It holds a figure: no number belongs into a message that names no resources.
    #[error("expected no figures, found one")]
    Figure,
    /// It holds an address, markup, or a character that shows nothing.
    #[error("expected plain sentences, found an address, markup or a control character")]
    NotPlain,
    /// It speaks of what it must not speak of.
    #[error("expected nothing of {0:?}, found it")]
    Forbidden(Rule),
    /// Our own opening does not render.
    #[error("expected our opening before the draft, found that it does not render")]
    NoOpening,
}

/// Checks a draft by itself.
pub(super) fn draft(draft: &str, file: &DraftFile) -> Result<(), Refusal> {
    let found = draft.chars().count();
    if !(LEAST_CHARS..=MESSAGE_CHARS).contains(&found) {
        return Err(Refusal::Length { found });
    }
    if draft.chars().any(char::is_numeric) {
        return Err(Refusal::Figure);
    }
    if !draft.chars().all(is_plain) || holds_address(draft) {
        return Err(Refusal::NotPlain);
    }
    let form = form::of_text(draft);
    for (rule, phrases) in &file.forbidden {
        if phrases.iter().any(|phrase| form.contains(phrase.as_str())) {
            return Err(Refusal::Forbidden(*rule));
        }
    }
    if language_of(draft) != Some(file.language()) {
        return Err(Refusal::OtherLanguage);
    }
    Ok(())
}

/// ISO 639-1, of the languages that have files. The likeliest language is taken at its word: of so
/// short a text none is certain.
fn language_of(draft: &str) -> Option<&'static str> {
    match whatlang::detect_lang(draft)? {
        Lang::Eng => Some("en"),
        Lang::Spa => Some("es"),
        _ => None,
    }
}

/// Letters of the scripts that we write in, blanks, line ends and the marks of sentences.
fn is_plain(c: char) -> bool {
    let latin = c.is_alphabetic() && c < '\u{250}';
    latin
        || matches!(
            c,
            ' ' | '\n'
                | '.'
                | ','
                | ';'
                | '!'
                | '?'
                | '¡'
                | '¿'
                | '\''
                | '’'
                | '"'
                | '“'
                | '”'
                | '–'
                | '—'
                | '-'
                | '…'
        )
}

/// A dot with letters on either side.
fn holds_address(draft: &str) -> bool {
    let chars: Vec<char> = draft.chars().collect();
    chars.windows(3).any(|three| {
        matches!(three, [before, '.', after] if before.is_alphabetic() && after.is_alphabetic())
    })
}
