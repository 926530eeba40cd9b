//! The estimate for people and for programs.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::Estimate;
use super::amount::Basis;
use super::bill::{SERVICES, SETUP_DOCUMENT, SETUP_DOCUMENT_USERS};
use super::data::By;
use crate::output::grouped;

pub(super) fn text(estimate: &Estimate) -> String {
    let mut out = format!(
        "{} users on AWS: about {} a month ({}, list prices, without free tiers)\n\n",
        grouped(estimate.users),
        dollars(estimate.bill.total()),
        estimate.prices.region,
    );
    services(estimate, &mut out);
    lines(estimate, &mut out);
    quotas(estimate, &mut out);
    out
}

fn services(estimate: &Estimate, out: &mut String) {
    let for_users = format!("setup document, {} users", grouped(SETUP_DOCUMENT_USERS));
    *out += &format!("  {:<12} {:>14}   {for_users:>28}\n", "service", "a month");
    for service in SERVICES {
        let usd = estimate.bill.of_service(service);
        let said = SETUP_DOCUMENT.iter().find(|(name, _)| *name == service);
        let said = said.map_or_else(|| "-".to_owned(), |(_, usd)| format!("~${usd:.0}"));
        *out += &format!("  {service:<12} {:>14}   {said:>28}\n", dollars(usd));
    }
    let said: f64 = SETUP_DOCUMENT.iter().map(|(_, usd)| usd).sum();
    let said = format!("~${said:.0}");
    *out += &format!("  {:<12} {:>14}   {said:>28}\n", "total", dollars(estimate.bill.total()));
}

fn lines(estimate: &Estimate, out: &mut String) {
    *out += "\nLine by line: a quantity is measured where all that is in it is; * the price was \
             not read in its source\n\n";
    for line in &estimate.bill.0 {
        let star = if line.price_verified || line.usd == 0.0 { " " } else { "*" };
        *out += &format!(
            "  {:<11} {:<18} {:>10}{star} {:<9} {} {}\n",
            line.service,
            line.what,
            dollars(line.usd),
            line.basis.word(),
            short(line.quantity),
            line.unit,
        );
    }
}

fn quotas(estimate: &Estimate, out: &mut String) {
    let minutes = estimate.assumed.wave_minutes;
    *out += &format!(
        "\nWhat binds first, where the daily run ends within {minutes} minutes (in brackets: who \
         sets it; + may be raised; ? was not read in its source)\n\n  \
         {:>7} {:>9} {:>9} {:>13}  of\n",
        "used", "needed", "limit", "users fit"
    );
    for one in &estimate.pressures {
        let by = if one.by == By::Aws { "AWS" } else { "ours" };
        let raised = if one.adjustable { "+" } else { "" };
        let unread = if one.limit_verified { "" } else { "?" };
        *out += &format!(
            "  {:>6}% {:>9} {:>9} {:>13}  {} [{by}{raised}{unread}], {}\n",
            short(one.share() * 100.0),
            short(one.needed),
            short(one.limit),
            short(one.users),
            one.what,
            one.unit,
        );
    }
    let modelled = estimate.pressures.iter().filter(|one| one.basis == Basis::Modelled).count();
    *out += &format!(
        "\n{modelled} of these {} needs are modelled: they hold guesses of how long calls take, or \
         of how people write.\nWhat is in them: cli/data/figures.toml, or --format json.\n",
        estimate.pressures.len()
    );
}

pub(super) fn json(estimate: &Estimate) -> Value {
    let services: BTreeMap<_, _> =
        SERVICES.iter().map(|name| (*name, cents(estimate.bill.of_service(name)))).collect();
    let setup: BTreeMap<_, _> = SETUP_DOCUMENT.into_iter().collect();
    let figures: BTreeMap<_, _> = estimate.figures.all().into_iter().collect();
    let prices: BTreeMap<_, _> = estimate.prices.all().into_iter().collect();
    let quotas: BTreeMap<_, _> = estimate.quotas.all().into_iter().collect();
    json!({
        "users": estimate.users,
        "region": estimate.prices.region,
        "usdAMonth": cents(estimate.bill.total()),
        "services": services,
        "lines": estimate.bill.0,
        "quotas": estimate.pressures,
        "waveMinutes": estimate.assumed.wave_minutes,
        "setupDocument": { "users": SETUP_DOCUMENT_USERS, "services": setup },
        "sources": {
            "figures": figures, "functions": estimate.figures.function,
            "prices": prices, "quotas": quotas,
        },
    })
}

fn cents(usd: f64) -> f64 {
    (usd * 100.0).round() / 100.0
}

/// To the cent below a hundred dollars, to the dollar above.
fn dollars(usd: f64) -> String {
    if usd < 100.0 { format!("${usd:.2}") } else { format!("${}", whole(usd)) }
}

/// Rounded to whole numbers, thousands apart.
pub(super) fn whole(number: f64) -> String {
    format!("{number:.0}").parse::<u64>().map_or_else(|_| format!("{number:.0}"), grouped)
}

/// Three digits, for a table: 4.21, 38.4, 1,380, 12.5 million.
fn short(number: f64) -> String {
    match number {
        n if !n.is_finite() => "any".to_owned(),
        n if n >= 1e9 => format!("{:.3} bn", n / 1e9),
        n if n >= 1e6 => format!("{:.2} M", n / 1e6),
        n if n >= 100.0 || n == 0.0 => whole(n),
        n if n >= 10.0 => format!("{n:.1}"),
        n if n >= 1.0 => format!("{n:.2}"),
        n => format!("{n:.3}"),
    }
}

#[cfg(test)]
mod tests {
    use super::{dollars, short};

    #[test]
    fn numbers_are_written_for_people() {
        for (number, words) in [
            (0.0, "0"),
            (0.0121, "0.012"),
            (4.214, "4.21"),
            (1_380.2, "1,380"),
            (12_500_000.0, "12.50 M"),
        ] {
            assert_eq!(short(number), words);
        }
        assert_eq!(short(f64::INFINITY), "any");
        assert_eq!((dollars(99.994), dollars(1_234.5)), ("$99.99".to_owned(), "$1,234".to_owned()));
    }
}
