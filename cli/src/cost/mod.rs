//! `mindmate cost`: what so many users cost on AWS in a month, and what limits them first.
//!
//! | part | what it knows |
//! | --- | --- |
//! | [`data`] | figures, prices and quotas, each from a file with sources and dates |
//! | [`amount`] | numbers that remember whether they were measured |
//! | [`demand`] | what so many users ask of each service |
//! | [`bill`] | what that costs, line by line |
//! | [`pressure`] | how near each quota is |
//! | [`show`] | the table and the JSON |
//!
//! It opens no backend and asks nobody. What fails: a region of which there are no prices.

mod amount;
mod bill;
mod data;
mod demand;
mod pressure;
mod show;
#[cfg(test)]
mod tests;

use self::bill::Bill;
use self::data::{Figures, Prices, Quotas};
use self::demand::{Assumptions, Demand};
use self::pressure::Pressure;
use crate::args::{self, Format};
use crate::exit::Exit;
use crate::output;

/// What is found out of so many users.
struct Estimate {
    users: u64,
    figures: Figures,
    prices: Prices,
    quotas: Quotas,
    assumed: Assumptions,
    bill: Bill,
    pressures: Vec<Pressure>,
}

impl Estimate {
    fn of(users: u64, region: &str, assumed: Assumptions) -> anyhow::Result<Self> {
        let figures = Figures::read()?;
        let prices = Prices::of(region)?;
        let quotas = Quotas::of(region)?;
        let bill = Bill::of(&Demand::of(users, &figures, &assumed), &prices);
        let pressures = pressure::of(users, &figures, &quotas, &assumed);
        Ok(Self { users, figures, prices, quotas, assumed, bill, pressures })
    }
}

/// Prints the estimate.
pub(crate) fn run(format: Format, args: &args::Cost) -> anyhow::Result<Exit> {
    let assumed = Assumptions {
        active_share: args.active_share,
        texts_a_day: args.texts_a_day,
        moods_a_day: args.moods_a_day,
        sessions_a_day: args.sessions_a_day,
        drafts_a_day: args.drafts_a_day,
        training_hours: args.training_hours,
        wave_minutes: args.wave_minutes,
        local_sentiment: args.local_sentiment,
    };
    let estimate = Estimate::of(args.users, &args.region, assumed)?;
    match format {
        Format::Json => output::json(&show::json(&estimate))?,
        Format::Text | Format::Csv => output::text(&show::text(&estimate))?,
    }
    Ok(Exit::Success)
}
