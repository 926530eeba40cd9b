//! What is wrong with a set is said, with where, and no model comes of it.

use std::fs;

use crate::invented::{Files, Spec};
use crate::program::{Folders, SPEC, words};

const LABEL: usize = 2;
const FEATURES: std::ops::Range<usize> = 3..73;

/// The exit code, with what was said; there must be no model.
fn refused(folders: &Folders) -> (i32, String) {
    let output = folders.train(&[]);
    assert!(!folders.out().join("model.json").exists(), "{}", words(&output));
    assert!(!words(&output).contains("panicked"), "{}", words(&output));
    (output.status.code().unwrap(), words(&output))
}

fn refused_files(files: &Files) -> (i32, String) {
    refused(&Folders::with(files))
}

fn set(cells: Vec<String>, places: impl IntoIterator<Item = usize>, to: &str) -> Vec<String> {
    let mut cells = cells;
    places.into_iter().for_each(|place| to.clone_into(&mut cells[place]));
    cells
}

#[test]
fn labels_of_one_class_are_nothing_to_learn_from() {
    for (label, count) in [("0", "0 of 800"), ("1", "800 of 800")] {
        let files = Files::of(SPEC).map(|cells| set(cells, [LABEL], label));
        let (code, said) = refused_files(&files);
        assert_eq!(code, 8, "{said}");
        assert!(said.contains("on the training side") && said.contains(count), "{said}");
    }
}

#[test]
fn a_validation_side_of_one_class_is_nothing_to_judge_by() {
    let good = Files::of(SPEC);
    let quiet = good.map(|cells| set(cells, [LABEL], "0"));
    let (code, said) = refused_files(&Files { validation: quiet.validation, ..good });
    assert_eq!(code, 8, "{said}");
    assert!(said.contains("on the validation side, found 0 of 400"), "{said}");
}

#[test]
fn too_few_users_with_a_crisis_say_how_many_it_takes() {
    let files = Files::of(SPEC).map(|cells| {
        let crisis = if cells[0] == "u:t1" || cells[0] == "u:v1" { "1" } else { "0" };
        set(cells, [LABEL], crisis)
    });
    let (code, said) = refused_files(&files);
    assert_eq!(code, 8, "{said}");
    assert!(
        said.contains("at least 3 training users with a crisis") && said.contains("found 1"),
        "{said}"
    );
}

#[test]
fn rows_of_which_everything_is_missing_are_nothing_to_learn_from() {
    let (code, said) = refused_files(&Files::of(SPEC).map(|cells| set(cells, FEATURES, "")));
    assert_eq!(code, 8, "{said}");
    assert!(said.contains("800 rows that are alike in all 66"), "{said}");
}

#[test]
fn rows_that_say_nothing_of_others_are_refused_at_the_calibration() {
    // One input with two values, dealt without regard to the label, and too few rows for a split to be made.
    let files = Files::of(Spec { train_users: 3, ..SPEC }).map(|cells| {
        let crisis = if cells[1].contains("-01T") { "1" } else { "0" };
        let cells = set(cells, FEATURES, "");
        let even = cells[1].contains("2T") || cells[1].contains("4T");
        let cells = set(cells, [3], if even { "1" } else { "2" });
        set(cells, [LABEL], crisis)
    });
    let (code, said) = refused_files(&files);
    assert_eq!(code, 8, "{said}");
    assert!(said.contains("held-out rows"), "{said}");
}

#[test]
fn a_feature_that_is_constant_or_always_missing_is_passed_over() {
    let files = Files::of(SPEC).map(|cells| set(set(cells, [3], "5"), [4], ""));
    let folders = Folders::with(&files);
    let output = folders.train(&[]);
    assert_eq!(output.status.code(), Some(0), "{}", words(&output));
    let artefact = mindmate_model::Artefact::parse(&folders.model()).unwrap();
    let contents = artefact.contents();
    let passed_over = &contents.inputs[..2];
    assert!(contents.importance.iter().all(|(feature, _)| !passed_over.contains(feature)));
}

#[test]
fn a_file_that_is_not_as_it_must_be_is_named_with_its_line() {
    let good = Files::of(SPEC);
    let swap =
        |from: &str, to: &str| Files { train: good.train.replacen(from, to, 1), ..good.clone() };
    let cell = |text: &str| good.map(|cells| set(cells, [7], text));
    for (files, wrong) in [
        (
            Files { train: String::new(), ..good.clone() },
            "train/samples.csv, line 1: expected a header",
        ),
        (swap("mood_trend_7day", "mood"), "line 1: column 4: expected mood_trend_7day, found mood"),
        (
            cell("NaN"),
            "line 2: column mood_mean_14day: expected a finite number or nothing, found \"NaN\"",
        ),
        (cell("inf"), "found \"inf\""),
    ] {
        let (code, said) = refused_files(&files);
        assert_eq!(code, 3, "{said}");
        assert!(said.contains(wrong), "expected {wrong:?} in {said}");
    }
}

#[test]
fn a_file_with_no_rows_is_one_without_a_crisis() {
    let good = Files::of(SPEC);
    let (code, said) = refused_files(&Files {
        train: good.train.lines().next().unwrap().to_owned() + "\n",
        ..good
    });
    assert_eq!(code, 8, "{said}");
    assert!(said.contains("found 0 of 0"), "{said}");
}

#[test]
fn a_file_that_is_not_the_manifests_is_refused() {
    let folders = Folders::with(&Files::of(SPEC));
    let path = folders.data().join("train/samples.csv");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replacen(",0,", ",1,", 1)).unwrap();
    let (code, said) = refused(&folders);
    assert_eq!(code, 3, "{said}");
    assert!(said.contains("SHA-256"), "{said}");
    fs::remove_file(folders.data().join("manifest.json")).unwrap();
    let (code, said) = refused(&folders);
    assert_eq!(code, 3, "{said}");
    assert!(said.contains("manifest.json cannot be read"), "{said}");
}
