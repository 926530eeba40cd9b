//! `kill -9` of `mindmate serve` while people write: whoever is in crisis is reached all the same.

use std::io::Write as _;
use std::process::Stdio;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use jiff::Timestamp;
use mindmate_end_to_end_tests::stores::{number, open};
use mindmate_pipeline::{Chance as _, SeededChance};
use rustix::process::Signal;
use serde_json::{Value, json};

use crate::program::{Program, Running, Said};
use crate::report::{Fault, Report};
use crate::{Settings, judge, waits};

const CRISIS: &str = "I have the pills here and I am going to kill myself tonight";
const CALM: &str = "a long walk, and tea with a friend";

/// Every fourth person writes that they are in crisis.
const IN_CRISIS: u32 = 4;

/// The longest that the stages live before they are killed.
const LONGEST_LIFE: Duration = Duration::from_millis(2_500);

/// How long it is waited for something in their hands.
const LONGEST_HUNT: Duration = Duration::from_secs(5);

/// What the stages say once they have begun.
const BEGUN: &str = "All stages work";

/// Messages that a stage took and has not settled.
const HELD: &str = "SELECT count(*) FROM messages WHERE held = 1";

/// How often somebody looks whether there are any.
const LOOK: Duration = Duration::from_millis(1);

/// How long everybody may wait once nobody is killed any more.
const PATIENCE: Duration = Duration::from_mins(2);

/// How long it is waited for somebody to write: they may all wait for the next kill.
const LONGEST_WATCH: Duration = Duration::from_secs(1);

/// Between two texts: so long that the stages, which were killed before the first, work again at the second.
const BETWEEN: Duration = Duration::from_millis(400);

/// Each person's assessments, by level, and what was delivered to them: once each.
const FATES: &str = "SELECT user, level,
    (SELECT count(*) FROM interventions WHERE interventions.uid = assessments.uid
        AND delivered_at IS NOT NULL)
    FROM assessments JOIN users USING (uid) ORDER BY user, level";

pub(crate) fn play(settings: Settings, report: &mut Report) {
    let people: Vec<Person> = (0..settings.users).map(Person::new).collect();
    let undisturbed = Program::new();
    lives_in_the_us(&undisturbed, &people);
    for person in &people {
        write(&undisturbed, person).well();
    }
    undisturbed.run(&["serve", "--once"]).well();

    let program = Program::new();
    lives_in_the_us(&program, &people);
    let chance = SeededChance::new(settings.seed);
    let progress = Progress::default();
    let (written, kills) = std::thread::scope(|scope| {
        let writing = scope.spawn(|| everybody_writes(&program, &people, settings, &progress));
        let all_written = || writing.is_finished();
        let kills = killed_again_and_again(&program, settings, &chance, &progress, all_written);
        (writing.join().unwrap(), kills)
    });
    for (figure, more) in kills {
        report.count(figure, more);
    }
    for (figure, never) in [
        ("killedWithWorkInHand", "no stage was killed with work in hand"),
        ("killedWhileSomebodyWrote", "no stage was killed while somebody wrote"),
    ] {
        if !report.has(figure) {
            report.fault(Fault::Idle, never);
        }
    }
    let written = acknowledged(written, report);
    serves_until_all_is_done(&program, report);
    reached(&program, &written, report);
    judge::differences(report, "fates", &fates(&program), &fates(&undisturbed));
    // The stages started the day's run: this ends it.
    let daily = program.run(&["daily"]);
    if daily.code != Some(0) {
        report.fault(Fault::Unclear, format!("the day's run: {daily}"));
    }
    judge::sound(report, "at the end", &program);
}

/// Somebody who writes once.
struct Person {
    name: String,
    in_crisis: bool,
}

impl Person {
    fn new(number: u32) -> Self {
        Self { name: format!("person-{number:04}"), in_crisis: number.is_multiple_of(IN_CRISIS) }
    }
}

fn lives_in_the_us(program: &Program, people: &[Person]) {
    let lines: Vec<String> =
        people.iter().map(|person| profile(&person.name).to_string()).collect();
    let path = program.file("profiles.jsonl");
    std::fs::write(&path, lines.join("\n") + "\n").unwrap();
    program.run(&["import", path.to_str().unwrap()]).well();
}

fn profile(user: &str) -> Value {
    json!({"Item": {
        "PK": {"S": format!("USER#{user}")}, "SK": {"S": "PROFILE"}, "type": {"S": "PROFILE"},
        "country": {"S": "US"},
    }})
}

fn write(program: &Program, person: &Person) -> Said {
    let text = if person.in_crisis { CRISIS } else { CALM };
    let mut command = program.command(&["write", "--user", &person.name]);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    child.wait_with_output().unwrap().into()
}

/// What was said to each text, and when.
type Written<'a> = Vec<(&'a Person, Said, Timestamp)>;

/// How far killer and writer are.
#[derive(Default)]
struct Progress {
    kills: AtomicU64,
    is_writing: AtomicBool,
}

/// One after another, spread over all kills.
fn everybody_writes<'a>(
    program: &Program,
    people: &'a [Person],
    settings: Settings,
    progress: &Progress,
) -> Written<'a> {
    let mut written = Vec::new();
    for (person, place) in people.iter().zip(0..) {
        let turn = place * u64::from(settings.rounds) / u64::from(settings.users);
        let has_come = || (progress.kills.load(Ordering::SeqCst) >= turn).then_some(());
        assert!(waits::eventually(PATIENCE, has_come).is_some(), "nobody is killed any more");
        progress.is_writing.store(true, Ordering::SeqCst);
        let said = write(program, person);
        progress.is_writing.store(false, Ordering::SeqCst);
        written.push((person, said, waits::now()));
        waits::pause(BETWEEN);
    }
    written
}

/// Starts the stages and kills them, so often and until everybody has written: by turns when something is in hand, when somebody
/// writes, which both last for milliseconds, and at a random moment. Gives what that came to.
fn killed_again_and_again(
    program: &Program,
    settings: Settings,
    chance: &SeededChance,
    progress: &Progress,
    all_written: impl Fn() -> bool,
) -> [(&'static str, u64); 3] {
    let (mut kills, mut in_hand, mut while_writing) = (0, 0, 0);
    while kills < u64::from(settings.rounds) || !all_written() {
        let mut serving = program.start(&["serve"]);
        let is_held = || number(&program.database(), HELD) > 0;
        let is_written = || progress.is_writing.load(Ordering::SeqCst);
        match kills % 3 {
            0 => until(&serving, LONGEST_HUNT, is_held),
            1 => until(&serving, LONGEST_WATCH, is_written),
            _ => drop(serving.ends_within(LONGEST_LIFE.mul_f64(chance.fraction()))),
        }
        while_writing += u64::from(is_written());
        assert!(serving.kill(), "the stages ended by themselves: {}", serving.said());
        kills += 1;
        // What an earlier one held is given back before they begin.
        let held = is_held() && serving.said().contains(BEGUN);
        in_hand += u64::from(held);
        progress.kills.store(kills, Ordering::SeqCst);
    }
    [
        ("kills", kills),
        ("killedWithWorkInHand", in_hand),
        ("killedWhileSomebodyWrote", while_writing),
    ]
}

/// Waits until the stages work and this is so, or for so long.
fn until(serving: &Running, longest: Duration, is_so: impl Fn() -> bool) {
    let start = waits::now();
    while waits::since(start) < longest && !(serving.said().contains(BEGUN) && is_so()) {
        waits::pause(LOOK);
    }
}

/// Of the texts those that somebody was told are written: each must be.
fn acknowledged<'a>(written: Written<'a>, report: &mut Report) -> Vec<(&'a Person, Timestamp)> {
    let mut acknowledged = Vec::new();
    for (person, said, at) in written {
        if said.code == Some(0) {
            acknowledged.push((person, at));
        } else {
            report.fault(Fault::Unclear, format!("a text was refused: {said}"));
        }
    }
    report.count("textsAcknowledged", acknowledged.len() as u64);
    acknowledged
}

/// The stages once more, until nobody waits; then they are told to stop.
fn serves_until_all_is_done(program: &Program, report: &mut Report) {
    let start = waits::now();
    let serving = program.start(&["serve"]);
    let begun = || serving.said().contains(BEGUN).then_some(());
    assert!(waits::eventually(PATIENCE, begun).is_some(), "{}", serving.said());
    let connection = open(&program.database());
    let waiting = "SELECT (SELECT count(*) FROM messages WHERE dead = 0)
        + (SELECT count(*) FROM stream_records WHERE stream = 'app-table' AND sequence > coalesce(
            (SELECT sequence FROM stream_checkpoints WHERE stream = 'app-table'
                AND consumer = 'realtime-trigger'), 0))";
    let none = waits::eventually(PATIENCE, || {
        let waiting: i64 = connection.query_row(waiting, [], |row| row.get(0)).unwrap();
        (waiting == 0).then_some(())
    });
    if none.is_none() {
        report.fault(Fault::Lost, format!("somebody still waits: {}", serving.said()));
    }
    report.longest("lastRecoverySeconds", waits::since(start));
    serving.signal(Signal::TERM);
    let said = serving.end();
    if said.code != Some(0) || said.panicked() {
        report.fault(Fault::Unclear, format!("told to stop: {said}"));
    }
}

/// Helplines in the chat and a human's review for each in crisis; an assessment for everybody.
fn reached(program: &Program, written: &[(&Person, Timestamp)], report: &mut Report) {
    let connection = open(&program.database());
    let mut waits_ms = Vec::new();
    for (person, at) in written {
        let one = |sql: &str| {
            let row = connection.query_row(sql, [&person.name], |row| row.get::<_, Option<i64>>(0));
            row.unwrap()
        };
        let of = |what: &str| format!("SELECT {what} JOIN users USING (uid) WHERE user = ?1");
        let count = |what: &str, more: &str| one(&(of(&format!("count(*) FROM {what}")) + more));
        expect(
            report,
            person,
            "texts",
            count("app_items", " AND sk LIKE 'CHAT#%' AND sk NOT LIKE 'CHAT#%#%'"),
            1,
        );
        expect(report, person, "assessments", count("assessments", ""), 1);
        if person.in_crisis {
            expect(report, person, "critical", count("assessments", " AND level = 'critical'"), 1);
            let helpline = " AND sk LIKE 'CHAT#%#%' AND item LIKE '%988%'";
            expect(report, person, "messages with helplines", count("app_items", helpline), 1);
            expect(report, person, "reviews", count("reviews", ""), 1);
            let delivered = one(&of("min(delivered_at) FROM interventions"));
            waits_ms.extend(delivered.map(|delivered| delivered - at.as_millisecond()));
            report.count("inCrisis", 1);
        }
    }
    report.count("reached", waits_ms.len() as u64);
    waits_ms.sort_unstable();
    if let (Some(median), Some(longest)) = (waits_ms.get(waits_ms.len() / 2), waits_ms.last()) {
        report.note("medianMillisecondsToReach", json!(median));
        report.note("longestMillisecondsToReach", json!(longest));
    }
}

fn expect(report: &mut Report, person: &Person, what: &str, found: Option<i64>, expected: i64) {
    let found = found.unwrap_or(0);
    if found != expected {
        let fault = if found < expected { Fault::Lost } else { Fault::Twice };
        report.fault(fault, format!("{}: {what}: {found} instead of {expected}", person.name));
    }
}

fn fates(program: &Program) -> String {
    let connection = open(&program.database());
    let mut statement = connection.prepare(FATES).unwrap();
    let line = |row: &rusqlite::Row<'_>| {
        let (user, level): (String, String) = (row.get(0)?, row.get(1)?);
        Ok(format!("{user} {level} {}", row.get::<_, i64>(2)?))
    };
    let lines: Result<Vec<_>, _> = statement.query_map([], line).unwrap().collect();
    lines.unwrap().join("\n")
}
