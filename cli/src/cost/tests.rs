//! The model against examples by hand, and what must hold whatever the numbers are.

use proptest::prelude::{Strategy, prop_assert, proptest};

use super::Estimate;
use super::amount::{Amount, Basis};
use super::bill::{SERVICES, SETUP_DOCUMENT};
use super::data::Figures;
use super::demand::{Assumptions, DAYS, Demand};
use super::pressure::Pressure;
use super::show::{self, whole};

fn assumed() -> Assumptions {
    Assumptions { wave_minutes: 30.0, ..Assumptions::default() }
}

fn estimate(users: u64, assumed: Assumptions) -> Estimate {
    Estimate::of(users, "us-east-1", assumed).unwrap()
}

fn of(estimate: &Estimate, service: &str, what: &str) -> super::bill::Line {
    let found = estimate.bill.0.iter().find(|line| (line.service, line.what) == (service, what));
    found.unwrap().clone()
}

fn close_to(found: f64, expected: f64) {
    assert!((found - expected).abs() <= expected.abs() * 1e-9, "{found}, expected {expected}");
}

/// By hand: 10,000 users × 1 text × 30.4167 days × 3 units × $0.0001.
#[test]
fn ten_thousand_texts_a_day_cost_ninety_one_dollars_of_comprehend() {
    let one_text = Assumptions { texts_a_day: Some(1.0), ..assumed() };
    let line = of(&estimate(10_000, one_text), "Comprehend", "sentiments");
    close_to(line.quantity, 10_000.0 * DAYS * 3.0);
    close_to(line.usd, 91.25);
    assert!(line.price_verified);
}

/// By hand: 912.5 million units: 10 at $100 a million, 40 at $50, 862.5 at $25.
#[test]
fn a_million_users_reach_the_tiers_whose_prices_could_not_be_read() {
    let ten = Assumptions { texts_a_day: Some(10.0), ..assumed() };
    let line = of(&estimate(1_000_000, ten), "Comprehend", "sentiments");
    close_to(line.usd, 1_000.0 + 2_000.0 + 862.5 * 25.0);
    assert!(!line.price_verified);
}

/// By hand: two streams for 730 hours at $0.04.
#[test]
fn two_streams_cost_fifty_eight_dollars_before_anybody_comes() {
    close_to(of(&estimate(1, assumed()), "Kinesis", "streams").usd, 58.4);
}

/// By hand, without what comes in real time: 1,000 requests a day, each of 8.569 read units and
/// 12.934 + 7.967 − 6 more.
#[test]
fn a_request_reads_its_history_and_the_rest_by_the_smallest_unit() {
    let quiet = Assumptions {
        active_share: Some(1.0),
        texts_a_day: Some(0.0),
        moods_a_day: Some(0.0),
        sessions_a_day: Some(0.0),
        ..assumed()
    };
    let line = of(&estimate(1_000, quiet), "DynamoDB", "reads, daily");
    close_to(line.quantity, 1_000.0 * 23.47 * DAYS);
    // Somebody said how many there are; without that it is measured.
    assert_eq!(line.basis, Basis::Modelled);
    let asked = estimate(1_000, assumed());
    assert_eq!(of(&asked, "DynamoDB", "reads, daily").basis, Basis::Measured);
    assert_eq!(of(&asked, "DynamoDB", "reads, real time").basis, Basis::Modelled);
}

/// By hand: of 365 days an app has 365/35 of the 8.569 units that 35 days take, scanned by half, and a tenth of the
/// users is read whole.
#[test]
fn the_watch_of_the_model_reads_what_everybody_wrote_once_a_day() {
    let line = of(&estimate(1_000, assumed()), "DynamoDB", "reads, watch of the model");
    close_to(line.quantity, 1_000.0 * 8.569 * 365.0 / 35.0 * 0.6 * DAYS);
    assert_eq!(line.basis, Basis::Modelled);
}

/// Quotas by hand: 1,000 users of whom all are asked for within 1,000 s are one a second.
#[test]
fn a_ledger_writes_as_many_units_a_second_as_outcomes_come_in_the_wave() {
    let all = Assumptions { active_share: Some(1.0), wave_minutes: 1_000.0 / 60.0, ..assumed() };
    let estimate = estimate(1_000, all);
    let found = estimate.pressures.iter().find(|one| one.what.contains("partition key")).unwrap();
    close_to(found.needed, 1.309 * 2.0);
    close_to(found.users, 1_000.0 * 1_000.0 / (1.309 * 2.0));
}

#[test]
fn what_binds_first_stands_first() {
    let estimate = estimate(1_000_000, assumed());
    assert!(estimate.pressures.windows(2).all(|pair| pair[0].users <= pair[1].users));
    let first = &estimate.pressures[0];
    assert_eq!(first.share() > 1.0, first.users < 1_000_000.0);
}

#[test]
fn the_local_analyser_leaves_comprehend_out_of_bill_and_quotas() {
    let estimate = estimate(10_000, Assumptions { local_sentiment: true, ..assumed() });
    close_to(estimate.bill.of_service("Comprehend"), 0.0);
    assert!(!estimate.pressures.iter().any(|one| one.what.contains("Comprehend")));
}

/// Rule 5: what holds an assumption is never called measured.
#[test]
fn the_weaker_of_two_numbers_counts() {
    let measured = Amount { value: 2.0, basis: Basis::Measured };
    assert_eq!((measured * Amount::given(3.0)).basis, Basis::Measured);
    assert_eq!((measured + Amount::modelled(0.0)).basis, Basis::Modelled);
    let figures = Figures::read().unwrap();
    let demand = Demand::of(10, &figures, &assumed());
    assert_eq!(demand.daily.basis, Basis::Measured);
    assert_eq!(demand.texts.basis, Basis::Modelled);
}

#[test]
fn the_table_has_the_setup_documents_figures_beside_ours() {
    let text = show::text(&estimate(10_000, assumed()));
    let said: f64 = SETUP_DOCUMENT.iter().map(|(_, usd)| usd).sum();
    close_to(said, 160.0);
    assert!(text.contains("~$160") && text.contains("10,000 users on AWS"), "{text}");
    for word in ["measured", "modelled", "binds first"] {
        assert!(text.contains(word), "{word}: {text}");
    }
}

#[test]
fn the_json_says_what_it_was_made_of() {
    let json = show::json(&estimate(10_000, assumed()));
    let prices = json["sources"]["prices"].as_object().unwrap();
    assert!(prices.values().all(|price| price["source"].is_string()));
    assert_eq!(json["sources"]["figures"]["calls_query"]["measured"], true);
    let lines: f64 =
        json["lines"].as_array().unwrap().iter().map(|one| one["usd"].as_f64().unwrap()).sum();
    assert!((json["usdAMonth"].as_f64().unwrap() - lines).abs() < 0.01);
}

fn anybody() -> impl Strategy<Value = Assumptions> {
    (0.0..=1.0_f64, 0.0..20.0_f64, 0.0..20.0_f64, 0.0..20.0_f64, 0.0..5.0_f64, 1.0..120.0_f64)
        .prop_map(|(active, texts, moods, sessions, drafts, minutes)| Assumptions {
            active_share: Some(active),
            texts_a_day: Some(texts),
            moods_a_day: Some(moods),
            sessions_a_day: Some(sessions),
            drafts_a_day: Some(drafts),
            training_hours: None,
            wave_minutes: minutes,
            local_sentiment: false,
        })
}

proptest! {
    /// Every line goes into a service, and every service into the total.
    #[test]
    fn the_services_sum_to_the_total(users in 1_u64..20_000_000, assumed in anybody()) {
        let bill = estimate(users, assumed).bill;
        let services: f64 = SERVICES.iter().map(|name| bill.of_service(name)).sum();
        prop_assert!((services - bill.total()).abs() <= 1e-9 * bill.total());
        prop_assert!(bill.0.iter().all(|line| line.usd.is_finite() && line.usd >= 0.0));
    }

    /// Line by line, not only in all.
    #[test]
    fn more_users_never_cost_less(
        users in 1_u64..5_000_000,
        more in 1_u64..5_000_000,
        assumed in anybody(),
    ) {
        let (few, many) = (estimate(users, assumed).bill, estimate(users + more, assumed).bill);
        for (few, many) in few.0.iter().zip(&many.0) {
            prop_assert!(many.usd >= few.usd * (1.0 - 1e-9), "{} {}", few.service, few.what);
        }
    }

    /// A shorter wave needs more of everything that the wave needs, so fewer users fit.
    #[test]
    fn a_longer_wave_fits_no_fewer_users(users in 1_u64..5_000_000, assumed in anybody()) {
        let longer = Assumptions { wave_minutes: assumed.wave_minutes * 2.0, ..assumed };
        let (short, long) = (estimate(users, assumed).pressures, estimate(users, longer).pressures);
        for one in &short {
            let is_same = |other: &&Pressure| {
                other.what == one.what && (other.limit - one.limit).abs() < 0.5
            };
            let same = long.iter().find(is_same).unwrap();
            prop_assert!(same.users >= one.users * (1.0 - 1e-9), "{}", one.what);
        }
    }
}

/// What the documents state is what the program says.
#[test]
fn the_totals_of_the_document_are_those_of_the_model() {
    let document = include_str!("../../../docs/COST.md");
    let [_, totals] = document.split("| **total** |").collect::<Vec<_>>()[..] else {
        panic!("expected one row of totals");
    };
    let totals = totals.lines().next().unwrap();
    for users in [10_000, 1_000_000, 10_000_000] {
        let total = whole(estimate(users, assumed()).bill.total());
        assert!(totals.contains(&format!("**{total}**")), "{users}: {total}, found {totals}");
    }
    let first = &estimate(1_000_000, assumed()).pressures[0].what;
    assert!(document.contains(first), "{first}");
}
