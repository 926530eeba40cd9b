//! The disk fills: a run stops with an error that says what to do, and goes on by the same command
//! when there is room; the stages that serve people tell of it, wait, and go on by themselves.
//!
//! The disk is a small file system in mounts of the scenario's own, which end with it. Where the
//! machine does not allow that, a limit on the size of files plays it: then the error is another,
//! and the stages' part is left out.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use mindmate_end_to_end_tests::stores::{number, open};
use mindmate_pipeline::{Chance as _, SeededChance};
use rusqlite::{Connection, TransactionBehavior};
use rustix::process::Signal;
use serde_json::json;

use super::kill_local_run::undisturbed;
use crate::program::{END, Program, Running, Said};
use crate::report::{Fault, Report};
use crate::{Settings, judge, waits};

/// As large as the disk is made where there is room.
const ROOM: u64 = 1 << 30;

/// How long the stages may take to tell of a full disk, and to go on when there is room again.
const PATIENCE: Duration = Duration::from_secs(90);

/// Most free bytes that a full disk has: the last blocks go to whoever writes least.
const BALLAST_STEP: usize = 4_096;

pub(crate) fn play(settings: Settings, report: &mut Report) {
    if !settings.own_mounts && can_mount() {
        report.was_told(in_own_mounts(settings));
        return;
    }
    let cohort = Program::with_cohort(settings.users);
    let (expected, _) = undisturbed(&cohort);
    let needs = bytes_of_a_run(&cohort);
    let chance = SeededChance::new(settings.seed);
    let folder = tempfile::tempdir().unwrap();
    let disk = settings.own_mounts.then(|| Disk::mount(folder.path()));
    report.note("playedBy", json!(if disk.is_some() { "a small file system" } else { "a limit" }));
    for round in 1..=settings.rounds {
        let share = chance.fraction();
        let program = match &disk {
            Some(disk) => filled_up(disk, &cohort, needs, share),
            None => limited(&cohort, needs, share),
        };
        stops_and_goes_on(report, &format!("round {round}"), program, disk.as_ref(), &expected);
    }
    if !report.has("stopped") {
        report.fault(Fault::Idle, "the disk was never full");
    }
    if let Some(disk) = &disk {
        stages_wait_it_out(report, disk);
    }
}

fn can_mount() -> bool {
    let tried = Command::new("unshare").args(["-rm", "true"]).stderr(Stdio::null()).status();
    tried.is_ok_and(|status| status.success())
}

/// Calls itself where it may mount what it likes; says whether all was good.
fn in_own_mounts(settings: Settings) -> bool {
    let mut again = Command::new("unshare");
    again.arg("-rm").arg(std::env::current_exe().unwrap()).args(["disk-full", "--own-mounts"]);
    for (name, value) in [
        ("--users", settings.users.into()),
        ("--rounds", settings.rounds.into()),
        ("--seed", settings.seed),
    ] {
        again.arg(name).arg(u64::to_string(&value));
    }
    again.status().unwrap().success()
}

/// What a run adds to the file and its log, and what they had before.
#[derive(Clone, Copy)]
struct Needs {
    before: u64,
    adds: u64,
}

fn bytes_of_a_run(cohort: &Program) -> Needs {
    let program = cohort.copy();
    let bytes = |program: &Program| {
        let files = std::fs::read_dir(program.data()).unwrap();
        files.map(|file| file.unwrap().metadata().unwrap().len()).sum::<u64>()
    };
    let before = bytes(&program);
    program.daily().well();
    Needs { before, adds: bytes(&program).saturating_sub(before) }
}

/// A small file system.
struct Disk(PathBuf);

impl Disk {
    fn mount(folder: &Path) -> Self {
        let disk = Self(folder.to_owned());
        disk.call(&["-t", "tmpfs", "-o", &format!("size={ROOM}"), "tmpfs"]);
        disk
    }

    fn resize(&self, bytes: u64) {
        self.call(&["-o", &format!("remount,size={bytes}")]);
    }

    fn call(&self, args: &[&str]) {
        let status = Command::new("mount").args(args).arg(&self.0).status().unwrap();
        assert!(status.success(), "mount {args:?}");
    }
}

/// The cohort on a disk that has room for this share of a run, and for the log of some of it.
fn filled_up(disk: &Disk, cohort: &Program, needs: Needs, share: f64) -> Program {
    disk.resize(ROOM);
    let program = Program::within(&disk.0);
    program.restore(cohort);
    disk.resize(needs.before + waits::share_of(needs.adds, share));
    program
}

/// The same, where only the size of a file can be limited.
fn limited(cohort: &Program, needs: Needs, share: f64) -> Program {
    let mut program = cohort.copy();
    let file = std::fs::metadata(program.database()).unwrap().len();
    // The log's file is what grows first; it is held to less than what the database has already.
    let bytes = waits::share_of(needs.adds, share).min(file);
    program.most_bytes = Some(bytes);
    program
}

fn stops_and_goes_on(
    report: &mut Report,
    at: &str,
    mut program: Program,
    disk: Option<&Disk>,
    expected: &str,
) {
    let stopped = program.daily();
    if stopped.code == Some(0) {
        report.count("wentThrough", 1);
    } else {
        report.count("stopped", 1);
        says_what_to_do(report, at, &stopped);
    }
    if let Some(disk) = disk {
        disk.resize(ROOM);
    }
    program.most_bytes = None;
    let start = waits::now();
    let again = program.run(&["--format", "json", "daily", "--as-of", END]);
    report.longest("longestRecoverySeconds", waits::since(start));
    if again.code != Some(0) {
        report.fault(Fault::Unclear, format!("{at}: with room the run did not go on: {again}"));
    }
    judge::same(report, at, &program, expected);
}

fn says_what_to_do(report: &mut Report, at: &str, said: &Said) {
    let advice = ["make room", "same command"];
    if said.code != Some(1) || said.panicked() || !advice.iter().all(|it| said.err.contains(it)) {
        report.fault(Fault::Unclear, format!("{at}: expected {advice:?} in: {said}"));
    }
}

/// `mindmate serve` on a disk that fills while people write.
fn stages_wait_it_out(report: &mut Report, disk: &Disk) {
    disk.resize(ROOM);
    let program = Program::within(&disk.0);
    let path = program.file("one.jsonl");
    let one = json!({"Item": {
        "PK": {"S": "USER#ada"}, "SK": {"S": "PROFILE"}, "type": {"S": "PROFILE"},
    }});
    std::fs::write(&path, format!("{one}\n")).unwrap();
    program.run(&["import", path.to_str().unwrap()]).well();
    let mut serving = program.start(&["serve"]);
    assert!(told(&serving, "All stages work"), "{}", serving.said());
    hold_still(&program, &serving);
    write(&program, "ada").well();
    fill(&program);
    serving.signal(Signal::CONT);
    let start = waits::now();
    if !told(&serving, "make room") {
        let words = format!("nobody is told of the full disk: {:?}", serving.said());
        report.fault(Fault::Unclear, words);
    }
    report.longest("toldAfterSeconds", waits::since(start));
    let refused = write(&program, "bob");
    if refused.code == Some(0) {
        report.fault(Fault::Idle, "a text was written on a full disk");
    } else if refused.panicked() || !refused.err.contains("make room") {
        report.fault(Fault::Unclear, format!("a text on a full disk: {refused}"));
    }
    std::fs::remove_file(program.file("ballast")).unwrap();
    let start = waits::now();
    goes_on(report, &program, &mut serving);
    report.longest("stagesGoOnAfterSeconds", waits::since(start));
    serving.signal(Signal::TERM);
    let said = serving.end();
    if said.code != Some(0) || said.panicked() {
        report.fault(Fault::Unclear, format!("the stages, told to stop: {said}"));
    }
    program.run(&["daily"]).well();
    judge::sound(report, "stages", &program);
}

/// Stops the stages where they are, so that there is work for them when the disk is full; not in the
/// middle of a write, where nobody else could write.
fn hold_still(program: &Program, serving: &Running) {
    let held = waits::eventually(PATIENCE, || {
        serving.signal(Signal::STOP);
        let free = can_be_written(&program.database());
        if !free {
            serving.signal(Signal::CONT);
        }
        free.then_some(())
    });
    assert!(held.is_some(), "the stages write without an end: {}", serving.said());
}

fn can_be_written(database: &Path) -> bool {
    let mut connection = Connection::open(database).unwrap();
    connection.busy_timeout(Duration::ZERO).unwrap();
    connection.transaction_with_behavior(TransactionBehavior::Immediate).is_ok()
}

fn write(program: &Program, user: &str) -> Said {
    program.run(&["write", "--user", user, "--mood", "2"])
}

/// Takes all that is left of the disk.
fn fill(program: &Program) {
    use std::io::Write as _;
    let mut ballast = std::fs::File::create(program.file("ballast")).unwrap();
    while ballast.write_all(&[0; BALLAST_STEP]).is_ok() {}
}

fn told(serving: &Running, words: &str) -> bool {
    let told = waits::eventually(PATIENCE, || serving.said().contains(words).then_some(()));
    told.is_some()
}

fn goes_on(report: &mut Report, program: &Program, serving: &mut Running) {
    let connection = open(&program.database());
    let assessed = waits::eventually(PATIENCE, || {
        let sql = "SELECT count(*) FROM assessments";
        let count: i64 = connection.query_row(sql, [], |row| row.get(0)).unwrap();
        (count > 0 || serving.has_ended()).then_some(())
    });
    let all = number(&program.database(), "SELECT count(*) FROM assessments");
    if assessed.is_none() || all != 1 {
        let words = format!("with room the stages assessed {all} people: {:?}", serving.said());
        report.fault(Fault::Lost, words);
    }
}
