//! The command line.

mod cost;
mod dlq;
mod evaluate;
mod live;
mod looking;
mod models;
mod monitor;
#[cfg(test)]
mod runbook;
mod training;

use std::path::PathBuf;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args as ClapArgs, Parser, Subcommand, ValueEnum};
use jiff::SignedDuration;
use mindmate_domain::{AsOf, StageName};

pub(crate) use self::cost::Cost;
pub(crate) use self::dlq::{
    Chosen, Dlq, DlqAction, DropLetters, ExportLetters, ReplayLetters, ShowLetters, Since,
};
pub(crate) use self::evaluate::EvaluateModel;
pub(crate) use self::live::{Serve, SimulateDay, Write};
pub(crate) use self::looking::{Audit, AuditAction, Check, Features, Report, Review, Runs, Show};
pub(crate) use self::models::{Models, ModelsAction, Promote, Retrain, RollBack, ShowModel};
pub(crate) use self::monitor::MonitorModel;
pub(crate) use self::training::{TrainingData, TrainingSet};
use crate::exit;

/// MindMate's risk pipeline, on one machine or on AWS.
///
/// Reads what people consented to share with the companion app, makes features of it, scores the
/// risk of a crisis in the coming week, and reaches out. It supports people; it predicts no
/// suicide, makes no diagnosis and is no person.
///
/// Begin with `mindmate daily`: in an empty data directory it first makes a synthetic cohort.
///
/// With `--backend aws` the commands do with the tables and queues of a deployed stack what they
/// do with the local file. That takes a program built with `--features aws`.
#[derive(Debug, Parser)]
#[command(name = "mindmate", version, after_help = exit::help(), max_term_width = 100)]
pub(crate) struct Args {
    /// Directory that holds everything: the database, reports, locks. On AWS: reports alone
    #[arg(long, global = true, value_name = "DIR", default_value = "./mindmate-data")]
    pub(crate) data: PathBuf,

    /// Where the tables and queues are
    #[arg(long, global = true, value_enum, default_value = "local")]
    pub(crate) backend: Backend,

    /// The names of the stack's resources, as deploy-ml-stack.sh writes them into .env; what the
    /// environment sets counts more
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) env_file: Option<PathBuf>,

    /// How results are written to standard output
    #[arg(long, global = true, value_enum, default_value = "text")]
    pub(crate) format: Format,

    /// Which logs go to standard error, for example `info` or `mindmate_pipeline=debug` [default:
    /// error; of a worker: info]
    #[arg(long, global = true, value_name = "FILTER")]
    pub(crate) log: Option<String>,

    /// Write logs as JSON lines
    #[arg(long, global = true)]
    pub(crate) log_json: bool,

    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Where the tables and queues are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Backend {
    /// A file in the data directory
    Local,
    /// The resources of a stack, named by the environment
    Aws,
}

/// How results are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people
    Text,
    /// For programs
    Json,
    /// A table for programs (only `features`)
    Csv,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Daily(Daily),
    Import(Import),
    Cohort(Cohort),
    Features(Features),
    Show(Show),
    Runs(Runs),
    Report(Report),
    Review(Review),
    Dlq(Dlq),
    Audit(Audit),
    Check(Check),
    #[command(subcommand)]
    Text(Text),
    Serve(Serve),
    Write(Write),
    SimulateDay(SimulateDay),
    TrainingData(TrainingData),
    Retrain(Retrain),
    Models(Models),
    Cost(Cost),
    Worker(Worker),
}

/// Assess every user who was active in the last 7 days, and reach out
///
/// The run's id is the date of its asOf, so that the same day is one run however often it is
/// started: a run that was killed goes on where it stopped, a complete one is only shown.
///
/// A run with an asOf before the latest 06:00 UTC is historical: its clock starts there, and it is
/// marked so everywhere.
///
/// On AWS the run's stages are the stack's functions, or workers (`mindmate worker`): this starts
/// the run, follows it until its ledger closes, and writes the report. A historical run is refused.
#[derive(Debug, ClapArgs)]
pub(crate) struct Daily {
    /// The instant that assessments look back from [default: the latest 06:00 UTC]
    #[arg(long, value_name = "INSTANT")]
    pub(crate) as_of: Option<AsOf>,

    /// A policy file of your own [default: the built-in one]
    #[arg(long, value_name = "FILE")]
    pub(crate) policy: Option<PathBuf>,

    /// Fail in an empty data directory instead of making a synthetic cohort: for services
    #[arg(long)]
    pub(crate) no_cohort: bool,

    /// Go on although only a part of a file was imported: people and consents may be missing
    #[arg(long)]
    pub(crate) incomplete_import: bool,

    /// Where the report goes [default: in the data directory]
    #[arg(long, value_name = "FILE.html")]
    pub(crate) out: Option<PathBuf>,

    /// On AWS: how long the run is followed, for example `45m`; it goes on all the same
    #[arg(long, value_name = "DURATION", default_value = "30m")]
    pub(crate) timeout: SignedDuration,

    /// On AWS: start the run and do not follow it
    #[arg(long)]
    pub(crate) no_wait: bool,

    /// Kill the process at a crash point, the Nth time that it is passed (for tests)
    #[cfg(feature = "crash-points")]
    #[arg(long, value_name = "POINT:N")]
    pub(crate) crash_at: Option<String>,
}

/// Read texts as the pipeline reads them
///
/// Nothing is stored and nobody is assessed.
#[derive(Debug, Subcommand)]
pub(crate) enum Text {
    Analyze(AnalyzeText),
}

/// Show the sentiment and the crisis language of texts
///
/// Reads a text a line from standard input, and writes a line of JSON for each to standard output.
/// A line is a text, or a JSON object with `text` and, if you like, `id` and `lang`.
///
///   echo 'I can see no way out' | mindmate text analyze
///
///   mindmate text analyze < texts.jsonl | jq 'select(.crisis.category != null)'
///
/// What is written of each:
///
///   line, id, lang   where it comes from, and the language that it was read in
///   sentiment        a label (POSITIVE, NEGATIVE, NEUTRAL, MIXED), four scores that add up to 1,
///                    and VADER's own number (compound, -1 to 1). VADER knows English: of another
///                    language or script it is null, and `reason` says why. Nothing else is
///                    guessed: what is in Latin letters counts as the language said
///   crisis           the most acute category of crisis language that stands in its context, by
///                    the lists of all languages; and each phrase that was found, by its kind and
///                    its place in words, whether or not it stands
///   words            how many there are; null of a language without lists, as are
///   despair, isolation, helpSeeking
///                    how many phrases of each kind there are
///   error            instead of all these: why the line could not be read
///
/// A line that cannot be read stops nobody: the others are read, and the exit code is 6.
/// Nothing is stored, nobody is assessed, and no word of a text is written.
#[derive(Debug, ClapArgs)]
#[command(verbatim_doc_comment)]
pub(crate) struct AnalyzeText {
    /// The language of texts that name none, for example `es` or `es-MX`
    #[arg(long, value_name = "LANGUAGE", default_value = "en")]
    pub(crate) lang: String,
}

/// Run stages against the queues on AWS, until a signal says stop
///
/// Long-polls the queues of these stages, and the stream of outcomes for `run-report`. At SIGTERM
/// or SIGINT it takes nothing new and finishes what it holds within 25 seconds; at the next it
/// gives back at once what it holds.
///
/// It needs the variables of its stages alone, and AWS's own: `AWS_REGION`, credentials, and
/// `AWS_ENDPOINT_URL` for another endpoint.
#[derive(Debug, ClapArgs)]
pub(crate) struct Worker {
    /// A stage; give it several times for several of them
    #[arg(long = "stage", value_name = "NAME", required = true, value_parser = stage_names())]
    pub(crate) stages: Vec<StageName>,
}

/// Reads the name of a stage.
fn stage_names() -> impl TypedValueParser<Value = StageName> {
    PossibleValuesParser::new(StageName::ALL.map(StageName::name)).try_map(|name| {
        StageName::from_name(&name).ok_or_else(|| format!("there is no stage {name:?}"))
    })
}

/// Reads the name of a person, as the audit trail keeps it.
fn name(text: &str) -> Result<String, String> {
    let name = text.trim();
    if name.is_empty() || name.chars().any(char::is_control) {
        return Err(format!("expected the name of who does it, in one line; found {text:?}"));
    }
    Ok(name.to_owned())
}

/// Read exports of the app's DynamoDB table
///
/// Takes DynamoDB table exports to S3: one `{"Item": {…DynamoDB JSON…}}` a line, gzip or plain.
/// Importing twice changes nothing; an item of the same key replaces the earlier one.
///
/// On AWS the table is the app's own: say whether it is to be written into, or whether the export is
/// only to tell who was active when.
#[derive(Debug, ClapArgs)]
pub(crate) struct Import {
    /// The files
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,

    /// Write into the app's table on AWS, for trials and restores: what an export holds replaces
    /// what people have changed since, consents too
    #[arg(long)]
    pub(crate) into_app_table: bool,

    /// On AWS: only note who was active when, which fan-out goes by; write no item
    #[arg(long, conflicts_with = "into_app_table")]
    pub(crate) index_only: bool,
}

/// Make a synthetic cohort
///
/// The same seed gives the same bytes. The latent truth is written apart, to
/// `cohort-truth.jsonl` in the data directory or beside the export: no stage ever reads it.
#[derive(Debug, ClapArgs)]
pub(crate) struct Cohort {
    /// How many users
    #[arg(long, value_name = "N", default_value_t = 1_000)]
    pub(crate) users: u32,

    /// How many days of history
    #[arg(long, value_name = "D", default_value_t = 60)]
    pub(crate) days: u16,

    /// The seed
    #[arg(long, value_name = "S", default_value_t = 1)]
    pub(crate) seed: u64,

    /// The instant that the histories end at [default: the latest 06:00 UTC]
    #[arg(long, value_name = "INSTANT")]
    pub(crate) end: Option<AsOf>,

    /// Write an export (gzip where the name ends with .gz) instead of filling the data directory
    #[arg(long, value_name = "FILE")]
    pub(crate) export: Option<PathBuf>,

    /// Write invented people into the app's table on AWS: for trials
    #[arg(long)]
    pub(crate) into_app_table: bool,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::{Args, name};

    /// A trail that names nobody is none.
    #[test]
    fn who_does_it_has_a_name() {
        assert_eq!(name(" Ada L. ").unwrap(), "Ada L.");
        for nobody in ["", "  ", "\t", "ada\nactor"] {
            assert!(name(nobody).unwrap_err().contains("expected the name"), "{nobody:?}");
        }
    }

    /// The short line of the list must not hide what the command's own help has to say.
    #[test]
    fn each_command_is_in_the_list_and_its_help_teaches() {
        let mut program = Args::command();
        program.build();
        for command in program.get_subcommands().filter(|one| one.get_name() != "help") {
            assert!(command.get_about().is_some(), "{}", command.get_name());
        }
        for (path, words) in [
            (&["daily"][..], "goes on where it stopped"),
            (&["worker"], "takes nothing new"),
            (&["training-data"], "exit code is 8"),
            (&["models", "evaluate"], "95 of 100 resamples of people"),
            (&["text", "analyze"], "mindmate text analyze < texts.jsonl"),
        ] {
            let command = path.iter().fold(&program, |at, name| at.find_subcommand(name).unwrap());
            let help = command.clone().render_long_help().to_string();
            assert!(help.contains(words), "{path:?}: {help}");
        }
    }
}
