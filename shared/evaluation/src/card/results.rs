//! What was found, in tables.

use super::Card;
use crate::metrics::{AlertMetric, Metric};
use crate::report::{Difference, Group, Measured, TOP_TENTH};

/// Inputs that the card lists.
const LISTED: usize = 15;

/// A number and its interval.
pub(super) fn measured(measured: Option<&Measured>) -> String {
    match measured {
        Some(Measured { value: Some(value), interval: Some(interval) }) => {
            format!("{value:.3} ({:.3} to {:.3})", interval.low, interval.high)
        }
        Some(Measured { value: Some(value), .. }) => format!("{value:.3} (no interval)"),
        _ => "undefined".to_owned(),
    }
}

/// The name of a threshold, for people.
fn named(name: &str) -> &str {
    if name == TOP_TENTH { "top tenth" } else { name }
}

impl Card<'_> {
    pub(super) fn results(&self) -> String {
        let (rows, unscored) = (self.report.rows, self.report.unscored);
        format!(
            "## Results
### Participants
{} weeks of {} people, {} with a crisis. {} weeks ({} crises) gave a scorer too little to go by and are left out; of the rest the rules
scored {} where the model could not.

### Model development
{} weeks of {} people, {} with a crisis.

### Model specification
The artefact holds every tree. Share of what splits gained:

{}
### Model performance
Intervals of {} in 100, {} resamples of people, seed {}.

{}
{}
{}
{}
### Model updating
Trained again each month from all history, and when the monitor asks for it; it serves only if it passes the gates.
",
            rows.rows,
            rows.users,
            rows.crises,
            unscored.rows,
            unscored.crises,
            self.report.by_fallback,
            self.training.samples,
            self.training.users,
            self.training.crises,
            self.importance_table(),
            crate::bootstrap::CONFIDENCE * 100.0,
            self.report.bootstrap.resamples,
            self.report.bootstrap.seed,
            self.overall_table(),
            self.threshold_table(),
            self.group_table(),
            self.differences.iter().map(difference_table).collect::<String>(),
        )
    }

    fn importance_table(&self) -> String {
        let mut importance = self.importance.to_vec();
        importance.sort_by(|a, b| b.1.total_cmp(&a.1));
        let all: f64 = importance.iter().map(|(_, gain)| gain).sum();
        let rows = importance.iter().take(LISTED).map(|(feature, gain)| {
            format!("| {feature} | {:.1}% |\n", 100.0 * gain / all.max(f64::MIN_POSITIVE))
        });
        "| input | share |\n| --- | --- |\n".to_owned() + &rows.collect::<String>()
    }

    fn overall_table(&self) -> String {
        let rows = Metric::ALL.iter().map(|metric| {
            let found = measured(self.report.overall.get(metric));
            format!("| {} | {found} |\n", metric.words())
        });
        "| measure | found |\n| --- | --- |\n".to_owned() + &rows.collect::<String>()
    }

    fn threshold_table(&self) -> String {
        let heads = AlertMetric::ALL.map(|metric| format!(" {} |", metric.words())).concat();
        let rows = self.report.thresholds.iter().map(|at| {
            let cells = AlertMetric::ALL.iter();
            let cells = cells.map(|metric| format!(" {} |", measured(at.measures.get(metric))));
            format!("| {} from {:.3} |{}\n", named(&at.name), at.from, cells.collect::<String>())
        });
        format!(
            "| alerts from |{heads}\n| --- |{}\n{}",
            " --- |".repeat(AlertMetric::ALL.len()),
            rows.collect::<String>()
        )
    }

    fn group_table(&self) -> String {
        let heads = "| group | weeks | people | crises | AUROC | recall where a tenth of all get an alert |\n| --- | --- | --- | --- | --- | --- |\n";
        heads.to_owned() + &self.report.groups.iter().map(group_row).collect::<String>()
    }
}

fn group_row(group: &Group) -> String {
    let found = match &group.found {
        None => "too few to say | too few to say".to_owned(),
        Some(found) => format!(
            "{} | {}",
            measured(found.overall.get(&Metric::Auroc)),
            measured(found.at(TOP_TENTH, AlertMetric::Recall).as_ref())
        ),
    };
    let rows = group.rows;
    format!("| {} | {} | {} | {} | {found} |\n", group.words(), rows.rows, rows.users, rows.crises)
}

fn difference_table(difference: &Difference) -> String {
    let rows = Metric::ALL.iter().map(|metric| {
        format!("| {} | {} |\n", metric.words(), measured(difference.overall.get(metric)))
    });
    let better = difference.better_in.map_or_else(
        || "unknown".to_owned(),
        |share| format!("in {:.1}% of the resamples", 100.0 * share),
    );
    format!(
        "\nLess those of {} on the same rows; higher AUROC {better}:\n\n| measure | difference |\n| --- | --- |\n{}",
        difference.against,
        rows.collect::<String>()
    )
}
