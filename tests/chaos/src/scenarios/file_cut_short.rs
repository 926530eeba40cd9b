//! `SQLite`'s file cut short, overwritten, or without its log: never a silent success over what is
//! gone.

use std::fs::OpenOptions;
use std::os::unix::fs::FileExt as _;
use std::path::PathBuf;

use mindmate_end_to_end_tests::stores::{dump, number};
use mindmate_pipeline::{Chance as _, SeededChance};
use serde_json::Value;

use super::kill_local_run::undisturbed;
use crate::program::{END, NEXT, Program, Said};
use crate::report::{Fault, Report};
use crate::waits::share_of;
use crate::{Settings, judge};

/// As `SQLite` has it here.
const PAGE: u64 = 4_096;

/// What is done to the files. `half` says whether a run was killed on them before, so that there
/// is a log; else a run ended in order, and there is none.
struct Damage {
    name: &'static str,
    half: bool,
    /// Does it; `draw` gives numbers in `[0, 1)`.
    inflict: fn(program: &Program, draw: &dyn Fn() -> f64),
}

const DAMAGES: [Damage; 9] = [
    Damage {
        name: "cutShort",
        half: false,
        inflict: |program, draw| cut(database(program), draw()),
    },
    Damage { name: "cutToNothing", half: false, inflict: |program, _| cut(database(program), 0.0) },
    Damage {
        name: "headOverwritten",
        half: false,
        inflict: |program, draw| {
            noise(database(program), 0, draw);
        },
    },
    Damage { name: "pageOverwritten", half: false, inflict: page_overwritten },
    Damage {
        name: "cutShortAfterAKill",
        half: true,
        inflict: |program, draw| {
            cut(database(program), draw());
        },
    },
    Damage { name: "pageOverwrittenAfterAKill", half: true, inflict: page_overwritten },
    Damage { name: "logCutShort", half: true, inflict: |program, draw| cut(log(program), draw()) },
    Damage {
        name: "logOverwritten",
        half: true,
        inflict: |program, draw| {
            let bytes = std::fs::metadata(log(program)).unwrap().len();
            noise(log(program), share_of(bytes, draw()), draw);
        },
    },
    Damage {
        name: "logGone",
        half: true,
        inflict: |program, _| {
            std::fs::remove_file(log(program)).unwrap();
        },
    },
];

pub(crate) fn play(settings: Settings, report: &mut Report) {
    let cohort = Program::with_cohort(settings.users);
    let (expected, took) = undisturbed(&cohort);
    let whole = cohort.copy();
    whole.daily().well();
    let next = {
        let program = whole.copy();
        program.run(&["--format", "json", "daily", "--as-of", NEXT]).well();
        dump(&program.database())
    };
    let chance = SeededChance::new(settings.seed);
    let draw = || chance.fraction();
    for damage in &DAMAGES {
        for round in 1..=settings.rounds {
            let at = format!("{} {round}", damage.name);
            let program = if damage.half { half(&cohort, took, &draw) } else { whole.copy() };
            (damage.inflict)(&program, &draw);
            let (as_of, expected) = if damage.half { (END, &expected) } else { (NEXT, &next) };
            let said = program.run(&["--format", "json", "daily", "--as-of", as_of]);
            let backup = if damage.half { &cohort } else { &whole };
            judged(report, &at, damage.name, (&program, said), (backup, as_of, expected));
        }
    }
}

/// A run that was killed when it had written some of what it writes.
fn half(cohort: &Program, took: std::time::Duration, draw: &dyn Fn() -> f64) -> Program {
    for _ in 0..50 {
        let program = cohort.copy();
        let mut run = program.start(&["daily", "--as-of", END]);
        run.ends_within(took.mul_f64(0.1 + 0.8 * draw()));
        let log = program.data().join("mindmate.db-wal");
        let has_log = |program: &Program| {
            std::fs::metadata(log.clone()).is_ok_and(|log| log.len() > 8 * PAGE)
                // Looked at in a copy: whoever opens it mends it.
                && number(&program.copy().database(), "SELECT count(*) FROM runs") == 1
        };
        if run.kill() && has_log(&program) {
            return program;
        }
    }
    panic!("no run was killed in its middle");
}

/// Either it is said, and the backup helps; or it went on, and nothing is missing of a file that is
/// whole. A page that the run did not read is the check's to find.
fn judged(
    report: &mut Report,
    at: &str,
    damage: &str,
    (program, said): (&Program, Said),
    (backup, as_of, expected): (&Program, &str, &str),
) {
    let found = if said.code == Some(0) {
        let check = program.run(&["check"]);
        if check.code == Some(0) {
            report.count(&format!("{damage}.harmless"), 1);
            // What was cut off was in the log too, or nobody's page was hit.
            judge::same(report, at, program, expected);
            return;
        }
        report.count(&format!("{damage}.foundByTheCheck"), 1);
        check
    } else {
        report.count(&format!("{damage}.found"), 1);
        said
    };
    clear(report, at, program, &found);
    program.restore(backup);
    let again = program.run(&["--format", "json", "daily", "--as-of", as_of]);
    if again.code != Some(0) {
        report.fault(Fault::Unclear, format!("{at}: with the backup: {again}"));
    }
    judge::same(report, at, program, expected);
}

/// Whether damage was told so that somebody knows what to do, and put nobody aside.
fn clear(report: &mut Report, at: &str, program: &Program, said: &Said) {
    if said.code == Some(3) {
        let result: Value = serde_json::from_str(&said.out).unwrap_or_default();
        let words = format!("{at}: people were put aside for a damaged file: {}", result["ledger"]);
        report.fault(Fault::Unclear, words);
    }
    let file = program.database();
    let expected = [file.to_str().unwrap(), "backup"];
    if said.panicked() || !expected.iter().all(|words| said.err.contains(words)) {
        report.fault(Fault::Unclear, format!("{at}: expected {expected:?} in: {said}"));
    }
}

fn database(program: &Program) -> PathBuf {
    program.database()
}

fn log(program: &Program) -> PathBuf {
    program.data().join("mindmate.db-wal")
}

/// Leaves this share of a file.
fn cut(path: PathBuf, share: f64) {
    let file = OpenOptions::new().write(true).open(path).unwrap();
    let bytes = file.metadata().unwrap().len();
    file.set_len(share_of(bytes, share)).unwrap();
}

fn page_overwritten(program: &Program, draw: &dyn Fn() -> f64) {
    let bytes = std::fs::metadata(program.database()).unwrap().len();
    let page = share_of(bytes / PAGE, draw());
    noise(program.database(), page * PAGE, draw);
}

/// Overwrites a page's worth of bytes.
fn noise(path: PathBuf, at: u64, draw: &dyn Fn() -> f64) {
    let file = OpenOptions::new().write(true).open(path).unwrap();
    let noise: Vec<u8> = (0..PAGE).map(|_| u8::try_from(share_of(256, draw())).unwrap()).collect();
    file.write_all_at(&noise, at).unwrap();
}
