//! Against LightGBM itself: what it trained, and what it said of rows of which a fifth is missing.
//!
//! `tests/models/agree.py --fixture` writes the file, and compares 20,000 rows of whole models.

use mindmate_model::{Artefact, Ensemble, Member, Platt};
use serde::Deserialize;

use crate::support::contents;

#[derive(Deserialize)]
struct Fixture {
    by: String,
    members: Vec<Member>,
    rows: Vec<Vec<Option<f64>>>,
    /// Of each member.
    margins: Vec<Vec<f64>>,
    /// Of each member and some rows, the base last; a forest's divided by its trees.
    contributions: Vec<Vec<Vec<f64>>>,
}

fn fixture() -> Fixture {
    let fixture: Fixture =
        serde_json::from_str(include_str!("../fixtures/lightgbm.json")).expect("a fixture");
    assert_eq!(fixture.by, "LightGBM 4.7.0");
    fixture
}

fn model(members: Vec<Member>, calibration: Platt) -> Ensemble {
    let mut contents = contents(members);
    contents.calibration = calibration;
    Ensemble::new(Artefact::new(contents).expect("a model"))
}

fn row(values: &[Option<f64>]) -> Vec<f64> {
    values.iter().map(|value| value.unwrap_or(f64::NAN)).collect()
}

/// R4.2, R4.3: margins equal LightGBM's own to 1e-9.
#[test]
fn margins_are_those_of_lightgbm() {
    let Fixture { members, rows, margins, .. } = fixture();
    let model = model(members, Platt { slope: 1.0, intercept: 0.0 });
    assert!(rows.len() >= 100, "found {} rows", rows.len());
    for (index, values) in rows.iter().enumerate() {
        let found = model.margins(&row(values));
        let expected: Vec<f64> = margins.iter().map(|member| member[index]).collect();
        for (found, expected) in found.members.iter().zip(&expected) {
            assert!((found - expected).abs() < 1e-9, "row {index}: {found} for {expected}");
        }
        let mean = f64::midpoint(expected[0], expected[1]);
        assert!((model.log_odds(&row(values)) - mean).abs() < 1e-9, "row {index}");
    }
}

/// R3.6, R4.2: contributions equal those of LightGBM to 1e-6, and add up to the calibrated log-odds.
#[test]
fn contributions_are_those_of_lightgbm() {
    let Fixture { members, rows, contributions, .. } = fixture();
    let calibration = Platt { slope: 0.8, intercept: 0.3 };
    let model = model(members, calibration);
    assert!(contributions[0].len() >= 20, "found {} rows", contributions[0].len());
    for (index, (forest, boosted)) in contributions[0].iter().zip(&contributions[1]).enumerate() {
        let row = row(&rows[index]);
        let explained = model.explain(&row);
        let mean = |input: usize| f64::midpoint(forest[input], boosted[input]);
        for (input, found) in explained.contributions.iter().enumerate() {
            let expected = calibration.slope * mean(input);
            assert!((found - expected).abs() < 1e-6, "row {index}: {found} for {expected}");
        }
        let base = calibration.log_odds(mean(row.len()));
        assert!((explained.base - base).abs() < 1e-6, "row {index}");
        let sum = explained.base + explained.contributions.iter().sum::<f64>();
        assert!((sum - model.log_odds(&row)).abs() < 1e-9, "row {index}");
    }
}
