//! The number of words of a text.

use unicode_segmentation::UnicodeSegmentation;

/// UAX #29 words with a letter or a digit of a normalised text.
pub(crate) fn count(normal: &str) -> u32 {
    u32::try_from(normal.unicode_words().count()).unwrap_or(u32::MAX)
}
