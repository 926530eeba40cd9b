//! Levels, scores, methods, and what is not known of how well the scores are calibrated.

use maud::{Markup, html};
use mindmate_domain::RiskLevel;
use mindmate_domain::assessment::Method;
use mindmate_run_report::Summary;

use super::{card, chart, count_bars, labelled};
use crate::report::{ReportError, charts, words};

/// From the least to the most severe; unknown is no step of that ladder and stands last.
const LADDER: [RiskLevel; 6] = [
    RiskLevel::Minimal,
    RiskLevel::Low,
    RiskLevel::Moderate,
    RiskLevel::High,
    RiskLevel::Critical,
    RiskLevel::Unknown,
];

/// Assessed users by level.
pub(super) fn levels(summary: &Summary) -> Result<Markup, ReportError> {
    let counted = summary.levels.values().sum();
    let rows: Vec<_> = LADDER
        .into_iter()
        .map(|level| {
            let count = summary.levels.get(level.name()).copied().unwrap_or(0);
            (words::level(level).to_owned(), count, words::level_colour(level))
        })
        .collect();
    let bars = count_bars("levels", &rows, counted)?;
    let deleted = summary.ledger.assessed.saturating_sub(counted);
    Ok(card(
        "levels",
        "Levels of risk",
        &html! {
            p { "Assessed users by level, floors for crisis language included." }
            (bars)
            p.aside { strong { "Unknown is its own level." } " Nothing could be said of these users;
                it never counts as minimal." }
            @if deleted > 0 {
                p.aside { (words::counted(deleted, "assessment was", "assessments were"))
                    " deleted since and can no longer be counted here." }
            }
        },
    ))
}

/// The histogram of scores.
pub(super) fn scores(summary: &Summary) -> Result<Markup, ReportError> {
    let scored: u64 = summary.score_histogram.iter().sum();
    let average = summary.average_score.map(|average| format!("{average:.2}"));
    let body = if scored == 0 {
        html! { p.empty { "No assessed user has a score." } }
    } else {
        let average = average.as_deref().unwrap_or("not known");
        let scored = words::counted(scored, "user", "users");
        let says = format!("Histogram of the scores of {scored}, mean {average}.");
        let histogram = charts::histogram(&summary.score_histogram, "score, 0 to 1");
        html! {
            (chart("scores", &says, histogram)?)
            p.aside { "Mean " strong { (average) } " over " (scored) " with a score. Users by score,
                in bins of equal width." }
        }
    };
    Ok(card(
        "scores",
        "Scores",
        &html! {
            p { "For operators only: a score is never shown to a user." }
            (body)
        },
    ))
}

/// Assessed users by how their level was come to.
pub(super) fn methods(summary: &Summary) -> Result<Markup, ReportError> {
    let known = [
        (Method::Model.name(), "Trained model"),
        (Method::Rules.name(), "Documented rules"),
        (Method::LastKnown.name(), "Last known level"),
        (Method::Unknown.name(), "Nothing to go by"),
    ];
    let rows: Vec<_> = labelled(&summary.methods, &known)
        .into_iter()
        .map(|(label, count)| (label, count, charts::PLAIN))
        .collect();
    let counted = rows.iter().map(|(_, count, _)| count).sum();
    let bars = count_bars("methods", &rows, counted)?;
    Ok(card(
        "methods",
        "How levels were come to",
        &html! {
            p { "The rungs of the fallback ladder, best first. A level from a lower rung is less
                certain, and says so in its assessment." }
            (bars)
        },
    ))
}

/// What is known of calibration: nothing, said plainly.
pub(super) fn calibration(summary: &Summary, model: &str) -> Markup {
    let by_model = summary.methods.get(Method::Model.name()).copied().unwrap_or(0);
    card(
        "calibration",
        "Calibration",
        &html! {
            @if by_model == 0 {
                p { strong { "No trained model scored anybody in this run, and so there is no calibration." } }
                p { "Scores come from " code { (model) } ", whose weights were set by judgement. They
                were never held against what happened to people afterwards. A score of 0.7 is
                therefore not \u{201c}70 in 100\u{201d}: it only ranks higher than 0.6." }
            } @else {
                p { strong { "This report holds no calibration." } }
                p { (words::counted(by_model, "user was", "users were")) " scored by the trained model "
                    code { (model) } ". A summary of a run has no outcomes to hold its scores against;
                    until an evaluation on held-out people does, read a score as a rank." }
            }
            p.aside { "What would stand here: how often a crisis followed at each score, on people whom
                the model was not trained on." }
        },
    )
}
