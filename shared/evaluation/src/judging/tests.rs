//! Scorers on samples whose truth is known.

use std::sync::atomic::{AtomicU64, Ordering};

use mindmate_contracts::training_set::GROUP_COLUMNS;
use mindmate_domain::assessment::Method;
use mindmate_domain::feature::{FEATURE_COUNT, Family};
use mindmate_domain::{AsOf, Feature, FeatureVector, Policy, RiskScore};
use mindmate_model::{ModelError, RiskModel, RuleScorer, Scored};

use super::{FEWEST_CRISES_OF_A_GROUP, Judge, Judged};
use crate::bootstrap::Bootstrap;
use crate::metrics::{AlertMetric, Metric};
use crate::report::{LEAK_SUSPECTED_ABOVE, TOP_TENTH};
use crate::scores::{Ladder, Scores, ScoresError};
use crate::set::{GroupColumn, Samples};

/// Scores by one feature, whose value it takes for the probability.
struct By(Feature);

impl RiskModel for By {
    fn version(&self) -> &str {
        self.0.name()
    }

    fn method(&self) -> Method {
        Method::Model
    }

    fn score(&self, features: &FeatureVector) -> Result<Scored, ModelError> {
        let version = || self.version().to_owned();
        let Some(value) = features.get(self.0).value() else {
            return Err(ModelError::NotEnoughEvidence { version: version(), looked_for: 1 });
        };
        let score =
            RiskScore::new(value).map_err(|_| ModelError::NotANumber { version: version() })?;
        Ok(Scored { score, contributions: Vec::new(), confidence: 1.0 })
    }
}

const GOOD: Feature = Feature::LowMoodFrequency;
const POOR: Feature = Feature::HourEntropy;

/// 60 people with 10 weeks each, of which each third one is a crisis. [`GOOD`] says so mostly, [`POOR`] never
/// says anything, and nothing is known of the last person.
fn samples() -> Samples {
    let (people, weeks) = (60_u32, 10_u32);
    let mut features = Vec::new();
    let (mut labels, mut users, mut instants) = (Vec::new(), Vec::new(), Vec::new());
    for (person, week) in (0..people).flat_map(|person| (0..weeks).map(move |week| (person, week)))
    {
        let crisis = (person + week) % 3 == 0;
        let mut row = vec![f64::NAN; FEATURE_COUNT];
        if person + 1 < people {
            let noise = f64::from((person * 7 + week * 13) % 10) / 20.0;
            row[GOOD as usize] = noise + if crisis { 0.35 } else { 0.1 };
            row[POOR as usize] = noise + 0.2;
        }
        features.extend(row);
        labels.push(crisis);
        users.push(person);
        instants.push(format!("2026-01-{:02}T06:00:00Z", week + 1).parse::<AsOf>().unwrap());
    }
    let of_person = |names: &[&str], of: &dyn Fn(u32) -> u32| {
        (
            names.iter().map(|name| (*name).to_owned()).collect(),
            users.iter().map(|user| of(*user)).collect(),
        )
    };
    let groups = GROUP_COLUMNS.map(|column| {
        let (names, of) = match column {
            "group_country" => of_person(&["ES", "US", "NZ"], &|user| match user {
                0 => 2,
                user => user % 2,
            }),
            _ => of_person(&[""], &|_| 0),
        };
        GroupColumn { column, names, of }
    });
    let pseudonyms = (0..people).map(|person| format!("u:{person}")).collect();
    Samples { features, labels, users, pseudonyms, instants, groups }
}

fn judge(samples: &Samples) -> Judge<'_> {
    let bootstrap = Bootstrap { resamples: 200, seed: 5 };
    Judge { samples, levels: Policy::built_in().unwrap().levels, bootstrap, step: &|| {} }
}

fn alone(model: &dyn RiskModel) -> Ladder<'_> {
    Ladder { model, below: None }
}

fn judged() -> Judged {
    let samples = samples();
    judge(&samples).judge(alone(&By(GOOD)), Some(alone(&By(POOR))), true).unwrap()
}

fn value(measured: crate::report::Measured) -> f64 {
    measured.value.unwrap()
}

/// R3.4: each with an interval, and those that nothing can be said of are counted.
#[test]
fn a_report_has_every_measure_with_an_interval_around_it() {
    let Judged { report, .. } = judged();
    assert_eq!((report.rows.rows, report.rows.users), (590, 59));
    assert_eq!((report.unscored.rows, report.unscored.users, report.unscored.crises), (10, 1, 3));
    for metric in
        [Metric::Auroc, Metric::Auprc, Metric::Brier, Metric::LogLoss, Metric::CalibrationSlope]
    {
        let found = report.overall[&metric];
        let interval = found.interval.unwrap();
        assert!(
            interval.low <= value(found) && value(found) <= interval.high,
            "{metric:?} {found:?}"
        );
    }
    assert_eq!(report.overall.len(), Metric::ALL.len());
    let names: Vec<&str> = report.thresholds.iter().map(|at| at.name.as_str()).collect();
    assert_eq!(names, ["low", "moderate", "high", "critical", TOP_TENTH]);
    let at = |name, metric| value(report.at(name, metric).unwrap());
    let recall = |name| at(name, AlertMetric::Recall);
    assert!(recall("low") > recall("high"));
    let missed = at("moderate", AlertMetric::FalseNegativeRate);
    assert!((recall("moderate") + missed - 1.0).abs() < 1e-12);
    let flagged = at(TOP_TENTH, AlertMetric::Alerts);
    assert!((0.1..0.2).contains(&flagged), "a tenth, and rows of the score at its edge: {flagged}");
}

/// R7.5: the same rows and the same people in each resample.
#[test]
fn the_better_scorer_is_better_in_nearly_every_resample() {
    let Judged { report, against, difference, curves } = judged();
    let (against, difference) = (against.unwrap(), difference.unwrap());
    let auroc = |report: &crate::report::Report| report.value(Metric::Auroc).unwrap();
    let less = auroc(&report) - auroc(&against);
    assert!((value(difference.overall[&Metric::Auroc]) - less).abs() < 1e-12);
    let recall =
        |report: &crate::report::Report| value(report.at("high", AlertMetric::Recall).unwrap());
    let less_recall = recall(&report) - recall(&against);
    assert!((value(difference.recall["high"]) - less_recall).abs() < 1e-12);
    assert!(less > 0.2 && difference.better_in.unwrap() > 0.99, "{difference:?}");
    assert_eq!(
        (difference.scorer.as_str(), difference.against.as_str()),
        (GOOD.name(), POOR.name())
    );
    assert_eq!(curves.len(), 2);
    let samples = samples();
    let good = Scores::of(alone(&By(GOOD)), &samples).unwrap();
    let compared = judge(&samples).compare(&good, [&good]);
    let levels: Vec<&str> = compared.1[0].recall.keys().map(String::as_str).collect();
    assert_eq!(
        levels,
        ["critical", "high", "low", "moderate"],
        "and no threshold that is no level"
    );
    assert_eq!(compared.1[0].better_in, Some(0.0), "none is better than itself");
    assert_eq!(compared, judge(&samples).compare(&good, [&good]), "the same seed, the same report");
}

/// A rising function of the scores ranks people as the scores do: in each resample, if all have drawn the same people. These are
/// numbered by the rows that all of them have, and each lacks another person.
#[test]
fn scorers_are_compared_on_the_same_resamples() {
    let samples = samples();
    let good = Scores::of(alone(&By(GOOD)), &samples).unwrap();
    let risen_without = |person: u32| {
        let scored = good.of.iter().zip(&samples.users);
        let of = scored.map(|(score, user)| score.filter(|_| *user != person).map(|it| it * it));
        Scores { of: of.collect(), ..good.clone() }
    };
    let (one, other) = (risen_without(7), risen_without(31));
    let (report, differences) = judge(&samples).compare(&good, [&one, &other]);
    assert_eq!((report.rows.users, report.unscored.users), (57, 3));
    for difference in differences {
        let interval = |metric| difference.overall[&metric].interval.unwrap();
        let auroc = interval(Metric::Auroc);
        assert!(auroc.low.abs() < 1e-12 && auroc.high.abs() < 1e-12, "{auroc:?}");
        assert!(interval(Metric::Brier).high - interval(Metric::Brier).low > 1e-4);
    }
}

/// Scores by the mean of two features of two families, or by the one that is there.
struct ByBoth;

const SECOND: Feature = Feature::NegativeSentimentFrequency;

impl RiskModel for ByBoth {
    fn version(&self) -> &'static str {
        "both"
    }

    fn method(&self) -> Method {
        Method::Model
    }

    fn score(&self, features: &FeatureVector) -> Result<Scored, ModelError> {
        let (one, two) = (By(GOOD).score(features), By(SECOND).score(features));
        match (one, two) {
            (Ok(one), Ok(two)) => {
                let mean = f64::midpoint(one.score.for_operator(), two.score.for_operator());
                Ok(Scored { score: RiskScore::new(mean).unwrap(), ..one })
            }
            (one, two) => one.or(two),
        }
    }
}

/// Who cannot be scored any more without a family is in neither side of what is lost.
#[test]
fn a_loss_is_measured_on_the_rows_that_both_can_score() {
    assert_ne!(GOOD.family(), SECOND.family());
    let mut samples = samples();
    for (row, user) in samples.users.iter().enumerate() {
        if !(20..26).contains(user) {
            samples.features[row * FEATURE_COUNT + SECOND as usize] = f64::from(user % 9) / 10.0;
        }
    }
    let report = judge(&samples).judge(alone(&ByBoth), None, true).unwrap().report;
    let ablated = report.ablation.iter().find(|it| it.family == GOOD.family()).unwrap();
    assert_eq!((ablated.lost.rows, ablated.lost.users), (60, 6));
    let with = Scores::of(alone(&ByBoth), &samples).unwrap();
    let without = Scores::without(alone(&ByBoth), &samples, GOOD.family()).unwrap();
    let (_, [difference]) = judge(&samples).compare(&with, [&without]);
    assert_eq!(ablated.loss, difference.overall);
    assert!(ablated.loss[&Metric::Auroc].interval.unwrap().low > 0.0);
}

#[test]
fn progress_is_told_as_often_as_it_was_said_to_be() {
    let samples = samples();
    let calls = AtomicU64::new(0);
    let step = || _ = calls.fetch_add(1, Ordering::Relaxed);
    let counting = Judge { step: &step, ..judge(&samples) };
    for (compared, ablated) in [(false, false), (true, false), (false, true), (true, true)] {
        let (good, poor) = (By(GOOD), By(POOR));
        let against = compared.then(|| alone(&poor));
        counting.judge(alone(&good), against, ablated).unwrap();
        assert_eq!(calls.swap(0, Ordering::Relaxed), counting.steps_to_judge(compared, ablated));
    }
    let good = Scores::of(alone(&By(GOOD)), &samples).unwrap();
    counting.compare(&good, [&good, &good]);
    assert_eq!(calls.load(Ordering::Relaxed), counting.steps_to_compare(2));
}

#[test]
fn groups_are_judged_apart_and_small_ones_not_at_all() {
    let Judged { report, .. } = judged();
    let groups: Vec<_> =
        report.groups.iter().filter(|group| group.column == "group_country").collect();
    let names: Vec<&str> = groups.iter().map(|group| group.name.as_str()).collect();
    assert_eq!(names, ["ES", "NZ", "US"]);
    assert!(groups[1].rows.crises < FEWEST_CRISES_OF_A_GROUP as u64 && groups[1].found.is_none());
    let rows: u64 = groups.iter().map(|group| group.rows.rows).sum();
    assert_eq!(rows, report.rows.rows);
    let found = groups[0].found.as_ref().unwrap();
    assert!(found.overall[&Metric::Auroc].value.unwrap() > 0.7);
}

/// A model that loses what it looks at can say nothing more; one that does not look there loses nothing.
#[test]
fn without_a_family_a_model_loses_what_it_took_from_it() {
    let Judged { report, .. } = judged();
    assert_eq!(report.ablation.len(), Family::ALL.len());
    for ablated in &report.ablation {
        let loss = ablated.loss[&Metric::Auroc].value;
        if ablated.family == GOOD.family() {
            assert_eq!((ablated.lost.rows, loss), (590, None));
        } else {
            assert_eq!(ablated.lost.rows, 0);
            assert!(loss.unwrap().abs() < 1e-12);
        }
    }
}

/// R4.7: who the model cannot score, the rung below does.
#[test]
fn the_rung_below_scores_whom_the_model_cannot() {
    let mut samples = samples();
    let last = samples.features.len() - FEATURE_COUNT;
    samples.features[last + POOR as usize] = 0.5;
    let (good, poor) = (By(GOOD), By(POOR));
    let scores = Scores::of(Ladder { model: &good, below: Some(&poor) }, &samples).unwrap();
    assert_eq!((scores.by_fallback, scores.of.last().copied()), (1, Some(Some(0.5))));
    assert_eq!(scores.of.iter().filter(|score| score.is_none()).count(), 9);
    let rules = RuleScorer::built_in().unwrap();
    let scores = Scores::of(alone(&rules), &samples).unwrap();
    assert_eq!(scores.version, rules.version());
    assert!(scores.of.iter().take(590).all(Option::is_some));
}

#[test]
fn an_auroc_that_is_too_good_to_be_true_warns_of_a_leak() {
    let mut samples = samples();
    for (row, label) in samples.labels.clone().into_iter().enumerate().take(590) {
        samples.features[row * FEATURE_COUNT + GOOD as usize] = if label { 0.9 } else { 0.1 };
    }
    let report = judge(&samples).judge(alone(&By(GOOD)), None, false).unwrap().report;
    assert!(report.value(Metric::Auroc).unwrap() > LEAK_SUSPECTED_ABOVE);
    assert!(report.leak_warning().unwrap().contains("features that know the future"));
    assert_eq!(judged().report.leak_warning(), None);
}

#[test]
fn a_challengers_scores_are_one_probability_a_sample() {
    let samples = samples();
    let given = |scores: &[f64]| Scores::given("logistic", scores, &samples);
    assert_eq!(given(&[0.5; 600]).unwrap().of.len(), 600);
    assert_eq!(given(&[0.5]), Err(ScoresError::Count { expected: 600, found: 1 }));
    let mut scores = [0.5; 600];
    scores[7] = 1.5;
    assert_eq!(given(&scores), Err(ScoresError::Range { sample: 7, found: 1.5 }));
    scores[7] = f64::NAN;
    assert!(given(&scores).is_err());
}
