//! What is wrong with a piece of JSON, said without any of it.

use std::fmt;

use serde_json::error::Category;

/// What is wrong with a piece of JSON, and where.
///
/// serde's own words quote the value that does not fit, and that value may be a person's words or
/// id (safety 17): only the kind of fault and its place are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct JsonFault {
    kind: Kind,
    line: usize,
    column: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Syntax,
    Ends,
    DoesNotFit,
    Unread,
}

impl From<&serde_json::Error> for JsonFault {
    fn from(error: &serde_json::Error) -> Self {
        let kind = match error.classify() {
            Category::Syntax => Kind::Syntax,
            Category::Eof => Kind::Ends,
            Category::Data => Kind::DoesNotFit,
            Category::Io => Kind::Unread,
        };
        Self { kind, line: error.line(), column: error.column() }
    }
}

impl From<serde_json::Error> for JsonFault {
    fn from(error: serde_json::Error) -> Self {
        Self::from(&error)
    }
}

impl fmt::Display for JsonFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.kind {
            Kind::Syntax => "no JSON",
            Kind::Ends => "the JSON ends too early",
            Kind::DoesNotFit => "a name or value that does not fit, or one that is missing",
            Kind::Unread => "it could not be read",
        })?;
        // A value that is read from a part of a text has no place of its own.
        if self.line > 0 {
            write!(f, " (line {}, column {})", self.line, self.column)?;
        }
        Ok(())
    }
}

impl std::error::Error for JsonFault {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_place_is_named_and_no_value() {
        for (json, words) in [
            ("[canary", "no JSON (line 1, column 2)"),
            ("[\"canary\"", "the JSON ends too early (line 1, column 9)"),
            (
                "[\"canary\", 1]",
                "a name or value that does not fit, or one that is missing (line 1, column 12)",
            ),
        ] {
            let error = serde_json::from_str::<Vec<String>>(json).unwrap_err();
            assert_eq!(JsonFault::from(&error).to_string(), words);
        }
    }
}
