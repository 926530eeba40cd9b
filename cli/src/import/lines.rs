//! Lines of a file, gzip or plain, with bounded memory.

use std::io::{self, BufRead, BufReader, Read};

use flate2::bufread::MultiGzDecoder;
use mindmate_contracts::app_table::MAX_ITEM_BYTES;

/// Longest line that is kept: DynamoDB's JSON of the largest item, escapes included, and room.
const LONGEST: usize = 4 * MAX_ITEM_BYTES;

/// The first two bytes of every gzip file (RFC 1952).
const GZIP: [u8; 2] = [0x1f, 0x8b];

/// A line.
pub(super) enum Line {
    /// Without its end.
    Whole(Vec<u8>),
    /// It was passed over; this was its length.
    TooLong(u64),
}

/// What reading came to.
pub(super) enum Reading {
    /// The line of this number, from 1.
    Line(u64, Line),
    /// The file is at its end.
    End,
    /// The file could not be read on after the line of this number.
    BrokenOff(u64, io::Error),
}

/// Reads a file line by line.
pub(super) struct Lines {
    reader: Box<dyn BufRead + Send>,
    number: u64,
}

impl Lines {
    /// Looks at the first bytes for what kind of file it is.
    pub(super) fn new(mut file: impl BufRead + Send + 'static) -> io::Result<Self> {
        let is_gzip = file.fill_buf()?.starts_with(&GZIP);
        let reader: Box<dyn BufRead + Send> = if is_gzip {
            Box::new(BufReader::new(MultiGzDecoder::new(file)))
        } else {
            Box::new(file)
        };
        Ok(Self { reader, number: 0 })
    }

    pub(super) fn next(&mut self) -> Reading {
        match self.read() {
            Ok(None) => Reading::End,
            Ok(Some(line)) => {
                self.number += 1;
                Reading::Line(self.number, line)
            }
            Err(error) => Reading::BrokenOff(self.number, error),
        }
    }

    fn read(&mut self) -> io::Result<Option<Line>> {
        let mut line = Vec::new();
        let bound = LONGEST as u64 + 1;
        let read = (&mut self.reader).take(bound).read_until(b'\n', &mut line)?;
        if read == 0 {
            return Ok(None);
        }
        if line.last() == Some(&b'\n') {
            line.pop();
        } else if read > LONGEST {
            return Ok(Some(Line::TooLong(read as u64 + self.skip_line()?)));
        }
        Ok(Some(Line::Whole(line)))
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
