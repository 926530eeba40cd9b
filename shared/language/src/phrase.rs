//! The notation of phrases in the lexicons: inflections and spellings in brackets.
//!
//! `(want|wants|wanna) to (just|) die` stands for six phrases. An empty alternative makes the
//! group optional. `<want>` stands for the group of that name in the same file, so that the
//! inflections of a verb are written once.

use std::collections::BTreeMap;

/// No phrase stands for more than this many: more is a slip of the pen.
const MAX_SPELLINGS: usize = 6_000;

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
    /// It stands for too many spellings.
    #[error("`{0}` stands for more than {MAX_SPELLINGS} spellings")]
    TooMany(String),
}

/// All spellings that a phrase stands for, blanks tidied.
pub(crate) fn spellings(
    phrase: &str,
    groups: &BTreeMap<String, Vec<String>>,
) -> Result<Vec<String>, PhraseError> {
    let mut all = vec![String::new()];
    let mut rest = phrase;
    while let Some(at) = rest.find(['(', ')', '<', '>']) {
        let (plain, bracket) = rest.split_at(at);
        append(&mut all, &[plain]);
        let close = match bracket.as_bytes().first() {
            Some(b'(') => ')',
            Some(b'<') => '>',
            _ => return Err(PhraseError::Brackets(phrase.to_owned())),
        };
        let end = bracket.find(close).ok_or_else(|| PhraseError::Brackets(phrase.to_owned()))?;
        let inside = bracket.get(1..end).unwrap_or_default();
        let choices: Vec<&str> = if close == ')' {
            inside.split('|').collect()
        } else {
            let group = groups.get(inside).ok_or_else(|| PhraseError::NoGroup {
                phrase: phrase.to_owned(),
                name: inside.to_owned(),
            })?;
            group.iter().map(String::as_str).collect()
        };
        append(&mut all, &choices);
        if all.len() > MAX_SPELLINGS {
            return Err(PhraseError::TooMany(phrase.to_owned()));
        }
        rest = bracket.get(end + 1..).unwrap_or_default();
    }
    append(&mut all, &[rest]);
    Ok(all.iter().map(|one| one.split_whitespace().collect::<Vec<_>>().join(" ")).collect())
}

fn append(all: &mut Vec<String>, choices: &[&str]) {
    *all = all
        .iter()
        .flat_map(|start| choices.iter().map(move |choice| format!("{start}{choice}")))
        .collect();
}
