//! Writing results to standard output.

use std::io::{self, Write as _};

use serde::Serialize;

/// Writes one value as indented JSON.
pub(crate) fn json(value: &impl Serialize) -> anyhow::Result<()> {
    let mut out = io::stdout().lock();
    serde_json::to_writer_pretty(&mut out, value)?;
    Ok(writeln!(out)?)
}

/// Writes one value as a line of JSON, at once: somebody reads along.
pub(crate) fn json_line(value: &impl Serialize) -> anyhow::Result<()> {
    let mut out = io::stdout().lock();
    serde_json::to_writer(&mut out, value)?;
    writeln!(out)?;
    Ok(out.flush()?)
}

/// Writes text, as it is.
pub(crate) fn text(text: &str) -> anyhow::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    Ok(out.flush()?)
}

/// A text that others wrote, for a terminal: what would steer it, or turn the reading order, stands
/// there as an escape.
pub(crate) fn printable(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for char in text.chars() {
        if char.is_control()
            || matches!(char, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
        {
            out.extend(char.escape_default());
        } else {
            out.push(char);
        }
    }
    out
}

/// Most characters of a text that others wrote, where it stands in a line among others.
const EXCERPT: usize = 400;

/// The beginning of a text that others wrote, for a terminal.
pub(crate) fn excerpt(text: &str) -> String {
    match text.char_indices().nth(EXCERPT) {
        None => printable(text),
        Some((end, _)) => {
            format!("{}… ({} bytes more)", printable(&text[..end]), text.len() - end)
        }
    }
}

/// A number with its thousands apart: 1,234,567.
pub(crate) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{EXCERPT, excerpt, grouped, printable};

    #[test]
    fn what_would_steer_a_terminal_is_escaped() {
        assert_eq!(printable("zoë-1 \u{1f600}"), "zoë-1 \u{1f600}");
        assert_eq!(printable("a\u{1b}[2J\nb\u{9b}\u{202e}"), r"a\u{1b}[2J\nb\u{9b}\u{202e}");
    }

    #[test]
    fn of_a_long_text_the_beginning_is_shown() {
        assert_eq!(excerpt(&"é".repeat(EXCERPT)), "é".repeat(EXCERPT));
        let long = excerpt(&("\u{7}".to_owned() + &"é".repeat(EXCERPT + 9)));
        assert!(long.starts_with(r"\u{7}é") && long.ends_with("é… (20 bytes more)"), "{long}");
    }

    #[test]
    fn thousands_are_apart() {
        for (number, text) in [(0, "0"), (999, "999"), (1_000, "1,000"), (1_234_567, "1,234,567")] {
            assert_eq!(grouped(number), text);
        }
    }
}
