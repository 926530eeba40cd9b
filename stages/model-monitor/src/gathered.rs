//! What is gathered of assessments before they are judged.

use std::collections::BTreeMap;

use mindmate_domain::{Assessment, FeatureVector, RiskLevel};
use mindmate_model::baseline::Histogram;
use serde::{Deserialize, Serialize};

use crate::serving::Serving;

/// What is gathered. Sums do not grow with people; a judged assessment takes 16 bytes.
#[derive(Debug, Clone, PartialEq)]
pub struct Gathered {
    /// Score, whether a crisis followed, and whose.
    pub(crate) judged: Vec<(f64, bool, u32)>,
    /// What was not judged, and why.
    pub(crate) left_out: LeftOut,
    /// The latest assessments.
    pub(crate) recent: Recent,
    /// Of their features, in the order of the model's inputs.
    pub(crate) histograms: Vec<Histogram>,
}

/// What was not judged, and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LeftOut {
    /// People who do not consent to scoring and training.
    pub without_consent: u64,
    /// Assessments whose score is of something else: an earlier model, the rung below, or nobody.
    pub by_another: u64,
    /// Assessments whose weeks the model learned from.
    pub learned_from: u64,
    /// Weeks in which nothing was seen that could have said anything.
    pub unseen: u64,
    /// Weeks whose texts could not be read.
    pub unread: u64,
}

/// The latest assessments: one of everybody.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Recent {
    /// How many.
    pub assessments: u64,
    /// By level, floors included.
    pub levels: BTreeMap<String, u64>,
    /// By what scored them.
    pub methods: BTreeMap<String, u64>,
    /// Of people who are invented.
    pub invented: u64,
}

impl Gathered {
    /// Nothing yet, of what serves.
    pub fn new(serving: &Serving) -> Self {
        let levels = RiskLevel::ALL.map(|level| (level.name().to_owned(), 0));
        let inputs = serving.trained.iter().flat_map(|trained| &trained.inputs);
        Self {
            judged: Vec::new(),
            left_out: LeftOut::default(),
            recent: Recent { levels: levels.into(), ..Recent::default() },
            histograms: inputs.map(|(_, baseline)| baseline.empty()).collect(),
        }
    }

    /// One more score (0 to 1) whose week has passed; `user` is the same number for all of a person's.
    pub fn judge(&mut self, score: f64, crisis: bool, user: u32) {
        self.judged.push((score, crisis, user));
    }

    /// One more of the latest assessments.
    pub fn see(&mut self, serving: &Serving, assessment: &Assessment) {
        let recent = &mut self.recent;
        recent.assessments += 1;
        recent.invented += u64::from(assessment.user.is_synthetic());
        *recent.levels.entry(assessment.level.name().to_owned()).or_default() += 1;
        *recent.methods.entry(assessment.method.name().to_owned()).or_default() += 1;
        self.count(serving, &assessment.features);
    }

    /// Counts the features of one more of the latest assessments, whoever scored it.
    pub fn count(&mut self, serving: &Serving, features: &FeatureVector) {
        let inputs = serving.trained.iter().flat_map(|trained| &trained.inputs);
        for ((feature, baseline), histogram) in inputs.zip(&mut self.histograms) {
            baseline.count(histogram, features.get(*feature).value().unwrap_or(f64::NAN));
        }
    }
}
