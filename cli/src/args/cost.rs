//! What the model of the cost may be told.

use clap::Args as ClapArgs;

/// Estimate the monthly cost on AWS, and the quota that binds first
///
/// A model: nothing on AWS is asked. It multiplies what a day of one user was measured to take
/// (calls, bytes, time) with public prices, and says of each line whether all that is in it was
/// measured or something is modelled: assumed, guessed or read in the code. A price that could not
/// be read in its source is marked, too. Free tiers, discounts, support and taxes are left out, and
/// so is what the app itself does with its table.
///
///   mindmate cost --users 10000
///
///   mindmate cost --users 1000000 --texts-a-day 3 --local-sentiment
///
///   mindmate cost --users 10000 --format json | jq '.quotas[0]'
///
/// Quotas are those of a new account and of new tables and streams, and the bounds that the
/// template sets itself, for a daily wave that ends within --wave-minutes. The first one binds
/// first; how many users fit under it stands beside it.
///
/// What it calculates with: cli/data/figures.toml, prices-us-east-1.toml, quotas-us-east-1.toml;
/// all of it is in the JSON, with sources and dates.
#[derive(Debug, ClapArgs)]
#[command(verbatim_doc_comment)]
pub(crate) struct Cost {
    /// How many users the app has; of them --active-share are assessed each day
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=1_000_000_000))]
    pub(crate) users: u64,

    /// The region whose prices and quotas count
    #[arg(long, value_name = "REGION", default_value = "us-east-1")]
    pub(crate) region: String,

    /// Share of the users who are assessed by a daily run, 0 to 1 [default: the synthetic cohort's]
    #[arg(long, value_name = "X", value_parser = share)]
    pub(crate) active_share: Option<f64>,

    /// Texts a user a day [default: the synthetic cohort's]
    #[arg(long, value_name = "X", value_parser = rate)]
    pub(crate) texts_a_day: Option<f64>,

    /// Moods a user a day [default: the synthetic cohort's]
    #[arg(long, value_name = "X", value_parser = rate)]
    pub(crate) moods_a_day: Option<f64>,

    /// Sessions a user a day [default: the synthetic cohort's]
    #[arg(long, value_name = "X", value_parser = rate)]
    pub(crate) sessions_a_day: Option<f64>,

    /// Messages a user a day that a language model drafts [default: none, as the template has it]
    #[arg(long, value_name = "X", value_parser = rate)]
    pub(crate) drafts_a_day: Option<f64>,

    /// Hours of training a month
    #[arg(long, value_name = "X", value_parser = rate)]
    pub(crate) training_hours: Option<f64>,

    /// Sentiment by the local analyser, as with SentimentAnalyzer=local: no Comprehend
    #[arg(long)]
    pub(crate) local_sentiment: bool,

    /// Minutes within which the daily run has to end
    #[arg(long, value_name = "MINUTES", default_value = "30", value_parser = minutes)]
    pub(crate) wave_minutes: f64,
}

fn rate(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(rate) if (0.0..=10_000.0).contains(&rate) => Ok(rate),
        _ => Err("expected a number from 0 to 10000, for example 1.5".to_owned()),
    }
}

fn share(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(share) if (0.0..=1.0).contains(&share) => Ok(share),
        _ => Err("expected a share from 0 to 1, for example 0.85".to_owned()),
    }
}

fn minutes(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(minutes) if (1.0..=1_440.0).contains(&minutes) => Ok(minutes),
        _ => Err("expected minutes from 1 to 1440, for example 30".to_owned()),
    }
}
