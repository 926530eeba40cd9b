//! `mindmate daily`: a whole daily run on this machine.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use mindmate_cohort::CohortSpec;
use mindmate_domain::run::Run;
use mindmate_domain::{AsOf, RunId, StageName};
use mindmate_pipeline::daily::{DEFAULT_SHARDS, DailyRuns};
use mindmate_pipeline::ports::{MarkKind, RunLedger, RunStart};
use mindmate_pipeline::{Clock, OffsetClock};
use serde_json::json;

use crate::args::{self, Format};
use crate::exit::Exit;
use crate::output::{self, grouped};
use crate::progress::StageBars;
use crate::reports::{self, Timings};
use crate::runs::Look;
use crate::session::{self, Session};
use crate::{cohort, runs, stages};

/// The cohort that an empty data directory is filled with.
const FIRST_COHORT: (u32, u16, u64) = (1_000, 60, 1);

/// How often the bars look how much there is to do.
const LOOK: Duration = Duration::from_millis(250);

pub(crate) async fn run(data: &Path, format: Format, args: &args::Daily) -> anyhow::Result<Exit> {
    #[cfg(feature = "crash-points")]
    arm(args.crash_at.as_deref())?;
    let session = Session::open(data)?;
    let _lock = session.dir.lock_run()?;
    let policy = Arc::new(session::policy(args.policy.as_deref())?);
    let as_of = session.as_of(args.as_of)?;
    if session.backend.is_empty().await? {
        anyhow::ensure!(
            !args.no_cohort,
            "{} is empty: import an export first, or leave out --no-cohort for a synthetic cohort",
            data.display()
        );
        fill(&session, data, as_of).await?;
    }
    finish_others(&session, &RunId::daily(as_of), &policy).await?;
    let run = start(&session, as_of).await?;
    let finished_before = run.completed_at.is_some();
    let mut seconds = None;
    if !finished_before {
        let started = session.clock.now();
        let times = drain(&session, &run, Arc::clone(&policy)).await?;
        let elapsed = session.clock.now().duration_since(started).as_secs_f64();
        seconds = Some(elapsed);
        let policy = policy.version.clone();
        Timings { elapsed_seconds: elapsed, stages: times, policy }.keep(&session, &run).await?;
    }
    let look = runs::look(&session, &run).await?;
    let run = runs::find(&session, run.id.as_str()).await?;
    let report = args.out.clone().unwrap_or_else(|| session.dir.report(run.id.as_str()));
    reports::write(&session, &run, &look.summary, &report).await?;
    let end = End { look: &look, seconds, report: &report };
    match format {
        Format::Json => output::json(&end.json())?,
        Format::Text | Format::Csv => output::text(&end.text(&session).await?)?,
    }
    Ok(look.exit())
}

/// Finishes first what another run left in the queues: under its own clock, so that a historical
/// run's messages are never decided at today's time, nor today's at a historical one's.
async fn finish_others(
    session: &Session,
    own: &RunId,
    policy: &Arc<mindmate_domain::Policy>,
) -> anyhow::Result<()> {
    let ledger = session.backend.ledger();
    for id in session.backend.queued_runs().await? {
        if id == *own {
            continue;
        }
        let run = ledger.run(&id).await?.with_context(|| {
            format!("messages of {id} wait in the queues, and there is no such run here")
        })?;
        eprintln!("{id} was stopped before its end and is finished first.");
        drain(session, &run, Arc::clone(policy)).await?;
        if !runs::look(session, &run).await?.closed {
            eprintln!("{id} is still open: mindmate runs {id}");
        }
    }
    Ok(())
}

async fn fill(session: &Session, data: &Path, as_of: AsOf) -> anyhow::Result<()> {
    let (users, days, seed) = FIRST_COHORT;
    eprintln!(
        "{} is empty: making a synthetic cohort of {} users, {days} days up to {as_of}.",
        data.display(),
        grouped(users.into())
    );
    eprintln!("These people are invented. For an export of your own: mindmate import FILE");
    cohort::fill(session, &CohortSpec::new(users, days, seed, as_of.instant())?).await?;
    Ok(())
}

/// Starts the run of that day, or takes up the one that was started.
async fn start(session: &Session, as_of: AsOf) -> anyhow::Result<Run> {
    let (run, start) =
        daily_runs(session).start(as_of, DEFAULT_SHARDS, session.clock.now()).await?;
    if let RunStart::Existing(run) = start {
        match run.completed_at {
            Some(_) => eprintln!("{} is complete already; this is what it came to.", run.id),
            None => eprintln!("{} was started before and goes on.", run.id),
        }
    }
    Ok(run)
}

fn daily_runs(session: &Session) -> DailyRuns {
    DailyRuns::new(session.backend.ledger(), session.backend.publisher())
}

/// Runs all stages until nothing is left to do.
async fn drain(
    session: &Session,
    run: &Run,
    policy: Arc<mindmate_domain::Policy>,
) -> anyhow::Result<std::collections::BTreeMap<StageName, mindmate_host::times::Times>> {
    // The lock says that no other host lives: what is still held was held by one that died.
    session.backend.release_orphans().await?;
    session.backend.expire().await?;
    let clock = run_clock(run, &session.clock);
    daily_runs(session).request_shards(run, clock.now()).await?;
    let bars = Arc::new(StageBars::new());
    let observer = Arc::clone(&bars);
    let host = stages::host(session, policy, clock, observer).await?;
    let ledger = session.backend.ledger();
    let result = tokio::select! {
        drained = host.drain() => drained,
        error = follow(&*ledger, run, &bars, &*session.clock) => Err(error),
    };
    bars.finish();
    result.context(
        "the run was stopped and is not complete; mend the cause and run the same command again: it goes on where it stopped",
    )?;
    if bars.retried() > 0 {
        eprintln!("note: {} deliveries were tried again", grouped(bars.retried()));
    }
    Ok(host.times().all())
}

/// A historical run's clock starts at its `asOf`.
fn run_clock(run: &Run, clock: &Arc<dyn Clock>) -> Arc<dyn Clock> {
    if run.historical {
        Arc::new(OffsetClock::starting_at(run.as_of.instant(), Arc::clone(clock)))
    } else {
        Arc::clone(clock)
    }
}

/// Tells the bars how much there is to do; ends only with an error.
async fn follow(
    ledger: &dyn RunLedger,
    run: &Run,
    bars: &StageBars,
    clock: &dyn Clock,
) -> mindmate_pipeline::PortError {
    if bars.are_hidden() {
        std::future::pending::<()>().await;
    }
    loop {
        match ledger.tally(&run.id).await {
            Ok(tally) => {
                bars.expect(StageName::FanOut, run.shards.into());
                bars.expect(StageName::FeatureExtraction, tally.enqueued());
                bars.expect(StageName::Scoring, tally.enqueued());
                let sent_on = tally.count(StageName::Scoring, &MarkKind::sent_on());
                bars.expect(StageName::Intervention, sent_on);
            }
            Err(error) => return error,
        }
        clock.sleep(LOOK).await;
    }
}

/// What a run came to.
struct End<'a> {
    look: &'a Look,
    seconds: Option<f64>,
    report: &'a Path,
}

impl End<'_> {
    fn users_per_second(&self) -> Option<f64> {
        let seconds = self.seconds.filter(|seconds| *seconds > 0.0)?;
        Some(self.look.summary.ledger.enqueued as f64 / seconds)
    }

    fn json(&self) -> serde_json::Value {
        let mut json = json!(self.look.summary);
        json["closed"] = json!(self.look.closed);
        json["elapsedSeconds"] = json!(self.seconds);
        json["usersPerSecond"] = json!(self.users_per_second());
        json["report"] = json!(self.report);
        json
    }

    async fn text(&self, session: &Session) -> anyhow::Result<String> {
        let mut out = self.look.text(&session.pseudonyms().await?);
        if let (Some(seconds), Some(rate)) = (self.seconds, self.users_per_second()) {
            out += &format!("  time           {seconds:.1} s, {rate:.0} users a second\n");
        }
        let waiting = session.backend.reviews().count_open().await?;
        if waiting > 0 {
            out += &format!("  for humans     {} entries: mindmate review\n", grouped(waiting));
        }
        out += &format!("  report         {}\n", self.report.display());
        Ok(out)
    }
}

#[cfg(feature = "crash-points")]
fn arm(crash_at: Option<&str>) -> anyhow::Result<()> {
    let Some(crash_at) = crash_at else {
        return Ok(());
    };
    let (point, nth) = crash_at.split_once(':').context("expected POINT:N")?;
    mindmate_pipeline::crash::arm(point, nth.parse()?).map_err(anyhow::Error::msg)
}
