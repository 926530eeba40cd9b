//! What only looks, and what a person acknowledges.

use std::path::PathBuf;

use clap::{Args as ClapArgs, Subcommand};
use mindmate_domain::AsOf;

use super::name;

/// Show users' features, with the reasons for what is missing
///
/// Users with an item in the 35 days before the asOf, whose consent to scoring stands.
#[derive(Debug, ClapArgs)]
pub(crate) struct Features {
    /// This user
    #[arg(long, value_name = "ID", required_unless_present = "all", conflicts_with = "all")]
    pub(crate) user: Option<String>,

    /// All users
    #[arg(long)]
    pub(crate) all: bool,

    /// The instant to look back from [default: the latest 06:00 UTC]
    #[arg(long, value_name = "INSTANT")]
    pub(crate) as_of: Option<AsOf>,
}

/// Show a user's assessments, interventions and data quality
///
/// What an operator or the person may see: never the raw score, unless an operator asks for it.
#[derive(Debug, ClapArgs)]
pub(crate) struct Show {
    /// The user's id
    #[arg(value_name = "USER")]
    pub(crate) user: String,

    /// Show raw scores and contributions too: for operators, never for the person (R8.5)
    #[arg(long)]
    pub(crate) operator: bool,
}

/// List the runs, show one, or follow one
///
/// A run is complete when its ledger closes: everybody is fanned out, and of each it is known what
/// became of them (assessed, skipped or dead-lettered) and of the message that they were to get.
/// Until then it is open; a daily run that is still open half an hour after its asOf is overdue.
///
/// Of one run: its summary, and who is missing, by keyed hash. Looking closes the books of a run
/// whose last outcome has come since.
///
/// Ends with 0 where all is well; what else it can end with stands at the end of `mindmate --help`.
#[derive(Debug, ClapArgs)]
pub(crate) struct Runs {
    /// The run, for example daily-2026-11-22 [default: list all]
    #[arg(value_name = "RUN")]
    pub(crate) run: Option<String>,

    /// Show where the run stands until it is complete, then what it came to
    ///
    /// How many shards are fanned out, how many requests have their outcome, how many messages
    /// theirs, and how many of them are missing: as bars on a terminal, otherwise as a line whenever
    /// it changes. With `--format json` each line is an object, and the last one has the summary.
    ///
    /// Press Ctrl-C to stop looking; the run goes on.
    #[arg(long, requires = "run")]
    pub(crate) follow: bool,
}

/// Write the page of a run
#[derive(Debug, ClapArgs)]
pub(crate) struct Report {
    /// The run [default: the latest]
    #[arg(value_name = "RUN")]
    pub(crate) run: Option<String>,

    /// Where the page goes
    #[arg(long, value_name = "FILE.html")]
    pub(crate) out: PathBuf,
}

/// See and acknowledge what waits for a human
///
/// Without an action: lists what nobody has acknowledged yet, those due first.
#[derive(Debug, ClapArgs)]
pub(crate) struct Review {
    /// Acknowledge the entry of this user: an id, or a keyed hash as the list shows it
    #[arg(long, value_name = "USER", requires = "by")]
    pub(crate) acknowledge: Option<String>,

    /// Who acknowledges
    #[arg(long, value_name = "NAME", requires = "acknowledge", value_parser = name)]
    pub(crate) by: Option<String>,

    /// Which entry, where the user has several
    #[arg(long, value_name = "INSTANT", requires = "acknowledge")]
    pub(crate) as_of: Option<AsOf>,

    /// All entries of the user
    #[arg(long, requires = "acknowledge", conflicts_with = "as_of")]
    pub(crate) all: bool,

    /// Most entries that are listed [default: 100 for people; all with --format json]
    #[arg(long, value_name = "N", conflicts_with = "acknowledge")]
    pub(crate) limit: Option<usize>,

    /// Show raw user ids instead of keyed hashes
    #[arg(long)]
    pub(crate) reveal: bool,
}

/// Verify the audit trail
#[derive(Debug, ClapArgs)]
pub(crate) struct Audit {
    #[command(subcommand)]
    pub(crate) action: AuditAction,
}

#[derive(Debug, Subcommand)]
pub(crate) enum AuditAction {
    /// Check that no row was changed or removed
    Verify,
}

/// Look over the whole file: every page of it, every index, and the audit trail
///
/// A run reads what it needs: a damaged page that nobody reads is noticed by nobody. Check the file
/// before a backup of it takes an earlier one's place, and after the disk gave trouble. All of it is
/// read; others may work on it meanwhile. Where it is damaged the exit code is 1, and the error says what
/// to do; so it is where the trail was changed, and then the error names the row.
///
/// On AWS the tables look after themselves: there `mindmate --backend aws audit verify` is what is left to check.
#[derive(Debug, ClapArgs)]
pub(crate) struct Check {}
