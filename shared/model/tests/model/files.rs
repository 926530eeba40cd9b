//! Files of models: read as they were written, or refused for a reason of their own.

use mindmate_domain::Feature;
use mindmate_model::{Artefact, ArtefactError, Branch, Contents, Platt};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::growing::{Cut, grow, member};
use crate::margins::tree;
use crate::support::contents;

fn small() -> Contents {
    let cut = Cut { leaf: 0, input: 3, threshold: 0.1 + 0.2, missing: Branch::Left };
    let tree = grow(&[cut], &[(1.0 / 3.0, 5), (-0.7, 9)]);
    contents(vec![
        member("randomForest", true, vec![tree.clone()]),
        member("gradientBoosting", false, vec![tree]),
    ])
}

fn file() -> Vec<u8> {
    Artefact::new(small()).unwrap().to_bytes().unwrap()
}

fn refused(file: &[u8]) -> ArtefactError {
    Artefact::parse(file).expect_err("expected an error")
}

/// A whole file around other contents, as a program would write it that does not check them.
fn around(contents: &Value) -> Vec<u8> {
    use sha2::Digest as _;
    let body = contents.to_string();
    let digest = mindmate_domain::pseudonym::hex(&sha2::Sha256::digest(&body));
    let version = format!("synthetic20260601-{}", &digest[..12]);
    let head = json!({
        "format": "mindmate-model", "formatVersion": 2, "version": version,
        "bytes": body.len(), "sha256": digest,
    });
    let head = head.to_string();
    format!("{},\"contents\":\n{body}\n}}\n", &head[..head.len() - 1]).into_bytes()
}

/// The contents' JSON with one place changed.
fn changed(pointer: &str, value: Value) -> Vec<u8> {
    let mut json = serde_json::to_value(small()).unwrap();
    *json.pointer_mut(pointer).unwrap_or_else(|| panic!("no {pointer}")) = value;
    around(&json)
}

#[test]
fn a_file_is_one_json_document_with_its_version_in_front() {
    let file = file();
    let artefact = Artefact::parse(&file).unwrap();
    assert_eq!(artefact.contents(), &small());
    let json: Value = serde_json::from_slice(&file).unwrap();
    assert_eq!(json["version"], artefact.version());
    assert_eq!(json["contents"]["training"]["synthetic"], true);
    let (date, digest) = artefact.version().split_once('-').unwrap();
    assert_eq!(date, "synthetic20260601");
    assert!(json["sha256"].as_str().unwrap().starts_with(digest) && digest.len() == 12);
}

proptest! {
    #[test]
    fn any_model_is_read_as_it_was_written(
        trees in prop::collection::vec(tree(20, 66), 1..6),
        slope in 1e-3_f64..1e3, intercept in any::<f64>().prop_filter("finite", |i| i.is_finite()),
    ) {
        let mut contents = contents(vec![member("only", false, trees)]);
        contents.calibration = Platt { slope, intercept };
        let artefact = Artefact::new(contents).unwrap();
        let file = artefact.to_bytes().unwrap();
        let again = Artefact::parse(&file).unwrap();
        prop_assert_eq!(&again, &artefact);
        prop_assert_eq!(again.to_bytes().unwrap(), file);
    }
}

#[test]
fn a_version_changes_with_anything_in_it() {
    let version = |change: fn(&mut Contents)| {
        let mut contents = small();
        change(&mut contents);
        Artefact::new(contents).unwrap().version().to_owned()
    };
    let same = version(|_| ());
    assert_eq!(same, version(|_| ()));
    assert_ne!(same, version(|contents| contents.training.seed += 1));
    assert_ne!(same, version(|contents| contents.card.push('\n')));
    assert_ne!(same, version(|contents| contents.calibration.slope = 1.5));
    assert_ne!(same, version(|contents| contents.operating_point.shift = 0.5));
}

/// Bad input: a damaged artefact.
#[test]
fn a_changed_byte_anywhere_is_found() {
    let file = file();
    for index in 0..file.len() {
        for bit in [1, 1 << 4] {
            let mut damaged = file.clone();
            damaged[index] ^= bit;
            let error = refused(&damaged).to_string();
            assert!(error.starts_with("expected "), "{index}: {error}");
        }
    }
}

#[test]
fn damage_in_the_contents_is_called_damage() {
    let file = file();
    let start = file.iter().position(|byte| *byte == b'\n').unwrap() + 1;
    for index in start..file.len() {
        let mut damaged = file.clone();
        damaged[index] ^= 1;
        assert!(matches!(refused(&damaged), ArtefactError::Corrupt { .. }), "{index}");
    }
    let longer = [file.as_slice(), b"\n"].concat();
    assert!(matches!(refused(&longer), ArtefactError::Corrupt { .. }));
}

/// Bad input: a disk that was full.
#[test]
fn a_file_that_is_cut_off_says_how_much_is_missing() {
    let file = file();
    let head = file.iter().position(|byte| *byte == b'\n').unwrap();
    for length in head + 1..file.len() {
        let error = refused(&file[..length]);
        let (expected, found) = (file.len() as u64, length as u64);
        let right = matches!(
            error,
            ArtefactError::Truncated { expected: e, found: f } if e == expected && f == found
        );
        assert!(right, "{length}: {error}");
    }
    let error = refused(&file[..head / 2]).to_string();
    assert!(error.contains("a first line that is no head"), "{error}");
}

#[test]
fn other_files_are_foreign() {
    for (file, found) in [
        (&b""[..], "an empty file"),
        (b"{}", "other JSON"),
        (b"[1, 2, 3]\n", "other JSON"),
        (b"tree\nversion=v4\nnum_class=1\n", "a file that is not JSON"),
        (&[0, 159, 146, 150], "a file that is not JSON"),
    ] {
        let error = refused(file);
        assert!(matches!(error, ArtefactError::Foreign { found: f } if f == found), "{error}");
    }
    let json: Value = serde_json::from_slice(&file()).unwrap();
    let formatted = serde_json::to_vec_pretty(&json).unwrap();
    assert!(matches!(
        refused(&formatted),
        ArtefactError::Corrupt { .. } | ArtefactError::Foreign { .. }
    ));
}

#[test]
fn other_formats_are_told_from_damage() {
    let text = String::from_utf8(file()).unwrap();
    let with = |version: &str| {
        let other = text.replacen("\"formatVersion\":2", version, 1);
        refused(other.as_bytes())
    };
    assert!(matches!(with("\"formatVersion\":1"), ArtefactError::OlderFormat(1)));
    assert!(matches!(with("\"formatVersion\":3"), ArtefactError::NewerFormat(3)));
    // A later head may have more in it than this program knows.
    let newer = with("\"formatVersion\":12,\"packing\":\"zstd\"");
    assert!(matches!(newer, ArtefactError::NewerFormat(12)), "{newer}");
    assert!(newer.to_string().contains("update this program"), "{newer}");
}

/// Bad input: an artefact of another feature version.
#[test]
fn other_features_are_told_from_damage() {
    let error = refused(&changed("/featureVersion", json!(2)));
    let right = matches!(error, ArtefactError::FeatureVersion { expected: 1, found: 2 });
    assert!(right, "{error}");
    let error = refused(&changed("/featureSchemaSha256", json!("00")));
    assert!(matches!(error, ArtefactError::FeatureSchema { .. }), "{error}");
    // Features that this program has never heard of.
    let mut json = serde_json::to_value(small()).unwrap();
    json["inputs"][0] = json!("mood_tomorrow");
    json["featureVersion"] = json!(9);
    let error = refused(&around(&json));
    let right = matches!(error, ArtefactError::FeatureVersion { expected: 1, found: 9 });
    assert!(right, "{error}");
}

#[test]
fn contents_that_cannot_be_right_are_refused() {
    let importance = json!([["mood_trend_7day", -1.0]]);
    for (pointer, value, complaint) in [
        ("/inputs/0", json!("mood_variance_7day"), "the alias mood_variance_7day"),
        ("/inputs/1", json!("mood_trend_7day"), "mood_trend_7day after mood_trend_7day"),
        ("/inputs/1", json!("mood_tomorrow"), "found \"mood_tomorrow\""),
        ("/inputs", json!([]), "found none"),
        ("/members", json!([]), "found none"),
        ("/members/0/trees", json!([]), "\"randomForest\" without trees"),
        ("/members/1/name", json!("randomForest"), "two of the name \"randomForest\""),
        (
            "/members/0/trees/0/input",
            json!("66"),
            "an input below 66 in tree 0 of randomForest, found 66",
        ),
        ("/members/0/trees/0/missing", json!("X"), "expected L or R"),
        ("/members/0/trees/0/left", json!("0"), "a child of split 0"),
        ("/members/0/trees/0/left", json!("-2"), "found Leaf(1) below two"),
        ("/members/0/trees/0/left", json!(""), "as in the others, found only 0"),
        ("/members/0/trees/0/cover", json!("0 9"), "more than 0 rows"),
        ("/members/0/trees/0/value", json!("1"), "expected 1 entries in `cover`, found more"),
        ("/members/0/trees/0/threshold", json!("0,3"), "found \"0,3\""),
        ("/members/0/trees/0/threshold", json!("NaN"), "expected a finite threshold"),
        ("/calibration/slope", json!(0.0), "a slope above 0"),
        ("/calibration/slope", json!(-1.0), "a slope above 0"),
        ("/baseline", json!([]), "expected 66 baselines"),
        ("/baseline/0/edges", json!([2.0, 1.0]), "the baseline of mood_trend_7day"),
        ("/importance", importance, "found -1 for mood_trend_7day"),
        ("/importance", json!([["selfie_frequency", 1.0]]), "for selfie_frequency"),
        ("/training/until", json!("yesterday"), "RFC 3339"),
    ] {
        let error = refused(&changed(pointer, value)).to_string();
        assert!(error.contains(complaint), "{pointer}: expected {complaint:?} in {error}");
    }
    let mut infinite = small();
    infinite.calibration.intercept = f64::INFINITY;
    assert!(matches!(Artefact::new(infinite), Err(ArtefactError::Calibration(_))));
    let mut twice = small();
    twice.importance = vec![(Feature::MoodTrend7Day, 1.0), (Feature::MoodTrend7Day, 1.0)];
    assert!(matches!(Artefact::new(twice), Err(ArtefactError::Importance { .. })));
}

#[test]
fn a_version_that_is_not_its_own_is_found() {
    let text = String::from_utf8(file()).unwrap();
    let version = Artefact::parse(text.as_bytes()).unwrap().version().to_owned();
    let other = text.replacen(&version, "m20270101-0123456789ab", 1);
    let error = refused(other.as_bytes());
    assert!(error.to_string().contains("under the name \"m20270101-0123456789ab\""), "{error}");
}
