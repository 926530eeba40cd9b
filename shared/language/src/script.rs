//! Whether a text's letters can be those of the language that it is said to be in.

use crate::lexicons::code_of;

/// Languages that are written in Latin letters, as far as an analyser of ours knows them.
const LATIN: [&str; 6] = ["de", "en", "es", "fr", "it", "pt"];

/// Whether a text can be in the language of a locale (`es`, `es-MX`); without one: English. Of a
/// language that is written in Latin letters most of the text's letters are Latin. A text without
/// letters, and one in any other language, is believed.
///
/// An analyser that is told a wrong language does not say so: it finds the text neutral.
pub fn script_fits(text: &str, locale: Option<&str>) -> bool {
    let code = code_of(locale);
    !LATIN.iter().any(|latin| latin.eq_ignore_ascii_case(code)) || is_mostly_latin(text)
}

/// Whether at least half of the letters are Latin.
pub(crate) fn is_mostly_latin(text: &str) -> bool {
    if text.is_ascii() {
        return true;
    }
    let letters = || text.chars().filter(|c| c.is_alphabetic());
    let latin = letters().filter(|c| is_latin(*c)).count();
    latin * 2 >= letters().count()
}

/// The Latin blocks up to Latin Extended-B, Latin Extended Additional, and full-width letters.
fn is_latin(c: char) -> bool {
    matches!(c, '\0'..='\u{24F}' | '\u{1E00}'..='\u{1EFF}' | '\u{FF21}'..='\u{FF5A}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_language_in_latin_letters_is_not_written_in_others() {
        for (text, locale, expected) in [
            ("estoy triste", Some("es-MX"), true),
            ("悲しい", Some("es"), false),
            ("мне грустно", None, false),
            ("悲しい", Some("ja"), true),
            ("I am sad", Some("ja"), true),
            ("мне грустно", Some("ru"), true),
            ("😭😭😭", Some("en"), true),
        ] {
            assert_eq!(script_fits(text, locale), expected, "{text} {locale:?}");
        }
    }
}
