//! Where a model's scores stand, so that as many people are reached as the rules reach.

use mindmate_domain::RiskLevel;
use mindmate_domain::policy::LevelBounds;
use mindmate_model::OperatingPoint;

/// The level from which on somebody is offered more than a greeting: the one whose reach is kept.
const LEVEL: RiskLevel = RiskLevel::Moderate;

/// The shift that takes as many training weeks to the level *moderate* and beyond as the rules take there.
///
/// `held_out` are calibrated log-odds, of each row by a model that did not see it: on its own rows a model is surer than in
/// service. `by_rules` are the rules' scores of the same rows; weeks of which the rules can say nothing are not counted, since
/// the model says nothing of them either. Of equal log-odds all are reached. At least one week is reached, whatever the rules
/// say: a model that reached nobody would be none.
///
/// Without a row that counts nothing is shifted.
pub fn operating_point(
    held_out: &[f64],
    by_rules: &[Option<f64>],
    levels: &LevelBounds,
) -> OperatingPoint {
    let from = levels.moderate;
    let counted =
        held_out.iter().zip(by_rules).filter_map(|(said, rules)| Some((*said, (*rules)?)));
    let (mut said, rules): (Vec<f64>, Vec<f64>) = counted.unzip();
    let reached = rules.iter().filter(|score| **score >= from).count().max(1);
    said.sort_unstable_by(|a, b| b.total_cmp(a));
    let Some(last) = said.get(reached - 1) else {
        return OperatingPoint::NONE;
    };
    let bound = (from / (1.0 - from)).ln();
    // A little beyond, since the logistic function of the very bound may round to below it.
    let shift = bound - last + ROUNDING;
    OperatingPoint { shift, level: LEVEL, share: reached as f64 / said.len() as f64 }
}

/// Far more than sums of log-odds lose, far less than anybody could notice.
const ROUNDING: f64 = 1e-9;

#[cfg(test)]
mod tests {
    use mindmate_domain::Policy;
    use mindmate_domain::policy::LevelBounds;
    use proptest::prelude::*;

    use super::{LEVEL, operating_point};

    fn levels() -> LevelBounds {
        Policy::built_in().unwrap().levels
    }

    fn reached(held_out: &[f64], by_rules: &[Option<f64>]) -> usize {
        let point = operating_point(held_out, by_rules, &levels());
        let counted = held_out.iter().zip(by_rules).filter(|(_, rules)| rules.is_some());
        counted.filter(|(said, _)| point.score(**said) >= levels().moderate).count()
    }

    #[test]
    fn as_many_weeks_are_reached_as_the_rules_reach() {
        let held_out = [-6.0, -5.0, -4.0, -3.0, -2.0];
        let by_rules = [0.1, 0.5, 0.39, 0.4, 0.0].map(Some);
        assert_eq!(reached(&held_out, &by_rules), 2);
        let point = operating_point(&held_out, &by_rules, &levels());
        assert!((point.shift - (3.0 + (0.4_f64 / 0.6).ln())).abs() < 1e-6, "{point:?}");
        assert_eq!((point.level, point.share), (LEVEL, 0.4));
    }

    #[test]
    fn weeks_of_which_nothing_can_be_said_do_not_count() {
        let by_rules = [Some(0.9), None, None, Some(0.1)];
        assert_eq!(reached(&[-4.0, -1.0, -1.0, -3.0], &by_rules), 1);
    }

    #[test]
    fn where_the_rules_reach_nobody_one_is_reached_and_without_rows_nothing_is_shifted() {
        assert_eq!(reached(&[-4.0, -3.0], &[Some(0.1); 2]), 1);
        let none = operating_point(&[], &[], &levels());
        assert_eq!((none.shift, none.share), (0.0, 0.0));
    }

    proptest! {
        #[test]
        fn never_fewer_are_reached_than_by_the_rules(
            rows in prop::collection::vec((-20.0..20.0_f64, 0.0..=1.0_f64), 1..60)
        ) {
            let (held_out, by_rules): (Vec<f64>, Vec<Option<f64>>) =
                rows.into_iter().map(|(said, rules)| (said, Some(rules))).unzip();
            let by_them = by_rules.iter().flatten().filter(|score| **score >= levels().moderate);
            prop_assert!(reached(&held_out, &by_rules) >= by_them.count());
        }
    }
}
