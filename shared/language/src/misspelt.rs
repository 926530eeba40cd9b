//! Slips of the pen in the words that crisis language is made of ("mysefl", "suiicdal"), and words
//! spelled out letter by letter ("s u i c i d e").
//!
//! A text with one is read a second time, as [`Misspelt::mend`] spells it. The first reading
//! stands beside it, so that mending can add crisis language and never take any away.

use std::collections::{BTreeMap, HashMap};
use std::hash::BuildHasherDefault;

use serde::Deserialize;

use crate::form;
use crate::lexicon_file::{LexiconError, VERSION};
use crate::matcher::WordHasher;

const FILE: &str = "misspelt.toml";

/// A word this long may have two letters swapped or one doubled.
const SWAPPED: usize = 4;

/// A word this long may have a letter left out: in a shorter one that often makes another word.
const LEFT_OUT: usize = 6;

/// This many letters that stand alone in a row are a word spelled out.
const SPELLED_OUT: usize = 3;

/// Right words by their slips.
pub(crate) struct Misspelt {
    right: HashMap<Box<str>, Box<str>, BuildHasherDefault<WordHasher>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MisspeltFile {
    version: String,
    #[expect(dead_code, reason = "required in the file for its readers, and used by nobody else")]
    source: String,
    words: Vec<String>,
    spellings: BTreeMap<String, Vec<String>>,
}

impl Misspelt {
    /// Reads the slips that are compiled in. A word that `known` is true of is no slip of another,
    /// unless the file says so.
    pub(crate) fn built_in(known: impl Fn(&str) -> bool) -> Result<Self, LexiconError> {
        let file: MisspeltFile = toml::from_str(include_str!("../data/misspelt.toml"))
            .map_err(|source| LexiconError::Format { file: FILE, source })?;
        if file.version != VERSION {
            let (expected, found) = (VERSION.to_owned(), file.version);
            return Err(LexiconError::Header { file: FILE, expected, found });
        }
        let mut right = HashMap::default();
        for word in &file.words {
            for slip in slips(word).into_iter().filter(|slip| !known(slip)) {
                right.insert(slip.into_boxed_str(), word.as_str().into());
            }
        }
        for (word, wrong) in file.spellings {
            for slip in wrong {
                right.insert(slip.into_boxed_str(), word.as_str().into());
            }
        }
        Ok(Self { right })
    }

    /// Whether a form of a text holds a slip or letters that stand alone.
    pub(crate) fn suspects(&self, form: &str) -> bool {
        let mut alone = 0;
        form.split_ascii_whitespace().any(|word| {
            alone = if is_letter(word) { alone + 1 } else { 0 };
            alone >= SPELLED_OUT || self.right.contains_key(word)
        })
    }

    /// A normalised text with words that are spelled out as words, and slips mended.
    pub(crate) fn mend(&self, normal: &str, known: impl Fn(&str) -> bool) -> String {
        let joined = join(normal, known);
        let mut mended = String::with_capacity(joined.len());
        for piece in pieces(&joined) {
            match self.right.get(form::of(piece.word).trim()) {
                Some(right) => mended.push_str(right),
                None => mended.push_str(piece.word),
            }
            mended.push_str(piece.after);
        }
        mended
    }
}

/// A word and what parts it from the next.
struct Piece<'a> {
    word: &'a str,
    after: &'a str,
}

fn pieces(text: &str) -> impl Iterator<Item = Piece<'_>> {
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let (word, tail) = rest.split_at(rest.find(is_separator).unwrap_or(rest.len()));
        let (after, tail) = tail.split_at(tail.find(|c| !is_separator(c)).unwrap_or(tail.len()));
        rest = tail;
        Some(Piece { word, after })
    })
}

fn is_separator(c: char) -> bool {
    !form::is_transparent(c) && !c.is_alphanumeric()
}

fn is_letter(word: &str) -> bool {
    let mut letters = word.chars();
    letters.next().is_some_and(char::is_alphabetic) && letters.next().is_none()
}

/// A text whose words that are spelled out, with one character between their letters, are whole.
fn join(text: &str, known: impl Fn(&str) -> bool) -> String {
    let pieces: Vec<Piece> = pieces(text).collect();
    let mut joined = String::with_capacity(text.len());
    let mut rest = pieces.as_slice();
    while let Some(first) = rest.first() {
        // All of the run but its last letter are followed by a single character.
        let parted = rest
            .iter()
            .take_while(|one| is_letter(one.word) && one.after.chars().count() == 1)
            .count();
        let ends = rest.get(parted).is_some_and(|one| is_letter(one.word));
        let run = parted + usize::from(ends);
        if run < SPELLED_OUT {
            joined.push_str(first.word);
            joined.push_str(first.after);
            rest = rest.get(1..).unwrap_or_default();
            continue;
        }
        let (letters, tail) = rest.split_at(run);
        let word: String = letters.iter().map(|one| one.word).collect();
        // In "i k m s" the first letter is a word.
        let short = word.get(first.word.len()..).unwrap_or_default();
        if !known(&word) && known(short) {
            joined.push_str(first.word);
            joined.push(' ');
            joined.push_str(short);
        } else {
            joined.push_str(&word);
        }
        joined.push_str(letters.last().map_or("", |one| one.after));
        rest = tail;
    }
    joined
}

/// The slips of a word in ASCII, of which the first letter is right.
fn slips(word: &str) -> Vec<String> {
    let letters: Vec<char> = word.chars().collect();
    let mut slips = Vec::new();
    for at in 1..letters.len() {
        if letters.len() >= LEFT_OUT {
            let mut left_out = letters.clone();
            left_out.remove(at);
            slips.push(left_out);
        }
        if letters.len() >= SWAPPED {
            let doubled = letters.iter().take(at + 1).chain(letters.iter().skip(at));
            slips.push(doubled.copied().collect());
            let mut swapped = letters.clone();
            if at + 1 < swapped.len() {
                swapped.swap(at, at + 1);
                slips.push(swapped);
            }
        }
    }
    let slips = slips.into_iter().map(String::from_iter);
    slips.filter(|slip| slip != word).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_swap_double_and_leave_out() {
        let short = slips("kill");
        assert!(short.contains(&"klil".to_owned()) && short.contains(&"kiill".to_owned()));
        assert!(!short.contains(&"kil".to_owned()), "too short to leave a letter out");
        let long = slips("myself");
        for slip in ["mysefl", "mself", "mysself"] {
            assert!(long.contains(&slip.to_owned()), "{slip} of {long:?}");
        }
    }

    #[test]
    fn words_that_are_spelled_out_become_whole() {
        let known = |word: &str| ["suicide", "kms", "die"].contains(&word);
        for (text, expected) in [
            ("s u i c i d e", "suicide"),
            ("s.u.i.c.i.d.e. is all", "suicide. is all"),
            ("want to d-i-e now", "want to die now"),
            ("i k m s", "i kms"),
            ("a b, not c", "a b, not c"),
            ("x  y  z", "x  y  z"),
            ("", ""),
        ] {
            assert_eq!(join(text, known), expected);
        }
    }
}
