//! The way of the requests: what became of them, of the interventions, and how long it took.

use maud::{Markup, html};
use mindmate_domain::StageName;
use mindmate_domain::intervention::{InterventionType, WithheldReason};
use mindmate_domain::run::Fate;
use mindmate_run_report::{Ledger, Summary};

use super::{card, chart, count_bars, labelled, tile};
use crate::report::charts::{self, Span};
use crate::report::{PageInput, ReportError, words};

/// Whether the books are closed, in words, and the figures that say so.
pub(super) fn ledger(input: &PageInput<'_>) -> Markup {
    let Ledger { enqueued, assessed, skipped, dead_lettered, missing } = input.summary.ledger;
    let (closed, title, reading) = verdict(input);
    html! {
        section.verdict.open[!closed] aria-labelledby="ledger" {
            h2 id="ledger" { (title) }
            p.equation {
                b { (words::count(enqueued)) } " enqueued = "
                b { (words::count(assessed)) } " assessed + "
                b { (words::count(skipped)) } " skipped + "
                b { (words::count(dead_lettered)) } " dead-lettered"
                @if missing > 0 { " + " b.bad { (words::count(missing)) } " missing" }
            }
            p { (reading) }
        }
        dl.tiles {
            (tile(&words::count(enqueued), "enqueued"))
            (tile(&words::count(assessed), "assessed"))
            (tile(&words::count(skipped), "skipped"))
            (tile(&words::count(dead_lettered), "dead-lettered"))
            (tile(&words::count(missing), "missing"))
            @if let Some(took) = input.elapsed {
                (tile(&words::duration(took), "elapsed"))
                @if let Some(rate) = words::rate(users_timed(input), took) {
                    (tile(&rate, "users a second"))
                }
            }
        }
    }
}

/// How many users the elapsed time was spent on. A run that was resumed has the time of its last
/// part only, so that its users are those whose history was read in that part; a redelivery never
/// makes them more than there are.
fn users_timed(input: &PageInput<'_>) -> u64 {
    let Ledger { assessed, skipped, dead_lettered, .. } = input.summary.ledger;
    let accounted = assessed + skipped + dead_lettered;
    if input.timings.is_empty() {
        return accounted;
    }
    let read = input.timings.get(&StageName::FeatureExtraction);
    read.map_or(0, |times| times.deliveries.min(accounted))
}

/// Whether the ledger is closed, the heading, and what that means.
fn verdict(input: &PageInput<'_>) -> (bool, &'static str, String) {
    let Ledger { enqueued, assessed, skipped, dead_lettered, missing } = input.summary.ledger;
    let unsent = input.summary.interventions.missing;
    let open = "The ledger is open";
    if missing > 0 || unsent > 0 {
        let requests = words::counted(missing, "request", "requests");
        let interventions = words::counted(unsent, "intervention", "interventions");
        let reading = format!("Nobody has said what became of {requests} and {interventions}.");
        (false, open, reading)
    } else if enqueued != assessed + skipped + dead_lettered {
        let reading = "The two sides differ: more is marked than the stored pages hold, or less.";
        (false, open, reading.to_owned())
    } else if input.run.completed_at.is_none() {
        let reading = "None is missing so far, but the run is not noted as completed: a shard may \
                       not be paged to its end.";
        (false, open, reading.to_owned())
    } else {
        let reading = "Everyone who was enqueued is accounted for, and so is every intervention \
                       that was asked for. None is missing.";
        (true, "The ledger is closed", reading.to_owned())
    }
}

/// What became of the interventions.
pub(super) fn interventions(summary: &Summary) -> Result<Markup, ReportError> {
    let sums = &summary.interventions;
    let types = InterventionType::ALL.map(|kind| (kind.name(), type_label(kind)));
    let colour = |name: &str| {
        let kind = InterventionType::ALL.into_iter().find(|kind| type_label(*kind) == name);
        kind.map_or(charts::PLAIN, |kind| words::level_colour(kind.level()))
    };
    let sent: Vec<_> = labelled(&sums.delivered, &types)
        .into_iter()
        .map(|(label, count)| (label.clone(), count, colour(&label)))
        .collect();
    let reasons = WithheldReason::ALL.map(|reason| (reason.name(), reason_label(reason)));
    let held: Vec<_> = labelled(&sums.withheld, &reasons)
        .into_iter()
        .map(|(label, count)| (label, count, charts::PLAIN))
        .collect();
    let delivered = sums.delivered.values().sum();
    let withheld = sums.withheld.values().sum();
    Ok(card(
        "interventions",
        "Interventions",
        &html! {
            dl.tiles.small {
                (tile(&words::count(sums.requested), "requested"))
                (tile(&words::count(delivered), "delivered"))
                (tile(&words::count(withheld), "withheld"))
                (tile(&words::count(sums.dead_lettered), "dead-lettered"))
                (tile(&words::count(sums.missing), "missing"))
            }
            @if sums.requested == 0 {
                p.empty { "None was asked for." }
            } @else {
                div.columns {
                    section.family {
                        h3 { "Delivered, by type" }
                        (count_bars("delivered interventions", &sent, sums.requested)?)
                    }
                    section.family {
                        h3 { "Withheld, by reason" }
                        (count_bars("withheld interventions", &held, sums.requested)?)
                    }
                }
                p.aside { "Shares are of those requested. What is stale or overtaken is reviewed by a
                    human instead of being sent." }
            }
        },
    ))
}

fn type_label(kind: InterventionType) -> &'static str {
    match kind {
        InterventionType::CrisisSupport => "Crisis support",
        InterventionType::CheckIn => "Check-in",
        InterventionType::CopingActivities => "Coping activities",
        InterventionType::Encouragement => "Encouragement",
    }
}

fn reason_label(reason: WithheldReason) -> &'static str {
    match reason {
        WithheldReason::CoolDown => "Too soon after the last",
        WithheldReason::NoOutreachConsent => "No consent to outreach",
        WithheldReason::NoScoringConsent => "No consent to scoring",
        WithheldReason::Stale => "Assessment too old",
        WithheldReason::Overtaken => "Overtaken by a newer one",
    }
}

/// The way of the requests, stage by stage.
pub(super) fn stages(input: &PageInput<'_>) -> Markup {
    let summary = input.summary;
    let shards = words::counted(input.run.shards.into(), "shard", "shards");
    let enqueued = (summary.ledger.enqueued, "enqueued");
    let sent_on = (mark(summary, StageName::Scoring, "sentOn"), "asked for an intervention");
    card(
        "stages",
        "The way, stage by stage",
        &html! {
            ol.way {
                (step(StageName::FanOut, &format!("deals active users to {shards}"), &[enqueued]))
                (step(StageName::FeatureExtraction, "turns a history into features",
                    &fates(summary, StageName::FeatureExtraction, "assessed here")))
                (step(StageName::Scoring, "turns features into an assessment",
                    &[&fates(summary, StageName::Scoring, "assessed")[..], &[sent_on]].concat()))
                (step(StageName::Intervention, "reaches out",
                    &fates(summary, StageName::Intervention, "delivered")))
            }
            p.aside { "These are marks of the ledger. A request that was given up and replayed later
                has more than one; the sums at the top count each request once." }
        },
    )
}

fn mark(summary: &Summary, stage: StageName, kind: &str) -> u64 {
    summary.stages.get(&stage).and_then(|marks| marks.get(kind)).copied().unwrap_or(0)
}

fn fates(summary: &Summary, stage: StageName, completed: &'static str) -> [(u64, &'static str); 3] {
    let skipped = if stage == StageName::Intervention { "withheld" } else { "skipped" };
    [
        (mark(summary, stage, Fate::Completed.name()), completed),
        (mark(summary, stage, Fate::Skipped.name()), skipped),
        (mark(summary, stage, Fate::DeadLettered.name()), "dead-lettered"),
    ]
}

fn step(stage: StageName, does: &str, counts: &[(u64, &'static str)]) -> Markup {
    html! {
        li {
            h3 { (stage) }
            p { (does) }
            dl { @for (count, label) in counts {
                div.none[*count == 0] { dt { (label) } dd { (words::count(*count)) } }
            } }
        }
    }
}

/// How long deliveries took.
pub(super) fn timings(input: &PageInput<'_>) -> Result<Markup, ReportError> {
    let spans: Vec<_> = input
        .timings
        .iter()
        .filter(|(_, times)| times.deliveries > 0)
        .map(|(stage, times)| Span {
            label: stage.name().to_owned(),
            p50: times.p50_us,
            p99: times.p99_us,
            max: times.max_us,
        })
        .collect();
    let body = if spans.is_empty() {
        html! { p.empty { "Nobody measured how long deliveries took." } }
    } else {
        let says = "Chart of the times of each stage; the table beside it has its numbers.";
        html! {
            div.columns {
                div {
                    (chart("timings", says, charts::spans(&spans))?)
                    p.legend { span.disc {} "p50 " span.bar {} "p99 " span.ring {} "max; each
                        step of the axis is ten times the one before" }
                }
                (timing_table(input))
            }
            p.aside { "A run that was interrupted and resumed tells of its last part only." }
        }
    };
    Ok(card(
        "timings",
        "Timings",
        &html! {
            p { "How long one delivery took at each stage, from its receipt to its acknowledgement." }
            (body)
        },
    ))
}

fn timing_table(input: &PageInput<'_>) -> Markup {
    html! {
        div.scroll { table {
            thead { tr { th scope="col" { "Stage" } th scope="col" { "Deliveries" }
                th scope="col" { "p50" } th scope="col" { "p99" } th scope="col" { "Max" } } }
            tbody { @for (stage, times) in input.timings {
                tr {
                    th scope="row" { (stage) }
                    td { (words::count(times.deliveries)) }
                    td { (words::micros(times.p50_us)) }
                    td { (words::micros(times.p99_us)) }
                    td { (words::micros(times.max_us)) }
                }
            } }
        } }
    }
}
