//! The summary of a run (R5.4): what administrators are told. It names nobody.

use std::collections::BTreeMap;

use mindmate_domain::intervention::{InterventionType, WithheldReason};
use mindmate_domain::quality::Defect;
use mindmate_domain::run::Run;
use mindmate_domain::{AsOf, Assessment, Feature, RiskLevel, RiskScore, RunId, StageName};
use mindmate_pipeline::ports::{MarkKind, Tally};
use serde::{Deserialize, Serialize};

/// Bins of the histogram of scores, each 0.05 wide; the last one includes 1.
pub const SCORE_BINS: usize = 20;

/// What a run came to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Summary {
    /// Which run.
    pub run_id: RunId,
    /// The instant that its assessments look back from.
    pub as_of: AsOf,
    /// Whether its `asOf` was already past due when it was started.
    pub historical: bool,
    /// What became of the requests. The books are closed when none is missing.
    pub ledger: Ledger,
    /// Assessed users by level, all six levels.
    pub levels: BTreeMap<String, u64>,
    /// Mean of the scores of the assessed users who have one; 0 to 1.
    pub average_score: Option<f64>,
    /// How many assessed users have a score in each of [`SCORE_BINS`] bins of equal width.
    pub score_histogram: Vec<u64>,
    /// Assessed users by how their level was come to.
    pub methods: BTreeMap<String, u64>,
    /// Assessed users by the version of the model, or of the rules, that scored them.
    #[serde(default)]
    pub models: BTreeMap<String, u64>,
    /// What became of the interventions.
    pub interventions: Interventions,
    /// By feature, how many assessed users had no value.
    pub missing_features: BTreeMap<Feature, u64>,
    /// By defect, how many items or attributes were left out.
    pub data_quality: BTreeMap<Defect, u64>,
    /// By stage and mark, how many requests have it.
    pub stages: BTreeMap<StageName, BTreeMap<String, u64>>,
}

/// What became of the requests: each is counted in one place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Ledger {
    /// How many the stored pages hold.
    pub enqueued: u64,
    /// Have an assessment.
    pub assessed: u64,
    /// Were left, for a reason.
    pub skipped: u64,
    /// Were given up.
    pub dead_lettered: u64,
    /// Nobody has said what became of them.
    pub missing: u64,
}

/// What became of the interventions.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Interventions {
    /// How many were asked for.
    pub requested: u64,
    /// In the chat, by type.
    pub delivered: BTreeMap<String, u64>,
    /// Not sent, by reason.
    pub withheld: BTreeMap<String, u64>,
    /// Given up.
    pub dead_lettered: u64,
    /// Asked for, and nobody has said what became of them.
    pub missing: u64,
}

/// Adds up a run, assessment by assessment, without keeping any.
pub(crate) struct Sums {
    summary: Summary,
    scored: u64,
    score_total: f64,
}

impl Sums {
    /// What the ledger knows.
    pub(crate) fn new(run: &Run, tally: &Tally) -> Self {
        let none = RiskLevel::ALL.into_iter().map(|level| (level.name().to_owned(), 0));
        let summary = Summary {
            run_id: run.id.clone(),
            as_of: run.as_of,
            historical: run.historical,
            ledger: ledger(tally),
            levels: none.collect(),
            average_score: None,
            score_histogram: vec![0; SCORE_BINS],
            methods: BTreeMap::new(),
            models: BTreeMap::new(),
            interventions: interventions(tally),
            missing_features: BTreeMap::new(),
            data_quality: BTreeMap::new(),
            stages: stages(tally),
        };
        Self { summary, scored: 0, score_total: 0.0 }
    }

    /// Adds the assessment of one user.
    pub(crate) fn add(&mut self, assessment: &Assessment) {
        let Summary { levels, methods, models, missing_features, data_quality, .. } =
            &mut self.summary;
        *levels.entry(assessment.level.name().to_owned()).or_default() += 1;
        *methods.entry(assessment.method.name().to_owned()).or_default() += 1;
        if let Some(model) = &assessment.model_version {
            *models.entry(model.clone()).or_default() += 1;
        }
        for feature in assessment.features.missing().into_keys() {
            *missing_features.entry(feature).or_default() += 1;
        }
        for (defect, count) in assessment.data_quality.iter() {
            *data_quality.entry(defect).or_default() += count;
        }
        if let Some(score) = assessment.score {
            self.summary.score_histogram[bin(score)] += 1;
            self.scored += 1;
            self.score_total += score.for_operator();
        }
    }

    /// The summary.
    pub(crate) fn finish(mut self) -> Summary {
        if self.scored > 0 {
            self.summary.average_score = Some(self.score_total / self.scored as f64);
        }
        self.summary
    }
}

/// The bin of a score; 1 itself belongs to the last one.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a score lies from 0 to 1, so that the product lies from 0 to the number of bins"
)]
fn bin(score: RiskScore) -> usize {
    ((score.for_operator() * SCORE_BINS as f64) as usize).min(SCORE_BINS - 1)
}

fn ledger(tally: &Tally) -> Ledger {
    let mut ledger = Ledger { enqueued: tally.enqueued(), ..Ledger::default() };
    for shard in &tally.shards {
        let fates = shard.fates();
        ledger.assessed += fates.assessed.count();
        ledger.skipped += fates.skipped.count();
        ledger.dead_lettered += fates.dead_lettered.count();
        ledger.missing += shard.missing().len() as u64;
    }
    ledger
}

/// Each request is counted once: a replay may have withheld what was delivered later, or have
/// withheld it for another reason than before.
fn interventions(tally: &Tally) -> Interventions {
    let mut sums = Interventions {
        requested: tally.count(StageName::Scoring, &MarkKind::sent_on()),
        ..Interventions::default()
    };
    for shard in &tally.shards {
        let fates = shard.interventions();
        let at_intervention = |kind| shard.of(StageName::Intervention, &kind);
        for kind in InterventionType::ALL {
            let delivered = at_intervention(MarkKind::delivered(kind));
            *sums.delivered.entry(kind.name().to_owned()).or_default() += delivered.count();
        }
        let mut counted = fates.assessed;
        for reason in WithheldReason::ALL {
            let withheld = at_intervention(MarkKind::withheld(reason)).minus(&counted);
            *sums.withheld.entry(reason.name().to_owned()).or_default() += withheld.count();
            counted = counted.union(&withheld);
        }
        sums.dead_lettered += fates.dead_lettered.count();
        sums.missing += shard.missing_interventions().len() as u64;
    }
    sums
}

fn stages(tally: &Tally) -> BTreeMap<StageName, BTreeMap<String, u64>> {
    let mut stages: BTreeMap<StageName, BTreeMap<String, u64>> = BTreeMap::new();
    for shard in &tally.shards {
        for ((stage, kind), bits) in &shard.marks {
            let marks = stages.entry(*stage).or_default();
            *marks.entry(kind.name().to_owned()).or_default() += bits.count();
        }
    }
    stages
}
