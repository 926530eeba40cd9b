//! The page of a run: one HTML file that shows what a run came to.
//!
//! It is for engineers, reviewers and clinicians, so it says in words what a number means and what
//! it does not. It holds sums only: no id of a user, no text. It needs no network, no script and
//! no font of its own, and a content policy in its head makes the browser hold it to that.
//!
//! Its style, charts and words are for pages of others too: `mindmate-load` makes one.
//!
//! `sections` has what the page says, `charts` draws, `words` turns numbers into text.

pub mod charts;
mod sections;
pub mod words;

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use mindmate_domain::StageName;
use mindmate_domain::run::Run;
use mindmate_host::times::Times;
use mindmate_run_report::Summary;

use crate::marks::Origin;

/// How pages look, in both schemes.
const STYLE: &str = include_str!("style.css");

/// What the page may load: its own style, and nothing else from anywhere.
const CONTENT_POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'";

/// Below this many assessed users a sum can point at a person.
const FEW: u64 = 10;

/// What the page is made of.
pub(crate) struct PageInput<'a> {
    /// What the run came to.
    pub(crate) summary: &'a Summary,
    /// The run, as the ledger has it after the attempt to close it.
    pub(crate) run: &'a Run,
    /// How long deliveries took; empty where nobody measured.
    pub(crate) timings: &'a BTreeMap<StageName, Times>,
    /// How long the deliveries of `timings` took together, where that is known: the whole run,
    /// unless it was resumed.
    pub(crate) elapsed: Option<Duration>,
    /// Whether its users are made up.
    pub(crate) origin: Origin,
    /// Version of the model or of the rules, such as `rules-1`.
    pub(crate) model: &'a str,
    /// Version of the policy file.
    pub(crate) policy: &'a str,
    /// When the page was made.
    pub(crate) generated_at: Timestamp,
}

/// Why there is no page.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReportError {
    /// A chart could not be drawn.
    #[error("the chart of {chart} could not be drawn")]
    Chart {
        /// Which one.
        chart: &'static str,
        /// What the drawing said.
        source: charts::DrawError,
    },
}

/// One HTML file in the style of all our pages: without a script, and without the network.
pub fn document(title: &str, body: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(CONTENT_POLICY);
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) " · MindMate" }
                style { (PreEscaped(STYLE)) }
            }
            body { (body) }
        }
    }
}

/// A drawing, which `says` puts into words for those who do not see it.
pub fn figure(says: &str, svg: &str) -> Markup {
    html! { div.chart role="img" aria-label=(says) { (PreEscaped(svg)) } }
}

/// The page, as one HTML file.
///
/// # Errors
/// [`ReportError::Chart`] where a chart cannot be drawn.
pub(crate) fn page(input: &PageInput<'_>) -> Result<String, ReportError> {
    let sections = sections::all(input)?;
    let page = document(
        &format!("Run {}", input.summary.run_id),
        &html! {
            (header(input))
            main { (sections) }
            (footer(input))
        },
    );
    Ok(page.into_string())
}

fn header(input: &PageInput<'_>) -> Markup {
    let summary = input.summary;
    html! {
        header {
            p.eyebrow { "MindMate · report of a run" }
            h1 { (summary.run_id) }
            p.lead {
                "Every assessment looks back from "
                time datetime=(summary.as_of) { (words::instant(summary.as_of.instant())) }
                "."
            }
            ul.marks {
                @if summary.historical {
                    li.mark.warn { "Historical: its asOf was past due when it was started" }
                }
                @if let Some(words) = input.origin.words() { li.mark.note { (words) } }
                li.mark { "Scored by " (input.model) }
                li.mark { (input.policy) }
            }
        }
    }
}

fn footer(input: &PageInput<'_>) -> Markup {
    let run = input.run;
    html! {
        footer {
            section {
                h2 { "What this is not" }
                ul {
                    li { "Not a diagnosis and not a prediction about any one person. It supports
                        people who help; it does not decide for them." }
                    li { "Not clinical evidence. Nothing here was validated clinically: the weights
                        and the bounds of the levels were set by judgement and are written down in
                        the policy and the rules." }
                    li { "Not for users. Scores and levels are never shown to them." }
                    li { "Not anonymous by itself. The page holds sums only, but "
                        @if input.summary.ledger.assessed < FEW { strong { (few(input)) } }
                        @else { "small sums can still point at a person: share it with care." }
                    }
                }
            }
            dl.facts {
                div { dt { "asOf" } dd { (input.summary.as_of) } }
                div { dt { "Shards" } dd { (run.shards) } }
                div { dt { "Started" } dd { (run.started_at) } }
                div { dt { "Closed" } dd {
                    @match run.completed_at { Some(at) => (at), None => "not yet" }
                } }
                div { dt { "Page made" } dd { (input.generated_at) } }
            }
        }
    }
}

fn few(input: &PageInput<'_>) -> String {
    let assessed = words::counted(input.summary.ledger.assessed, "user was", "users were");
    format!("only {assessed} assessed: sums as small as these can point at a person.")
}

#[cfg(test)]
mod tests;
