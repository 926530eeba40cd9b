//! How well crises stand above quiet weeks, whatever the scores are as numbers.

use super::Tally;

/// See [`Metric::Auroc`](super::Metric::Auroc).
pub(super) fn auroc(tally: &Tally<'_>) -> f64 {
    let Some((rows, crises)) = tally.of_both_labels() else { return f64::NAN };
    let (mut above, mut won) = (0.0, 0.0);
    for (_, rows, crises) in tally.iter() {
        won += (rows - crises) * (above + crises / 2.0);
        above += crises;
    }
    won / (crises * (rows - crises))
}

/// See [`Metric::Auprc`](super::Metric::Auprc).
pub(super) fn average_precision(tally: &Tally<'_>) -> f64 {
    let Some((_, all)) = tally.of_both_labels() else { return f64::NAN };
    let (mut flagged, mut found, mut sum) = (0.0, 0.0, 0.0);
    for (_, rows, crises) in tally.iter() {
        flagged += rows;
        found += crises;
        if crises > 0.0 {
            sum += crises * found / flagged;
        }
    }
    sum / all
}

/// See [`Metric::RecallAt1Percent`](super::Metric::RecallAt1Percent); `budget` is the share of rows.
pub(super) fn recall_at_budget(tally: &Tally<'_>, budget: f64) -> f64 {
    let Some((rows, all)) = tally.of_both_labels() else { return f64::NAN };
    let (mut room, mut found) = (budget * rows, 0.0);
    for (_, rows, crises) in tally.iter().filter(|(_, rows, _)| *rows > 0.0) {
        let share = (room / rows).min(1.0);
        found += crises * share;
        room -= rows;
        if room <= 0.0 {
            break;
        }
    }
    found / all
}

/// The points of the ROC curve, from (0, 0) to (1, 1): false positive rate and recall with each score as
/// the threshold. Empty where it is undefined.
pub fn roc_curve(tally: &Tally<'_>) -> Vec<(f64, f64)> {
    let Some((rows, all)) = tally.of_both_labels() else { return Vec::new() };
    let (mut false_ones, mut found) = (0.0, 0.0);
    let points = tally.iter().map(|(_, rows_here, crises)| {
        false_ones += rows_here - crises;
        found += crises;
        (false_ones / (rows - all), found / all)
    });
    [(0.0, 0.0)].into_iter().chain(points).collect()
}

/// The points of the precision-recall curve: recall and precision with each score as the threshold,
/// highest first. Empty where it is undefined.
pub fn pr_curve(tally: &Tally<'_>) -> Vec<(f64, f64)> {
    let Some((_, all)) = tally.of_both_labels() else { return Vec::new() };
    let (mut flagged, mut found) = (0.0, 0.0);
    let points = tally.iter().filter(|(_, rows, _)| *rows > 0.0).map(|(_, rows, crises)| {
        flagged += rows;
        found += crises;
        (found / all, found / flagged)
    });
    points.collect()
}
