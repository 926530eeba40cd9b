//! Results for people, on a terminal.

use mindmate_cli::report::words;

use crate::bare::Bare;
use crate::result::{LedgerCheck, LoadResult, Quantiles};

/// The table of a result.
pub fn table(result: &LoadResult) -> String {
    let LoadResult { scenario, process, ledger, .. } = result;
    let mut out = format!("{}: {}\n", scenario.name, scenario.about);
    out += &format!(
        "  {} people, {} days each, {}; {} s, {} users a second on {} cores{}\n\n",
        words::count(scenario.cohort.users.into()),
        scenario.cohort.days,
        scenario.arrivals,
        number(result.elapsed_seconds),
        number(result.users_a_second),
        result.cores,
        if result.release { "" } else { " (built without optimisations)" }
    );
    out += &format!(
        "  {:<22} {:>9} {:>9} {:>9} {:>9} {:>9} {:>9}\n",
        "", "count", "p50", "p90", "p99", "p99.9", "max"
    );
    for (name, quantiles) in rows(result) {
        out += &row(&name, quantiles);
    }
    out += &format!(
        "\n  processor time         {} s, {} ms a request; the writer's {} s\n",
        number(process.cpu_seconds),
        number(process.cpu_ms_a_request),
        number(process.writer_cpu_seconds)
    );
    out += &format!("  memory                 {} MiB at most\n", number(process.peak_rss_mib));
    if let Some(bare) = &result.bare {
        out += &bound(bare, result.users_a_second);
    }
    out += &books(ledger);
    for limit in &result.limits {
        let met = if limit.met { "met" } else { "MISSED" };
        let (figure, bound) = (number(limit.figure), number(limit.limit));
        out += &format!("  limit                  {} {bound}: {figure}, {met}\n", limit.what);
    }
    out
}

/// What the parts cost bare, and how much of their bound was reached.
fn bound(bare: &Bare, reached: f64) -> String {
    let [reading, computing, writing] =
        [bare.reading_us, bare.computing_us, bare.writing_us].map(|micros| number(micros / 1e3));
    format!(
        "  bare, a request        {reading} ms of reading, {computing} of features and score, {writing} of writing; \
         one connection writes {} a second\n  bound                  {} a second, of which {} % were reached\n",
        number(bare.written_a_second),
        number(bare.limit_a_second),
        number(100.0 * reached / bare.limit_a_second),
    )
}

/// The distributions of a result by name, the whole way first.
pub(crate) fn rows(result: &LoadResult) -> Vec<(String, &Quantiles)> {
    let whole = [
        ("to the assessment", &result.assessment),
        ("to the delivery", &result.delivery),
        ("sending", &result.sending),
    ];
    let whole = whole.into_iter().filter(|(_, quantiles)| quantiles.count > 0);
    let stages = result.stages.iter().map(|(stage, quantiles)| (stage.clone(), quantiles));
    whole.map(|(name, quantiles)| (name.to_owned(), quantiles)).chain(stages).collect()
}

fn row(name: &str, quantiles: &Quantiles) -> String {
    let Quantiles { count, p50_us, p90_us, p99_us, p999_us, max_us } = *quantiles;
    let [p50, p90, p99, p999, max] = [p50_us, p90_us, p99_us, p999_us, max_us].map(words::micros);
    let count = words::count(count);
    format!("  {name:<22} {count:>9} {p50:>9} {p90:>9} {p99:>9} {p999:>9} {max:>9}\n")
}

fn books(ledger: &LedgerCheck) -> String {
    let mut out = format!(
        "  ledger                 {} sent = {} assessed + {} skipped + {} dead-lettered",
        words::count(ledger.sent),
        words::count(ledger.assessed),
        words::count(ledger.skipped),
        words::count(ledger.dead_lettered)
    );
    if ledger.missing > 0 {
        out += &format!(" + {} MISSING", words::count(ledger.missing));
    }
    out += &format!(
        "\n  interventions          {} asked for, {} answered, {} delivered; {} outcomes came again\n",
        words::count(ledger.interventions_asked),
        words::count(ledger.interventions_answered),
        words::count(ledger.delivered),
        words::count(ledger.repeated)
    );
    if ledger.closes() {
        return out;
    }
    out += "  THE LEDGER DOES NOT CLOSE\n";
    for fault in &ledger.faults {
        out += &format!("    {fault}\n");
    }
    for missing in &ledger.missing_named {
        out += &format!("    missing: {missing}\n");
    }
    out
}

/// A number with about three digits that say something.
pub(crate) fn number(value: f64) -> String {
    let digits = match value.abs() {
        size if size >= 100.0 => 0,
        size if size >= 10.0 => 1,
        _ => 2,
    };
    let text = format!("{value:.digits$}");
    text.parse().map_or(text, words::count)
}
