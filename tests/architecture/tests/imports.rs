//! Dependencies point one way. This is the rule of `docs/ARCHITECTURE.md`, "Who may import whom",
//! read off `cargo metadata`: any other arrow fails.

#![expect(clippy::expect_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;

use cargo_metadata::{DependencyKind, MetadataCommand, Package};

const STAGES: [&str; 13] = [
    "activity-ingest",
    "orchestrator",
    "fan-out",
    "feature-extraction",
    "scoring",
    "intervention",
    "realtime-trigger",
    "run-report",
    "training",
    "training-data",
    "model-monitor",
    "model-promotion",
    "sentiment",
];

/// What a crate of `shared/` may import of ours.
fn allowed(name: &str) -> Option<&'static [&'static str]> {
    Some(match name {
        "domain" => &[],
        "contracts" | "language" | "crisis" | "model" | "cohort" => &["domain"],
        "features" => &["domain", "language", "crisis"],
        "evaluation" => &["domain", "contracts", "model"],
        "pipeline" => &["domain", "contracts"],
        "aws" | "embedded" | "testkit" => &["domain", "contracts", "pipeline"],
        "host" => &["domain", "contracts", "pipeline", "aws"],
        _ => return None,
    })
}

/// What a stage may import of ours: never another stage, never an adapter. The host is for its
/// binary alone: a test reads the library.
const FOR_STAGES: &[&str] = &[
    "domain",
    "contracts",
    "features",
    "language",
    "crisis",
    "model",
    "evaluation",
    "pipeline",
    "host",
];

fn short(package: &str) -> Option<&str> {
    package.strip_prefix("mindmate-")
}

fn packages() -> Vec<Package> {
    let metadata = MetadataCommand::new().no_deps().exec().expect("cargo metadata runs");
    metadata.workspace_packages().into_iter().cloned().collect()
}

fn arrows(package: &Package, kinds: &[DependencyKind]) -> BTreeSet<String> {
    let ours = package.dependencies.iter().filter(|one| kinds.contains(&one.kind));
    ours.filter_map(|one| short(&one.name).map(str::to_owned)).collect()
}

#[test]
fn dependencies_point_one_way() {
    let mut seen = BTreeSet::new();
    for package in packages() {
        let name = short(&package.name).expect("every crate is named mindmate-…").to_owned();
        let may = match allowed(&name) {
            Some(may) => may,
            None if STAGES.contains(&name.as_str()) => FOR_STAGES,
            None if name == "cli" || name.ends_with("-tests") => continue,
            None => panic!("{name} has no place in the rule yet: add it here and in the document"),
        };
        for import in arrows(&package, &[DependencyKind::Normal, DependencyKind::Build]) {
            assert!(may.contains(&import.as_str()), "{name} may not import {import}");
        }
        seen.insert(name);
    }
    assert!(seen.len() >= 15, "the rule saw only {seen:?}");
}

#[test]
fn the_testkit_is_only_ever_a_dev_dependency() {
    // Crates of tests ship nothing, and their programs stand on the testkit as their tests do.
    for package in packages().iter().filter(|package| !package.name.ends_with("-tests")) {
        let kinds = [DependencyKind::Normal, DependencyKind::Build];
        let imports = arrows(package, &kinds);
        assert!(!imports.contains("testkit"), "{} ships the testkit", package.name);
    }
}

#[test]
fn crates_lie_where_their_names_say() {
    for package in packages() {
        let name = short(&package.name).expect("every crate is named mindmate-…").to_owned();
        let folder = package.manifest_path.parent().expect("a manifest lies in a folder");
        let top = folder.parent().and_then(|parent| parent.file_name());
        let expected = match name.as_str() {
            "cli" => None,
            name if name.ends_with("-tests") => Some("tests"),
            name if STAGES.contains(&name) => Some("stages"),
            _ => Some("shared"),
        };
        if let Some(expected) = expected {
            assert_eq!(top, Some(expected), "{name}");
        }
        assert!(name.starts_with(folder.file_name().unwrap_or_default()), "{name} in {folder}");
    }
}

/// A crate's dependencies are its library's and its binary's alike, so the sources are read.
#[test]
fn only_a_stages_binary_knows_the_host() {
    for package in packages() {
        let name = short(&package.name).expect("every crate is named mindmate-…");
        if !STAGES.contains(&name) {
            continue;
        }
        let folder = package.manifest_path.parent().expect("a manifest lies in a folder");
        for file in sources(folder.join("src").as_std_path()) {
            let text = std::fs::read_to_string(&file).expect("a source can be read");
            let is_binary = file.file_name().is_some_and(|name| name == "main.rs")
                || file.parent().is_some_and(|folder| folder.ends_with("src/bin"));
            let knows = text.contains("mindmate_host");
            assert!(is_binary || !knows, "{} knows the host", file.display());
        }
    }
}

/// All files in a folder and the folders in it.
fn sources(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    let entries = std::fs::read_dir(folder).expect("a folder can be read");
    let paths = entries.map(|entry| entry.expect("an entry can be read").path());
    let (folders, files): (Vec<_>, Vec<_>) = paths.partition(|path| path.is_dir());
    files.into_iter().chain(folders.iter().flat_map(|folder| sources(folder))).collect()
}
