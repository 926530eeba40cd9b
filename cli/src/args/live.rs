//! What works in real time, and what plays at it.

use clap::Args as ClapArgs;
use jiff::SignedDuration;
use jiff::civil::Date;

/// Run all stages on this machine until a signal says stop
///
/// Follows the app's table: what a person writes is assessed within a moment, crisis language at
/// once. Starts the daily run at 06:00 UTC, or at once where today's was not made yet, and closes its
/// ledger. At SIGTERM or SIGINT it takes nothing new and finishes what it holds.
#[derive(Debug, ClapArgs)]
pub(crate) struct Serve {
    /// End when nothing is left to do, and start no daily run
    #[arg(long)]
    pub(crate) once: bool,
}

/// Write a mood or a message into the app's table, as the app would
///
/// For trials: what is written is followed by `mindmate serve`, or on AWS by the stack. The words
/// come from standard input, so that no shell remembers them. On AWS it takes --into-app-table.
///
///   echo 'a long walk by the sea' | mindmate write --user demo
///
///   mindmate write --user demo --mood 3 < /dev/null
#[derive(Debug, ClapArgs)]
#[command(verbatim_doc_comment)]
pub(crate) struct Write {
    /// Who writes
    #[arg(long, value_name = "ID")]
    pub(crate) user: String,

    /// A mood from 1 to 10, with the words as its note [default: a message]
    #[arg(long, value_name = "N")]
    pub(crate) mood: Option<f64>,

    /// Write into the app's table on AWS
    #[arg(long)]
    pub(crate) into_app_table: bool,
}

/// Play a day of invented people through the streams
///
/// Writes moods, notes, chats, selfies, sessions and activities of a synthetic cohort as the app
/// would, in the order of the day; all stages work on what comes, and at 06:00 the daily run starts
/// in the middle of it. The day has its own clock: it passes as fast as the machine goes, or at
/// --speed. The same seed makes the same day.
///
/// It takes an empty data directory. A day that was stopped goes on with the same command.
///
///   mindmate simulate-day --users 10000 --data ./simulated
///
/// At its end: what was played, what came of it, and the daily run with its ledger.
#[derive(Debug, ClapArgs)]
#[command(verbatim_doc_comment)]
pub(crate) struct SimulateDay {
    /// How many users
    #[arg(long, value_name = "N", default_value_t = 1_000)]
    pub(crate) users: u32,

    /// Days of history before the day
    #[arg(long, value_name = "D", default_value_t = 60)]
    pub(crate) days: u16,

    /// The seed
    #[arg(long, value_name = "S", default_value_t = 1)]
    pub(crate) seed: u64,

    /// The day, UTC [default: yesterday]
    #[arg(long, value_name = "DATE")]
    pub(crate) date: Option<Date>,

    /// Seconds of the day that pass in a second, for example 60 [default: as fast as it goes]
    #[arg(long, value_name = "X", value_parser = speed)]
    pub(crate) speed: Option<f64>,

    /// How much of the day is played at once, from 1 s to 15 min
    #[arg(long, value_name = "DURATION", default_value = "1m", value_parser = step)]
    pub(crate) step: SignedDuration,
}

fn speed(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(speed) if (0.001..=1e9).contains(&speed) => Ok(speed),
        _ => Err("expected a number above 0, for example 60".to_owned()),
    }
}

fn step(text: &str) -> Result<SignedDuration, String> {
    let (shortest, longest) = (SignedDuration::from_secs(1), SignedDuration::from_mins(15));
    match text.parse() {
        Ok(step) if (shortest..=longest).contains(&step) => Ok(step),
        _ => Err("expected a duration from 1s to 15m".to_owned()),
    }
}
