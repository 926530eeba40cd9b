//! `docs/FEATURES.md` says what the features are.

use std::fs;
use std::path::Path;

use mindmate_domain::Feature;

#[test]
fn every_feature_has_a_row_of_its_own_in_the_documentation() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/FEATURES.md");
    let text = fs::read_to_string(&path).expect("docs/FEATURES.md is part of the repository");
    let rows: Vec<_> = text
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split_once("` | "))
        .map(|(name, rest)| (name, rest.split(" | ").next().unwrap_or_default()))
        .collect();
    let expected: Vec<_> =
        Feature::ALL.iter().map(|feature| (feature.name(), feature.family().name())).collect();
    assert_eq!(rows, expected, "one row a feature, in input order, each with its family");
}
