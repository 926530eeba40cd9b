use mindmate_domain::Feature;

use super::Challenger;
use crate::rows::Rows;

const M: f64 = f64::NAN;

fn rows(values: &[[f64; 2]], labels: &[bool]) -> Rows {
    Rows {
        inputs: vec![Feature::MoodMean7Day, Feature::CrisisKeywords],
        values: values.concat(),
        labels: labels.to_vec(),
        users: (0..).take(labels.len()).collect(),
    }
}

fn some() -> Rows {
    let values = [
        [1.0, 0.0],
        [2.0, M],
        [3.0, 0.0],
        [4.0, 1.0],
        [5.0, M],
        [6.0, 0.0],
        [7.0, 2.0],
        [8.0, 0.0],
    ];
    rows(&values, &[true, true, false, true, false, false, true, false])
}

#[test]
fn the_mean_prediction_is_the_share_of_crises() {
    let rows = some();
    let challenger = Challenger::fit(&rows, 1.0).unwrap();
    let p = |row: &[f64]| 1.0 / (1.0 + (-challenger.log_odds(row)).exp());
    let mean = rows.iter().map(p).sum::<f64>() / rows.len() as f64;
    assert!((mean - 0.5).abs() < 1e-9, "{mean}");
    assert!(challenger.log_odds(&[2.0, 1.0]) > challenger.log_odds(&[2.0, 0.0]));
    assert!(challenger.log_odds(&[2.0, 0.0]) > challenger.log_odds(&[7.0, 0.0]));
}

#[test]
fn what_is_missing_is_the_median_and_an_indicator() {
    let mut rows = some();
    // Whoever misses the second input has a crisis, whatever the first says.
    rows.labels = rows.column(1).map(f64::is_nan).collect();
    let challenger = Challenger::fit(&rows, 0.1).unwrap();
    // The median of 0, 0, 1, 0, 2, 0 is 0.
    assert!(challenger.log_odds(&[4.0, M]) > challenger.log_odds(&[4.0, 0.0]) + 1.0);
}

#[test]
fn an_input_that_never_was_missing_is_its_median_without_a_weight_of_its_own() {
    let challenger = Challenger::fit(&some(), 1.0).unwrap();
    let (missing, median) = (challenger.log_odds(&[M, 0.0]), challenger.log_odds(&[4.5, 0.0]));
    assert!((missing - median).abs() < 1e-12);
}

#[test]
fn what_is_constant_or_always_missing_adds_nothing() {
    for filler in [3.0, M] {
        let values = [[1.0, filler], [2.0, filler], [3.0, filler], [4.0, filler]];
        let challenger = Challenger::fit(&rows(&values, &[true, false, true, false]), 1.0).unwrap();
        let (one, other) = (challenger.log_odds(&[2.0, filler]), challenger.log_odds(&[2.0, 9.0]));
        assert!((one - other).abs() < 1e-12, "{filler}");
    }
}

#[test]
fn it_reads_back_the_same() {
    let challenger = Challenger::fit(&some(), 1.0).unwrap();
    let bytes = challenger.to_bytes().unwrap();
    assert_eq!(Challenger::parse(&bytes).unwrap(), challenger);
    assert!(Challenger::parse(b"{}").is_err());
}
