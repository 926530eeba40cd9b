mod example;

use std::collections::BTreeSet;

use mindmate_domain::RunId;

use self::example::{Page, counts, of_many, of_nobody, of_one};
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

fn headings(page: &str) -> Vec<&str> {
    let after = page.split("<h2").skip(1);
    after
        .filter_map(|rest| rest.split_once('>')?.1.split_once('<'))
        .map(|(title, _)| title)
        .collect()
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
        assert!(html.contains("default-src 'none'"));
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
fn a_resumed_run_has_the_rate_of_its_last_part() {
    let mut page = Page::of(of_many());
    page.elapsed = Some(Duration::from_secs(10));
    assert!(page.html().contains("<dt>users a second</dt><dd>1,000</dd>"));
    page.timings.get_mut(&StageName::FeatureExtraction).unwrap().deliveries = 2_000;
    assert!(page.html().contains("<dt>users a second</dt><dd>200</dd>"));
}

#[test]
fn calibration_is_not_claimed_with_or_without_a_model() {
    assert!(Page::of(of_many()).html().contains("No trained model scored anybody"));
    let mut summary = of_many();
    summary.methods = counts([("model", 9_000)]);
    let html = Page::of(summary).html();
    assert!(html.contains("This report holds no calibration."));
    assert!(!html.contains("No trained model scored anybody"));
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
