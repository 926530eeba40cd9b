//! The words of a text as VADER cuts them.

use std::borrow::Cow;

use super::lexicon::{Sense, VaderLexicon};

/// A word of at most so many characters without its punctuation may be an emoticon (":D"), and
/// keeps it.
const EMOTICON_CHARS: usize = 2;

/// A word, with what the lists say of it.
pub(super) struct Word<'a> {
    /// In lower case, without the punctuation around it.
    pub(super) lower: Cow<'a, str>,
    /// Whether it is all in capitals.
    pub(super) shouted: bool,
    pub(super) sense: Sense,
}

/// All words of a text, in order.
pub(super) struct Words<'a> {
    all: Vec<Word<'a>>,
    /// Whether some of them are all in capitals and some are not: only then do capitals stress.
    pub(super) some_are_shouted: bool,
}

impl<'a> Words<'a> {
    pub(super) fn of(text: &'a str, lexicon: &VaderLexicon) -> Self {
        let all: Vec<Word> = text
            .split(is_blank)
            .filter(|raw| !raw.is_empty())
            .map(|raw| Word::of(raw, lexicon))
            .collect();
        let shouted = all.iter().filter(|word| word.shouted).count();
        Self { some_are_shouted: 0 < shouted && shouted < all.len(), all }
    }

    pub(super) fn len(&self) -> usize {
        self.all.len()
    }

    pub(super) fn get(&self, at: usize) -> Option<&Word<'a>> {
        self.all.get(at)
    }

    /// The word so many places before another.
    pub(super) fn before(&self, at: usize, distance: usize) -> Option<&Word<'a>> {
        self.get(at.checked_sub(distance)?)
    }

    /// Whether the word so many places before another is this one.
    pub(super) fn is_before(&self, at: usize, distance: usize, lower: &str) -> bool {
        self.before(at, distance).is_some_and(|word| word.lower == lower)
    }

    /// Whether a phrase begins so many places before a word.
    pub(super) fn phrase_before(&self, at: usize, distance: usize, phrase: &[&str]) -> bool {
        let Some(start) = at.checked_sub(distance) else { return false };
        let found = self.all.get(start..start + phrase.len());
        found
            .is_some_and(|words| words.iter().zip(phrase).all(|(word, lower)| word.lower == *lower))
    }

    /// The place of the first word that is this one.
    pub(super) fn position(&self, lower: &str) -> Option<usize> {
        self.all.iter().position(|word| word.lower == lower)
    }
}

impl<'a> Word<'a> {
    fn of(raw: &'a str, lexicon: &VaderLexicon) -> Self {
        let bare = raw.trim_matches(|c: char| c.is_ascii_punctuation());
        let text = if bare.chars().nth(EMOTICON_CHARS).is_none() { raw } else { bare };
        let lower = in_lower_case(text);
        let sense = lexicon.sense(&lower);
        Self { shouted: is_shouted(text), sense, lower }
    }
}

/// What Python's `str.split` splits at: white space, and the separators of ASCII.
fn is_blank(c: char) -> bool {
    c.is_whitespace() || ('\u{1C}'..='\u{1F}').contains(&c)
}

fn in_lower_case(text: &str) -> Cow<'_, str> {
    if text.bytes().all(|byte| byte.is_ascii() && !byte.is_ascii_uppercase()) {
        Cow::Borrowed(text)
    } else {
        Cow::Owned(text.to_lowercase())
    }
}

/// At least one letter, and all that have a case are upper case, as Python's `str.isupper` says.
fn is_shouted(text: &str) -> bool {
    let mut any = false;
    for c in text.chars() {
        if c.is_lowercase() || is_title_case(c) {
            return false;
        }
        any |= c.is_uppercase();
    }
    any
}

/// A ligature whose first half alone is upper case ("ǅ").
fn is_title_case(c: char) -> bool {
    !c.is_ascii() && !c.is_uppercase() && c.to_lowercase().next() != Some(c)
}
