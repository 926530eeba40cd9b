//! What was found, for a terminal.

use std::fmt::{self, Write as _};

use mindmate_contracts::training_set::Manifest;
use mindmate_evaluation::metrics::{AlertMetric, Metric};
use mindmate_evaluation::report::{Measured, Report, TOP_TENTH};
use mindmate_evaluation::{Difference, Verdict};

use super::{Found, Ground};
use crate::output::grouped;

/// Width of a number with its interval.
const WIDE: usize = 25;

/// Digits of a number.
const DIGITS: usize = 3;

/// What stands beside results of invented people.
pub(super) fn people(manifest: &Manifest) -> Option<String> {
    let invented = manifest.invented_users;
    match invented {
        0 => None,
        _ if manifest.synthetic => {
            Some("Invented, all of them: this proves the pipeline and nothing clinical".to_owned())
        }
        _ => Some(format!(
            "Mixed: {} of {} in the set are invented",
            grouped(invented),
            grouped(manifest.users.with_samples)
        )),
    }
}

pub(super) fn summary(ground: &Ground, found: &Found) -> Result<String, fmt::Error> {
    let (report, manifest) = (&found.judged.report, ground.manifest());
    let mut out = head(report, manifest)?;
    overall(&mut out, report, found.judged.difference.as_ref())?;
    thresholds(&mut out, report)?;
    if let Some(against) = &found.judged.against {
        thresholds(&mut out, against)?;
    }
    groups(&mut out, report)?;
    ablation(&mut out, report)?;
    if let Some(verdict) = &found.verdict {
        gates(&mut out, verdict)?;
    }
    Ok(out)
}

fn head(report: &Report, manifest: &Manifest) -> Result<String, fmt::Error> {
    let (rows, unscored) = (report.rows, report.unscored);
    let mut out = format!(
        "{} on {} weeks of {} people it has not seen, {} followed by a crisis ({:.1}%)\n",
        report.scorer,
        grouped(rows.rows),
        grouped(rows.users),
        grouped(rows.crises),
        100.0 * rows.crises as f64 / rows.rows.max(1) as f64
    );
    writeln!(out, "  set            up to {}, cut at {}", manifest.until, manifest.cut)?;
    if let Some(people) = people(manifest) {
        writeln!(out, "  people         {people}")?;
    }
    writeln!(
        out,
        "  left out       {} weeks ({} crises) that gave too little to go by; {} more were scored by the rules",
        grouped(unscored.rows),
        grouped(unscored.crises),
        grouped(report.by_fallback)
    )?;
    if report.shift != 0.0 {
        writeln!(
            out,
            "  scores         stand {:+.2} log-odds from the calibrated probabilities, of which calibration is measured",
            report.shift
        )?;
    }
    let bootstrap = report.bootstrap;
    writeln!(
        out,
        "  intervals      95 of 100 of {} resamples of people, seed {}",
        grouped(bootstrap.resamples.into()),
        bootstrap.seed
    )?;
    Ok(out)
}

/// A number with its interval, or why there is none.
pub(super) fn measured(measured: Option<&Measured>) -> String {
    match measured {
        Some(Measured { value: Some(value), interval: Some(interval) }) => {
            format!("{value:.DIGITS$} ({:.DIGITS$} to {:.DIGITS$})", interval.low, interval.high)
        }
        Some(Measured { value: Some(value), interval: None }) => format!("{value:.DIGITS$}"),
        _ => "undefined".to_owned(),
    }
}

fn overall(
    out: &mut String,
    report: &Report,
    difference: Option<&Difference>,
) -> Result<(), fmt::Error> {
    let beside = difference.map(|difference| format!("less that of {}", difference.against));
    writeln!(out, "\n  {:<24} {:<WIDE$} {}", "", report.scorer, beside.unwrap_or_default())?;
    for metric in Metric::ALL {
        let found = measured(report.overall.get(&metric));
        let less = difference.map(|difference| measured(difference.overall.get(&metric)));
        let line = format!("  {:<24} {found:<WIDE$} {}", metric.words(), less.unwrap_or_default());
        writeln!(out, "{}", line.trim_end())?;
    }
    Ok(())
}

/// The name of a threshold, for people.
pub(super) fn threshold(name: &str) -> &str {
    if name == TOP_TENTH { "top tenth" } else { name }
}

fn thresholds(out: &mut String, report: &Report) -> Result<(), fmt::Error> {
    let heads = |metric: AlertMetric| format!("{:<WIDE$}", metric.words());
    let (few, many) = (PLAIN.map(|metric| format!("{:>7}", metric.words())), SURE.map(heads));
    let name = format!("alerts of {} from", report.scorer);
    writeln!(out, "\n  {name:<32} {}  {}", few.concat(), many.concat().trim_end())?;
    for at in &report.thresholds {
        let plain = PLAIN.map(|metric| format!("{:>7}", plain(at.measures.get(&metric))));
        let sure = SURE.map(|metric| format!("{:<WIDE$}", measured(at.measures.get(&metric))));
        let name = format!("{:<10} {:.DIGITS$}", threshold(&at.name), at.from);
        writeln!(out, "  {name:<32} {}  {}", plain.concat(), sure.concat().trim_end())?;
    }
    Ok(())
}

/// What is shown of a threshold as a number alone: it follows from the others.
pub(super) const PLAIN: [AlertMetric; 4] = [
    AlertMetric::Alerts,
    AlertMetric::F1,
    AlertMetric::FalsePositiveRate,
    AlertMetric::FalseNegativeRate,
];

/// What is shown with its interval.
pub(super) const SURE: [AlertMetric; 2] = [AlertMetric::Precision, AlertMetric::Recall];

/// A number without its interval.
pub(super) fn plain(measured: Option<&Measured>) -> String {
    let value = measured.and_then(|measured| measured.value);
    value.map_or_else(|| "–".to_owned(), |value| format!("{value:.DIGITS$}"))
}

fn groups(out: &mut String, report: &Report) -> Result<(), fmt::Error> {
    writeln!(
        out,
        "\n  {:<26} {:>7} {:>7}  {:<WIDE$} recall where a tenth of all get an alert",
        "group", "weeks", "crises", "AUROC"
    )?;
    for (one, found) in report.groups.iter().filter_map(|one| Some((one, one.found.as_ref()?))) {
        let auroc = measured(found.overall.get(&Metric::Auroc));
        writeln!(
            out,
            "  {:<26} {:>7} {:>7}  {auroc:<WIDE$} {}",
            one.words(),
            grouped(one.rows.rows),
            grouped(one.rows.crises),
            measured(found.at(TOP_TENTH, AlertMetric::Recall).as_ref())
        )?;
    }
    if let Some(few) = too_few(report) {
        writeln!(out, "  too few crises to say of   {few}")?;
    }
    Ok(())
}

/// The groups of which nothing can be said, with their crises.
pub(super) fn too_few(report: &Report) -> Option<String> {
    let few = report.groups.iter().filter(|one| one.found.is_none());
    let few = few.map(|one| format!("{} ({})", one.words(), one.rows.crises)).collect::<Vec<_>>();
    (!few.is_empty()).then(|| few.join(", "))
}

fn ablation(out: &mut String, report: &Report) -> Result<(), fmt::Error> {
    if report.ablation.is_empty() {
        return Ok(());
    }
    writeln!(
        out,
        "\n  where a family is missing  AUROC falls by            weeks that cannot be scored any more"
    )?;
    for one in &report.ablation {
        let loss = measured(one.loss.get(&Metric::Auroc));
        writeln!(out, "  {:<26} {loss:<WIDE$} {}", one.family.name(), grouped(one.lost.rows))?;
    }
    Ok(())
}

fn gates(out: &mut String, verdict: &Verdict) -> Result<(), fmt::Error> {
    let words = if verdict.passed { "passed" } else { "not passed" };
    writeln!(out, "\n  {}, against {}: {words}", verdict.gates_version, verdict.champion)?;
    for gate in &verdict.gates {
        let mark = if gate.passed { "ok" } else { "NO" };
        writeln!(out, "    {mark}  {}: {}, wanted {}", gate.name, gate.found, gate.wanted)?;
    }
    Ok(())
}
