//! Judges a run on a stack.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use mindmate_contracts::QueueName;
use serde_json::Value;

use crate::cloud::Cloud;
use crate::judge::differences;
use crate::program::Running;
use crate::report::{Fault, Report};
use crate::waits;

/// How long it may take until the queues are empty, once nobody disturbs any more.
const PATIENCE: Duration = Duration::from_mins(3);

/// The code of a letter that nobody knows the cause of.
const NO_CAUSE: &str = "no-cause";

/// How often the command that follows a run may end before it does.
const FOLLOWED: usize = 10;

/// Types the command that follows a run again, where it ended since AWS was away or too slow; says whether that was so. It must
/// have said that it can be typed again.
pub(crate) fn takes_up(report: &mut Report, at: &str, cloud: &Cloud, daily: &mut Running) -> bool {
    if daily.exit_code() != Some(1) {
        return false;
    }
    let said = daily.said();
    report.count("commandsThatCouldNotGoOn", 1);
    if said.contains("panicked") || !said.contains("the same command follows it again") {
        report.fault(Fault::Unclear, format!("{at}: {said}"));
    }
    *daily = cloud.daily();
    true
}

/// Follows the run until its ledger closes. Of those who were dead-lettered the letters tell.
pub(crate) fn closes(report: &mut Report, at: &str, cloud: &Cloud, mut daily: Running) {
    for _ in 0..FOLLOWED {
        daily.wait();
        if !takes_up(report, at, cloud, &mut daily) {
            break;
        }
    }
    let said = daily.end();
    let run: Value = serde_json::from_str(&said.out).unwrap_or_default();
    if run["closed"] != true || run["ledger"]["missing"] != 0 {
        report.fault(Fault::Lost, format!("{at}: the ledger is open: {}, {said}", run["ledger"]));
    }
    if !matches!(said.code, Some(0 | 3)) || said.panicked() {
        report.fault(Fault::Unclear, format!("{at}: the command line: {said}"));
    }
}

/// Waits until nothing is left to do. Then plays back what was put aside, which must have a cause,
/// and holds what is there against what a run leaves that nobody disturbs. Workers still run, and
/// nobody disturbs them.
pub(crate) fn same(report: &mut Report, at: &str, cloud: &Cloud) {
    drained(report, at, cloud);
    let letters = played_back(report, at, cloud);
    let found = without_calls_for_a_human(report, letters, &cloud.found(), cloud.expected());
    differences(report, at, &found, cloud.expected());
    one_message_each(report, at, cloud);
    let audit = cloud.run(&["audit", "verify"]);
    if audit.code != Some(0) {
        report.fault(Fault::Lost, format!("{at}: the audit trail: {audit}"));
    }
}

/// Without the review entries of requests that were given up: nobody had looked whether their people
/// are in a crisis, so a human has to, whatever a replay says later (safety 3). As many as letters.
fn without_calls_for_a_human(
    report: &mut Report,
    letters: u64,
    found: &str,
    expected: &str,
) -> String {
    let expected: BTreeSet<&str> = expected.lines().collect();
    let is_call = |line: &&str| {
        line.starts_with("review ")
            && line.contains("crisisCheckFailed")
            && !expected.contains(line)
    };
    let most = usize::try_from(letters).unwrap_or(usize::MAX);
    let calls: BTreeSet<&str> = found.lines().filter(is_call).take(most).collect();
    report.count("humansAsked", calls.len() as u64);
    let rest = found.lines().filter(|line| !calls.contains(line));
    rest.flat_map(|line| [line, "\n"]).collect()
}

fn drained(report: &mut Report, at: &str, cloud: &Cloud) {
    let start = waits::now();
    let waiting = || {
        let depths = QueueName::ALL.map(|name| (name, cloud.depth(name)));
        depths.into_iter().find(|(_, depth)| depth.visible + depth.in_flight + depth.delayed > 0)
    };
    let empty = waits::eventually(PATIENCE, || waiting().is_none().then_some(()));
    if empty.is_none() {
        report.fault(Fault::Lost, format!("{at}: messages still wait: {:?}", waiting()));
    }
    report.longest("longestUntilQueuesWereEmptySeconds", waits::since(start));
}

/// Letters by the queue or stream that they are of, with their causes.
fn letters(cloud: &Cloud) -> Vec<(String, u64, Value)> {
    let rows: Value = serde_json::from_str(&cloud.run(&["dlq", "list"]).well().out).unwrap();
    let rows = rows.as_array().unwrap().iter().map(|row| {
        let of = row["queue"].as_str().unwrap().to_owned();
        (of, row["letters"].as_u64().unwrap(), row["causes"].clone())
    });
    rows.filter(|(_, letters, _)| *letters > 0).collect()
}

/// Plays back what was put aside; gives how many letters that were.
fn played_back(report: &mut Report, at: &str, cloud: &Cloud) -> u64 {
    let mut all = 0;
    for (of, count, causes) in letters(cloud) {
        all += count;
        report.count("letters", count);
        eprintln!("{at}: {count} letters of {of}: {causes}");
        if causes.as_array().unwrap().iter().any(|cause| cause["code"] == NO_CAUSE) {
            report.fault(Fault::Unclear, format!("{at}: letters of {of} have no cause: {causes}"));
        }
        let replayed = cloud.run(&["dlq", "replay", &of, "--canary", "0", "--yes"]);
        if replayed.code != Some(0) {
            report.fault(Fault::Unclear, format!("{at}: letters of {of}, replayed: {replayed}"));
        }
    }
    drained(report, at, cloud);
    let left = letters(cloud);
    if !left.is_empty() {
        report.fault(Fault::Lost, format!("{at}: letters that came back: {left:?}"));
    }
    all
}

/// No intervention has two messages, and each that was delivered has its one.
fn one_message_each(report: &mut Report, at: &str, cloud: &Cloud) {
    let mut messages: BTreeMap<String, u64> = BTreeMap::new();
    for key in cloud.keys() {
        // The app's own chats have no third part.
        if let ["CHAT", _, id] = key.split('#').collect::<Vec<_>>()[..] {
            *messages.entry(id.to_owned()).or_default() += 1;
        }
    }
    let delivered = cloud.delivered();
    for (id, count) in &messages {
        if *count > 1 {
            report.fault(Fault::Twice, format!("{at}: intervention {id} has {count} messages"));
        }
        if !delivered.contains(id) {
            report.fault(Fault::Lost, format!("{at}: {id} has a message and no delivery"));
        }
    }
    for id in delivered.iter().filter(|id| !messages.contains_key(*id)) {
        report.fault(Fault::Lost, format!("{at}: {id} has a delivery and no message"));
    }
    report.count("messagesDelivered", messages.values().sum());
}
