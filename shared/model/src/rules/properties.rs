use mindmate_domain::feature::FEATURE_COUNT;
use proptest::prelude::*;

use super::tests::{TOLERANCE, vector};
use super::*;

fn logit(score: RiskScore) -> f64 {
    let score = score.for_operator();
    (score / (1.0 - score)).ln()
}

/// Any vector: each feature missing or in the range that the rules look at and around it.
fn any_vector() -> impl Strategy<Value = Vec<Option<f64>>> {
    prop::collection::vec(prop::option::weighted(0.8, -1.0_f64..12.0), FEATURE_COUNT)
}

fn filled(values: &[Option<f64>]) -> FeatureVector {
    let present = Feature::ALL.into_iter().zip(values);
    vector(&present.filter_map(|(f, v)| Some((f, (*v)?))).collect::<Vec<_>>())
}

proptest! {
    /// R4.2: the explanation is the computation.
    #[test]
    fn contributions_and_intercept_make_up_the_score(values in any_vector()) {
        let rules = RuleScorer::built_in().unwrap();
        if let Ok(scored) = rules.score(&filled(&values)) {
            let sum: f64 = scored.contributions.iter().map(|c| c.log_odds).sum();
            let difference = rules.intercept() + sum - logit(scored.score);
            prop_assert!(difference.abs() < TOLERANCE, "{difference}");
            prop_assert!((0.0..=1.0).contains(&scored.confidence));
            let ordered = scored.contributions.windows(2).all(|pair| {
                let magnitudes = pair[0].log_odds.abs().total_cmp(&pair[1].log_odds.abs());
                magnitudes.reverse().then(pair[0].feature.cmp(&pair[1].feature)).is_lt()
            });
            prop_assert!(ordered, "{:?}", scored.contributions);
        }
    }

    #[test]
    fn a_worse_sign_never_lowers_the_score(
        values in any_vector(), index in 0_usize..100, other in -1.0_f64..12.0,
    ) {
        let rules = RuleScorer::built_in().unwrap();
        let rule = &rules.rules()[index % rules.rules().len()];
        let mut better = values;
        let slot = rule.feature as usize;
        let value = better[slot].unwrap_or(rule.from);
        let ascending = rule.from < rule.to;
        let (good, bad) = if (value < other) == ascending { (value, other) } else { (other, value) };
        better[slot] = Some(good);
        let mut worse = better.clone();
        worse[slot] = Some(bad);
        let (better, worse) = (rules.score(&filled(&better)), rules.score(&filled(&worse)));
        if let (Ok(better), Ok(worse)) = (better, worse) {
            prop_assert!(worse.score >= better.score, "{}", rule.feature);
        }
    }

    #[test]
    fn a_missing_feature_lowers_the_confidence_and_never_raises_the_score(
        values in any_vector(), index in 0_usize..100,
    ) {
        let rules = RuleScorer::built_in().unwrap();
        let rule = &rules.rules()[index % rules.rules().len()];
        let mut with = values;
        with[rule.feature as usize].get_or_insert(3.0);
        let mut without = with.clone();
        without[rule.feature as usize] = None;
        let (with, without) = (rules.score(&filled(&with)), rules.score(&filled(&without)));
        if let (Ok(with), Ok(without)) = (with, without) {
            prop_assert!(without.score <= with.score);
            let share = rule.weight / rules.total_weight;
            prop_assert!((with.confidence - without.confidence - share).abs() < TOLERANCE);
        }
    }
}
