//! Each way in which a set does not fit, and what is said of it.

use std::path::Path;

use mindmate_contracts::training_set::{FileEntry, MANIFEST_PATH, Manifest, Side, header};
use mindmate_domain::Feature;
use mindmate_domain::feature::FEATURE_COUNT;
use mindmate_domain::pseudonym::hex;
use mindmate_testkit::training_set::{manifest, row, write};
use sha2::{Digest as _, Sha256};

use super::{SetError, TrainingSet};

fn good() -> String {
    header() + &row("ada", 1, "1", "-1.5") + &row("ada", 8, "0", "") + &row("bob", 1, "0", "2")
}

fn set(train: &str, change: impl FnOnce(&mut Manifest)) -> Result<TrainingSet, SetError> {
    let mut manifest = manifest(train, &good());
    change(&mut manifest);
    TrainingSet::of(Path::new("."), &serde_json::to_vec(&manifest).unwrap())
}

/// What is said of a file that its manifest fits.
fn refused(file: &str) -> String {
    let set = set(file, |_| {}).unwrap();
    set.parse(Side::Train, file.as_bytes()).unwrap_err().to_string()
}

#[test]
fn a_set_in_a_folder_is_read_as_it_was_written() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), &good(), &good());
    let manifest = std::fs::read(folder.path().join(MANIFEST_PATH)).unwrap();
    std::fs::remove_file(folder.path().join(Side::Validation.path())).unwrap();
    let set = TrainingSet::open(folder.path()).unwrap();
    assert_eq!(set.manifest_sha256(), hex(&Sha256::digest(&manifest)));
    let samples = set.read(Side::Train).unwrap();
    assert_eq!((samples.len(), samples.user_count()), (3, 2));
    assert_eq!(samples.labels(), [true, false, false]);
    assert_eq!(samples.users(), [0, 0, 1]);
    assert_eq!(samples.row(0)[0].to_bits(), (-1.5_f64).to_bits());
    assert!(samples.row(1)[0].is_nan() && samples.row(2)[FEATURE_COUNT - 1].is_nan());
    assert!(samples.row(3).is_empty());
    let vectors: Vec<_> = samples.vectors().collect();
    assert_eq!(vectors[2].get(Feature::ALL[0]).value(), Some(2.0));
    assert_eq!(vectors[1].get(Feature::ALL[0]).value(), None);
    let [country, _, yielded, ..] = samples.groups() else { panic!("expected groups") };
    assert_eq!((country.column, &country.names[..]), ("group_country", &["ES".to_owned()][..]));
    assert_eq!(yielded.names, [""]);
    let error = set.read(Side::Validation).unwrap_err().to_string();
    assert!(error.contains("validation/samples.csv cannot be read"), "{error}");
}

#[test]
fn a_folder_without_a_set_says_how_one_is_made() {
    let folder = tempfile::tempdir().unwrap();
    let error = TrainingSet::open(folder.path()).unwrap_err().to_string();
    assert!(error.contains("manifest.json") && error.contains("mindmate training-data"), "{error}");
}

#[test]
fn a_manifest_of_other_features_or_columns_is_refused() {
    let error = set(&good(), |manifest| manifest.versions.features = 9).unwrap_err().to_string();
    assert!(error.contains("found version 9"), "{error}");
    let error = set(&good(), |manifest| manifest.columns.features.swap(0, 1)).unwrap_err();
    let words = "the manifest's column 4: expected mood_trend_7day, found mood_trend_14day";
    assert_eq!(error.to_string(), words);
    let error = set(&good(), |manifest| manifest.files.clear()).unwrap();
    assert!(matches!(error.read(Side::Train), Err(SetError::NoFile("train"))));
}

#[test]
fn bytes_that_the_manifest_does_not_speak_of_are_refused() {
    let set = set(&good(), |_| {}).unwrap();
    let error = set.parse(Side::Train, good().replace("-1.5", "-1.6").as_bytes()).unwrap_err();
    assert!(matches!(error, SetError::Digest { .. }), "{error}");
}

#[test]
fn a_wrong_header_names_its_column() {
    let words = "train/samples.csv, line 1: column 4: expected mood_trend_7day, found mood";
    assert_eq!(refused(&good().replacen("mood_trend_7day", "mood", 1)), words);
    let short = header().replace(",group_texts", "");
    let words =
        "train/samples.csv, line 1: column 78: expected group_texts, found no further column";
    assert_eq!(refused(&short), words);
    let words = "train/samples.csv, line 1: expected a header, found an empty file";
    assert_eq!(refused(""), words);
}

/// What is no number is no missing value: an empty cell is.
#[test]
fn a_cell_that_does_not_fit_names_its_line_and_column() {
    for (cell, shown) in [("NaN", "NaN"), ("inf", "inf"), ("-Infinity", "-Infinity"), ("1,5", "")] {
        let error = refused(&(header() + &row("ada", 1, "0", "1") + &row("ada", 8, "0", cell)));
        assert!(error.starts_with("train/samples.csv, line 3: "), "{error}");
        if shown.is_empty() {
            assert!(error.contains("79 cells where the header has 78"), "{error}");
        } else {
            let words = format!(
                "column mood_trend_7day: expected a finite number or nothing, found {shown:?}"
            );
            assert!(error.ends_with(&words), "{error}");
        }
    }
    let error = refused(&(header() + &row("ada", 1, "yes", "1")));
    assert!(error.ends_with("line 2: column label: expected 0 or 1, found \"yes\""), "{error}");
    let error = refused(&(header() + &row("ada", 99, "1", "1")));
    assert!(error.contains("column asOf: expected an instant"), "{error}");
}

#[test]
fn a_week_that_is_there_twice_is_refused() {
    let error = refused(&(good() + &row("ada", 8, "0", "1")));
    assert!(error.ends_with("line 5: a second row of the same person and instant"), "{error}");
}

#[test]
fn rows_that_the_manifest_does_not_count_are_refused() {
    for (what, change) in [
        ("rows", (|entry| entry.counts.rows += 1) as fn(&mut FileEntry)),
        ("crises", |entry| entry.counts.crisis += 1),
        ("users", |entry| entry.users += 1),
    ] {
        let set = set(&good(), |manifest| change(&mut manifest.files[0])).unwrap();
        let error = set.parse(Side::Train, good().as_bytes()).unwrap_err().to_string();
        assert!(error.contains(&format!(" {what} as the manifest says")), "{error}");
    }
}
