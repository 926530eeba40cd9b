//! VADER's scores of texts, as the reference implementation rounds them: for
//! `tests/sentiment/agree.py`.
//!
//! Texts come on standard input with a NUL after each. For each a line goes to standard output: the
//! compound score, then the positive, negative and neutral share.

use std::error::Error;
use std::io::{self, BufRead as _, BufWriter, Write as _};

use mindmate_language::Vader;

fn main() -> Result<(), Box<dyn Error>> {
    let vader = Vader::built_in()?;
    let mut out = BufWriter::new(io::stdout().lock());
    for text in io::stdin().lock().split(0) {
        let found = vader.polarity(str::from_utf8(&text?)?).rounded();
        writeln!(
            out,
            "{} {} {} {}",
            found.compound, found.positive, found.negative, found.neutral
        )?;
    }
    Ok(out.flush()?)
}
