//! The lines `name=value` of the text, a block for the head and one for each tree.

use std::collections::BTreeMap;
use std::str::FromStr;

use super::{TextError, unexpected};

/// The lines of a block by their names. A line without a value has an empty one.
pub(super) struct Block<'a>(BTreeMap<&'a str, &'a str>);

/// The head and the trees, in order.
pub(super) fn split(text: &str) -> (Block<'_>, Vec<Block<'_>>) {
    let mut blocks = vec![Vec::new()];
    let lines = text.lines().take_while(|line| *line != "end of trees");
    for line in lines.filter(|line| !line.is_empty()) {
        if line.starts_with("Tree=") {
            blocks.push(Vec::new());
        }
        if let Some(block) = blocks.last_mut() {
            block.push(line.split_once('=').unwrap_or((line, "")));
        }
    }
    let mut blocks = blocks.into_iter().map(|lines| Block(lines.into_iter().collect()));
    let head = blocks.next().unwrap_or(Block(BTreeMap::new()));
    (head, blocks.collect())
}

impl<'a> Block<'a> {
    pub(super) fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    pub(super) fn text(&self, name: &str) -> Result<&'a str, TextError> {
        self.0.get(name).copied().ok_or_else(|| unexpected(format!("`{name}`"), "none"))
    }

    pub(super) fn expect(&self, name: &str, expected: &str) -> Result<(), TextError> {
        match self.text(name)? {
            found if found == expected => Ok(()),
            found => Err(unexpected(format!("`{name}={expected}`"), format!("`{found}`"))),
        }
    }

    pub(super) fn number<T: FromStr>(&self, name: &str) -> Result<T, TextError> {
        parse(name, self.text(name)?)
    }

    pub(super) fn numbers<T: FromStr>(
        &self,
        name: &str,
        count: usize,
    ) -> Result<Vec<T>, TextError> {
        let numbers = self.text(name)?.split_ascii_whitespace().map(|text| parse(name, text));
        let numbers = numbers.collect::<Result<Vec<T>, _>>()?;
        if numbers.len() == count {
            Ok(numbers)
        } else {
            let found = numbers.len().to_string();
            Err(unexpected(format!("{count} numbers in `{name}`"), found))
        }
    }
}

fn parse<T: FromStr>(name: &str, text: &str) -> Result<T, TextError> {
    text.parse().map_err(|_| unexpected(format!("a number in `{name}`"), format!("{text:?}")))
}
