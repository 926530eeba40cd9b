//! The number of words of a text.

use unicode_segmentation::UnicodeSegmentation;

use crate::normalise::normalise;

/// UAX #29 words with a letter or a digit, of the normalised text. An ASCII text has the same words
/// in either case, so it is counted as it is.
pub(crate) fn count(text: &str) -> u32 {
    let words = if text.is_ascii() {
        text.unicode_words().count()
    } else {
        normalise(text).unicode_words().count()
    };
    u32::try_from(words).unwrap_or(u32::MAX)
}
