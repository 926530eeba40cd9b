//! `kill -9` of the local run, again and again, and the same command each time.

use std::time::Duration;

use mindmate_end_to_end_tests::stores::{add_sentiments, dump, number};
use mindmate_pipeline::{Chance as _, SeededChance};

use crate::program::{END, Program, Said};
use crate::report::{Fault, Report};
use crate::{Settings, judge, waits};

/// Kills of one run, at most. A message that was in the hands of nine dead processes is put aside,
/// by design: it might be what kills them.
const KILLS_A_ROUND: u64 = 6;

pub(crate) fn play(settings: Settings, report: &mut Report) {
    let cohort = Program::with_cohort(settings.users);
    let (expected, took) = undisturbed(&cohort);
    report.longest("undisturbedSeconds", took);
    let chance = SeededChance::new(settings.seed);
    for round in 1..=settings.rounds {
        let program = cohort.copy();
        let recovery = killed_until_it_ends(&program, &chance, took, report);
        report.longest("longestLastCommandSeconds", recovery);
        judge::same(report, &format!("round {round}"), &program, &expected);
        report.count("rounds", 1);
    }
    if !report.has("killedInTheMiddle") {
        report.fault(Fault::Idle, "no kill came in the middle of a run");
    }
}

/// What a run leaves that nobody disturbs, and how long it takes; the cohort has all sentiments
/// then.
pub(crate) fn undisturbed(cohort: &Program) -> (String, Duration) {
    let first = cohort.copy();
    first.daily().well();
    add_sentiments(&cohort.database(), &first.database());
    let program = cohort.copy();
    let start = waits::now();
    program.daily().well();
    (dump(&program.database()), waits::since(start))
}

/// Kills and starts again; gives how long the command took that came to the end.
fn killed_until_it_ends(
    program: &Program,
    chance: &SeededChance,
    took: Duration,
    report: &mut Report,
) -> Duration {
    for _ in 0..KILLS_A_ROUND {
        let start = waits::now();
        let mut run = program.start(&["daily", "--as-of", END]);
        if run.ends_within(took.mul_f64(chance.fraction())) || !run.kill() {
            ended_well(&run.end(), report);
            return waits::since(start);
        }
        report.count("kills", 1);
        report.count(moment(program), 1);
    }
    let start = waits::now();
    ended_well(&program.daily(), report);
    waits::since(start)
}

fn ended_well(said: &Said, report: &mut Report) {
    if said.code != Some(0) {
        report.fault(Fault::Unclear, format!("the same command did not go on: {said}"));
    }
}

/// Where on its way it was killed.
fn moment(program: &Program) -> &'static str {
    let count = |sql: &str| number(&program.database(), sql);
    if count("SELECT count(*) FROM runs") == 0 {
        "killedBeforeTheRun"
    } else if count("SELECT count(*) FROM runs WHERE completed_at IS NULL") == 0 {
        "killedAfterItsEnd"
    } else if count("SELECT count(*) FROM assessments") == 0 {
        "killedBeforeTheFirstAssessment"
    } else {
        "killedInTheMiddle"
    }
}
