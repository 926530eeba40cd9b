//! Dead letters, from the command line: seen, played back, written into a file, removed.

use std::os::unix::fs::PermissionsExt as _;
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use mindmate_contracts::messages::{AssessmentRequested, InterventionRequested, Request, Trigger};
use mindmate_contracts::{Channel, Message, QueueName};
use mindmate_domain::{AsOf, Position, RiskLevel, RunId, StageName, UserId};
use mindmate_embedded::{Embedded, Options};
use mindmate_pipeline::ports::{DeadLetterCause, Settlement};
use mindmate_pipeline::{Clock as _, Outbox, Outgoing, SystemClock};
use serde_json::{Value, json};

use crate::program::{Program, Said, profile};
use crate::stores::number;

/// An id that no output may hold.
pub(crate) const CANARY: &str = "canary-id-7f3a";

const SCORING: QueueName = QueueName::Scoring;

/// Writes into the queues as stages do.
pub(crate) struct Queues(Embedded, tokio::runtime::Runtime);

impl Queues {
    pub(crate) fn of(program: &Program) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let _inside = runtime.enter();
        let backend =
            Embedded::open(&program.database(), Arc::new(SystemClock), Options::default());
        Self(backend.unwrap(), runtime)
    }

    fn send(&self, messages: &[Outgoing]) {
        let sent = self.1.block_on(self.0.publisher().publish(messages));
        for sent in sent {
            sent.unwrap();
        }
    }

    /// Sends messages and puts each aside, as their consumer does that fails.
    pub(crate) fn put_aside(&self, queue: QueueName, code: &str, messages: &[Outgoing]) {
        self.send(messages);
        self.1.block_on(async {
            let source = self.0.queue(queue);
            loop {
                let received = source.receive(10, Duration::ZERO).await.unwrap();
                if received.is_empty() {
                    return;
                }
                for message in received {
                    let cause = DeadLetterCause {
                        stage: queue.consumer(),
                        code: code.to_owned(),
                        message: "expected a bug to be mended".to_owned(),
                        attempts: 1,
                        at: SystemClock.now(),
                    };
                    let dead = Settlement::DeadLetter { cause };
                    source.settle(&message, &dead).await.unwrap();
                }
            }
        });
    }
}

fn request(user: &str, as_of: Timestamp) -> Request {
    Request {
        user_id: UserId::new(user).unwrap(),
        as_of: AsOf::just_after(as_of),
        run: None,
        trigger: Trigger::Realtime,
        urgent: false,
        historical: false,
    }
}

fn written<M: Message>(queue: QueueName, id: String, message: &M) -> Outgoing {
    let outbox = Outbox::new(StageName::FanOut, SystemClock.now());
    outbox.to_queue(queue, id, message).unwrap()
}

pub(crate) fn assessment(n: u32) -> Outgoing {
    let request = request(&format!("{CANARY}-{n}"), SystemClock.now());
    let message = AssessmentRequested { request, seen: Vec::new() };
    written(QueueName::Assessments, format!("test/{n}"), &message)
}

/// Messages of a version that this program does not know.
pub(crate) fn unknown(queue: QueueName, count: u32) -> Vec<Outgoing> {
    let of = |n| {
        let mut message = Outgoing { channel: Channel::Queue(queue), ..assessment(n) };
        message.body = message.body.replace("requested.v1", "requested.v9");
        message
    };
    (0..count).map(of).collect()
}

/// A program with people, and so many good messages that were put aside.
pub(crate) fn with_letters(count: u32) -> Program {
    let program = Program::new();
    let people: Vec<_> =
        (0..count).map(|n| profile(&format!("{CANARY}-{n}"), &json!({}))).collect();
    program.import(&people).exited(0);
    let messages: Vec<_> = (0..count).map(assessment).collect();
    Queues::of(&program).put_aside(QueueName::Assessments, "bad-data", &messages);
    program
}

pub(crate) fn rows(program: &Program) -> Vec<Value> {
    let listed = program.run(&["--format", "json", "dlq", "list"]).exited(0).json();
    let rows = listed.as_array().unwrap().iter();
    rows.filter(|row| row["letters"] != 0).cloned().collect()
}

pub(crate) fn dead(program: &Program) -> i64 {
    number(&program.database(), "SELECT count(*) FROM messages WHERE dead = 1")
}

pub(crate) fn waiting(program: &Program) -> i64 {
    number(&program.database(), "SELECT count(*) FROM messages WHERE dead = 0")
}

fn says_nothing_of_anybody(said: &Said) {
    assert!(!said.out.contains(CANARY) && !said.err.contains(CANARY), "{said}");
}

/// Safety 17
#[test]
fn letters_are_listed_with_their_causes_and_no_id() {
    let program = with_letters(3);
    Queues::of(&program).put_aside(SCORING, "panicked", &unknown(SCORING, 1));
    let rows = rows(&program);
    assert_eq!(rows.len(), 2, "{rows:?}");
    assert_eq!((&rows[0]["queue"], &rows[0]["letters"]), (&json!("assessments"), &json!(3)));
    let cause = json!([{"stage": "feature-extraction", "code": "bad-data", "count": 3}]);
    assert_eq!(rows[0]["causes"], cause);
    let said = program.run(&["dlq", "list"]).exited(0);
    assert!(said.out.contains("3  bad-data by feature-extraction"), "{said}");
    says_nothing_of_anybody(&said);
    let said = program.run(&["dlq", "show", "assessments"]).exited(0);
    assert!(said.out.contains("expected a bug to be mended"), "{said}");
    says_nothing_of_anybody(&said);
    let said = program.run(&["dlq", "show", "assessments", "--user", &format!("{CANARY}-1")]);
    assert!(said.out.contains("\n1 letters"), "{said}");
}

/// Whoever looks at ids is known.
#[test]
fn ids_are_shown_to_who_gives_a_name() {
    let program = with_letters(1);
    program.run(&["dlq", "show", "assessments", "--reveal"]).exited(2).complains("--by");
    let said = program.run(&["dlq", "show", "assessments", "--reveal", "--by", "ada"]).exited(0);
    assert!(said.out.contains(CANARY), "{said}");
    let trail = "SELECT count(*) FROM audit WHERE event LIKE '%\"actor\":\"ada\"%'
        AND event LIKE '%deadLettersRevealed%' AND event NOT LIKE '%canary%'";
    assert_eq!(number(&program.database(), trail), 1);
    program.run(&["audit", "verify"]).exited(0);
}

#[test]
fn what_is_mended_is_played_back_and_worked_on() {
    let program = with_letters(12);
    let said = program.run(&["dlq", "replay", "assessments", "--dry-run"]).exited(0);
    assert!(said.out.contains("would play back 12 of the 12 letters"), "{said}");
    assert_eq!(dead(&program), 12, "a dry run moves nothing");
    let said = program.run(&["dlq", "replay", "assessments", "--yes"]).exited(0);
    assert!(said.out.contains("12 letters of assessments are played back"), "{said}");
    says_nothing_of_anybody(&said);
    assert_eq!((dead(&program), waiting(&program)), (0, 0));
    assert_eq!(number(&program.database(), "SELECT count(*) FROM assessments"), 12);
    let trail = "SELECT count(*) FROM audit WHERE event LIKE '%replayStarted%'
        OR event LIKE '%replayEnded%'";
    assert_eq!(number(&program.database(), trail), 2);
    program.run(&["audit", "verify"]).exited(0);
    // The same letter twice is the same event: nothing is assessed twice.
    let again: Vec<_> = (0..12).map(assessment).collect();
    Queues::of(&program).put_aside(QueueName::Assessments, "bad-data", &again);
    program.run(&["dlq", "replay", "assessments", "--yes"]).exited(0);
    let twice = "SELECT count(*) FROM (SELECT uid, as_of FROM assessments GROUP BY 1, 2
        HAVING count(*) > 1)";
    assert_eq!(number(&program.database(), twice), 0);
}

/// A version that nobody knows yet, or a bug that is not mended: the canary comes back.
#[test]
fn a_canary_that_comes_back_keeps_the_rest_where_it_lies() {
    let program = Program::new();
    program.import(&[profile("ada", &json!({}))]).exited(0);
    Queues::of(&program).put_aside(
        QueueName::Assessments,
        "unknown-type",
        &unknown(QueueName::Assessments, 9),
    );
    let said = program.run(&["dlq", "replay", "assessments", "--yes", "--canary", "3"]).exited(7);
    assert!(said.out.contains("3 of them came back: the cause is not mended. 6"), "{said}");
    assert_eq!((dead(&program), waiting(&program)), (9, 0));
    let first = program.run(&["--format", "json", "dlq", "show", "assessments"]).exited(0);
    let replays: u64 = first
        .out
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap()["replays"].as_u64().unwrap())
        .sum();
    assert_eq!(replays, 3, "what came back says that it was played back");
}

#[test]
fn a_filter_that_matches_nothing_says_what_there_is() {
    let program = with_letters(2);
    let said = program.run(&["dlq", "replay", "assessments", "--yes", "--code", "panicked"]);
    let words = "of the 2 letters in assessments none is meant; their causes are bad-data 2";
    said.exited(1).complains(words);
    program
        .run(&["dlq", "replay", "scoring", "--yes"])
        .exited(1)
        .complains("no letter lies in scoring");
    assert_eq!(dead(&program), 2);
}

#[test]
fn a_queue_that_is_not_there_is_named_with_those_that_are() {
    let program = with_letters(1);
    let said = program.run(&["dlq", "replay", "scorings", "--yes"]);
    said.exited(2).complains("interventions-priority");
    program.run(&["dlq", "replay", "assessments"]).exited(1).complains("expected --yes");
    assert_eq!(dead(&program), 1);
}

/// Each letter is moved by one of them.
#[test]
fn two_replays_at_once_move_each_letter_once() {
    let program = Program::new();
    program.import(&[profile("ada", &json!({}))]).exited(0);
    Queues::of(&program).put_aside(
        QueueName::Assessments,
        "unknown-type",
        &unknown(QueueName::Assessments, 3_000),
    );
    let replay = ["--format", "json", "dlq", "replay", "assessments", "--yes", "--canary", "0"];
    let both: Vec<Said> = std::thread::scope(|scope| {
        let one = scope.spawn(|| program.run(&replay));
        let two = scope.spawn(|| program.run(&replay));
        [one, two].map(|thread| thread.join().unwrap()).into()
    });
    let moved: u64 = both
        .iter()
        // Who comes when all are moved finds none.
        .filter(|said| !said.out.is_empty())
        .map(|said| said.json()["replayed"].as_u64().unwrap())
        .sum();
    // Who worked on them saw them come back; the other may have moved some of those once more. Who
    // came second works on what the first no longer saw.
    assert!(moved >= 3_000, "{both:?}", both = both.iter().map(|one| &one.out).collect::<Vec<_>>());
    assert_eq!(
        (dead(&program), waiting(&program)),
        (3_000, 0),
        "none is lost, none is there twice"
    );
}

/// Safety 7: what comes too late is for a human to see, and is not sent.
#[test]
fn a_stale_intervention_goes_to_a_human_and_is_not_sent() {
    let program = Program::new();
    program.import(&[profile(CANARY, &json!({"country": {"S": "US"}}))]).exited(0);
    let old = SystemClock.now() - SignedDuration::from_hours(30);
    let message = InterventionRequested {
        request: request(CANARY, old),
        level: RiskLevel::Critical,
        factors: Vec::new(),
    };
    let queue = QueueName::InterventionsPriority;
    let message = written(queue, "test/stale".to_owned(), &message);
    Queues::of(&program).put_aside(queue, "bad-data", &[message]);
    program.run(&["dlq", "replay", queue.name(), "--yes"]).exited(0);
    assert_eq!((dead(&program), waiting(&program)), (0, 0));
    let chats = "SELECT count(*) FROM app_items WHERE sk LIKE 'CHAT#%'";
    assert_eq!(number(&program.database(), chats), 0, "nothing is sent");
    let open = "SELECT count(*) FROM reviews WHERE reason = 'lateIntervention'";
    assert_eq!(number(&program.database(), open), 1, "somebody looks at it");
}

/// Only its owner reads the file, and it takes the place of none.
#[test]
fn letters_are_exported_whole_and_dropped_for_good() {
    let program = with_letters(4);
    let out = program.file("letters.jsonl");
    let export = ["dlq", "export", "assessments", "--out", out.to_str().unwrap(), "--by", "ada"];
    program.run(&export).exited(0);
    let text = std::fs::read_to_string(&out).unwrap();
    assert_eq!(text.lines().filter(|line| line.contains(CANARY)).count(), 4);
    assert_eq!(std::fs::metadata(&out).unwrap().permissions().mode() & 0o777, 0o600);
    program.run(&export).exited(1).complains("letters.jsonl");
    assert_eq!(dead(&program), 4, "they stay where they are");
    let drop = ["dlq", "drop", "assessments", "--limit", "3", "--yes", "--by", "ada"];
    let said = program.run(&drop).exited(0);
    assert!(said.out.contains("3 letters removed, 0 of those meant are left"), "{said}");
    assert_eq!(dead(&program), 1);
    let trail = "SELECT count(*) FROM audit WHERE event LIKE '%\"actor\":\"ada\"%'";
    assert_eq!(number(&program.database(), trail), 3, "the export, the beginning and the end");
}

/// Each run has a clock of its own: what is of a past day is decided at that day's time.
#[test]
fn letters_of_a_historical_run_are_worked_on_under_its_clock() {
    // More than the killed process can hold at once, or no letter might be left.
    let program = Program::with_cohort(160);
    let half = program.half_a_run();
    let queues = Queues::of(&half);
    let assessments = "SELECT count(*) FROM messages WHERE dead = 0
        AND queue IN ('assessments', 'assessments-priority')";
    let waiting_before = number(&half.database(), assessments);
    assert!(waiting_before > 0);
    for queue in [QueueName::Assessments, QueueName::AssessmentsPriority] {
        queues.put_aside(queue, "bad-data", &[]);
    }
    drop(queues);
    // Those that the killed process held show when their time is over; all others are letters.
    let letters = dead(&half);
    assert!(letters > 0, "of {waiting_before}");
    half.run(&["dlq", "replay", "assessments", "--yes"]).exited(0);
    let marked = "SELECT count(*) FROM assessments WHERE historical = 0";
    assert_eq!(number(&half.database(), marked), 0, "no one is assessed at today's time");
    assert!(number(&half.database(), "SELECT count(*) FROM assessments") > 0);
}

/// A letter of the run of that day, which is long past.
fn historical(run: Option<Position>) -> Outgoing {
    let as_of: AsOf = crate::program::END.parse().unwrap();
    let request = Request { run, historical: true, as_of, ..request(CANARY, as_of.instant()) };
    let message = AssessmentRequested { request, seen: Vec::new() };
    written(QueueName::Assessments, "test/past".to_owned(), &message)
}

/// What waits of today would be decided at the past run's time.
#[test]
fn a_letter_of_the_past_waits_until_nothing_of_today_is_queued() {
    let program = Program::with_cohort(20);
    program.daily().exited(0);
    let today = ["daily", "--no-cohort", "--crash-at", "runner.before-handle:3"];
    program.start(&today).wait().unwrap();
    assert!(waiting(&program) > 0);
    let run = RunId::daily(crate::program::END.parse().unwrap());
    let letter = historical(Some(Position { run, shard: 0, ordinal: 0 }));
    Queues::of(&program).put_aside(QueueName::Assessments, "bad-data", &[letter]);
    let before = waiting(&program);
    let said = program.run(&["dlq", "replay", "assessments", "--yes"]);
    said.exited(1).complains("nothing of another run waits");
    assert_eq!((dead(&program), waiting(&program)), (1, before));
}

#[test]
fn a_letter_of_the_past_of_which_the_run_cannot_be_read_is_not_played_back() {
    let program = with_letters(1);
    Queues::of(&program).put_aside(QueueName::Assessments, "bad-data", &[historical(None)]);
    let said = program.run(&["dlq", "replay", "assessments", "--yes"]);
    said.exited(1).complains("nobody can read of which");
    assert_eq!((dead(&program), waiting(&program)), (2, 0));
}
