//! The command on a set that it finds in a folder.

use mindmate_contracts::training_set::header;
use mindmate_domain::feature::{FEATURE_VERSION, schema_hash};
use mindmate_domain::{Feature, Policy};
use mindmate_evaluation::Bootstrap;
use mindmate_model::baseline::Baseline;
use mindmate_model::port::ALIASES;
use mindmate_model::{
    Artefact, Branch, Child, Contents, Ensemble, Leaf, Member, OperatingPoint, Platt, Split,
    TrainedOn, Tree,
};
use mindmate_testkit::training_set::{row, write};

use super::{Contender, Found, Ground, contender, page, text};
use crate::session::{Place, Session};

/// Forty people with three weeks each; the first feature tells most crises.
fn file() -> String {
    let weeks = (0..40).flat_map(|person| [1, 8, 15].map(|day| (person, day)));
    let rows = weeks.map(|(person, day)| {
        let crisis = u8::from((person + day) % 3 == 0);
        let share = f64::from(crisis) / 2.0 + f64::from(person % 7) / 10.0;
        row(&person.to_string(), day, &crisis.to_string(), &share.to_string())
    });
    header() + &rows.collect::<String>()
}

/// A model of one tree that looks at the first feature.
fn model(key_id: &str) -> Artefact {
    let inputs: Vec<Feature> =
        Feature::ALL.into_iter().filter(|feature| !ALIASES.contains(feature)).collect();
    let split = Split {
        input: 0,
        threshold: 0.5,
        missing: Branch::Left,
        left: Child::Leaf(0),
        right: Child::Leaf(1),
        cover: 120.0,
    };
    let leaf = |value, cover| Leaf { value, cover };
    let tree = Tree::new(vec![split], vec![leaf(-1.0, 70.0), leaf(1.0, 50.0)]).unwrap();
    let at = "2026-05-01T06:00:00.000Z".parse().unwrap();
    Artefact::new(Contents {
        feature_version: FEATURE_VERSION,
        feature_schema_sha256: schema_hash(),
        label_version: 1,
        baseline: inputs.iter().map(|_| Baseline::of(&[0.1, 0.2])).collect(),
        inputs,
        members: vec![Member {
            name: "gradientBoosting".to_owned(),
            averaged: false,
            trees: vec![tree],
        }],
        calibration: Platt { slope: 1.0, intercept: 0.0 },
        operating_point: OperatingPoint::NONE,
        training: TrainedOn {
            manifest_sha256: "0".repeat(64),
            until: at,
            cut: at,
            users: 80,
            samples: 240,
            crises: 77,
            key_id: key_id.to_owned(),
            synthetic: true,
            seed: 7,
            code: "0".to_owned(),
        },
        hyperparameters: serde_json::json!({}),
        metrics: serde_json::json!({}),
        importance: vec![(Feature::ALL[0], 2.0)],
        card: String::new(),
    })
    .unwrap()
}

fn trained(key_id: &str) -> Contender {
    Contender::Trained(Box::new(Ensemble::new(model(key_id))))
}

fn ground(resamples: u32) -> Ground {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), &file(), &file());
    let levels = Policy::built_in().unwrap().levels;
    Ground::read(folder.path(), levels, Bootstrap { resamples, seed: 1 }).unwrap()
}

fn judged(ground: &Ground) -> Found {
    ground.judge(&trained("0"), Some(&Contender::Rules), true).unwrap()
}

#[test]
fn the_text_has_measures_groups_and_gates_and_says_who_is_invented() {
    let ground = ground(60);
    let found = judged(&ground);
    let text = text::summary(&ground, &found).unwrap();
    let version = &found.judged.report.scorer;
    for words in [
        &format!(
            "{version} on 120 weeks of 40 people it has not seen, 40 followed by a crisis (33.3%)"
        ),
        "Invented, all of them: this proves the pipeline and nothing clinical",
        "less that of rules-1",
        "AUROC ",
        "top tenth",
        "country ES",
        "where a family is missing",
        "gates-1, against rules-1: ",
        "recall from the level moderate on, less that of rules-1: ",
    ] {
        assert!(text.contains(words), "{words}\n{text}");
    }
    assert!(found.warnings.iter().any(|one| one.contains("trained on invented people")));
}

/// Self-contained: no script, no address, and every chart in words.
#[test]
fn the_page_needs_nothing_but_itself() {
    let ground = ground(60);
    let (found, model) = (judged(&ground), trained("0"));
    let page = page::page(&page::Input { found: &found, ground: &ground, model: &model }).unwrap();
    assert!(!page.contains("<script") && !page.contains("http://") && !page.contains("https://"));
    assert_eq!(page.matches("role=\"img\"").count(), 4);
    for id in ["roc", "pr", "calibration", "importance", "measures", "groups", "ablation"] {
        assert!(page.contains(&format!("id=\"{id}\"")), "{id}");
    }
    assert!(page.contains("nothing clinical") && !page.contains("NaN"));
}

/// Without resamples there is nothing to be sure by, and so no gate to pass.
#[test]
fn without_resamples_there_are_no_intervals_and_no_gates() {
    let found = judged(&ground(0));
    assert!(found.verdict.is_none());
    let mut measured = found.judged.report.overall.values();
    assert!(measured.all(|measured| measured.interval.is_none()));
}

/// Sides follow from a key: under another, training people may be among those whom it is judged by.
#[test]
fn a_model_of_another_key_warns_that_it_may_have_seen_these_people() {
    let ground = ground(0);
    let found = ground.judge(&trained("9"), None, false).unwrap();
    assert!(found.warnings.iter().any(|one| one.contains("may have seen these very people")));
    let found = ground.judge(&trained("0"), None, false).unwrap();
    assert!(!found.warnings.iter().any(|one| one.contains("may have seen")));
}

async fn session(folder: &tempfile::TempDir) -> Session {
    Place::Local { data: folder.path().to_owned() }.open().await.unwrap()
}

#[tokio::test]
async fn a_model_is_named_by_version_or_file_and_is_else_what_serves() {
    let folder = tempfile::tempdir().unwrap();
    let session = session(&folder).await;
    let named = async |name| contender(&session, name).await;
    assert!(matches!(named(None).await.unwrap(), Contender::Rules), "nothing serves");
    assert!(matches!(named(Some("rules")).await.unwrap(), Contender::Rules));
    let file = folder.path().join("model.json");
    std::fs::write(&file, model("0").to_bytes().unwrap()).unwrap();
    let read = named(Some(file.to_str().unwrap())).await.unwrap();
    assert!(matches!(read, Contender::Trained(_)));
    for (name, words) in [("m20260101-0", "there is no model"), ("a/b", "a file that is there")] {
        let Err(error) = named(Some(name)).await else { panic!("expected none of {name}") };
        assert!(format!("{error:#}").contains(words), "{error:#}");
    }
    std::fs::write(&file, "{}").unwrap();
    assert!(named(Some(file.to_str().unwrap())).await.is_err());
    let default = session.training_set(None, "--data-set").unwrap();
    assert_eq!(default, folder.path().join("training"));
    let Err(error) =
        Ground::read(&default, Policy::built_in().unwrap().levels, Bootstrap::default())
    else {
        panic!("expected no set")
    };
    assert!(format!("{error:#}").contains("mindmate training-data"), "{error:#}");
}
