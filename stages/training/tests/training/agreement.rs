//! What serves says what LightGBM says, on 20,000 rows with missing values.

use mindmate_contracts::training_set::Side;
use mindmate_evaluation::TrainingSet;
use mindmate_model::baseline::Baseline;
use mindmate_model::{Artefact, Contents, Ensemble, Member, OperatingPoint, Platt, TrainedOn};
use mindmate_testkit::training_set;
use mindmate_training::lightgbm::train;
use mindmate_training::lightgbm_text::read;
use mindmate_training::members::Kind;
use mindmate_training::{Constraints, Hyperparameters, Rows};

use crate::invented::{Files, Spec};

const MARGINS: f64 = 1e-9;
const CONTRIBUTIONS: f64 = 1e-6;

fn rows(train_users: usize) -> Rows {
    let files = Files::of(Spec { train_users, validation_users: 1, seed: 3 });
    let manifest =
        serde_json::to_vec(&training_set::manifest(&files.train, &files.validation)).unwrap();
    let set = TrainingSet::of(".".as_ref(), &manifest).unwrap();
    Rows::of(&set.parse(Side::Train, files.train.as_bytes()).unwrap())
}

/// A model of one member whose log-odds are its margin.
fn alone(member: Member, rows: &Rows) -> Ensemble {
    let at = "2026-05-01T06:00:00.000Z".parse().unwrap();
    let columns = 0..rows.width();
    Ensemble::new(
        Artefact::new(Contents {
            feature_version: mindmate_domain::feature::FEATURE_VERSION,
            feature_schema_sha256: mindmate_domain::feature::schema_hash(),
            label_version: 1,
            inputs: rows.inputs.clone(),
            members: vec![member],
            calibration: Platt { slope: 1.0, intercept: 0.0 },
            operating_point: OperatingPoint::NONE,
            baseline: columns
                .map(|at| Baseline::of(&rows.column(at).collect::<Vec<_>>()))
                .collect(),
            training: TrainedOn {
                manifest_sha256: String::new(),
                until: at,
                cut: at,
                users: 1,
                samples: rows.len() as u64,
                crises: rows.crises() as u64,
                key_id: String::new(),
                synthetic: true,
                seed: 7,
                code: String::new(),
            },
            hyperparameters: serde_json::Value::Null,
            metrics: serde_json::Value::Null,
            importance: Vec::new(),
            card: String::new(),
        })
        .unwrap(),
    )
}

#[test]
fn margins_and_contributions_are_lightgbms_own() {
    let rows = rows(2_000);
    assert_eq!(rows.len(), 20_000);
    assert!(rows.values.iter().any(|value| value.is_nan()));
    let (of, constraints) = (Hyperparameters::default(), Constraints::built_in().unwrap());
    let width = i32::try_from(rows.width()).unwrap();
    for kind in Kind::ALL {
        let booster = train(kind, &rows, &of, &constraints).unwrap();
        let grown = read(&booster.save_string().unwrap(), rows.width(), rows.len()).unwrap();
        assert_eq!(grown.averaged, kind == Kind::RandomForest);
        assert_eq!(grown.trees.len(), 200);
        let trees = if grown.averaged { grown.trees.len() as f64 } else { 1.0 };
        let name = kind.name();
        let member =
            Member { name: name.to_owned(), averaged: grown.averaged, trees: grown.trees.clone() };
        let model = alone(member, &rows);
        let raw = booster.raw_scores(&rows.values, width, true).unwrap();
        for (row, raw) in rows.iter().zip(raw) {
            let served = model.margins(row).members[0];
            assert!((served - raw / trees).abs() < MARGINS, "{name}: {served} for {}", raw / trees);
            assert!((served - grown.margin(row)).abs() < MARGINS, "{name}");
        }
        // 2,000 of the rows: explaining is the slow part of a build without optimisation.
        let explained = &rows.values[..2_000 * rows.width()];
        let contributions = booster.predict_contrib(explained, width, true).unwrap();
        for (row, theirs) in rows.iter().zip(contributions.chunks(rows.width() + 1)) {
            let ours = model.explain(row);
            for (one, other) in ours.contributions.iter().chain([&ours.base]).zip(theirs) {
                let other = other / trees;
                assert!((one - other).abs() < CONTRIBUTIONS, "{name}: {one} for {other}");
            }
        }
    }
}

/// LightGBM is told, and the trees are looked at; so are rows that differ in nothing else.
#[test]
fn more_crisis_language_never_lowers_a_margin() {
    let rows = rows(300);
    let (of, constraints) = (Hyperparameters::default(), Constraints::built_in().unwrap());
    let input = rows.inputs.iter().position(|one| one.name() == "crisis_keywords").unwrap();
    for kind in Kind::ALL {
        let grown = mindmate_training::lightgbm::grow(kind, &rows, &of, &constraints).unwrap();
        assert!(grown.gains[input] > 0.0, "the sign is used at all");
        for row in rows.iter().take(200) {
            let mut row = row.to_vec();
            let margins: Vec<f64> = (0..6_u8)
                .map(|words| {
                    row[input] = f64::from(words);
                    grown.margin(&row)
                })
                .collect();
            assert!(margins.windows(2).all(|pair| pair[0] <= pair[1]), "{margins:?}");
        }
    }
}

/// R1.6: where training never saw one missing, a missing value goes with most rows instead of being a 0.
#[test]
fn what_was_never_missing_goes_the_way_of_most_rows() {
    let rows = rows(300);
    let never = rows.inputs.iter().position(|one| one.name() == "crisis_keywords").unwrap();
    assert!(rows.column(never).all(|value| !value.is_nan()));
    let (of, constraints) = (Hyperparameters::default(), Constraints::built_in().unwrap());
    let grown = mindmate_training::lightgbm::grow(Kind::GradientBoosting, &rows, &of, &constraints)
        .unwrap();
    let mut seen = 0;
    for tree in &grown.trees {
        for split in tree.splits().iter().filter(|split| usize::from(split.input) == never) {
            let (left, right) = (tree.cover(split.left), tree.cover(split.right));
            let most = if left >= right { split.left } else { split.right };
            assert_eq!(split.child(split.missing), most);
            seen += 1;
        }
    }
    assert!(seen > 0);
}
