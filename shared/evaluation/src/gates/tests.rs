//! Each gate alone, with all others passed.

use std::collections::BTreeMap;

use mindmate_domain::RiskLevel;

use super::{Gates, GatesError, Verdict};
use crate::bootstrap::Bootstrap;
use crate::metrics::{AlertMetric, Metric};
use crate::report::{
    AtThreshold, Difference, Group, GroupFound, Measured, Report, RowCounts, TOP_TENTH,
};

fn value(value: f64) -> Measured {
    Measured { value: Some(value), interval: None }
}

fn at(recall: Measured) -> Vec<AtThreshold> {
    let name = TOP_TENTH.to_owned();
    vec![AtThreshold { name, from: 0.2, measures: [(AlertMetric::Recall, recall)].into() }]
}

fn group(crises: u64, recall: f64) -> Group {
    Group {
        column: "group_country".to_owned(),
        name: "ES".to_owned(),
        rows: RowCounts { rows: 900, users: 90, crises },
        found: Some(GroupFound { overall: BTreeMap::new(), thresholds: at(value(recall)) }),
    }
}

/// A model that passes.
fn good() -> (Report, Difference) {
    let report = Report {
        scorer: "m1".to_owned(),
        rows: RowCounts::default(),
        unscored: RowCounts::default(),
        by_fallback: 0,
        shift: 0.0,
        bootstrap: Bootstrap::default(),
        overall: [
            (Metric::Auroc, value(0.8)),
            (Metric::CalibrationSlope, value(1.0)),
            (Metric::RecallAt10Percent, value(0.75)),
        ]
        .into(),
        thresholds: at(value(0.75)),
        groups: vec![group(100, 0.7)],
        ablation: Vec::new(),
    };
    let difference = Difference {
        scorer: "m1".to_owned(),
        against: "rules-1".to_owned(),
        overall: BTreeMap::new(),
        recall: [("moderate".to_owned(), value(0.0))].into(),
        better_in: Some(0.97),
    };
    (report, difference)
}

fn judged(change: impl FnOnce(&mut Report, &mut Difference)) -> Verdict {
    let (mut report, mut difference) = good();
    change(&mut report, &mut difference);
    Gates::built_in().unwrap().judge(&report, &difference)
}

fn failed(verdict: &Verdict) -> Vec<&str> {
    assert_eq!(verdict.passed, verdict.gates.iter().all(|gate| gate.passed));
    verdict.gates.iter().filter(|gate| !gate.passed).map(|gate| gate.name.as_str()).collect()
}

/// R3.5, R7.5
#[test]
fn a_model_that_passes_every_gate_passes() {
    let verdict = judged(|_, _| {});
    assert!(verdict.passed && failed(&verdict).is_empty());
    assert_eq!((verdict.candidate.as_str(), verdict.champion.as_str()), ("m1", "rules-1"));
    assert_eq!(verdict.gates.len(), 6);
}

/// R3.5: above means above.
#[test]
fn each_gate_stops_a_model_by_itself() {
    for bound in [0.75, 0.6] {
        let verdict = judged(|report, _| {
            report.overall.insert(Metric::Auroc, value(bound));
        });
        assert_eq!(failed(&verdict), ["AUROC"]);
    }
    let verdict = judged(|report, _| {
        report.overall.insert(Metric::RecallAt10Percent, value(0.7));
    });
    assert_eq!(failed(&verdict), ["recall at 10% alerts"]);
    for slope in [0.79, 1.21] {
        let verdict = judged(|report, _| {
            report.overall.insert(Metric::CalibrationSlope, value(slope));
        });
        assert_eq!(failed(&verdict), ["calibration slope"]);
    }
    let verdict = judged(|_, difference| difference.better_in = Some(0.94));
    assert_eq!(failed(&verdict), ["higher AUROC than rules-1"]);
}

/// A calibrated model of something rare gives low scores: where the policy's bounds are high, it finds nobody.
#[test]
fn a_model_that_finds_fewer_in_service_than_what_it_replaces_is_stopped() {
    let less = |less: f64| {
        judged(|_, difference| {
            difference.recall.insert("moderate".to_owned(), value(less));
        })
    };
    assert!(less(0.1).passed && less(-0.05).passed);
    assert_eq!(failed(&less(-0.06)), ["recall from the level moderate on, less that of rules-1"]);
}

#[test]
fn a_group_below_its_floor_stops_a_model_unless_it_is_too_small_to_say() {
    let verdict = judged(|report, _| report.groups.push(group(100, 0.49)));
    assert_eq!(failed(&verdict), ["recall of country ES"]);
    assert!(judged(|report, _| report.groups.push(group(19, 0.0))).passed);
}

#[test]
fn what_could_not_be_measured_does_not_pass() {
    let verdict = judged(|report, difference| {
        report.overall.clear();
        difference.recall.clear();
        difference.better_in = None;
    });
    assert_eq!(failed(&verdict).len(), 5);
    assert!(verdict.gates.iter().filter(|gate| !gate.passed).all(|gate| gate.found == "undefined"));
}

#[test]
fn a_verdict_is_read_as_it_was_written() {
    let verdict = judged(|_, _| {});
    let json = serde_json::to_string(&verdict).unwrap();
    assert_eq!(serde_json::from_str::<Verdict>(&json).unwrap(), verdict);
}

#[test]
fn a_file_of_gates_that_means_nothing_is_refused() {
    let good = super::BUILT_IN;
    assert!(matches!(Gates::parse("version = 3"), Err(GatesError::Unreadable(_))));
    for (line, other) in [
        ("auroc_above = 0.75", "auroc_above = 75"),
        ("better_in = 0.95", "better_in = nan"),
        ("group_recall_from = ", "group_recall_from = -"),
    ] {
        let changed = good.replace(line, other);
        assert_ne!(changed, good, "{line}");
        assert!(matches!(Gates::parse(&changed), Err(GatesError::Range { .. })), "{other}");
    }
    let steep = good.replace("slope_to = 1.2", "slope_to = 0.8");
    assert!(matches!(Gates::parse(&steep), Err(GatesError::Slope { .. })));
    for level in [RiskLevel::Minimal, RiskLevel::Unknown] {
        let gates = Gates::built_in().unwrap();
        let line = format!("service_level = \"{}\"", gates.service_level);
        let changed = good.replace(&line, &format!("service_level = \"{level}\""));
        assert!(matches!(Gates::parse(&changed), Err(GatesError::Level(found)) if found == level));
    }
}
