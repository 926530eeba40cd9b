//! One automaton over the spellings of all lexicons, whose letters are words.
//!
//! Each word of the lexicons has a code of two bytes, and all other words share one. A text of
//! twelve words is then a string of 24 bytes, and one pass of an Aho–Corasick automaton over it
//! finds all phrases of all lists, as whole words. The first byte of a code is below
//! [`SECOND`] and the second is not, so that no match can begin in the middle of a word.

use std::collections::{BTreeMap, HashMap};
use std::hash::{BuildHasherDefault, Hasher};

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};

use crate::form;
use crate::lexicon_file::{Entry, Kind, LanguageIndex, LexiconError};
use crate::normalise::normalise;

/// The second byte of a code is at least this, and the first is less.
const SECOND: u8 = 0x80;

/// The code of the words that no list has.
const UNKNOWN: Code = [0x7F, 0xFF];

type Code = [u8; 2];

/// What a pattern is a sign of, in which language.
type Sign = (LanguageIndex, Kind);

/// A phrase that was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Hit {
    pub(crate) language: LanguageIndex,
    pub(crate) kind: Kind,
    /// Its first word, counted from 0.
    pub(crate) start: usize,
    /// The word after its last.
    pub(crate) end: usize,
}

/// Finds phrases in the form of a text.
pub(crate) struct Matcher {
    codes: HashMap<Box<str>, Code, BuildHasherDefault<WordHasher>>,
    automaton: AhoCorasick,
    signs: Vec<Box<[Sign]>>,
}

impl Matcher {
    /// Builds the automaton over the forms of what `shape` makes of all normalised spellings. A
    /// spelling with an apostrophe is also found without one.
    pub(crate) fn new<'a>(
        entries: impl Iterator<Item = &'a Entry>,
        shape: impl Fn(&str) -> String,
    ) -> Result<Self, LexiconError> {
        let mut codes = HashMap::default();
        let mut patterns: BTreeMap<Vec<u8>, Vec<Sign>> = BTreeMap::new();
        let mut add = |spelling: &str, sign: Sign| {
            let form = form::of(&shape(&normalise(spelling)));
            let mut pattern = Vec::new();
            for word in form.split_ascii_whitespace() {
                let next = codes.len();
                let code = match codes.get(word) {
                    Some(code) => *code,
                    None => *codes.entry(word.into()).or_insert(code_of(next)?),
                };
                pattern.extend(code);
            }
            let signs = patterns.entry(pattern).or_default();
            if !signs.contains(&sign) {
                signs.push(sign);
            }
            Ok::<(), LexiconError>(())
        };
        for entry in entries {
            let sign = (entry.language, entry.kind);
            add(&entry.spelling, sign)?;
            if entry.spelling.contains('\'') {
                add(&entry.spelling.replace('\'', ""), sign)?;
            }
        }
        let automaton = AhoCorasick::builder()
            .match_kind(MatchKind::Standard)
            .kind(Some(AhoCorasickKind::ContiguousNFA))
            .build(patterns.keys())?;
        let signs = patterns.into_values().map(Vec::into_boxed_slice).collect();
        Ok(Self { codes, automaton, signs })
    }

    /// Whether a list has a word, in its form.
    pub(crate) fn knows(&self, word: &str) -> bool {
        self.codes.contains_key(word)
    }

    /// Shows all hits, also those within others, by their ends; of those with one end the longest
    /// first.
    pub(crate) fn each(&self, form: &str, mut show: impl FnMut(Hit)) {
        let mut coded = Vec::with_capacity(form.len());
        for word in form.split(' ').filter(|word| !word.is_empty()) {
            coded.extend(self.codes.get(word).unwrap_or(&UNKNOWN));
        }
        for found in self.automaton.find_overlapping_iter(&coded) {
            let signs = self.signs.get(found.pattern().as_usize()).map_or(&[][..], |all| all);
            for &(language, kind) in signs {
                let (start, end) = (found.start() / UNKNOWN.len(), found.end() / UNKNOWN.len());
                show(Hit { language, kind, start, end });
            }
        }
    }

    /// All hits of which `wanted` is true.
    pub(crate) fn hits(&self, form: &str, wanted: impl Fn(&Hit) -> bool) -> Vec<Hit> {
        let mut hits = Vec::new();
        self.each(form, |hit| {
            if wanted(&hit) {
                hits.push(hit);
            }
        });
        hits
    }
}

/// The code of the word with a number.
fn code_of(number: usize) -> Result<Code, LexiconError> {
    let radix = usize::from(SECOND);
    let first = u8::try_from(number / radix).ok().filter(|first| *first < UNKNOWN[0]);
    let second = u8::try_from(number % radix).ok();
    first
        .zip(second)
        .map(|(first, second)| [first, SECOND | second])
        .ok_or(LexiconError::TooManyWords(number))
}

/// The hash of `FxHash`, eight bytes a step: the words of the lists are no secret, so nobody gains
/// from making two collide.
#[derive(Default)]
pub(crate) struct WordHasher(u64);

impl WordHasher {
    const FACTOR: u64 = 0x517c_c1b7_2722_0a95;

    fn step(&mut self, value: u64) {
        self.0 = (self.0.rotate_left(5) ^ value).wrapping_mul(Self::FACTOR);
    }
}

impl Hasher for WordHasher {
    fn write(&mut self, bytes: &[u8]) {
        let mut chunks = bytes.chunks_exact(8);
        for chunk in &mut chunks {
            self.step(chunk.try_into().map_or(0, u64::from_le_bytes));
        }
        let rest = chunks.remainder().iter().fold(0, |value, byte| value << 8 | u64::from(*byte));
        self.step(rest);
    }

    fn write_u8(&mut self, value: u8) {
        self.step(u64::from(value));
    }

    fn finish(&self) -> u64 {
        // The table looks at the low bits, which a multiplication mixes least.
        self.0.rotate_left(26)
    }
}
