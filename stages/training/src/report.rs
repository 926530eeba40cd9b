//! What is measured of a model on the validation side, beside the rules and the challenger on the same rows.

use std::collections::BTreeMap;

use mindmate_contracts::training_set::Manifest;
use mindmate_domain::Policy;
use mindmate_evaluation::card::Card;
use mindmate_evaluation::report::TOP_TENTH;
use mindmate_evaluation::scores::Ladder;
use mindmate_evaluation::{
    Bootstrap, Difference, Judge, Measured, Report, Samples, Scores, ScoresError,
};
use mindmate_model::odds::logistic;
use mindmate_model::{Contents, Ensemble, RuleScorer};
use serde::Serialize;
use serde_json::Value;

use crate::challenger::Challenger;
use crate::rows::Rows;

/// How the model is called in what is measured of it. Its version follows from that, among other things, so it cannot be in it.
const MODEL: &str = "model";

/// How the challenger is.
pub const CHALLENGER: &str = "challenger";

/// The thresholds at which alerts are told of: where more than a greeting begins, and the tenth of all rows that gates look at.
const ALERTS_AT: [&str; 2] = ["moderate", TOP_TENTH];

/// What was measured.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Findings {
    /// Of the model.
    #[serde(flatten)]
    pub report: Report,
    /// The model less the rules, and less the challenger.
    pub differences: Vec<Difference>,
}

/// Who judges, and by what.
#[derive(Clone, Copy)]
pub struct Bench<'a> {
    /// The validation side.
    pub samples: &'a Samples,
    /// What scores whom the model cannot.
    pub rules: &'a RuleScorer,
    /// Whose bounds alerts are told at.
    pub policy: &'a Policy,
    /// How people are drawn for intervals.
    pub bootstrap: Bootstrap,
}

impl Bench<'_> {
    /// Measures a model and its challenger.
    ///
    /// # Errors
    /// Where one comes to no number.
    pub fn judge(
        &self,
        model: &Ensemble,
        challenger: &Challenger,
    ) -> Result<Findings, ScoresError> {
        let ladder = Ladder { model, below: Some(self.rules) };
        let scores = Scores { version: MODEL.to_owned(), ..Scores::of(ladder, self.samples)? };
        let rules = Scores::of(Ladder { model: self.rules, below: None }, self.samples)?;
        let rows = Rows::of(self.samples);
        let of_challenger: Vec<f64> =
            rows.iter().map(|row| logistic(challenger.log_odds(row))).collect();
        let challenger = Scores::given(CHALLENGER, &of_challenger, self.samples)?;
        let judge = Judge {
            samples: self.samples,
            levels: self.policy.levels,
            bootstrap: self.bootstrap,
            step: &|| {},
        };
        let (report, differences) = judge.compare(&scores, [&rules, &challenger]);
        Ok(Findings { report, differences: differences.into() })
    }
}

impl Findings {
    /// The model card.
    pub fn card(&self, manifest: &Manifest, contents: &Contents) -> String {
        let card = Card {
            manifest,
            training: &contents.training,
            members: &contents.members,
            calibration: contents.calibration,
            operating_point: contents.operating_point,
            hyperparameters: &contents.hyperparameters,
            importance: &contents.importance,
            report: &self.report,
            differences: &self.differences,
        };
        card.markdown()
    }

    /// A line for each number, as `MetricDefinitions` of a training job read them: `validation:auroc=0.81;`, and of alerts
    /// `validation:topTenth:recall=0.72;`. What is undefined has no line.
    pub fn lines(&self) -> Vec<String> {
        let overall = lines("validation", &self.report.overall);
        let told = self.report.thresholds.iter().filter(|at| ALERTS_AT.contains(&at.name.as_str()));
        let alerts = told.flat_map(|at| lines(&format!("validation:{}", at.name), &at.measures));
        overall.into_iter().chain(alerts).collect()
    }
}

fn lines(prefix: &str, measures: &BTreeMap<impl Serialize, Measured>) -> Vec<String> {
    let line = |(name_of, found): (_, &Measured)| {
        found.value.map(|value| format!("{prefix}:{}={value:.6};", name(name_of)))
    };
    measures.iter().filter_map(line).collect()
}

/// As in JSON, such as `logLoss`.
fn name(metric: &impl Serialize) -> String {
    match serde_json::to_value(metric) {
        Ok(Value::String(name)) => name,
        _ => String::new(),
    }
}
