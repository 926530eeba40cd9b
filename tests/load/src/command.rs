//! The command line of `mindmate-load`.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use clap::{Args as ClapArgs, Parser, Subcommand, ValueEnum};

use crate::result::LoadResult;
use crate::scenario::{Changes, Scenario};
use crate::target::Target;
use crate::{bare, compare, drive, page, text};

/// Load on MindMate's risk pipeline, and the check that nobody was lost in it
///
/// Requests are scheduled beforehand and latency counts from the scheduled instant, so that a
/// pipeline that falls behind is not asked less and does not look faster.
#[derive(Debug, Parser)]
#[command(name = "mindmate-load", version, after_help = EXIT_CODES, max_term_width = 100)]
struct Args {
    #[command(subcommand)]
    command: Command,
}

const EXIT_CODES: &str = "Exit codes:
  0  measured, and the ledger closes
  1  it could not be done; the message says why
  2  the command line cannot be read
  3  a limit of the scenario was missed, and --strict was given
  4  the ledger does not close: somebody is missing, or the books differ";

#[derive(Debug, Subcommand)]
enum Command {
    Run(Run),
    Compare(Compare),
}

/// Run a scenario: print its latencies, write its JSON and its page, check its ledger
///
///   mindmate-load run tests/load/scenarios/daily-10k.toml
#[derive(Debug, ClapArgs)]
#[command(verbatim_doc_comment)]
struct Run {
    /// The scenario; those that come with the harness are in tests/load/scenarios
    #[arg(value_name = "SCENARIO.toml")]
    scenario: PathBuf,

    /// Where the stages work
    #[arg(long, value_enum, default_value = "local")]
    backend: Backend,

    /// On AWS: the names of the stack's resources, for what the environment does not set
    #[arg(long, value_name = "FILE")]
    env_file: Option<PathBuf>,

    /// Where NAME.json and NAME.html go; the embedded file lies there too while it runs
    #[arg(long, value_name = "DIR", default_value = "./load-results")]
    out: PathBuf,

    /// Keep filled files of cohorts here, and copy them instead of making them again
    #[arg(long, value_name = "DIR")]
    cache: Option<PathBuf>,

    /// Another number of users than the scenario's
    #[arg(long, value_name = "N")]
    users: Option<u32>,

    /// Another number of days of history
    #[arg(long, value_name = "D")]
    days: Option<u16>,

    /// Another rate, in requests a second
    #[arg(long, value_name = "R", allow_negative_numbers = true)]
    rate: Option<f64>,

    /// Another length, in seconds
    #[arg(long, value_name = "S", allow_negative_numbers = true)]
    seconds: Option<f64>,

    /// Fail where a limit of the scenario is missed
    #[arg(long)]
    strict: bool,

    /// Then measure reading, computing and writing bare, and the share of their bound that was reached
    #[arg(long)]
    bare: bool,

    /// Take so many requests away unseen, of a daily wave so many shards, to try whether the check at
    /// the end finds that
    #[arg(long, value_name = "N", default_value_t = 0)]
    lose: usize,
}

/// Where the stages work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Backend {
    /// In this process, on an embedded file
    Local,
    /// In a deployed stack, by its functions or workers
    Aws,
}

/// Show two results side by side
#[derive(Debug, ClapArgs)]
struct Compare {
    /// The JSON of the first
    #[arg(value_name = "A.json")]
    first: PathBuf,

    /// The JSON of the second
    #[arg(value_name = "B.json")]
    second: PathBuf,
}

/// Reads the command line, does what it says, and gives the exit code.
pub fn main() -> ExitCode {
    let ended = match Args::parse().command {
        Command::Run(run) => measure(&run),
        Command::Compare(files) => side_by_side(&files),
    };
    ended.unwrap_or_else(|error| {
        eprintln!("error: {error:#}");
        ExitCode::FAILURE
    })
}

fn measure(args: &Run) -> anyhow::Result<ExitCode> {
    let Run { users, days, rate, seconds, .. } = *args;
    let scenario = Scenario::read(&args.scenario, Changes { users, days, rate, seconds })?;
    std::fs::create_dir_all(&args.out)
        .with_context(|| format!("cannot make the directory {}", args.out.display()))?;
    // Beside the results and not in a temporary directory, which may lie in memory: there a commit
    // would cost nothing.
    let work = tempfile::tempdir_in(&args.out).context("cannot make a working directory")?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let result = runtime.block_on(async {
        let target = target(args, &work.path().join("data"), &scenario).await?;
        let mut result = drive::run(&target, &scenario, args.lose).await?;
        if args.bare {
            result.bare = Some(bare::measure(&target, scenario.cohort.users).await?);
        }
        anyhow::Ok(result)
    })?;
    let json = args.out.join(format!("{}.json", scenario.name));
    let html = args.out.join(format!("{}.html", scenario.name));
    result.write(&json)?;
    let page = page::page(&result).context("a chart could not be drawn")?;
    std::fs::write(&html, page).with_context(|| format!("cannot write {}", html.display()))?;
    say(&text::table(&result))?;
    say(&format!("  written                {} and {}\n", json.display(), html.display()))?;
    Ok(exit(&result, args.strict))
}

async fn target(args: &Run, data: &Path, scenario: &Scenario) -> anyhow::Result<Target> {
    anyhow::ensure!(
        !args.bare || args.backend == Backend::Local,
        "expected --backend local beside --bare"
    );
    if args.backend == Backend::Local {
        anyhow::ensure!(args.env_file.is_none(), "expected --backend aws beside --env-file");
        return Target::on_one_machine(data, args.cache.as_deref(), scenario).await;
    }
    #[cfg(feature = "aws")]
    return Target::on_aws(args.env_file.as_deref(), scenario).await;
    #[cfg(not(feature = "aws"))]
    anyhow::bail!(
        "this program was built without AWS: build it with `cargo build --release -p mindmate-load-tests --features aws`"
    );
}

fn exit(result: &LoadResult, strict: bool) -> ExitCode {
    if !result.ledger.closes() {
        ExitCode::from(4)
    } else if strict && !result.meets_its_limits() {
        ExitCode::from(3)
    } else {
        ExitCode::SUCCESS
    }
}

fn side_by_side(files: &Compare) -> anyhow::Result<ExitCode> {
    let (first, second) = (LoadResult::read(&files.first)?, LoadResult::read(&files.second)?);
    say(&compare::table(&first, &second))?;
    Ok(ExitCode::SUCCESS)
}

fn say(text: &str) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes())?;
    Ok(out.flush()?)
}
