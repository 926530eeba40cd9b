//! What a card must say, of whichever model.

use std::path::Path;

use mindmate_contracts::training_set::{Manifest, Side, header};
use mindmate_domain::{Feature, Policy, RiskLevel};
use mindmate_model::artefact::INVENTED;
use mindmate_model::{OperatingPoint, Platt, TrainedOn};
use mindmate_testkit::training_set::{manifest, row};

use super::{Card, SYNTHETIC};
use crate::bootstrap::Bootstrap;
use crate::judging::Judge;
use crate::scores::Scores;
use crate::set::TrainingSet;

/// The headings of TRIPOD+AI, Collins et al. 2024, table 2.
const HEADINGS: [&str; 34] = [
    "Abstract",
    "Introduction",
    "Background",
    "Objectives",
    "Methods",
    "Data",
    "Participants",
    "Data preparation",
    "Outcome",
    "Predictors",
    "Sample size",
    "Missing data",
    "Analytical methods",
    "Class imbalance",
    "Fairness",
    "Model output",
    "Training versus evaluation",
    "Ethical approval",
    "Open science",
    "Funding",
    "Conflicts of interest",
    "Protocol",
    "Registration",
    "Data sharing",
    "Code sharing",
    "Patient and public involvement",
    "Results",
    "Model development",
    "Model specification",
    "Model performance",
    "Model updating",
    "Discussion",
    "Interpretation",
    "Limitations",
];

fn card(change: impl FnOnce(&mut Manifest, &mut TrainedOn)) -> String {
    let mut file = header();
    for person in 0..40 {
        for day in [1, 8, 15] {
            let crisis = u8::from((person + day) % 3 == 0);
            let share = f64::from(crisis) / 2.0 + f64::from(person % 7) / 20.0;
            file += &row(&format!("{person}"), day, &crisis.to_string(), &share.to_string());
        }
    }
    let mut manifest = manifest(&file, &file);
    let mut training = TrainedOn {
        manifest_sha256: "abc".to_owned(),
        until: manifest.until,
        cut: manifest.cut,
        users: 80,
        samples: 240,
        crises: 77,
        key_id: "0".to_owned(),
        synthetic: true,
        seed: 7,
        code: "0".to_owned(),
    };
    change(&mut manifest, &mut training);
    let bytes = serde_json::to_vec(&manifest).unwrap();
    let set = TrainingSet::of(Path::new("."), &bytes).unwrap();
    let samples = set.parse(Side::Train, file.as_bytes()).unwrap();
    let judge = Judge {
        samples: &samples,
        levels: Policy::built_in().unwrap().levels,
        bootstrap: Bootstrap { resamples: 50, seed: 1 },
        step: &|| {},
    };
    let given: Vec<f64> = (0..samples.len()).map(|row| samples.row(row)[0]).collect();
    let scores = Scores::given("candidate", &given, &samples).unwrap();
    let flat = Scores::given("rules-1", &vec![0.5; samples.len()], &samples).unwrap();
    let (report, differences) = judge.compare(&scores, [&flat]);
    Card {
        manifest: &manifest,
        training: &training,
        members: &[],
        calibration: Platt { slope: 1.0, intercept: -0.25 },
        operating_point: OperatingPoint { shift: 2.5, level: RiskLevel::Moderate, share: 0.125 },
        hyperparameters: &serde_json::json!({ "numberOfTrees": 200 }),
        importance: &[(Feature::MoodInertia, 1.0), (Feature::CrisisKeywords, 3.0)],
        report: &report,
        differences: &differences,
    }
    .markdown()
}

#[test]
fn a_card_has_every_heading_of_tripod_ai() {
    let card = card(|_, _| {});
    for heading in HEADINGS.iter().chain(&["Usability of the model in the context of current care"])
    {
        let is_it =
            |line: &str| line.trim_start_matches('#').trim() == *heading && line.starts_with('#');
        assert!(card.lines().any(is_it), "{heading}");
    }
}

/// Results on invented people prove nothing clinical, and the card says so before anything else.
#[test]
fn a_card_of_invented_people_says_so_first() {
    // The same words as everywhere else, as a sentence.
    assert_eq!(SYNTHETIC.trim_end_matches('.').to_lowercase(), INVENTED);
    let synthetic = card(|_, _| {});
    let second = synthetic.lines().find(|line| !line.starts_with('#') && !line.is_empty()).unwrap();
    assert!(second.contains(SYNTHETIC), "{second}");
    let real = card(|manifest, training| {
        (manifest.synthetic, manifest.invented_users, training.synthetic) = (false, 0, false);
    });
    assert!(!real.contains(SYNTHETIC) && !real.contains("invented"));
    let mixed = card(|manifest, training| {
        (manifest.synthetic, manifest.invented_users, training.synthetic) = (false, 1, false);
    });
    assert!(mixed.contains("are invented.**"));
}

#[test]
fn a_card_has_what_was_found_with_intervals_and_counts() {
    let card = card(|_, _| {});
    for words in [
        "Trained on 240 weeks of 80 people",
        "120 weeks of 40 people, 40 with a crisis",
        "| crisis_keywords | 75.0% |",
        "    \"numberOfTrees\": 200",
        "| texts read | 120 | 40 | 40 |",
        "Less those of rules-1 on the same rows; higher AUROC in 100.0% of the resamples",
        "logit p = 1.0000 · margin -0.2500",
    ] {
        assert!(card.contains(words), "{words}\n{card}");
    }
    let auroc = card.lines().find(|line| line.starts_with("| AUROC |")).unwrap();
    assert!(auroc.contains(" (") && auroc.contains(" to "), "{auroc}");
    assert!(!card.contains("NaN"));
}
