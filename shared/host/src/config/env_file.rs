//! A file of variables, as `deploy-ml-stack.sh` writes it and shells and containers read it:
//! `NAME=value` lines, blank ones, and comments.

use std::collections::BTreeMap;

/// The variables of a file. `Debug` shows their names only: a value may be a secret.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct EnvFile(BTreeMap<String, String>);

/// A line that sets no variable.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: expected NAME=value, a comment or nothing, found {what}")]
pub struct EnvFileError {
    /// From 1.
    line: usize,
    /// Without what stands there, which may be a secret.
    what: &'static str,
}

impl EnvFile {
    /// Reads the text of a file.
    ///
    /// `export` before a name is passed over. A value may stand in double or single quotes; without
    /// them it ends before ` #`. The last line of a name counts. Nothing is replaced in a value.
    ///
    /// # Errors
    /// The first line that sets no variable.
    pub fn parse(text: &str) -> Result<Self, EnvFileError> {
        let mut variables = BTreeMap::new();
        for (line, text) in (1..).zip(text.trim_start_matches('\u{feff}').lines()) {
            match variable(text) {
                Ok(None) => {}
                Ok(Some((name, value))) => {
                    variables.insert(name.to_owned(), value.to_owned());
                }
                Err(what) => return Err(EnvFileError { line, what }),
            }
        }
        Ok(Self(variables))
    }

    /// The value of that name.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }
}

impl std::fmt::Debug for EnvFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

/// The variable that a line sets, if it sets one.
fn variable(line: &str) -> Result<Option<(&str, &str)>, &'static str> {
    let line = line.trim();
    if line.is_empty() || line.starts_with('#') {
        return Ok(None);
    }
    let line = line.strip_prefix("export ").unwrap_or(line);
    let (name, value) = line.split_once('=').ok_or("a line without =")?;
    let name = name.trim();
    let is_name = |name: &str| {
        name.bytes().all(|byte| byte == b'_' || byte.is_ascii_alphanumeric())
            && name.bytes().next().is_some_and(|first| !first.is_ascii_digit())
    };
    if !is_name(name) {
        return Err("a name that is not letters, digits and _");
    }
    Ok(Some((name, value_of(value.trim())?)))
}

/// A value without its quotes or the comment behind it.
fn value_of(value: &str) -> Result<&str, &'static str> {
    for quote in ['"', '\''] {
        if let Some(quoted) = value.strip_prefix(quote) {
            let (value, rest) = quoted.split_once(quote).ok_or("a quote that does not end")?;
            let rest = rest.trim();
            return if rest.is_empty() || rest.starts_with('#') {
                Ok(value)
            } else {
                Err("something behind the closing quote")
            };
        }
    }
    if value.starts_with('#') {
        return Ok("");
    }
    let comment = value.find(" #").or_else(|| value.find("\t#"));
    Ok(comment.map_or(value, |at| value[..at].trim_end()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(line: &str) -> Option<String> {
        EnvFile::parse(line).unwrap().get("NAME").map(str::to_owned)
    }

    #[test]
    fn reads_quotes_comments_and_export() {
        for (line, value) in [
            ("NAME=value", "value"),
            ("  export NAME = value  ", "value"),
            ("NAME=\"a # b\" # said so", "a # b"),
            ("NAME='a \"b\"'", "a \"b\""),
            ("NAME=value # said so", "value"),
            ("NAME=a#b", "a#b"),
            ("NAME=https://host/123/queue?a=b", "https://host/123/queue?a=b"),
            ("NAME=", ""),
            ("NAME= # nothing", ""),
            ("NAME=first\nNAME=last", "last"),
            ("\u{feff}NAME=value\r\n", "value"),
        ] {
            assert_eq!(one(line).as_deref(), Some(value), "{line:?}");
        }
        assert_eq!(one("# NAME=value\n\n"), None);
    }

    #[test]
    fn names_the_line_that_sets_nothing_and_shows_nothing_of_it() {
        for line in
            ["secret", "secret word=x", "1A=secret", "A=\"secret", "A='x' secret", "=secret"]
        {
            let words = EnvFile::parse(&format!("B=1\n\n{line}")).unwrap_err().to_string();
            assert!(words.starts_with("line 3: expected NAME=value"), "{words}");
            assert!(!words.contains("secret"), "{words}");
        }
    }

    #[test]
    fn debug_shows_no_value() {
        assert!(!format!("{:?}", EnvFile::parse("A=secret").unwrap()).contains("secret"));
    }
}
