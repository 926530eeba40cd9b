//! Makes a cohort and counts what is in it, keeping no user: `time` it to see the speed.
//!
//! `cargo run --release -p mindmate-cohort --example generate -- <users> <days> <seed>`

use mindmate_cohort::CohortSpec;
use mindmate_domain::app::AppItem;

/// The end of every cohort of this example: what is measured does not hang on the day.
const END: &str = "2026-11-22T06:00:00Z";

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let mut number = |or: u32| arguments.next().map_or(Ok(or), |text| text.parse());
    let (users, days, seed) = (number(1_000)?, number(60)?, number(1)?);
    let spec = CohortSpec::new(users, u16::try_from(days)?, seed.into(), END.parse()?)?;
    let (mut events, mut sentiments, mut crises) = (0_usize, 0_usize, 0_usize);
    for made in spec.users() {
        crises += made.truth.crises.len();
        for item in &made.items {
            match item {
                AppItem::Event(_) => events += 1,
                AppItem::Sentiment(_) => sentiments += 1,
                AppItem::Profile(_) => {}
            }
        }
    }
    println!(
        "{users} users of {days} days: {events} events, {sentiments} sentiments, {crises} crises"
    );
    Ok(())
}
