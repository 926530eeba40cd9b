//! What was not there: features without a value, and data that was left out.

use std::cmp::Reverse;

use maud::{Markup, html};
use mindmate_domain::Feature;
use mindmate_domain::feature::{FEATURE_COUNT, Family};
use mindmate_run_report::Summary;

use super::{card, chart, count_bars};
use crate::report::charts::{self, Bar};
use crate::report::{ReportError, words};

/// Features without a value, by family.
pub(super) fn missing(summary: &Summary) -> Result<Markup, ReportError> {
    let assessed: u64 = summary.levels.values().sum();
    let never = Feature::ALL.iter().filter(|feature| times(summary, **feature) == 0).count();
    let mut families = Vec::new();
    for family in Family::ALL {
        families.push(of_family(summary, family, assessed)?);
    }
    Ok(card(
        "missing",
        "Missing data",
        &html! {
            p { "By feature, the share of assessed users for whom it had no value. A missing feature is
                never taken for 0: it lowers the confidence of an assessment instead." }
            @if assessed == 0 {
                p.empty { "Nobody was assessed, so nothing was looked for." }
            } @else {
                p { strong { (never) " of " (FEATURE_COUNT) " features" } " were there for everybody." }
                div.columns { @for family in &families { (family) } }
            }
        },
    ))
}

fn times(summary: &Summary, feature: Feature) -> u64 {
    summary.missing_features.get(&feature).copied().unwrap_or(0)
}

fn of_family(summary: &Summary, family: Family, assessed: u64) -> Result<Markup, ReportError> {
    let mut rows: Vec<_> =
        family.features().map(|feature| (feature, times(summary, feature))).collect();
    let all = rows.len();
    rows.retain(|(_, times)| *times > 0);
    rows.sort_by_key(|(feature, times)| (Reverse(*times), *feature));
    let bars: Vec<_> = rows
        .iter()
        .map(|(feature, times)| Bar {
            label: feature.name().to_owned(),
            share: words::share(*times, assessed),
            value: words::percent(*times, assessed),
            colour: charts::PLAIN,
        })
        .collect();
    let says = format!(
        "Bar chart of missing features of {}; the table below has its numbers.",
        family.name()
    );
    let there = all - rows.len();
    Ok(html! {
        section.family {
            h3 { (title(family)) }
            p.aside { (there) " of " (all) " there for everybody." }
            @if !rows.is_empty() {
                (chart("missing features", &says, charts::bars(&bars))?)
                details {
                    summary { "As a table" }
                    (table(&rows, assessed))
                }
            }
        }
    })
}

fn table(rows: &[(Feature, u64)], assessed: u64) -> Markup {
    html! {
        div.scroll { table {
            thead { tr { th scope="col" { "Feature" } th scope="col" { "Users without it" }
                th scope="col" { "Share" } } }
            tbody { @for (feature, times) in rows {
                tr {
                    th scope="row" { code { (feature) } }
                    td { (words::count(*times)) }
                    td { (words::percent(*times, assessed)) }
                }
            } }
        } }
    }
}

fn title(family: Family) -> &'static str {
    match family {
        Family::Mood => "Mood",
        Family::Behaviour => "Behaviour in the app",
        Family::Sentiment => "Sentiment of texts",
        Family::Dynamics => "Change over time",
    }
}

/// Items and attributes that were left out, by defect.
pub(super) fn quality(summary: &Summary) -> Result<Markup, ReportError> {
    let mut defects: Vec<_> =
        summary.data_quality.iter().filter(|(_, count)| **count > 0).collect();
    defects.sort_by_key(|(defect, count)| (Reverse(**count), **defect));
    let rows: Vec<_> = defects
        .into_iter()
        .map(|(defect, count)| (words::defect(*defect).to_owned(), *count, charts::WARN))
        .collect();
    let all: u64 = rows.iter().map(|(_, count, _)| count).sum();
    let body = if rows.is_empty() {
        html! { p.empty { "Nothing was left out." } }
    } else {
        let bars = count_bars("defects", &rows, all)?;
        let items = words::counted(all, "item or attribute was", "items and attributes were");
        html! {
            (bars)
            p.aside { (items) " left out. Shares are of these." }
        }
    };
    Ok(card(
        "quality",
        "Data quality",
        &html! {
            p { "What could not be read of the stored data is counted, and never guessed at." }
            (body)
        },
    ))
}
