//! One automaton over the spellings of all lexicons, whose letters are words.
//!
//! Each word of the lexicons has a code of two bytes, and all other words share one. A text of
//! twelve words is then a string of 24 bytes, and one pass of an Aho–Corasick automaton over it
//! finds all phrases of all lists, as whole words. The first byte of a code is below
//! [`SECOND`] and the second is not, so that no match can begin in the middle of a word.
//!
//! Of a phrase in pieces the automaton finds the pieces, and [`Pieces`] puts them together as they
//! come.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};

use crate::form;
use crate::lexicon_file::{Entry, Kind, LanguageIndex, LexiconError, Piece};
use crate::normalise::normalise;

/// The second byte of a code is at least this, and the first is less.
const SECOND: u8 = 0x80;

/// The code of the words that no list has.
const UNKNOWN: Code = [0x7F, 0xFF];

type Code = [u8; 2];

/// What a pattern is a sign of, in which language, and of which piece of it.
type Sign = (LanguageIndex, Kind, Option<Piece>);

/// How many words may stand between two pieces of a phrase.
const GAP: usize = 4;

/// So many pieces are kept before those are let go that nothing can follow any more.
const KEPT: usize = 32;

/// A phrase that was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Hit {
    pub(crate) language: LanguageIndex,
    pub(crate) kind: Kind,
    /// Its first word, counted from 0.
    pub(crate) start: usize,
    /// The word after its last.
    pub(crate) end: usize,
    /// Put together from pieces, which has to be within one sentence.
    pub(crate) in_pieces: bool,
}

/// A spelling as the automaton takes it, with one sign of it.
type Pattern = (Box<[u8]>, Sign);

type ByWord<T> = HashMap<Box<str>, T, BuildHasherDefault<WordHasher>>;

/// Finds phrases in the form of a text.
pub(crate) struct Matcher {
    codes: ByWord<Code>,
    automaton: AhoCorasick,
    signs: Vec<Box<[Sign]>>,
}

impl Matcher {
    /// Builds the automaton over the forms of what `shape` makes of all normalised spellings. A
    /// spelling with an apostrophe is also found without one. `shape` must not look across a blank.
    pub(crate) fn new<'a>(
        entries: impl Iterator<Item = &'a Entry>,
        shape: impl Fn(&str) -> String,
    ) -> Result<Self, LexiconError> {
        let mut coder = Coder::new(shape);
        let mut patterns: Vec<Pattern> = Vec::new();
        for entry in entries {
            let sign = (entry.language, entry.kind, entry.piece);
            patterns.push((coder.pattern(&entry.spelling)?, sign));
            if entry.spelling.contains('\'') {
                patterns.push((coder.pattern(&entry.spelling.replace('\'', ""))?, sign));
            }
        }
        // Stable: the signs of a pattern stay in the lists' order.
        patterns.sort_by(|(one, _), (other, _)| one.cmp(other));
        let same: Vec<&[Pattern]> = patterns.chunk_by(|a, b| a.0 == b.0).collect();
        let automaton = AhoCorasick::builder()
            .match_kind(MatchKind::Standard)
            .kind(Some(AhoCorasickKind::ContiguousNFA))
            .build(same.iter().filter_map(|same| same.first()).map(|(pattern, _)| pattern))?;
        let signs = same.into_iter().map(signs_of).collect();
        Ok(Self { codes: coder.codes, automaton, signs })
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
        let mut pieces = Pieces::default();
        for found in self.automaton.find_overlapping_iter(&coded) {
            let signs = self.signs.get(found.pattern().as_usize()).map_or(&[][..], |all| all);
            for &(language, kind, piece) in signs {
                let (start, end) = (found.start() / UNKNOWN.len(), found.end() / UNKNOWN.len());
                let hit = Hit { language, kind, start, end, in_pieces: piece.is_some() };
                match piece {
                    None => show(hit),
                    Some(piece) => {
                        if let Some(whole) = pieces.add(piece, hit) {
                            show(whole);
                        }
                    }
                }
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

/// Each once of the signs of one pattern.
fn signs_of(same: &[Pattern]) -> Box<[Sign]> {
    let mut signs = Vec::with_capacity(same.len());
    for (_, sign) in same {
        if !signs.contains(sign) {
            signs.push(*sign);
        }
    }
    signs.into()
}

/// Makes patterns of spellings. A hundred thousand spellings are made of a few thousand parts between blanks, and of
/// each part normalising, shaping and forming are done once.
struct Coder<S> {
    shape: S,
    codes: ByWord<Code>,
    parts: ByWord<Box<[u8]>>,
    pattern: Vec<u8>,
}

impl<S: Fn(&str) -> String> Coder<S> {
    fn new(shape: S) -> Self {
        Self { shape, codes: HashMap::default(), parts: HashMap::default(), pattern: Vec::new() }
    }

    /// The codes of a spelling's words.
    fn pattern(&mut self, spelling: &str) -> Result<Box<[u8]>, LexiconError> {
        self.pattern.clear();
        for part in spelling.split(' ') {
            if let Some(known) = self.parts.get(part) {
                self.pattern.extend_from_slice(known);
                continue;
            }
            let coded = self.part(part)?;
            self.pattern.extend_from_slice(&coded);
            self.parts.insert(part.into(), coded);
        }
        Ok(self.pattern.as_slice().into())
    }

    /// The codes of what lies between two blanks: none, or of more than one word where it has other separators.
    fn part(&mut self, part: &str) -> Result<Box<[u8]>, LexiconError> {
        let form = form::of(&(self.shape)(&normalise(part)));
        let mut coded = Vec::new();
        for word in form.split_ascii_whitespace() {
            let next = self.codes.len();
            let code = match self.codes.get(word) {
                Some(code) => *code,
                None => *self.codes.entry(word.into()).or_insert(code_of(next)?),
            };
            coded.extend(code);
        }
        Ok(coded.into())
    }
}

/// The beginnings of phrases in pieces that may yet go on.
#[derive(Default)]
struct Pieces(Vec<(Piece, Hit)>);

impl Pieces {
    /// Adds a piece where it is the first or goes on with one. Gives the phrase from its first word
    /// where the piece is its last. Pieces come by their ends.
    fn add(&mut self, piece: Piece, hit: Hit) -> Option<Hit> {
        let mut hit = hit;
        if piece.number > 0 {
            let (_, begun) = self.0.iter().rev().find(|(before, begun)| {
                before.phrase == piece.phrase
                    && before.number + 1 == piece.number
                    && (begun.end..=begun.end + GAP).contains(&hit.start)
            })?;
            hit.start = begun.start;
        }
        if piece.last {
            return Some(hit);
        }
        if self.0.len() >= KEPT {
            // No piece is longer than the words that are kept for it here.
            self.0.retain(|(_, begun)| begun.end + GAP + KEPT >= hit.end);
        }
        self.0.push((piece, hit));
        None
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

#[cfg(test)]
mod tests {
    use super::*;

    const LAST: Piece = Piece { phrase: 0, number: 2, last: true };

    /// Finds "rope ~ beam ~ tonight" in a text.
    fn found(text: &str) -> Vec<(usize, usize)> {
        let entry = |(number, spelling): (u8, &str)| Entry {
            spelling: spelling.to_owned(),
            language: 0,
            kind: Kind::PlanIntentMeans,
            piece: Some(Piece { number, last: number == LAST.number, ..LAST }),
        };
        let entries: Vec<Entry> = (0..).zip(["rope", "beam", "tonight"]).map(entry).collect();
        let matcher = Matcher::new(entries.iter(), str::to_owned).unwrap();
        let hits = matcher.hits(&form::of_text(text), |_| true);
        hits.iter().map(|hit| (hit.start, hit.end)).collect()
    }

    #[test]
    fn a_phrase_in_pieces_is_found_past_a_few_other_words() {
        assert_eq!(found("rope beam tonight"), [(0, 3)]);
        assert_eq!(found("a rope is on the beam and that is for tonight"), [(1, 11)]);
        assert_eq!(found("rope rope beam beam tonight"), [(1, 5)]);
    }

    #[test]
    fn pieces_in_another_order_or_too_far_apart_are_no_phrase() {
        assert_eq!(found("beam rope tonight"), []);
        assert_eq!(found("rope tonight"), []);
        assert_eq!(found("rope, which is a long way from any beam tonight"), []);
    }

    /// What is done once for each part stands for the whole spelling.
    #[test]
    fn a_spelling_has_the_words_of_its_parts() {
        let words = |shape: fn(&str) -> String, text: &str| {
            form::of(&shape(&normalise(text)))
                .split_ascii_whitespace()
                .map(str::to_owned)
                .collect::<Vec<_>>()
        };
        for entry in crate::lexicon_file::built_in().unwrap() {
            for shape in [str::to_owned as fn(&str) -> String, crate::disguise::lift] {
                let parts = entry.spelling.split(' ').flat_map(|part| words(shape, part));
                assert_eq!(
                    words(shape, &entry.spelling),
                    parts.collect::<Vec<_>>(),
                    "{}",
                    entry.spelling
                );
            }
        }
    }

    #[test]
    fn many_beginnings_hide_no_end() {
        let text = format!("{} beam tonight", "rope ".repeat(10 * KEPT));
        assert_eq!(found(&text), [(10 * KEPT - 1, 10 * KEPT + 2)]);
    }
}
