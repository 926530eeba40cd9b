//! What tests, the bench and the example fill a model with beside its trees.

use mindmate_domain::Feature;
use mindmate_domain::feature::{FEATURE_VERSION, schema_hash};
use mindmate_model::baseline::Baseline;
use mindmate_model::port::ALIASES;
use mindmate_model::{Contents, Member, OperatingPoint, Platt, TrainedOn};
use serde_json::json;

/// What a model looks at.
pub(crate) fn inputs() -> Vec<Feature> {
    Feature::ALL.into_iter().filter(|feature| !ALIASES.contains(feature)).collect()
}

/// The contents of a model of these members.
pub(crate) fn contents(members: Vec<Member>) -> Contents {
    let inputs = inputs();
    Contents {
        feature_version: FEATURE_VERSION,
        feature_schema_sha256: schema_hash(),
        label_version: 1,
        members,
        calibration: Platt { slope: 1.25, intercept: -0.5 },
        operating_point: OperatingPoint::NONE,
        baseline: inputs.iter().map(|_| Baseline::of(&[1.0, 2.0, f64::NAN])).collect(),
        training: TrainedOn {
            manifest_sha256: "ab".repeat(32),
            until: "2026-06-01T06:00:00Z".parse().expect("an instant"),
            cut: "2026-03-01T06:00:00Z".parse().expect("an instant"),
            users: 100,
            samples: 2_000,
            crises: 150,
            key_id: "0123456789abcdef".to_owned(),
            synthetic: true,
            seed: 7,
            code: "0.1.0".to_owned(),
        },
        hyperparameters: json!({"trees": 2}),
        metrics: json!({"auroc": 0.8}),
        importance: vec![(inputs[0], 3.0), (inputs[3], 1.0)],
        card: "# Model card\n\nTrained on invented people.\n".to_owned(),
        inputs,
    }
}
