//! The page of a judgement: its curves and tables, without a script and without the network.

use maud::{Markup, html};
use mindmate_domain::Feature;
use mindmate_evaluation::metrics::{AlertMetric, Metric};
use mindmate_evaluation::report::{Curves, Report, TOP_TENTH};
use mindmate_evaluation::{Difference, Verdict};
use mindmate_model::RuleScorer;

use super::text::{PLAIN, SURE, measured, people, plain, threshold, too_few};
use super::{Contender, Found, Ground};
use crate::report::charts::{self, Bar, Curve, DrawError};
use crate::report::{document, figure, words};

/// Inputs that the page shows.
const SHOWN: usize = 15;

/// What the page is made of.
pub(super) struct Input<'a> {
    pub(super) found: &'a Found,
    pub(super) ground: &'a Ground,
    pub(super) model: &'a Contender,
}

/// The page.
///
/// # Errors
/// A chart that cannot be drawn.
pub(super) fn page(input: &Input<'_>) -> Result<String, DrawError> {
    let report = &input.found.judged.report;
    let page = document(
        &format!("Model {}", report.scorer),
        &html! {
            (header(input))
            main {
                @if let Some(verdict) = &input.found.verdict { (gates(verdict)) }
                (tiles(report))
                div.columns { (pictures(input)?) }
                (overall(report, input.found.judged.difference.as_ref()))
                (alerts(report))
                @if let Some(against) = &input.found.judged.against { (alerts(against)) }
                (groups(report))
                (ablation(report))
            }
            (footer(input))
        },
    );
    Ok(page.into_string())
}

fn header(input: &Input<'_>) -> Markup {
    let (report, manifest) = (&input.found.judged.report, input.ground.manifest());
    let rows = report.rows;
    html! {
        header {
            p.eyebrow { "MindMate · judgement of a model" }
            h1 { (report.scorer) }
            p.lead { "On " (words::counted(rows.rows, "week", "weeks")) " of "
                (words::counted(rows.users, "person", "people")) " whom it has not seen; "
                (words::count(rows.crises)) " were followed by a crisis ("
                (words::percent(rows.crises, rows.rows)) ")." }
            ul.marks {
                @if let Some(people) = people(manifest) { li.mark.note { (people) } }
                @for warning in &input.found.warnings { li.mark.warn { (warning) } }
                @if let Some(difference) = &input.found.judged.difference {
                    li.mark { "Compared with " (difference.against) }
                }
                li.mark { "Set up to " (manifest.until) }
            }
        }
    }
}

fn gates(verdict: &Verdict) -> Markup {
    html! {
        section.verdict.open[!verdict.passed] {
            h2 { @if verdict.passed { "The gates are passed" } @else { "The gates are not passed" } }
            p { "What it must show before it takes the place of " (verdict.champion) " ("
                (verdict.gates_version) ")." }
            div.scroll { table {
                thead { tr { th { "Gate" } th { "Wanted" } th { "Found" } th { "" } } }
                tbody { @for gate in &verdict.gates { tr {
                    th { (gate.name) } td { (gate.wanted) } td { (gate.found) }
                    td.bad[!gate.passed] { @if gate.passed { "passed" } @else { "not passed" } }
                } } }
            } }
        }
    }
}

fn tiles(report: &Report) -> Markup {
    let metrics = [
        Metric::Auroc,
        Metric::Auprc,
        Metric::Brier,
        Metric::CalibrationSlope,
        Metric::RecallAt10Percent,
    ];
    let value =
        |metric| report.value(metric).map_or_else(|| "–".to_owned(), |value| format!("{value:.3}"));
    html! {
        dl.tiles { @for metric in metrics {
            div.tile { dt { (metric.words()) } dd { (value(metric)) } }
        } }
    }
}

fn pictures(input: &Input<'_>) -> Result<Markup, DrawError> {
    let curves = &input.found.judged.curves;
    Ok(html! {
        (picture("roc", "ROC curve", &curve(curves, false, |one| one.roc.clone()),
            ("false positive rate", "recall"), true,
            "Of the quiet weeks those with an alert, and of the crises those with one, at every threshold. The thin line is chance.")?)
        (picture("pr", "Precision and recall", &curve(curves, false, |one| one.precision_recall.clone()),
            ("recall", "precision"), false,
            "Of the alerts those that a crisis followed. By chance it is the share of crises, whatever the recall.")?)
        (picture("calibration", "Calibration", &curve(curves, true, |one| {
            one.calibration.iter().map(|bin| (bin.probability, bin.crises)).collect()
        }), ("mean probability", "share of crises"), true,
            "Weeks in ten bins of equal count. On the thin line 0.3 is 30 in 100; below it the probabilities are too high. A trained model's scores are moved up from its probabilities, so that it reaches as many people as the rules.")?)
        (importance(input.model, &input.ground.rules)?)
    })
}

fn curve(
    curves: &[Curves],
    discs: bool,
    points: impl Fn(&Curves) -> Vec<(f64, f64)>,
) -> Vec<Curve> {
    let colours = [charts::PLAIN, charts::SECOND].into_iter().cycle();
    let of = |(one, colour): (&Curves, _)| Curve {
        label: one.scorer.clone(),
        points: points(one),
        colour,
        discs,
    };
    curves.iter().zip(colours).map(of).collect()
}

fn picture(
    id: &str,
    title: &str,
    curves: &[Curve],
    labels: (&str, &str),
    diagonal: bool,
    says: &str,
) -> Result<Markup, DrawError> {
    let empty = curves.iter().all(|curve| curve.points.is_empty());
    let names: Vec<&str> = curves.iter().map(|curve| curve.label.as_str()).collect();
    let aria = format!("{title} of {}: {} against {}.", names.join(" and "), labels.1, labels.0);
    let body = if empty {
        html! { p.empty { "There are no crises, or nothing else: there is no curve." } }
    } else {
        html! { (figure(&aria, &charts::square(curves, labels, diagonal)?)) p.aside { (says) } }
    };
    Ok(card(id, title, &body))
}

fn importance(model: &Contender, rules: &RuleScorer) -> Result<Markup, DrawError> {
    let (mut weights, says): (Vec<(Feature, f64)>, _) = match model {
        Contender::Trained(model) => (
            model.artefact().contents().importance.clone(),
            "Share of what splits on an input gained in training. It says nothing of causes.",
        ),
        Contender::Rules => (
            rules.rules().iter().map(|rule| (rule.feature, rule.weight)).collect(),
            "Share of what all rules together could add. The weights were set by judgement.",
        ),
    };
    weights.sort_by(|a, b| b.1.total_cmp(&a.1));
    let all = weights.iter().map(|(_, weight)| weight).sum::<f64>().max(f64::MIN_POSITIVE);
    let most = weights.first().map_or(1.0, |(_, weight)| weight.max(f64::MIN_POSITIVE));
    let bars: Vec<Bar> = weights
        .iter()
        .take(SHOWN)
        .map(|(feature, weight)| Bar {
            label: feature.name().replace('_', " "),
            share: weight / most,
            value: format!("{:.1}%", 100.0 * weight / all),
            colour: charts::PLAIN,
        })
        .collect();
    let named: Vec<String> =
        bars.iter().map(|bar| format!("{} {}", bar.label, bar.value)).collect();
    let drawn = charts::bars(&bars)?;
    let body = html! {
        (figure(&format!("Bar chart of importance: {}.", named.join(", ")), &drawn))
        p.aside { (says) }
    };
    Ok(card("importance", "What it looks at", &body))
}

fn card(id: &str, title: &str, body: &Markup) -> Markup {
    html! { section.card aria-labelledby=(id) { h2 id=(id) { (title) } (body) } }
}

fn overall(report: &Report, difference: Option<&Difference>) -> Markup {
    let body = html! {
        p { "Each with the interval that holds 95 of 100 of " (words::count(report.bootstrap.resamples.into()))
            " resamples of people." }
        div.scroll { table {
            thead { tr { th { "Measure" } th { (report.scorer) }
                @if let Some(difference) = difference { th { "less that of " (difference.against) } } } }
            tbody { @for metric in Metric::ALL { tr {
                th { (metric.words()) } td { (measured(report.overall.get(&metric))) }
                @if let Some(difference) = difference {
                    td { (measured(difference.overall.get(&metric))) }
                }
            } } }
        } }
    };
    card("measures", "Measures", &body)
}

fn alerts(report: &Report) -> Markup {
    let body = html! {
        p { "What comes of it where everybody with a score from a bound on gets an alert. Floors for crisis
            language are not in it." }
        div.scroll { table {
            thead { tr { th { "From" } th { "Score" }
                @for metric in SURE.into_iter().chain(PLAIN) { th { (metric.words()) } } } }
            tbody { @for at in &report.thresholds { tr {
                th { (threshold(&at.name)) } td { (format!("{:.3}", at.from)) }
                @for metric in SURE { td { (measured(at.measures.get(&metric))) } }
                @for metric in PLAIN { td { (plain(at.measures.get(&metric))) } }
            } } }
        } }
    };
    card(&format!("alerts-{}", report.scorer), &format!("Alerts of {}", report.scorer), &body)
}

fn groups(report: &Report) -> Markup {
    let found = report.groups.iter().filter_map(|one| Some((one, one.found.as_ref()?)));
    let body = html! {
        p { "Recall is of the threshold above which a tenth of all weeks lie, the same for every group." }
        div.scroll { table {
            thead { tr { th { "Group" } th { "Weeks" } th { "People" } th { "Crises" } th { "AUROC" } th { "Recall" } } }
            tbody { @for (one, found) in found { tr {
                th { (one.words()) } td { (words::count(one.rows.rows)) }
                td { (words::count(one.rows.users)) } td { (words::count(one.rows.crises)) }
                td { (measured(found.overall.get(&Metric::Auroc))) }
                td { (measured(found.at(TOP_TENTH, AlertMetric::Recall).as_ref())) }
            } } }
        } }
        @if let Some(few) = too_few(report) {
            p.aside { strong { "Too few to say" } " of (with their crises): " (few) "." }
        }
    };
    card("groups", "For different people", &body)
}

fn ablation(report: &Report) -> Markup {
    let body = html! {
        p { "The model was trained with the family: this is what a failing source costs, and not what a model would do
            that never had it." }
        div.scroll { table {
            thead { tr { th { "Missing" } th { "AUROC falls by" } th { "AUPRC falls by" } th { "Weeks that cannot be scored any more" } } }
            tbody { @for one in &report.ablation { tr {
                th { (one.family.name()) }
                td { (measured(one.loss.get(&Metric::Auroc))) }
                td { (measured(one.loss.get(&Metric::Auprc))) }
                td { (words::count(one.lost.rows)) }
            } } }
        } }
    };
    card("ablation", "Without a family of features", &body)
}

fn footer(input: &Input<'_>) -> Markup {
    let unscored = input.found.judged.report.unscored;
    html! {
        footer {
            section {
                h2 { "What this is not" }
                ul {
                    li { "Not clinical evidence. It was validated in no clinic, on people of one installation." }
                    li { "Not about any one person. It holds sums only; small ones can still point at somebody." }
                    li { "Not all weeks. " (words::counted(unscored.rows, "week", "weeks")) " ("
                        (words::counted(unscored.crises, "crisis", "crises")) ") gave too little to go by." }
                }
            }
            dl.facts {
                div { dt { "Manifest" } dd { (input.ground.set.manifest_sha256()) } }
                div { dt { "Cut" } dd { (input.ground.manifest().cut) } }
                div { dt { "Seed" } dd { (input.found.judged.report.bootstrap.seed) } }
            }
        }
    }
}
