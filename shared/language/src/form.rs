//! The form of a text that the automaton reads: words and single blanks.
//!
//! Letters and digits stay, without accents ("dano" for "daño"); a mark above or below a letter
//! and other invisible characters go; all else separates words, the apostrophe too, so that
//! "don't", "don´t" and "don t" are one, and "I'm" holds the word "I". A blank stands
//! at either end, so that a phrase with blanks at its ends is found as whole words.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use crate::normalise::normalise;

/// What stood between two words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Break {
    /// The word that it stands before, counted from 0.
    pub(crate) at: usize,
    /// The end of a sentence, not only of a clause.
    pub(crate) sentence: bool,
}

/// The form of any text.
pub(crate) fn of_text(text: &str) -> String {
    if text.is_ascii() { of_ascii(text) } else { of(&normalise(text)) }
}

/// The form of a text that is ASCII or normalised.
pub(crate) fn of_ready(ready: &str) -> String {
    if ready.is_ascii() { of_ascii(ready) } else { of(ready) }
}

/// The form of an ASCII text, the same as [`of`] its normalised text, but faster.
pub(crate) fn of_ascii(text: &str) -> String {
    let mut form = String::with_capacity(text.len() + 2);
    form.push(' ');
    let mut blank = true;
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() {
            form.push(char::from(byte.to_ascii_lowercase()));
            blank = false;
        } else if !blank {
            form.push(' ');
            blank = true;
        }
    }
    if !blank {
        form.push(' ');
    }
    form
}

/// The form of a normalised text.
pub(crate) fn of(normal: &str) -> String {
    with_breaks(normal).0
}

/// The form of a normalised text, and where its clauses and sentences end.
pub(crate) fn with_breaks(normal: &str) -> (String, Vec<Break>) {
    let mut form = String::with_capacity(normal.len() + 2);
    let mut breaks = Vec::new();
    let mut words = 0;
    form.push(' ');
    for c in normal.chars() {
        if is_transparent(c) {
            continue;
        }
        if c.is_alphanumeric() {
            words += usize::from(form.ends_with(' '));
            push_plain(&mut form, c);
            continue;
        }
        if !form.ends_with(' ') {
            form.push(' ');
        }
        if let Some(sentence) = ends(c) {
            breaks.push(Break { at: words, sentence });
        }
    }
    if !form.ends_with(' ') {
        form.push(' ');
    }
    (form, breaks)
}

/// A letter without its accents. Some become nothing but a mark; those stay as they are.
fn push_plain(form: &mut String, c: char) {
    if c.is_ascii() {
        form.push(c);
        return;
    }
    let before = form.len();
    form.extend(std::iter::once(c).nfd().filter(|part| !is_combining_mark(*part)));
    if form.len() == before {
        form.push(c);
    }
}

/// Whether a character ends a sentence (true) or a clause (false), if any.
fn ends(c: char) -> Option<bool> {
    match c {
        '.' | '!' | '?' | '\n' | '\r' | '¡' | '¿' => Some(true),
        ',' | ';' | ':' | '(' | ')' | '"' | '«' | '»' | '“' | '”' | '–' | '—' | '/' => {
            Some(false)
        }
        _ => None,
    }
}

/// Marks on letters, and characters that show nothing and that [`crate::normalise`] leaves in: soft hyphen, joiners,
/// marks of direction, selectors of variants, tags.
pub(crate) fn is_transparent(c: char) -> bool {
    if c.is_ascii() {
        return false;
    }
    is_combining_mark(c)
        || matches!(
            c,
            '\u{AD}' | '\u{61C}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}'
                | '\u{2061}'..='\u{206F}' | '\u{FE00}'..='\u{FE0F}' | '\u{115F}' | '\u{1160}' | '\u{3164}'
                | '\u{E0000}'..='\u{E0FFF}'
        )
}
