//! The form of a text that the automaton reads: words and single blanks.
//!
//! Letters and digits stay, without accents ("dano" for "daño"); a mark above or below a letter
//! and other invisible characters go; all else separates words, the apostrophe too, so that
//! "don't", "don´t" and "don t" are one, and "I'm" holds the word "I". A blank stands at either
//! end, so that a pattern with a blank at either end matches whole words only.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use crate::normalise::normalise;

/// What stood between two words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Break {
    /// The position in the form, of the blank that stands for it.
    pub(crate) at: usize,
    /// The end of a sentence, not only of a clause.
    pub(crate) sentence: bool,
}

/// The form of a text that is not normalised yet.
pub(crate) fn of_text(text: &str) -> String {
    if text.is_ascii() { of_ascii(text) } else { of(&normalise(text)) }
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
    form.push(' ');
    for c in normal.chars() {
        if c.is_ascii_alphanumeric() {
            form.push(c);
        } else if !c.is_ascii() && (is_combining_mark(c) || is_transparent(c)) {
            // Neither a letter nor a gap.
        } else if c.is_alphanumeric() {
            form.extend(std::iter::once(c).nfd().filter(|part| !is_combining_mark(*part)));
        } else {
            if !form.ends_with(' ') {
                form.push(' ');
            }
            if let Some(sentence) = ends(c) {
                breaks.push(Break { at: form.len() - 1, sentence });
            }
        }
    }
    if !form.ends_with(' ') {
        form.push(' ');
    }
    (form, breaks)
}

/// Whether a character ends a sentence (true) or a clause (false), if any.
fn ends(c: char) -> Option<bool> {
    match c {
        '.' | '!' | '?' | '\n' | '\r' | '¡' | '¿' => Some(true),
        ',' | ';' | ':' | '(' | ')' | '"' | '«' | '»' | '“' | '”' | '–' | '—' | '/' => Some(false),
        _ => None,
    }
}

/// Characters that show nothing and that [`crate::normalise`] leaves in: soft hyphen, joiners,
/// marks of direction, selectors of variants, tags.
fn is_transparent(c: char) -> bool {
    matches!(
        c,
        '\u{AD}' | '\u{61C}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}'
            | '\u{2061}'..='\u{206F}' | '\u{FE00}'..='\u{FE0F}' | '\u{115F}' | '\u{1160}' | '\u{3164}'
            | '\u{E0000}'..='\u{E0FFF}'
    )
}
