//! The program as it is called: here, and as a SageMaker job.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use mindmate_domain::Feature;
use mindmate_evaluation::Report;
use mindmate_model::Artefact;
use mindmate_training::Challenger;
use rustix::process::{Pid, Signal, kill_process};

use crate::invented::{Files, Spec};

/// Small, for what does not hang on size.
pub(crate) const SMALL: [&str; 4] = ["--set", "trees=10", "--set", "resamples=20"];

pub(crate) const SPEC: Spec = Spec { train_users: 80, validation_users: 40, seed: 5 };

pub(crate) fn train(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_train")).args(args).output().unwrap()
}

/// A folder with a set in it, and one for the model.
pub(crate) struct Folders {
    pub(crate) root: tempfile::TempDir,
}

impl Folders {
    pub(crate) fn with(files: &Files) -> Self {
        let folders = Self { root: tempfile::tempdir().unwrap() };
        files.put(&folders.data());
        folders
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.root.path().join("set")
    }

    pub(crate) fn out(&self) -> PathBuf {
        self.root.path().join("out")
    }

    pub(crate) fn train(&self, more: &[&str]) -> Output {
        let (data, out) = (self.data(), self.out());
        let places = ["--data", data.to_str().unwrap(), "--out", out.to_str().unwrap()];
        train(&[&places, &SMALL[..], more].concat())
    }

    pub(crate) fn model(&self) -> Vec<u8> {
        fs::read(self.out().join("model.json")).unwrap()
    }
}

pub(crate) fn words(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// R3.2, R3.4, R3.6
#[test]
fn a_set_becomes_a_model_with_its_measures_and_a_card() {
    let folders = Folders::with(&Files::of(SPEC));
    let output = folders.train(&[]);
    assert_eq!(output.status.code(), Some(0), "{}", words(&output));
    let artefact = Artefact::parse(&folders.model()).unwrap();
    assert!(artefact.version().starts_with("synthetic20260501-"), "{}", artefact.version());
    let contents = artefact.contents();
    let names: Vec<&str> = contents.members.iter().map(|one| one.name.as_str()).collect();
    assert_eq!(names, ["randomForest", "gradientBoosting"]);
    assert!(contents.members.iter().all(|one| one.trees.len() == 10));
    let (strongest, _) = contents.importance[0];
    assert_eq!(strongest, Feature::MoodMean7Day, "it decides most in these rows");
    assert_eq!(contents.training.samples, 800);
    assert!(contents.training.synthetic);
    let report: Report = serde_json::from_value(contents.metrics.clone()).unwrap();
    assert_eq!(report.rows.rows + report.unscored.rows, 400);
    assert!(contents.metrics["differences"].as_array().unwrap().len() == 2);
    assert!(contents.card.contains("Trained on invented people"));
    let challenger = fs::read(folders.out().join("challenger.json")).unwrap();
    Challenger::parse(&challenger).unwrap();
    assert!(words(&output).contains("nothing clinical"), "{}", words(&output));
}

/// What `MetricDefinitions` of a job take from its log: `validation:auroc=([0-9.-]+);`
#[test]
fn standard_output_has_a_measure_a_line_and_nothing_else() {
    let output = Folders::with(&Files::of(SPEC)).train(&[]);
    let text = String::from_utf8(output.stdout).unwrap();
    let read = |line: &str| -> Option<(String, f64)> {
        let (name, value) = line.strip_prefix("validation:")?.strip_suffix(';')?.split_once('=')?;
        Some((name.to_owned(), value.parse().ok()?))
    };
    let measures: Vec<(String, f64)> =
        text.lines().map(|line| read(line).unwrap_or_else(|| panic!("{line:?}"))).collect();
    for name in [
        "auroc",
        "auprc",
        "brier",
        "logLoss",
        "calibrationSlope",
        "moderate:precision",
        "topTenth:recall",
    ] {
        assert!(measures.iter().any(|(found, _)| found == name), "no {name} in {text}");
    }
    assert!(measures.iter().any(|(name, auroc)| name == "auroc" && *auroc > 0.6), "{text}");
}

/// No clock, no thread, no chance but the seed's.
#[test]
fn the_same_set_and_seed_give_the_same_bytes_on_any_number_of_threads() {
    let files = Files::of(SPEC);
    let trained = |more: &[&str]| {
        let folders = Folders::with(&files);
        let output = folders.train(more);
        assert_eq!(output.status.code(), Some(0), "{}", words(&output));
        (folders.model(), fs::read(folders.out().join("challenger.json")).unwrap())
    };
    let once = trained(&["--threads", "1"]);
    assert!(once == trained(&["--threads", "1"]), "twice the same");
    assert!(once == trained(&["--threads", "3"]), "on three threads");
    assert!(once.0 != trained(&["--seed", "8"]).0, "the seed is used");
}

/// Lays out what SageMaker mounts: channels, and hyperparameters as text.
fn sagemaker(root: &Path, files: &Files, hyperparameters: &str) {
    files.put(&root.join("input/data"));
    let manifest = root.join("input/data/manifest");
    fs::create_dir_all(&manifest).unwrap();
    fs::rename(root.join("input/data/manifest.json"), manifest.join("manifest.json")).unwrap();
    for folder in ["input/config", "model", "output"] {
        fs::create_dir_all(root.join(folder)).unwrap();
    }
    fs::write(root.join("input/config/hyperparameters.json"), hyperparameters).unwrap();
}

/// R3.1
#[test]
fn without_arguments_it_is_a_training_job() {
    let root = tempfile::tempdir().unwrap();
    sagemaker(root.path(), &Files::of(SPEC), r#"{"trees": "10", "resamples": "20", "seed": "7"}"#);
    let at = root.path().to_str().unwrap();
    let output = train(&["--root", at]);
    assert_eq!(output.status.code(), Some(0), "{}", words(&output));
    let folders = Folders::with(&Files::of(SPEC));
    folders.train(&[]);
    let model = fs::read(root.path().join("model/model.json")).unwrap();
    assert!(model == folders.model(), "here and there the same bytes");
    assert!(!root.path().join("output/failure").exists());
}

/// R3.7
#[test]
fn a_job_that_fails_writes_the_reason_where_sagemaker_looks_for_it() {
    let root = tempfile::tempdir().unwrap();
    sagemaker(root.path(), &Files::of(SPEC), r#"{"n_estimators": "200"}"#);
    let output = train(&["--root", root.path().to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(3));
    let reason = fs::read_to_string(root.path().join("output/failure")).unwrap();
    assert!(reason.starts_with("expected a hyperparameter (seed, trees"), "{reason}");
    assert_eq!(fs::read_dir(root.path().join("model")).unwrap().count(), 0);
    let nowhere = train(&["--root", "no-such-folder"]);
    assert_eq!(nowhere.status.code(), Some(3));
    assert!(words(&nowhere).contains("manifest.json"), "{}", words(&nowhere));
}

/// A spot instance that is taken away gets SIGTERM first.
#[test]
fn a_signal_stops_it_with_a_reason_and_the_earlier_model_stays() {
    let root = tempfile::tempdir().unwrap();
    sagemaker(root.path(), &Files::of(SPEC), r#"{"trees": "2000", "folds": "20"}"#);
    fs::write(root.path().join("model/model.json"), "the earlier one").unwrap();
    let mut child = Command::new(env!("CARGO_BIN_EXE_train"))
        .args(["--root", root.path().to_str().unwrap(), "--threads", "1"])
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // The first word on its progress: it is in the middle, and its handlers stand.
    let mut progress = std::io::BufReader::new(child.stderr.take().unwrap());
    std::io::BufRead::read_line(&mut progress, &mut String::new()).unwrap();
    let pid = Pid::from_child(&child);
    kill_process(pid, Signal::TERM).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(9));
    let reason = fs::read_to_string(root.path().join("output/failure")).unwrap();
    assert!(reason.contains("stopped by a signal"), "{reason}");
    let kept: Vec<_> = fs::read_dir(root.path().join("model")).unwrap().collect();
    assert_eq!(kept.len(), 1);
    let model = fs::read_to_string(root.path().join("model/model.json")).unwrap();
    assert_eq!(model, "the earlier one");
}

/// A disk that takes no more, played by a limit on the size of files.
#[test]
fn a_full_disk_leaves_the_earlier_model_and_says_what_to_do() {
    let folders = Folders::with(&Files::of(SPEC));
    folders.train(&[]);
    let earlier = folders.model();
    let script = r#"trap '' XFSZ; ulimit -f 8; exec "$0" "$@""#;
    let (data, out) = (folders.data(), folders.out());
    let places = ["--data", data.to_str().unwrap(), "--out", out.to_str().unwrap()];
    let output = Command::new("sh")
        .args(["-c", script, env!("CARGO_BIN_EXE_train")])
        .args(places)
        .args(SMALL)
        .args(["--seed", "8"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", words(&output));
    assert!(words(&output).contains("make room"), "{}", words(&output));
    assert!(folders.model() == earlier);
    for entry in fs::read_dir(folders.out()).unwrap() {
        let name = entry.unwrap().file_name();
        assert!(!name.to_string_lossy().starts_with('.'), "{name:?} is left");
    }
}

#[test]
fn help_teaches_every_hyperparameter_and_exit_code() {
    let output = train(&["--help"]);
    let text = String::from_utf8(output.stdout).unwrap();
    for known in mindmate_training::hyperparameters::KNOWN {
        assert!(text.contains(known.name), "{}", known.name);
    }
    assert!(text.contains("stopped by SIGTERM") && text.contains("[default: 200]"), "{text}");
    assert_eq!(train(&["--data", "x"]).status.code(), Some(2), "--out belongs to --data");
}
