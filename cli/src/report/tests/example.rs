//! Made-up runs: of nobody, of one user, and of ten thousand.

use std::collections::BTreeMap;
use std::time::Duration;

use mindmate_domain::intervention::{InterventionType, WithheldReason};
use mindmate_domain::quality::Defect;
use mindmate_domain::run::Run;
use mindmate_domain::{AsOf, Feature, RiskLevel, RunId, StageName};
use mindmate_host::times::Times;
use mindmate_run_report::{Interventions, Ledger, SCORE_BINS, Summary};

use crate::marks::Origin;
use crate::report::{PageInput, page};

fn as_of() -> AsOf {
    "2026-11-22T06:00:00Z".parse().unwrap()
}

fn run() -> Run {
    Run {
        id: RunId::daily(as_of()),
        as_of: as_of(),
        shards: 16,
        historical: false,
        started_at: "2026-11-22T06:00:03Z".parse().unwrap(),
        completed_at: Some("2026-11-22T06:00:21Z".parse().unwrap()),
    }
}

pub(super) fn of_nobody() -> Summary {
    Summary {
        run_id: RunId::daily(as_of()),
        as_of: as_of(),
        historical: false,
        ledger: Ledger::default(),
        levels: RiskLevel::ALL.into_iter().map(|level| (level.name().to_owned(), 0)).collect(),
        average_score: None,
        score_histogram: vec![0; SCORE_BINS],
        methods: BTreeMap::new(),
        models: BTreeMap::new(),
        interventions: Interventions::default(),
        missing_features: BTreeMap::new(),
        data_quality: BTreeMap::new(),
        stages: BTreeMap::new(),
    }
}

pub(super) fn of_one() -> Summary {
    let mut summary = of_nobody();
    summary.ledger = Ledger { enqueued: 1, assessed: 1, ..Ledger::default() };
    summary.levels.insert("unknown".into(), 1);
    summary.methods.insert("unknown".into(), 1);
    summary.missing_features = Feature::ALL.into_iter().map(|feature| (feature, 1)).collect();
    summary
}

pub(super) fn counts<const N: usize>(pairs: [(&str, u64); N]) -> BTreeMap<String, u64> {
    pairs.into_iter().map(|(name, count)| (name.to_owned(), count)).collect()
}

pub(super) fn of_many() -> Summary {
    let mut summary = of_nobody();
    summary.ledger =
        Ledger { enqueued: 10_000, assessed: 9_868, skipped: 121, dead_lettered: 11, missing: 0 };
    summary.levels = counts([
        ("unknown", 214),
        ("minimal", 5_310),
        ("low", 2_702),
        ("moderate", 1_198),
        ("high", 401),
        ("critical", 43),
    ]);
    summary.average_score = Some(0.2374);
    summary.score_histogram = vec![
        1900, 1702, 1601, 1204, 1001, 720, 480, 330, 220, 160, 101, 70, 48, 36, 25, 18, 12, 9, 5, 3,
    ];
    summary.methods = counts([("rules", 9_645), ("lastKnown", 9), ("unknown", 214)]);
    summary.interventions = Interventions {
        requested: 4_344,
        delivered: InterventionType::ALL
            .into_iter()
            .zip([43, 390, 1_100, 1_900])
            .map(|(kind, count)| (kind.name().to_owned(), count))
            .collect(),
        withheld: WithheldReason::ALL
            .into_iter()
            .zip([612, 280, 9, 6, 2])
            .map(|(reason, count)| (reason.name().to_owned(), count))
            .collect(),
        dead_lettered: 2,
        missing: 0,
    };
    summary.missing_features = Feature::ALL
        .into_iter()
        .filter(|feature| !(*feature as usize).is_multiple_of(3))
        .map(|feature| (feature, (feature as u64 * 7_919) % 9_868))
        .collect();
    summary.data_quality = [
        (Defect::MoodOutOfRange, 240),
        (Defect::UnreadableConsents, 3),
        (Defect::StaleSentiment, 1_022),
    ]
    .into();
    summary.stages = [
        (StageName::FeatureExtraction, counts([("skipped", 110), ("deadLettered", 8)])),
        (
            StageName::Scoring,
            counts([("completed", 9_868), ("skipped", 11), ("deadLettered", 3), ("sentOn", 4_344)]),
        ),
        (
            StageName::Intervention,
            counts([("completed", 3_433), ("skipped", 909), ("deadLettered", 2)]),
        ),
    ]
    .into();
    summary
}

fn timings() -> BTreeMap<StageName, Times> {
    let times = |deliveries, p50_us, p99_us, max_us| Times { deliveries, p50_us, p99_us, max_us };
    [
        (StageName::FanOut, times(16, 18_200, 44_100, 44_100)),
        (StageName::FeatureExtraction, times(10_004, 412, 2_210, 18_800)),
        (StageName::Scoring, times(9_882, 61, 240, 5_120)),
        (StageName::Intervention, times(4_344, 150, 890, 3_002_000)),
    ]
    .into()
}

pub(super) struct Page {
    pub(super) summary: Summary,
    pub(super) run: Run,
    pub(super) timings: BTreeMap<StageName, Times>,
    pub(super) elapsed: Option<Duration>,
}

impl Page {
    pub(super) fn of(summary: Summary) -> Self {
        Self {
            summary,
            run: run(),
            timings: timings(),
            elapsed: Some(Duration::from_millis(17_340)),
        }
    }

    pub(super) fn html(&self) -> String {
        page(&PageInput {
            summary: &self.summary,
            run: &self.run,
            timings: &self.timings,
            elapsed: self.elapsed,
            origin: Origin::Synthetic,
            model: "rules-1",
            policy: "policy-1",
            generated_at: "2026-11-22T06:05:00Z".parse().unwrap(),
        })
        .unwrap()
    }
}
