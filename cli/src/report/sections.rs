//! What the page says, section by section.

mod data;
mod risk;
mod way;

use std::collections::BTreeMap;

use maud::{Markup, html};
use plotters::style::RGBColor;

use super::charts::{self, Bar, DrawError};
use super::{PageInput, ReportError, figure, words};

/// All sections, in the order in which a reader asks.
pub(super) fn all(input: &PageInput<'_>) -> Result<Markup, ReportError> {
    let summary = input.summary;
    Ok(html! {
        (way::ledger(input))
        div.columns {
            (risk::levels(summary)?)
            (risk::scores(summary)?)
            (risk::methods(summary)?)
            (risk::calibration(summary, input.model))
        }
        (way::interventions(summary)?)
        (way::stages(input))
        (way::timings(input)?)
        (data::missing(summary)?)
        (data::quality(summary)?)
    })
}

/// A section with its heading.
fn card(id: &str, title: &str, body: &Markup) -> Markup {
    html! {
        section.card aria-labelledby=(id) {
            h2 id=(id) { (title) }
            (body)
        }
    }
}

/// A drawn chart, which `says` puts into words for those who do not see it.
fn chart(
    name: &'static str,
    says: &str,
    svg: Result<String, DrawError>,
) -> Result<Markup, ReportError> {
    let svg = svg.map_err(|source| ReportError::Chart { chart: name, source })?;
    Ok(figure(says, &svg))
}

/// Bars of counts, each a part of `whole`.
fn count_bars(
    name: &'static str,
    rows: &[(String, u64, RGBColor)],
    whole: u64,
) -> Result<Markup, ReportError> {
    let bars: Vec<_> = rows
        .iter()
        .map(|(label, count, colour)| Bar {
            label: label.clone(),
            share: words::share(*count, whole),
            value: words::count_and_percent(*count, whole),
            colour: *colour,
        })
        .collect();
    chart(name, &in_words(name, rows), charts::bars(&bars))
}

fn in_words(name: &str, rows: &[(String, u64, RGBColor)]) -> String {
    let rows: Vec<_> =
        rows.iter().map(|(label, count, _)| format!("{label} {}", words::count(*count))).collect();
    format!("Bar chart of {name}: {}.", rows.join(", "))
}

/// Counts under their labels: the known names first and in their order, though they be 0; then,
/// by its own name, whatever else was counted.
fn labelled(counts: &BTreeMap<String, u64>, known: &[(&str, &str)]) -> Vec<(String, u64)> {
    let of = |name: &str| counts.get(name).copied().unwrap_or(0);
    let first = known.iter().map(|(name, label)| ((*label).to_owned(), of(name)));
    let is_known = |name: &str| known.iter().any(|(known, _)| *known == name);
    let rest = counts.iter().filter(|(name, _)| !is_known(name));
    first.chain(rest.map(|(name, count)| (name.clone(), *count))).collect()
}

/// A figure that stands alone.
fn tile(number: &str, label: &str) -> Markup {
    html! { div.tile { dt { (label) } dd { (number) } } }
}
