//! What scoring is told: whom a model scores, how sure it is, and what a score comes from.

use mindmate_domain::assessment::Method;
use mindmate_domain::{Feature, FeatureValue, FeatureVector, MissingReason};
use mindmate_model::odds::logistic;
use mindmate_model::{
    Artefact, Branch, Ensemble, ModelError, OperatingPoint, RiskModel as _, RuleScorer, Tree,
};
use proptest::prelude::*;

use crate::growing::{Cut, ensemble, grow, member};
use crate::margins::{row, tree};
use crate::support::contents;

fn vector(values: &[(Feature, f64)]) -> FeatureVector {
    let mut vector = FeatureVector::all_missing(MissingReason::NoData);
    for (feature, value) in values {
        vector.set(*feature, FeatureValue::Value(*value));
    }
    vector
}

/// A split of the first input, `mood_trend_7day`.
fn stump(left: f64, right: f64) -> Tree {
    let cut = Cut { leaf: 0, input: 0, threshold: 0.0, missing: Branch::Right };
    grow(&[cut], &[(left, 10), (right, 10)])
}

/// R4.2, R4.3, R4.5
#[test]
fn a_score_agrees_with_the_one_worked_out_by_hand() {
    let model = ensemble(vec![stump(2.0, -2.0)], vec![stump(1.0, -1.0)]);
    let scored = model.score(&vector(&[(Feature::MoodTrend7Day, -0.5)])).unwrap();
    // Margins 2 and 1, of mean 1.5; the calibration is 1.25 times and 0.5 less: 1.375.
    assert!((scored.score.for_operator() - logistic(1.375)).abs() < 1e-15);
    // The trees' means are 0, so that the base is -0.5.
    assert_eq!(scored.contributions.len(), 1);
    assert_eq!(scored.contributions[0].feature, Feature::MoodTrend7Day);
    assert!((scored.contributions[0].log_odds - 1.875).abs() < 1e-14);
    // Of importances 3 and 1 the first is there; members say logistic(2) and logistic(0.75).
    let expected = 0.75 * (1.0 - (logistic(2.0) - logistic(0.75)));
    assert!((scored.confidence - expected).abs() < 1e-15, "{}", scored.confidence);
    assert_eq!(model.method(), Method::Model);
    assert_eq!(model.version(), model.artefact().version());
}

/// R4.4: the score is moved, and nothing else is.
#[test]
fn an_operating_point_moves_the_score_and_no_contribution() {
    let features = vector(&[(Feature::MoodTrend7Day, -0.5)]);
    let by = |operating_point| {
        let mut contents = contents(vec![member("only", false, vec![stump(2.0, -2.0)])]);
        contents.operating_point = operating_point;
        let model = Ensemble::new(Artefact::new(contents).unwrap());
        (model.shift(), model.score(&features).unwrap(), model.log_odds(&model.row(&features)))
    };
    let (none, plain, log_odds) = by(OperatingPoint::NONE);
    let (shift, moved, same) = by(OperatingPoint { shift: 3.0, ..OperatingPoint::NONE });
    assert_eq!((none, shift), (0.0, 3.0));
    assert_eq!((same, &moved.contributions), (log_odds, &plain.contributions));
    assert!((plain.score.for_operator() - logistic(log_odds)).abs() < 1e-15);
    assert!((moved.score.for_operator() - logistic(log_odds + 3.0)).abs() < 1e-15);
}

#[test]
fn without_importances_all_inputs_are_alike_evidence() {
    let mut contents = contents(vec![member("only", false, vec![stump(1.0, -1.0)])]);
    contents.importance = Vec::new();
    let model = Ensemble::new(Artefact::new(contents).unwrap());
    let scored = model.score(&vector(&[(Feature::MoodTrend7Day, 1.0)])).unwrap();
    assert!((scored.confidence - 1.0 / 66.0).abs() < 1e-15);
}

/// Safety 8: what is no evidence for the rules is none for a model.
#[test]
fn nothing_to_go_by_is_not_enough_evidence() {
    let model = ensemble(vec![stump(2.0, -2.0)], vec![stump(1.0, -1.0)]);
    let nothing = vector(&[
        (Feature::DespairKeywords, 0.0),
        (Feature::NightGapHours, 9.0),
        (Feature::TotalInteractions, 12.0),
    ]);
    let version = model.version().to_owned();
    let expected = Err(ModelError::NotEnoughEvidence { version, looked_for: 66 });
    assert_eq!(model.score(&nothing), expected);
    assert!(RuleScorer::built_in().unwrap().score(&nothing).is_err());
    // An alias says what another feature says, and no model looks at it.
    assert_eq!(model.score(&vector(&[(Feature::MoodVariance7Day, 1.0)])), expected);
    assert!(model.score(&vector(&[(Feature::DespairKeywords, 1.0)])).is_ok());
}

#[test]
fn an_overflow_is_no_score() {
    let model = ensemble(vec![stump(1e308, 1e308)], vec![stump(1e308, 1e308)]);
    let version = model.version().to_owned();
    let found = model.score(&vector(&[(Feature::MoodTrend7Day, 1.0)]));
    assert_eq!(found, Err(ModelError::NotANumber { version }));
}

proptest! {
    /// R4.2: the explanation is the computation.
    #[test]
    fn contributions_come_strongest_first_and_make_up_the_score(
        forest in prop::collection::vec(tree(12, 66), 1..5),
        boosted in prop::collection::vec(tree(12, 66), 1..5),
        row in row(),
    ) {
        let model = ensemble(forest, boosted);
        let mut features = FeatureVector::all_missing(MissingReason::NoData);
        for (input, value) in model.inputs().iter().zip(&row) {
            if !value.is_nan() {
                features.set(*input, FeatureValue::Value(*value));
            }
        }
        if let Ok(scored) = model.score(&features) {
            let sum: f64 = scored.contributions.iter().map(|one| one.log_odds).sum();
            let log_odds = model.explain(&row).base + sum;
            prop_assert!((scored.score.for_operator() - logistic(log_odds)).abs() < 1e-10);
            prop_assert!((0.0..=1.0).contains(&scored.confidence));
            prop_assert!(scored.contributions.iter().all(|one| one.log_odds != 0.0));
            let ordered = scored.contributions.windows(2).all(|pair| {
                let magnitudes = pair[0].log_odds.abs().total_cmp(&pair[1].log_odds.abs());
                magnitudes.reverse().then(pair[0].feature.cmp(&pair[1].feature)).is_lt()
            });
            prop_assert!(ordered, "{:?}", scored.contributions);
        }
    }
}
