//! Judges by the stores.

use std::collections::BTreeMap;
use std::path::Path;

use mindmate_end_to_end_tests::stores::{dump, number};

use crate::program::Program;
use crate::report::{Fault, Report};

/// How much of a line that is too many or too few is shown.
const SHOWN: usize = 160;

/// What must be zero at the end, and what it would be.
const NOTHING_OF: [(&str, Fault, &str); 5] = [
    ("dead letters", Fault::Lost, "SELECT count(*) FROM messages WHERE dead = 1"),
    ("records that were put aside", Fault::Lost, "SELECT count(*) FROM stream_aside"),
    ("runs that are open", Fault::Lost, "SELECT count(*) FROM runs WHERE completed_at IS NULL"),
    (
        "interventions with two messages",
        Fault::Twice,
        "SELECT count(*) FROM (SELECT substr(sk, -32) FROM app_items
            WHERE sk LIKE 'CHAT#%#%' GROUP BY 1 HAVING count(*) > 1)",
    ),
    (
        "deliveries without a message, or messages without a delivery",
        Fault::Lost,
        "SELECT abs((SELECT count(*) FROM app_items WHERE sk LIKE 'CHAT#%#%')
            - (SELECT count(*) FROM interventions WHERE delivered_at IS NOT NULL))",
    ),
];

/// Holds what a disturbed run left against what one leaves that nobody disturbed.
pub(crate) fn same(report: &mut Report, at: &str, program: &Program, expected: &str) {
    let found = dump(&program.database());
    differences(report, at, &found, expected);
    sound(report, at, program);
    let waiting = "SELECT count(*) FROM messages";
    nothing(report, at, &program.database(), ("messages that wait", Fault::Lost, waiting));
}

/// What holds of any store, whoever was in it.
pub(crate) fn sound(report: &mut Report, at: &str, program: &Program) {
    for one in NOTHING_OF {
        nothing(report, at, &program.database(), one);
    }
    let audit = program.run(&["audit", "verify"]);
    if audit.code != Some(0) {
        report.fault(Fault::Lost, format!("{at}: the audit trail: {audit}"));
    }
}

fn nothing(
    report: &mut Report,
    at: &str,
    database: &Path,
    (what, fault, sql): (&str, Fault, &str),
) {
    let found = number(database, sql);
    if found != 0 {
        report.fault(fault, format!("{at}: expected no {what}, found {found}"));
    }
}

/// Lines that one has more often than the other.
pub(crate) fn differences(report: &mut Report, at: &str, found: &str, expected: &str) {
    if found == expected {
        return;
    }
    let mut counts: BTreeMap<&str, i64> = BTreeMap::new();
    for line in expected.lines() {
        *counts.entry(line).or_default() -= 1;
    }
    for line in found.lines() {
        *counts.entry(line).or_default() += 1;
    }
    let of = |sign: i64| counts.iter().filter(move |(_, count)| count.signum() == sign);
    for (fault, sign) in [(Fault::Lost, -1), (Fault::Twice, 1)] {
        let many = of(sign).count();
        if let Some((line, _)) = of(sign).next() {
            let line: String = line.chars().take(SHOWN).collect();
            report.fault(fault, format!("{at}: {many} rows, first: {line}"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Settings;

    fn judged(found: &str, expected: &str) -> (bool, String) {
        let settings = Settings { users: 1, rounds: 1, seed: 1, own_mounts: false };
        let mut report = Report::new("trial", settings);
        differences(&mut report, "here", found, expected);
        (report.is_good(), report.text())
    }

    /// A judge that never finds anything would let everything pass.
    #[test]
    fn a_row_that_is_missing_or_double_is_found() {
        assert!(judged("a\nb", "a\nb").0);
        let (good, text) = judged("a", "a\nb");
        assert!(!good && text.contains("LOST: here: 1 rows, first: b"), "{text}");
        let (good, text) = judged("a\nb\nb", "a\nb");
        assert!(!good && text.contains("TWICE: here: 1 rows, first: b"), "{text}");
    }
}
