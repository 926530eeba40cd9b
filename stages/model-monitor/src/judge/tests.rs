use mindmate_domain::Policy;
use mindmate_evaluation::{Bootstrap, Gates, Metric};

use super::{FEWEST_PEOPLE_OF_A_LABEL, Rules, judge};
use crate::gathered::Gathered;
use crate::report::{Report, Verdict};
use crate::serving::{Serving, Trained};
use crate::weeks::Span;

/// Scores by label, a row for each person.
fn of(crises: &[f64], quiet: &[f64]) -> Report {
    by(&Serving { version: "rules-1".to_owned(), trained: None }, crises, quiet)
}

fn by(serving: &Serving, crises: &[f64], quiet: &[f64]) -> Report {
    let mut gathered = Gathered::new(serving);
    let scores = crises.iter().map(|score| (*score, true));
    let scores = scores.chain(quiet.iter().map(|score| (*score, false)));
    for (user, (score, crisis)) in (0..).zip(scores) {
        gathered.judge(score, crisis, user);
    }
    let rules = Rules {
        limits: (&Gates::built_in().unwrap()).into(),
        levels: Policy::built_in().unwrap().levels,
        bootstrap: Bootstrap { resamples: 100, seed: 1 },
    };
    let as_of = "2026-11-28T06:00:00Z".parse().unwrap();
    judge(&gathered, serving, &rules, (Span::judged(as_of, 30), Span::recent(as_of)))
}

/// Evenly spread from one number to another.
fn spread(count: u32, from: f64, to: f64) -> Vec<f64> {
    (0..count).map(|n| from + (to - from) * f64::from(n) / f64::from(count)).collect()
}

#[test]
fn one_person_fewer_and_nothing_is_said() {
    let few = u32::try_from(FEWEST_PEOPLE_OF_A_LABEL).unwrap();
    let quiet = spread(1_000, 0.2, 0.9);
    assert_eq!(of(&spread(few - 1, 0.0, 0.2), &quiet).verdict, Verdict::TooFew);
    assert!(matches!(of(&spread(few, 0.0, 0.2), &quiet).verdict, Verdict::Degraded { .. }));
    assert_eq!(of(&[], &[]).verdict, Verdict::TooFew);
}

/// Scores stand above probabilities: a model is not called badly calibrated for reaching people.
#[test]
fn calibration_is_of_the_probabilities_behind_a_models_scores() {
    let said = |shift| {
        let trained = Trained {
            until: "2026-01-01T06:00:00Z".parse().unwrap(),
            users: 500,
            synthetic: true,
            shift,
            inputs: Vec::new(),
        };
        let serving = Serving { version: "m1".to_owned(), trained: Some(trained) };
        let judged = by(&serving, &spread(40, 0.3, 1.0), &spread(400, 0.0, 0.9)).judged;
        [Metric::Auroc, Metric::CalibrationIntercept].map(|it| judged.overall[&it].value.unwrap())
    };
    let ([auroc, intercept], [same, moved]) = (said(0.0), said(1.5));
    assert!((auroc - same).abs() < 1e-12);
    assert!((moved - intercept - 1.5).abs() < 1e-6, "{intercept} {moved}");
}

/// R7.3: below the limit by its value, and not beyond doubt.
#[test]
fn a_measure_whose_interval_reaches_the_limit_raises_no_alarm() {
    let doubtful = of(&spread(30, 0.3, 1.0), &spread(300, 0.0, 0.75));
    let auroc = doubtful.judged.overall[&Metric::Auroc];
    let recall = doubtful.judged.overall[&Metric::RecallAt10Percent];
    assert!(auroc.value > Some(0.75) && recall.value < Some(0.70), "{auroc:?} {recall:?}");
    assert!(recall.interval.unwrap().high < 0.70 || doubtful.verdict == Verdict::Sound);
    let Verdict::Degraded { below, .. } = of(&spread(40, 0.0, 1.0), &spread(400, 0.0, 1.0)).verdict
    else {
        panic!("scores that say nothing raise none")
    };
    assert!(below.iter().all(|one| one.interval.high < one.limit));
    assert_eq!(below.len(), 2);
}

/// Where 1 week of 5 is a crisis, alerts on 1 of 10 find half of them at best.
#[test]
fn no_model_is_blamed_for_a_recall_that_nobody_could_have() {
    let perfect = of(&spread(100, 0.8, 1.0), &spread(400, 0.0, 0.5));
    assert!(perfect.judged.overall[&Metric::RecallAt10Percent].value < Some(0.51));
    assert_eq!(perfect.verdict, Verdict::Sound);
}

#[test]
fn a_report_reads_back_as_it_was_written() {
    let report = of(&spread(40, 0.0, 1.0), &spread(400, 0.0, 1.0));
    let text = serde_json::to_string(&report).unwrap();
    assert_eq!(serde_json::from_str::<Report>(&text).unwrap(), report);
    assert!(text.contains(r#""is":"degraded""#), "{text}");
}
