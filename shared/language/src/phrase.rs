//! The notation of phrases in the lexicons: inflections and spellings in brackets.
//!
//! `(want|wants|wanna) to (just|) die` stands for six phrases. An empty alternative makes the
//! brackets optional, and brackets may stand in brackets. `<want>` stands for the group of that name in the same file, so that the
//! inflections of a verb are written once.
//!
//! `(bought|got) ~ (rope|gun)` is a phrase in pieces: up to four other words may stand between them,
//! in one sentence. Its spellings are those of its pieces, not their product, so that one phrase
//! stands for wordings that nobody wrote down.

use std::collections::BTreeMap;

/// No phrase stands for more than this many: more is a slip of the pen.
const MAX_SPELLINGS: usize = 3_000;

/// Why a phrase of a lexicon cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PhraseError {
    /// `(` and `)` or `<` and `>` do not pair up.
    #[error("brackets do not pair up in `{0}`")]
    Brackets(String),
    /// `<name>` of a group that the file does not have.
    #[error("no group is called `{name}`, which `{phrase}` asks for")]
    NoGroup {
        /// The phrase.
        phrase: String,
        /// The group.
        name: String,
    },
    /// A piece of it is empty, or inside brackets.
    #[error("`~` in `{0}` should have words on both sides and no brackets around it")]
    Pieces(String),
    /// It stands for too many spellings.
    #[error("`{0}` stands for more than {MAX_SPELLINGS} spellings")]
    TooMany(String),
}

/// The pieces of a phrase: one, unless it has `~` in it.
pub(crate) fn pieces(phrase: &str) -> Result<Vec<&str>, PhraseError> {
    let pieces: Vec<&str> = phrase.split('~').map(str::trim).collect();
    let is_whole = |piece: &&str| {
        !piece.is_empty() && piece.matches('(').count() == piece.matches(')').count()
    };
    if pieces.len() > 1 && !pieces.iter().all(is_whole) {
        return Err(PhraseError::Pieces(phrase.to_owned()));
    }
    Ok(pieces)
}

/// All spellings that a phrase stands for, blanks tidied.
pub(crate) fn spellings(
    phrase: &str,
    groups: &BTreeMap<String, Vec<String>>,
) -> Result<Vec<String>, PhraseError> {
    let mut reader = Reader { phrase, rest: phrase, groups };
    let all = reader.choices()?;
    if !reader.rest.is_empty() {
        return Err(PhraseError::Brackets(phrase.to_owned()));
    }
    Ok(all.iter().map(|one| one.split_whitespace().collect::<Vec<_>>().join(" ")).collect())
}

/// Reads a phrase from left to right.
struct Reader<'a> {
    phrase: &'a str,
    rest: &'a str,
    groups: &'a BTreeMap<String, Vec<String>>,
}

impl Reader<'_> {
    /// Sequences with `|` between them, up to a closing bracket or the end.
    fn choices(&mut self) -> Result<Vec<String>, PhraseError> {
        let mut all = self.sequence()?;
        while self.skip('|') {
            all.extend(self.sequence()?);
        }
        Ok(all)
    }

    fn sequence(&mut self) -> Result<Vec<String>, PhraseError> {
        let mut all = vec![String::new()];
        loop {
            let end = self.rest.find(['(', ')', '<', '>', '|']).unwrap_or(self.rest.len());
            let (plain, rest) = self.rest.split_at(end);
            self.rest = rest;
            for one in &mut all {
                one.push_str(plain);
            }
            let next = if self.skip('(') {
                let choices = self.choices()?;
                if !self.skip(')') {
                    return Err(PhraseError::Brackets(self.phrase.to_owned()));
                }
                choices
            } else if self.skip('<') {
                self.group()?
            } else {
                return Ok(all);
            };
            if all.len() * next.len() > MAX_SPELLINGS {
                return Err(PhraseError::TooMany(self.phrase.to_owned()));
            }
            all = all
                .iter()
                .flat_map(|start| next.iter().map(move |choice| format!("{start}{choice}")))
                .collect();
        }
    }

    fn group(&mut self) -> Result<Vec<String>, PhraseError> {
        let (name, rest) = self
            .rest
            .split_once('>')
            .ok_or_else(|| PhraseError::Brackets(self.phrase.to_owned()))?;
        self.rest = rest;
        self.groups.get(name).cloned().ok_or_else(|| PhraseError::NoGroup {
            phrase: self.phrase.to_owned(),
            name: name.to_owned(),
        })
    }

    fn skip(&mut self, bracket: char) -> bool {
        match self.rest.strip_prefix(bracket) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(phrase: &str) -> Result<Vec<String>, PhraseError> {
        let groups = BTreeMap::from([("go".to_owned(), vec!["go".to_owned(), "went".to_owned()])]);
        spellings(phrase, &groups)
    }

    #[test]
    fn brackets_stand_for_each_of_their_alternatives() {
        assert_eq!(read("a (b|c (d|)|) e").unwrap(), ["a b e", "a c d e", "a c e", "a e"]);
        assert_eq!(read("they <go> (home|)").unwrap().len(), 4);
        assert_eq!(read("one(s|) two").unwrap(), ["ones two", "one two"]);
    }

    #[test]
    fn a_phrase_in_pieces_has_words_on_both_sides_of_each_gap() {
        assert_eq!(pieces("(bought|got) ~ a rope").unwrap(), ["(bought|got)", "a rope"]);
        assert_eq!(pieces("a rope").unwrap(), ["a rope"]);
        for phrase in ["~ a rope", "a ~ ~ b", "(a ~ b)"] {
            assert_eq!(pieces(phrase), Err(PhraseError::Pieces(phrase.to_owned())), "{phrase}");
        }
    }

    #[test]
    fn slips_of_the_pen_are_refused() {
        for phrase in ["(a", "a)", "<go", "(a|b"] {
            assert_eq!(read(phrase), Err(PhraseError::Brackets(phrase.to_owned())), "{phrase}");
        }
        let found = read("<gone> home");
        assert!(matches!(found, Err(PhraseError::NoGroup { name, .. }) if name == "gone"));
        let digit = "(0|1|2|3|4|5|6|7|8|9)";
        assert!(matches!(read(&digit.repeat(4)), Err(PhraseError::TooMany(_))));
    }
}
