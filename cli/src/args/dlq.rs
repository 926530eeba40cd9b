//! Dead letters.

use std::num::NonZeroU32;
use std::path::PathBuf;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args as ClapArgs, Subcommand};
use jiff::{SignedDuration, Timestamp};
use mindmate_contracts::Channel;
use mindmate_domain::StageName;

/// See the messages that could not be delivered, and play them back once the cause is mended
///
/// A message that fails for good lies in the dead-letter queue of its queue with its cause; a record
/// of a stream, at the stream's failure destination. Nothing happens to it until somebody says so.
///
///   mindmate dlq list                                  where letters lie, and why
///
///   mindmate dlq show scoring --code bad-data          which they are
///
///   mindmate dlq replay scoring --dry-run              what a replay would do
///
///   mindmate dlq replay scoring                        a few first, then the rest
///
/// On AWS a queue cannot be looked into without taking its messages: what is looked at is out of
/// sight for others until the look ends.
#[derive(Debug, ClapArgs)]
#[command(verbatim_doc_comment)]
pub(crate) struct Dlq {
    #[command(subcommand)]
    pub(crate) action: DlqAction,
}

#[derive(Debug, Subcommand)]
pub(crate) enum DlqAction {
    /// Where letters lie: how many, since when, until when, and of which causes
    List,
    Show(ShowLetters),
    Replay(ReplayLetters),
    Export(ExportLetters),
    Drop(DropLetters),
}

/// Which letters are meant.
#[derive(Debug, Clone, ClapArgs)]
pub(crate) struct Chosen {
    /// The queue or stream, for example scoring or outcomes
    #[arg(value_name = "QUEUE", value_parser = channel_names())]
    pub(crate) queue: Channel,

    /// Of this cause, for example bad-data; no-cause is what the queue itself put aside, since its
    /// consumer died with it again and again
    #[arg(long, value_name = "CODE")]
    pub(crate) code: Option<String>,

    /// Given up by this stage
    #[arg(long, value_name = "NAME", value_parser = super::stage_names())]
    pub(crate) stage: Option<StageName>,

    /// About this user: an id, or a keyed hash as the list shows it
    #[arg(long, value_name = "USER")]
    pub(crate) user: Option<String>,

    /// Of this run, for example daily-2026-11-22
    #[arg(long, value_name = "RUN")]
    pub(crate) run: Option<String>,

    /// Given up at this instant or later, for example 2026-11-22T06:00:00Z, or not longer ago than
    /// this, for example 2h; of what came back after a replay the last time counts
    #[arg(long, value_name = "WHEN", value_parser = since)]
    pub(crate) since: Option<Since>,

    /// At most so many
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) limit: Option<u64>,
}

/// From when on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Since {
    /// From this instant on.
    At(Timestamp),
    /// From so long ago on.
    Ago(SignedDuration),
}

/// Show letters with their causes
///
/// Of each: when it was given up first and last, the cause and its words, how often it was tried and
/// played back, and whom it is about, by keyed hash.
#[derive(Debug, ClapArgs)]
pub(crate) struct ShowLetters {
    #[command(flatten)]
    pub(crate) chosen: Chosen,

    /// Show raw ids and the messages themselves; it is written into the audit trail
    #[arg(long, requires = "by")]
    pub(crate) reveal: bool,

    /// Who looks
    #[arg(long, value_name = "NAME", requires = "reveal", value_parser = super::name)]
    pub(crate) by: Option<String>,
}

/// Play letters back into the queue that they come from
///
/// First a canary: a few letters, and the rest only where these get through. Where one comes back
/// the cause is not mended: the rest stays, and the exit code is 7. Then the rest, more and more up
/// to the rate.
///
/// A letter is removed when its copy is acknowledged as sent. The copy is the same event: what was
/// done for it is not done again. Stop it at any time, and start it again.
///
/// An intervention whose assessment is older than 24 hours goes to a human and is not sent.
///
/// On one machine this command runs the stages itself, unless `mindmate serve` does. There, and on
/// AWS, only the canary is waited for: look at `mindmate dlq list` afterwards.
#[derive(Debug, ClapArgs)]
pub(crate) struct ReplayLetters {
    #[command(flatten)]
    pub(crate) chosen: Chosen,

    /// Say what would be played back, and move nothing
    #[arg(long)]
    pub(crate) dry_run: bool,

    /// At most so many a second [default: 100 on AWS; as fast as it goes on one machine]
    #[arg(long, value_name = "N")]
    pub(crate) rate: Option<NonZeroU32>,

    /// How many go first; 0 for none
    #[arg(long, value_name = "N", default_value_t = 5)]
    pub(crate) canary: u64,

    /// How long the canary may take
    #[arg(long, value_name = "DURATION", default_value = "5m")]
    pub(crate) patience: SignedDuration,

    /// Do not ask
    #[arg(long)]
    pub(crate) yes: bool,

    /// Who plays back, for the audit trail
    #[arg(long, value_name = "NAME", default_value = "an operator", value_parser = super::name)]
    pub(crate) by: String,
}

/// Write letters into a file, as JSON lines
///
/// With the messages and raw ids, so that only its owner may read the file, and the audit trail says
/// who made it. The letters stay where they are.
#[derive(Debug, ClapArgs)]
pub(crate) struct ExportLetters {
    #[command(flatten)]
    pub(crate) chosen: Chosen,

    /// The file; it must not exist
    #[arg(long, value_name = "FILE.jsonl")]
    pub(crate) out: PathBuf,

    /// Who exports
    #[arg(long, value_name = "NAME", value_parser = super::name)]
    pub(crate) by: String,
}

/// Remove letters for good
///
/// Export them first: nobody can bring them back.
#[derive(Debug, ClapArgs)]
pub(crate) struct DropLetters {
    #[command(flatten)]
    pub(crate) chosen: Chosen,

    /// Do not ask
    #[arg(long)]
    pub(crate) yes: bool,

    /// Who removes
    #[arg(long, value_name = "NAME", value_parser = super::name)]
    pub(crate) by: String,
}

/// Reads the name of a queue or stream.
fn channel_names() -> impl TypedValueParser<Value = Channel> {
    PossibleValuesParser::new(Channel::all().map(Channel::name)).try_map(|name| {
        Channel::from_name(&name).ok_or_else(|| format!("there is no queue or stream {name:?}"))
    })
}

fn since(text: &str) -> Result<Since, String> {
    if let Ok(instant) = text.parse() {
        return Ok(Since::At(instant));
    }
    match text.parse::<SignedDuration>() {
        Ok(ago) if ago.is_positive() => Ok(Since::Ago(ago)),
        _ => Err(format!(
            "expected an instant such as 2026-11-22T06:00:00Z, or how long ago, such as 2h; found {text:?}"
        )),
    }
}
