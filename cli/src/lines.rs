//! Lines of a file, gzip or plain, with bounded memory.

use std::io::{self, BufRead, BufReader, Read};

use flate2::bufread::MultiGzDecoder;
use mindmate_contracts::app_table::MAX_ITEM_BYTES;

/// Longest line that is kept: DynamoDB's JSON of the largest item, escapes included, and room.
const LONGEST: usize = 4 * MAX_ITEM_BYTES;

/// How much of a file is read at once, in bytes.
const AT_ONCE: usize = 64 * 1024;

/// The first two bytes of every gzip file (RFC 1952).
const GZIP: [u8; 2] = [0x1f, 0x8b];

/// What a text file in UTF-8 may begin with, and nothing in it is.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// A line.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Line {
    /// Without its end.
    Whole(Vec<u8>),
    /// The file's last one, which has no end: perhaps it was cut off.
    Unended(Vec<u8>),
    /// What is after its start was passed over.
    TooLong {
        /// In bytes.
        length: u64,
        /// As much of it as is kept.
        start: Vec<u8>,
    },
}

/// What reading came to.
pub(crate) enum Reading {
    /// The line of this number, from 1.
    Line(u64, Line),
    /// The file is at its end.
    End,
    /// The file could not be read on after the line of this number.
    BrokenOff {
        /// The number of the last line that could be read.
        after: u64,
        /// Why.
        error: io::Error,
        /// What could be read of the next one.
        start: Vec<u8>,
    },
}

/// Reads a file line by line.
pub(crate) struct Lines {
    reader: BufReader<Box<dyn Read + Send>>,
    number: u64,
}

impl Lines {
    /// Looks at the first bytes for what kind of file it is.
    pub(crate) fn new(file: impl Read + Send + 'static) -> io::Result<Self> {
        let reader = |file: Box<dyn Read + Send>| BufReader::with_capacity(AT_ONCE, file);
        let mut file = reader(Box::new(file));
        let is_gzip = file.fill_buf()?.starts_with(&GZIP);
        let reader = if is_gzip { reader(Box::new(MultiGzDecoder::new(file))) } else { file };
        Ok(Self { reader, number: 0 })
    }

    /// Whether the next line may have to be waited for: nothing is left of what was read.
    pub(crate) fn must_wait(&self) -> bool {
        self.reader.buffer().is_empty()
    }

    pub(crate) fn next(&mut self) -> Reading {
        let mut start = Vec::new();
        let after = self.number;
        match self.read(&mut start) {
            Ok(0) => Reading::End,
            Ok(length) => {
                self.number += 1;
                Reading::Line(self.number, line(start, length))
            }
            Err(error) => Reading::BrokenOff { after, error, start },
        }
    }

    /// Reads a line with its end, as much of it as is kept; gives its length, 0 at the file's end.
    fn read(&mut self, line: &mut Vec<u8>) -> io::Result<u64> {
        let bound = LONGEST as u64 + 1;
        let mut read = (&mut self.reader).take(bound).read_until(b'\n', line)? as u64;
        if read == bound && line.last() != Some(&b'\n') {
            read += self.skip_line()?;
        }
        if self.number == 0 && line.starts_with(BYTE_ORDER_MARK) {
            line.drain(..BYTE_ORDER_MARK.len());
        }
        Ok(read)
    }

    fn skip_line(&mut self) -> io::Result<u64> {
        let mut skipped = 0;
        loop {
            let buffer = self.reader.fill_buf()?;
            let end = buffer.iter().position(|byte| *byte == b'\n');
            let length = end.map_or(buffer.len(), |end| end + 1);
            self.reader.consume(length);
            skipped += length as u64;
            if end.is_some() || length == 0 {
                return Ok(skipped);
            }
        }
    }
}

/// A line of this length, of which this much is kept.
fn line(mut start: Vec<u8>, length: u64) -> Line {
    if start.last() == Some(&b'\n') {
        start.pop();
        Line::Whole(start)
    } else if length > LONGEST as u64 {
        Line::TooLong { length, start }
    } else {
        Line::Unended(start)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(file: &'static [u8]) -> Vec<Line> {
        let mut lines = Lines::new(file).unwrap();
        let mut found = Vec::new();
        while let Reading::Line(_, line) = lines.next() {
            found.push(line);
        }
        found
    }

    #[test]
    fn a_byte_order_mark_at_the_start_is_no_part_of_the_first_line() {
        let whole = |text: &str| Line::Whole(text.into());
        assert_eq!(lines(b"\xef\xbb\xbfa\nb\n"), [whole("a"), whole("b")]);
        assert_eq!(lines(b"a\n\xef\xbb\xbfb\n"), [whole("a"), whole("\u{feff}b")]);
    }

    #[test]
    fn a_last_line_without_an_end_is_told_apart() {
        assert_eq!(lines(b"a\nb"), [Line::Whole(b"a".into()), Line::Unended(b"b".into())]);
        assert_eq!(lines(b"a\n\n"), [Line::Whole(b"a".into()), Line::Whole(Vec::new())]);
    }
}
