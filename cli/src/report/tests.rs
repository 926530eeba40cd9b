use std::collections::BTreeSet;

use mindmate_domain::intervention::{InterventionType, WithheldReason};
use mindmate_domain::quality::Defect;
use mindmate_domain::{AsOf, Feature, RiskLevel, RunId};
use mindmate_run_report::{Interventions, Ledger, SCORE_BINS};

use super::*;

const HEADINGS: [&str; 10] = [
    "The ledger is closed",
    "Levels of risk",
    "Scores",
    "How levels were come to",
    "Calibration",
    "Interventions",
    "The way, stage by stage",
    "Timings",
    "Missing data",
    "Data quality",
];

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

fn of_nobody() -> Summary {
    Summary {
        run_id: RunId::daily(as_of()),
        as_of: as_of(),
        historical: false,
        ledger: Ledger::default(),
        levels: RiskLevel::ALL.into_iter().map(|level| (level.name().to_owned(), 0)).collect(),
        average_score: None,
        score_histogram: vec![0; SCORE_BINS],
        methods: BTreeMap::new(),
        interventions: Interventions::default(),
        missing_features: BTreeMap::new(),
        data_quality: BTreeMap::new(),
        stages: BTreeMap::new(),
    }
}

fn of_one() -> Summary {
    let mut summary = of_nobody();
    summary.ledger = Ledger { enqueued: 1, assessed: 1, ..Ledger::default() };
    summary.levels.insert("unknown".into(), 1);
    summary.methods.insert("unknown".into(), 1);
    summary.missing_features = Feature::ALL.into_iter().map(|feature| (feature, 1)).collect();
    summary
}

fn counts<const N: usize>(pairs: [(&str, u64); N]) -> BTreeMap<String, u64> {
    pairs.into_iter().map(|(name, count)| (name.to_owned(), count)).collect()
}

fn of_many() -> Summary {
    let mut summary = of_nobody();
    summary.ledger = Ledger {
        enqueued: 10_000,
        assessed: 9_868,
        skipped: 121,
        dead_lettered: 11,
        missing: 0,
    };
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
    summary.methods =
        counts([("rules", 9_645), ("lastKnown", 9), ("unknown", 214)]);
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

struct Page {
    summary: Summary,
    run: Run,
    timings: BTreeMap<StageName, Times>,
    elapsed: Option<Duration>,
}

impl Page {
    fn of(summary: Summary) -> Self {
        Self { summary, run: run(), timings: timings(), elapsed: Some(Duration::from_millis(17_340)) }
    }

    fn html(&self) -> String {
        page(&PageInput {
            summary: &self.summary,
            run: &self.run,
            timings: &self.timings,
            elapsed: self.elapsed,
            synthetic: true,
            model: "rules-1",
            policy: "policy-1",
            generated_at: "2026-11-22T06:05:00Z".parse().unwrap(),
        })
        .unwrap()
    }
}

fn headings(page: &str) -> Vec<&str> {
    let after = page.split("<h2").skip(1);
    after.filter_map(|rest| rest.split_once('>')?.1.split_once('<')).map(|(title, _)| title).collect()
}

#[test]
fn every_section_is_there_whether_the_run_has_nobody_one_or_many() {
    for summary in [of_nobody(), of_one(), of_many()] {
        let html = Page::of(summary).html();
        let found = headings(&html);
        assert_eq!(found[..HEADINGS.len()], HEADINGS);
        assert_eq!(found[HEADINGS.len()..], ["What this is not"]);
    }
}

#[test]
fn the_page_loads_nothing_and_runs_nothing() {
    for summary in [of_nobody(), of_one(), of_many()] {
        let html = Page::of(summary).html();
        for load in ["http:", "https:", "src=", "<link", "<script", "@import", "url(", "href="] {
            assert!(!html.contains(load), "the page holds {load}");
        }
        assert!(html.contains("default-src &#39;none&#39;") || html.contains("default-src 'none'"));
    }
}

#[test]
fn a_hostile_run_id_is_text() {
    let mut summary = of_one();
    summary.run_id = RunId::named("</title><script>alert(1)</script>\"><img src=x onerror=1>");
    let html = Page::of(summary).html();
    assert!(!html.contains("<script") && !html.contains("<img"));
    assert_eq!(html.matches("&lt;script&gt;alert(1)").count(), 2, "in the title and the heading");
}

#[test]
fn an_unknown_level_is_shown_as_its_own() {
    let html = Page::of(of_one()).html();
    assert!(html.contains("Minimal 0, Low 0, Moderate 0, High 0, Critical 0, Unknown 1."));
}

#[test]
fn a_closed_ledger_is_said_in_words() {
    let html = Page::of(of_many()).html();
    assert!(html.contains("<b>10,000</b> enqueued = <b>9,868</b> assessed"));
    assert!(html.contains("None is missing."));
}

#[test]
fn an_open_ledger_says_how_many_are_missing() {
    let mut summary = of_many();
    summary.ledger.assessed -= 70;
    summary.ledger.missing = 70;
    summary.interventions.missing = 1;
    let html = Page::of(summary).html();
    assert_eq!(headings(&html)[0], "The ledger is open");
    assert!(html.contains("what became of 70 requests and 1 intervention."));
}

#[test]
fn a_ledger_that_does_not_add_up_or_is_not_noted_as_completed_is_open() {
    let mut differs = Page::of(of_many());
    differs.summary.ledger.assessed += 1;
    assert_eq!(headings(&differs.html())[0], "The ledger is open");
    let mut unpaged = Page::of(of_many());
    unpaged.run.completed_at = None;
    let html = unpaged.html();
    assert_eq!(headings(&html)[0], "The ledger is open");
    assert!(html.contains("may not be paged to its end"));
}

#[test]
fn a_run_without_timings_says_so() {
    let mut page = Page::of(of_many());
    page.timings = BTreeMap::new();
    page.elapsed = None;
    let html = page.html();
    assert!(html.contains("Nobody measured how long deliveries took."));
    assert!(!html.contains("users a second"));
}

#[test]
fn a_run_that_took_no_time_has_no_rate() {
    let mut page = Page::of(of_one());
    page.elapsed = Some(Duration::ZERO);
    assert!(!page.html().contains("users a second"));
}

#[test]
fn calibration_is_not_claimed_with_or_without_a_model() {
    assert!(Page::of(of_many()).html().contains("There is no trained model yet"));
    let mut summary = of_many();
    summary.methods = counts([("model", 9_000)]);
    let html = Page::of(summary).html();
    assert!(html.contains("This report holds no calibration."));
    assert!(!html.contains("There is no trained model yet"));
}

#[test]
fn what_has_no_label_is_still_counted() {
    let mut summary = of_many();
    summary.interventions.withheld.insert("brandNewReason".into(), 7);
    assert!(Page::of(summary).html().contains("brandNewReason 7"));
}

#[test]
fn small_sums_are_marked_as_telling() {
    assert!(Page::of(of_one()).html().contains("only 1 user was assessed"));
    let many = Page::of(of_many()).html();
    assert!(many.contains("share it with care") && !many.contains("assessed: sums as small"));
}

/// Every chart's colour has a name in the style sheet, and so one for the dark.
#[test]
fn every_colour_of_a_chart_has_one_for_the_dark() {
    let html = Page::of(of_many()).html();
    let drawn = html.split_once("</style>").unwrap().1;
    let mut colours = BTreeSet::new();
    for attribute in ["fill=\"#", "stroke=\"#"] {
        for rest in drawn.split(attribute).skip(1) {
            colours.insert(format!("[{attribute}{}\"]", &rest[..6]));
        }
    }
    assert!(colours.len() > 6, "{colours:?}");
    for colour in colours {
        assert!(STYLE.contains(&colour), "{colour} has no rule");
    }
}

#[test]
fn every_chart_is_put_into_words() {
    let html = Page::of(of_many()).html();
    let charts = html.matches("<svg").count();
    assert!(charts >= 10);
    assert_eq!(html.matches("role=\"img\" aria-label=\"").count(), charts);
}

#[test]
fn numbers_read_as_a_person_writes_them() {
    assert_eq!([0, 999, 1_000, 1_234_567].map(words::count), ["0", "999", "1,000", "1,234,567"]);
    assert_eq!(words::percent(1, 10_000), "<0.1%");
    assert_eq!(words::percent(9_999, 10_000), ">99.9%");
    assert_eq!(words::percent(0, 0), "0.0%");
    let times = [0, 840, 1_000, 12_340, 1_200_000, 120_000_000].map(words::micros);
    assert_eq!(times, ["0 µs", "840 µs", "1 ms", "12.3 ms", "1.2 s", "2 min"]);
    assert_eq!(words::rate(9_999, Duration::from_secs(2)).unwrap(), "5,000");
    assert_eq!(words::rate(1, Duration::from_secs(2)).unwrap(), "0.5");
}

//TMP
#[test]
fn tmp_write() {
    for (name, summary) in [("nobody", of_nobody()), ("one", of_one()), ("many", of_many())] {
        let mut page = Page::of(summary);
        page.summary.historical = name == "many";
        if name == "one" { page.run.completed_at = None; page.summary.ledger.missing = 0; page.timings = BTreeMap::new(); page.elapsed = None; }
        std::fs::write(format!("/tmp/report-{name}.html"), page.html()).unwrap();
    }
}
