//! What a model says of rows, number by number: for `tests/models/agree.py` and `tests/bench/models`.
//!
//!     explain MEMBERS margins|all|load REPEATS
//!
//! MEMBERS is a JSON list of an artefact's members. Rows come on standard input as little-endian
//! doubles, NaN for what is missing. For each, doubles go to standard output: the members' margins, and with `all` what
//! the mean of them with no information is and what each input adds to it. Everything is worked out REPEATS times
//! and written once. With `load` the model's file is read so often instead, and nothing is written.

#![expect(clippy::expect_used, reason = "what is made up is not in doubt")]

use std::error::Error;
use std::hint::black_box;
use std::io::{self, Read as _, Write as _};

use mindmate_model::{Artefact, Ensemble, Member, Platt};

#[path = "../tests/model/support.rs"]
mod support;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, members, what, repeats] = arguments.as_slice() else {
        return Err("expected MEMBERS margins|all|load REPEATS".into());
    };
    let repeats: u32 = repeats.parse()?;
    let members: Vec<Member> = serde_json::from_slice(&std::fs::read(members)?)?;
    let mut contents = support::contents(members);
    contents.calibration = Platt { slope: 1.0, intercept: 0.0 };
    let artefact = Artefact::new(contents)?;
    if what == "load" {
        return load(&artefact.to_bytes()?, repeats);
    }
    let model = Ensemble::new(artefact);
    let rows = rows(model.inputs().len())?;
    let explains = what == "all";
    let mut said = Vec::new();
    for _ in 0..repeats {
        said.clear();
        for row in &rows {
            if explains {
                said.extend(model.margins(row).members);
                let explained = model.explain(row);
                said.push(explained.base);
                said.extend(explained.contributions);
            } else {
                said.push(black_box(model.log_odds(row)));
            }
        }
    }
    let bytes: Vec<u8> = said.iter().flat_map(|number| number.to_le_bytes()).collect();
    Ok(io::stdout().lock().write_all(&bytes)?)
}

fn load(file: &[u8], repeats: u32) -> Result<(), Box<dyn Error>> {
    for _ in 0..repeats {
        black_box(Ensemble::new(Artefact::parse(black_box(file))?));
    }
    Ok(())
}

fn rows(inputs: usize) -> io::Result<Vec<Vec<f64>>> {
    let mut bytes = Vec::new();
    io::stdin().lock().read_to_end(&mut bytes)?;
    let (numbers, _) = bytes.as_chunks::<8>();
    let numbers: Vec<f64> = numbers.iter().copied().map(f64::from_le_bytes).collect();
    Ok(numbers.chunks_exact(inputs).map(<[f64]>::to_vec).collect())
}
