//! One spelling for the many ways in which the same text is typed.

use std::borrow::Cow;

use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfkc_quick};

/// How often the steps are repeated at most. Folding case can leave a text that composes anew, and
/// that a second round settles; the bound is there so that no text can hold a run up.
const MAX_ROUNDS: usize = 4;

/// Normalises a text for matching and for counting words: NFKC, the apostrophes U+2018, U+2019 and
/// U+02BC to the straight one, case folded, and without the invisible characters U+200B to U+200D,
/// U+2060, U+FEFF and U+180E. Borrowed where the text is normal already. Idempotent.
///
/// Case is folded as the lower case of the upper case, which is the full folding of Unicode but
/// for the dotless i (it becomes an i here, so that it cannot disguise a word).
pub fn normalise(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        return if text.bytes().any(|byte| byte.is_ascii_uppercase()) {
            Cow::Owned(text.to_ascii_lowercase())
        } else {
            Cow::Borrowed(text)
        };
    }
    let mut normal = round(text);
    if normal == text {
        return Cow::Borrowed(text);
    }
    for _ in 1..MAX_ROUNDS {
        let next = round(&normal);
        if next == normal {
            break;
        }
        normal = next;
    }
    Cow::Owned(normal)
}

fn round(text: &str) -> String {
    let visible: String = text.chars().filter(|c| !is_invisible(*c)).collect();
    let composed = compose(visible);
    let mut folded = String::with_capacity(composed.len());
    for c in composed.chars() {
        if c.is_ascii() {
            folded.push(c.to_ascii_lowercase());
        } else {
            folded.extend(straight_apostrophe(c).to_uppercase().flat_map(char::to_lowercase));
        }
    }
    compose(folded)
}

fn compose(text: String) -> String {
    match is_nfkc_quick(text.chars()) {
        IsNormalized::Yes => text,
        IsNormalized::No | IsNormalized::Maybe => text.nfkc().collect(),
    }
}

fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200B}'..='\u{200D}' | '\u{2060}' | '\u{FEFF}' | '\u{180E}')
}

fn straight_apostrophe(c: char) -> char {
    if matches!(c, '\u{2018}' | '\u{2019}' | '\u{02BC}') { '\'' } else { c }
}
