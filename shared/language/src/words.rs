//! The number of words of a text.

use unicode_segmentation::UnicodeSegmentation;

/// UAX #29 words with a letter or a digit, of a text that is normalised or ASCII.
pub(crate) fn count(ready: &str) -> u32 {
    u32::try_from(ready.unicode_words().count()).unwrap_or(u32::MAX)
}
