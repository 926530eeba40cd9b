//! Each way in which a set does not fit, and what is said of it.

use std::path::Path;

use mindmate_contracts::training_set::{
    Columns, FileEntry, LeftOutWeeks, MANIFEST_PATH, MANIFEST_VERSION, Manifest, Rules,
    SampleCounts, Side, UserCounts, Versions, header,
};
use mindmate_domain::Feature;
use mindmate_domain::feature::{FEATURE_COUNT, FEATURE_VERSION, schema_hash};
use mindmate_domain::pseudonym::hex;
use sha2::{Digest as _, Sha256};

use super::{SetError, TrainingSet};

/// A row: whose, which week, which label, the first feature's cell.
fn row(user: &str, day: u8, label: &str, first: &str) -> String {
    let others = ",0.25".repeat(FEATURE_COUNT - 2);
    format!(
        "u:{user},2026-04-{day:02}T06:00:00.000Z,{label},{first}{others},,ES,under 3 months,,Europe,read\n"
    )
}

fn good() -> String {
    header() + &row("ada", 1, "1", "-1.5") + &row("ada", 8, "0", "") + &row("bob", 1, "0", "2")
}

fn entry(side: Side, file: &str) -> FileEntry {
    let rows: Vec<&str> = file.lines().skip(1).collect();
    let crisis = rows.iter().filter(|row| row.split(',').nth(2) == Some("1")).count() as u64;
    let mut users: Vec<&str> = rows.iter().filter_map(|row| row.split(',').next()).collect();
    users.sort_unstable();
    users.dedup();
    FileEntry {
        path: side.path().to_owned(),
        side,
        sha256: hex(&Sha256::digest(file)),
        bytes: file.len() as u64,
        users: users.len() as u64,
        counts: SampleCounts { rows: rows.len() as u64, crisis, ..SampleCounts::default() },
    }
}

fn manifest(train: &str, validation: &str) -> Manifest {
    let at = "2026-05-01T06:00:00.000Z".parse().unwrap();
    Manifest {
        manifest_version: MANIFEST_VERSION,
        until: at,
        cut: at,
        synthetic: true,
        invented_users: 2,
        rules: Rules {
            history_days: 60,
            step_days: 7,
            label_days: 7,
            gap_days: 7,
            train_thirds: 2,
        },
        versions: Versions {
            code: "0".to_owned(),
            features: FEATURE_VERSION,
            feature_schema_sha256: schema_hash(),
            label: 1,
            lexicons: "lexicons-1".to_owned(),
            policy: "policy-1".to_owned(),
        },
        key_id: "0".to_owned(),
        columns: Columns::all(),
        files: vec![entry(Side::Train, train), entry(Side::Validation, validation)],
        users: UserCounts::default(),
        consents: [("training".to_owned(), 2)].into(),
        left_out_weeks: LeftOutWeeks::default(),
    }
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
    let manifest = serde_json::to_vec(&manifest(&good(), &good())).unwrap();
    std::fs::write(folder.path().join(MANIFEST_PATH), &manifest).unwrap();
    std::fs::create_dir(folder.path().join("train")).unwrap();
    std::fs::write(folder.path().join(Side::Train.path()), good()).unwrap();
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
