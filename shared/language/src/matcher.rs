//! One automaton over the spellings of all lexicons.

use std::collections::BTreeMap;

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};

use crate::form;
use crate::lexicon_file::{Entry, Kind, LanguageIndex, LexiconError};
use crate::normalise::normalise;

/// What a pattern is a sign of, in which language.
pub(crate) type Sign = (LanguageIndex, Kind);

/// A phrase that was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Hit {
    pub(crate) language: LanguageIndex,
    pub(crate) kind: Kind,
    /// The blank before its first word, in the form.
    pub(crate) start: usize,
    /// The blank after its last word, in the form.
    pub(crate) end: usize,
}

/// Finds phrases in the form of a text.
pub(crate) struct Matcher {
    automaton: AhoCorasick,
    signs: Vec<Vec<Sign>>,
}

impl Matcher {
    /// Builds the automaton over the forms of what `shape` makes of all normalised spellings. A
    /// spelling with an apostrophe is also found without one.
    pub(crate) fn new<'a>(
        entries: impl Iterator<Item = &'a Entry>,
        shape: impl Fn(&str) -> String,
    ) -> Result<Self, LexiconError> {
        let mut patterns: BTreeMap<String, Vec<Sign>> = BTreeMap::new();
        for entry in entries {
            for spelling in [entry.spelling.clone(), entry.spelling.replace('\'', "")] {
                let pattern = form::of(&shape(&normalise(&spelling)));
                let signs = patterns.entry(pattern).or_default();
                if !signs.contains(&(entry.language, entry.kind)) {
                    signs.push((entry.language, entry.kind));
                }
            }
        }
        let automaton = AhoCorasick::builder()
            .match_kind(MatchKind::Standard)
            .kind(Some(AhoCorasickKind::ContiguousNFA))
            .build(patterns.keys())?;
        Ok(Self { automaton, signs: patterns.into_values().collect() })
    }

    /// All hits, also those within others, by their ends; of those with one end the longest first.
    pub(crate) fn hits<'a>(&'a self, form: &'a str) -> impl Iterator<Item = Hit> + 'a {
        self.automaton.find_overlapping_iter(form).flat_map(move |found| {
            let signs = self.signs.get(found.pattern().as_usize()).map_or(&[][..], Vec::as_slice);
            signs.iter().map(move |&(language, kind)| Hit {
                language,
                kind,
                start: found.start(),
                end: found.end() - 1,
            })
        })
    }
}
