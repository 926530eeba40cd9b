//! Prints the crisis benchmark's tables: recall and false alarms of the lexicons over the labelled
//! corpora, as `docs/CRISIS_BENCHMARK.md` holds them.
//!
//! `--errors` also prints each text that was missed, found as less acute than it is, or found
//! though it is no crisis. They are distressing to read.

use std::error::Error;
use std::io::{Write as _, stdout};

use mindmate_language::Lexicons;

#[path = "../benchmark/mod.rs"]
mod benchmark;

use benchmark::corpus::{self, CORPORA, name};
use benchmark::score::{Scored, score};
use benchmark::table::Tables;

fn main() -> Result<(), Box<dyn Error>> {
    let with_errors = std::env::args().any(|argument| argument == "--errors");
    let lexicons = Lexicons::built_in()?;
    let mut out = stdout().lock();
    writeln!(out, "{}", lexicons.version())?;
    for (title, file) in CORPORA {
        let scored = score(&lexicons, corpus::read(file)?);
        writeln!(out, "\n## {title}\n\n{}", Tables(&scored))?;
        for one in scored.iter().filter(|one| with_errors && is_error(one)) {
            let Scored { text, found } = one;
            let [is, read] = [text.category, *found].map(|one| one.map_or("none", name));
            writeln!(out, "{}\t{is} read as {read}\t{}\t{}", text.id, text.kind, text.text)?;
        }
    }
    Ok(())
}

fn is_error(one: &Scored) -> bool {
    if one.text.category.is_some() { !one.is_as_acute() } else { one.is_found() }
}
