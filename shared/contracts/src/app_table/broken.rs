//! What can be read of a line that is no JSON: the keys of its item, by which somebody may know
//! whose it was.
//!
//! A line is looked at string by string, so that what a user wrote is never taken for a key: there
//! its quotes are escaped.

/// The keys of an item, as far as they can be read.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Keys {
    pub(super) pk: Option<String>,
    pub(super) sk: Option<String>,
}

/// The keys in a broken line: the first of each name.
pub(super) fn keys(line: &[u8]) -> Keys {
    let mut keys = Keys::default();
    let mut rest = line;
    while let Some((name, after)) = next_string(rest) {
        let key = match name {
            b"\"PK\"" => &mut keys.pk,
            b"\"SK\"" => &mut keys.sk,
            _ => {
                rest = after;
                continue;
            }
        };
        if key.is_none() {
            *key = string_attribute(after);
        }
        rest = after;
    }
    keys
}

/// The value of an attribute after its name: `: {"S": "…"}`.
fn string_attribute(after_name: &[u8]) -> Option<String> {
    let value = expect(expect(after_name, b':')?, b'{')?;
    let (kind, after) = next_string(value).filter(|_| value.first() == Some(&b'"'))?;
    let value =
        expect(after, b':').filter(|value| kind == b"\"S\"" && value.first() == Some(&b'"'))?;
    let (text, _) = next_string(value)?;
    serde_json::from_slice(text).ok()
}

/// What comes after this character and the white space around it.
fn expect(bytes: &[u8], character: u8) -> Option<&[u8]> {
    let (first, rest) = bytes.trim_ascii_start().split_first()?;
    (*first == character).then(|| rest.trim_ascii_start())
}

/// The next string with its quotes, and what comes after it.
fn next_string(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let start = unescaped_quote(bytes)?;
    let inside = bytes.get(start + 1..)?;
    let end = start + 2 + unescaped_quote(inside)?;
    Some((bytes.get(start..end)?, bytes.get(end..)?))
}

/// Where the next quote is that no backslash escapes: outside a string too, where one stands only
/// because the line is broken and what looks like outside is what somebody wrote.
fn unescaped_quote(bytes: &[u8]) -> Option<usize> {
    let mut escaped = false;
    bytes.iter().position(|byte| {
        let is_quote = *byte == b'"' && !escaped;
        escaped = *byte == b'\\' && !escaped;
        is_quote
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair(line: &str) -> (Option<String>, Option<String>) {
        let Keys { pk, sk } = keys(line.as_bytes());
        (pk, sk)
    }

    #[test]
    fn keys_are_read_as_far_as_the_line_goes() {
        let (pk, sk) = (Some("USER#\"u".to_owned()), Some("PROFILE".to_owned()));
        let line = r#"{"Item": {"name": {"S": "a\"PK\""}, "PK":{"S":"USER#\"u"}, "SK" : { "S" : "PROFILE" }, "n"#;
        assert_eq!(pair(line), (pk.clone(), sk));
        let cut = line.split_once("PROFILE").unwrap().0;
        assert_eq!(pair(cut), (pk, None));
        assert_eq!(pair(""), (None, None));
        assert_eq!(pair(r#""PK":{"N":"7"},"SK":"PROFILE"}"#), (None, None));
    }

    /// A quote is missing, so that outside and inside have changed places.
    #[test]
    fn what_a_user_wrote_is_never_a_key() {
        let line = r#"{"Item":{"x:{"S":"\"SK\":{\"S\":\"PROFILE\"}"},"PK":{"S":"USER#u"}"#;
        assert_eq!(pair(line).1, None);
    }
}
