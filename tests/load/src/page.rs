//! The page of a result: one HTML file with its plots, without a script and without the network.

use maud::{Markup, html};
use mindmate_cli::report::charts::{self, DrawError, PLAIN, Series, Span, WARN};
use mindmate_cli::report::{document, figure, words};

use crate::result::{LoadResult, Sample};
use crate::text::{number, rows};

/// The page.
///
/// # Errors
/// A chart that cannot be drawn.
pub fn page(result: &LoadResult) -> Result<String, DrawError> {
    let scenario = &result.scenario;
    let page = document(
        &format!("Load {}", scenario.name),
        &html! {
                header {
                    p.eyebrow { "MindMate · load" }
                    h1 { (scenario.name) }
                    p.lead { (scenario.about) }
                    ul.marks {
                        li.mark { (result.backend) }
                        li.mark { (words::count(scenario.cohort.users.into())) " people, "
                            (scenario.cohort.days) " days each" }
                        li.mark { (scenario.arrivals) }
                        li.mark { (result.cores) " cores" }
                        li.mark { (result.began_at) }
                        @if !result.release {
                            li.mark.warn { "built without optimisations: no figure to quote" }
                        }
                    }
                }
                main {
                    (ledger(result))
                    (tiles(result))
                    (latencies(result)?)
                    div.columns {
                        (over_time("throughput", "Throughput", throughput(result))?)
                        (over_time("depth", "Depth of the queues", depths(result))?)
                        (over_time("cpu", "Processor", cpu(result))?)
                        (over_time("memory", "Memory", memory(result))?)
                    }
                }
                footer { p.aside { "Open loop: requests are scheduled beforehand, and a latency
                    counts from the scheduled instant until the outcome was seen by a consumer of
                    the stream, whatever the pipeline was busy with. Processor time and memory are
                    of one process; on one machine the stages and the harness share it." } }
        },
    );
    Ok(page.into_string())
}

fn ledger(result: &LoadResult) -> Markup {
    let ledger = &result.ledger;
    let closes = ledger.closes();
    html! {
        section.verdict.open[!closes] {
            h2 { @if closes { "The ledger closes" } @else { "The ledger does not close" } }
            p.equation {
                b { (words::count(ledger.sent)) } " sent = "
                b { (words::count(ledger.assessed)) } " assessed + "
                b { (words::count(ledger.skipped)) } " skipped + "
                b { (words::count(ledger.dead_lettered)) } " dead-lettered"
                @if ledger.missing > 0 { " + " b.bad { (words::count(ledger.missing)) } " missing" }
            }
            p { (words::count(ledger.interventions_asked)) " interventions were asked for, "
                (words::count(ledger.interventions_answered)) " have their outcome, "
                (words::count(ledger.delivered)) " are in the chat. "
                (words::count(ledger.repeated)) " outcomes said again what was known." }
            @for fault in &ledger.faults { p.bad { (fault) } }
            @if !ledger.missing_named.is_empty() {
                ul { @for missing in &ledger.missing_named { li { code { (missing) } } } }
            }
        }
    }
}

fn tiles(result: &LoadResult) -> Markup {
    let process = &result.process;
    html! {
        dl.tiles {
            (tile(&number(result.users_a_second), "users a second"))
            (tile(&words::micros(result.assessment.p50_us), "to an assessment, p50"))
            (tile(&words::micros(result.assessment.p99_us), "to an assessment, p99"))
            (tile(&format!("{} ms", number(process.cpu_ms_a_request)), "processor a request"))
            (tile(&format!("{} MiB", number(process.peak_rss_mib)), "memory, at most"))
            (tile(&format!("{} s", number(result.elapsed_seconds)), "first due to last outcome"))
        }
        @for limit in &result.limits {
            p.lead { "Limit: " (limit.what) " " (number(limit.limit)) ". Measured: "
                strong { (number(limit.figure)) } ", " @if limit.met { "met." }
                @else { b.bad { "missed." } } }
        }
        @if !result.limits.is_empty() { br; }
    }
}

fn tile(figure: &str, label: &str) -> Markup {
    html! { div.tile { dt { (label) } dd { (figure) } } }
}

fn latencies(result: &LoadResult) -> Result<Markup, DrawError> {
    let rows = rows(result);
    let spans: Vec<_> = rows
        .iter()
        .map(|(name, quantiles)| Span {
            label: name.clone(),
            p50: quantiles.p50_us,
            p99: quantiles.p99_us,
            max: quantiles.max_us,
        })
        .collect();
    Ok(html! {
        section.card aria-labelledby="latency" {
            h2 id="latency" { "Latency" }
            p { "The first rows are of the whole way, from the scheduled instant. The stages' are of
                one delivery, from its receipt to its acknowledgement." }
            div {
                div {
                    (figure("Chart of the latencies; the table beside it has its numbers.",
                        &charts::spans(&spans)?))
                    p.legend { span.disc {} "p50 " span.bar {} "p99 " span.ring {} "max; each
                        step of the axis is ten times the one before" }
                }
                div.scroll { table {
                    thead { tr { th {} th { "count" } th { "p50" } th { "p90" } th { "p99" }
                        th { "p99.9" } th { "max" } } }
                    tbody { @for (name, quantiles) in &rows { tr {
                        th scope="row" { (name) }
                        td { (words::count(quantiles.count)) }
                        td { (words::micros(quantiles.p50_us)) }
                        td { (words::micros(quantiles.p90_us)) }
                        td { (words::micros(quantiles.p99_us)) }
                        td { (words::micros(quantiles.p999_us)) }
                        td { (words::micros(quantiles.max_us)) }
                    } } }
                } }
            }
        }
    })
}

/// Lines and what their axis counts.
type Lines = (Vec<Series>, &'static str);

fn over_time(id: &str, title: &str, (lines, unit): Lines) -> Result<Markup, DrawError> {
    let says = format!("{title} over time.");
    let has_points = lines.iter().any(|line| line.points.len() > 1);
    Ok(html! {
        section.card aria-labelledby=(id) {
            h2 id=(id) { (title) }
            @if has_points { (figure(&says, &charts::lines(&lines, unit)?)) }
            @else { p.empty { "It was over before anybody looked twice." } }
        }
    })
}

/// Differences of something that only rises, a second.
fn rates(series: &[Sample], of: impl Fn(&Sample) -> f64) -> Vec<(f64, f64)> {
    let rate = |pair: &[Sample]| {
        let [before, after] = pair else { return None };
        let seconds = after.at - before.at;
        (seconds > 0.0).then(|| (after.at, ((of(after) - of(before)) / seconds).max(0.0)))
    };
    series.windows(2).filter_map(rate).collect()
}

fn line(label: &str, points: Vec<(f64, f64)>, colour: charts::Colour) -> Series {
    Series { label: label.to_owned(), points, colour }
}

fn throughput(result: &LoadResult) -> Lines {
    let series = &result.series;
    let sent = rates(series, |sample| sample.sent as f64);
    let known = rates(series, |sample| sample.known as f64);
    let lines = vec![line("requests sent", sent, WARN), line("outcomes known", known, PLAIN)];
    (lines, "a second")
}

fn depths(result: &LoadResult) -> Lines {
    let of = |pick: fn(&str) -> bool| -> Vec<(f64, f64)> {
        let depth = |sample: &Sample| {
            let depths = sample.depths.iter().filter(|(name, _)| pick(name.as_str()));
            (sample.at, depths.map(|(_, depth)| *depth as f64).sum())
        };
        result.series.iter().map(depth).collect()
    };
    let dead = result.series.iter().map(|sample| (sample.at, sample.dead as f64)).collect();
    let lines = vec![
        line("assessments", of(|name| name.starts_with("assessments")), PLAIN),
        line("scoring", of(|name| name.starts_with("scoring")), charts::SECOND),
        line("interventions", of(|name| name.starts_with("interventions")), charts::THIRD),
        line("texts", of(|name| name.starts_with("texts")), charts::FOURTH),
        line("dead letters", dead, WARN),
    ];
    (lines, "messages")
}

fn cpu(result: &LoadResult) -> Lines {
    let cores = rates(&result.series, |sample| sample.cpu_seconds);
    (vec![line("cores busy in this process", cores, PLAIN)], "cores")
}

fn memory(result: &LoadResult) -> Lines {
    let points = result.series.iter().map(|sample| (sample.at, sample.rss_mib)).collect();
    (vec![line("resident in this process", points, PLAIN)], "MiB")
}
