//! A whole daily run on this machine.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use mindmate_domain::run::Run;
use mindmate_domain::{RunId, StageName};
use mindmate_host::local::{LocalHost, Settings};
use mindmate_pipeline::daily::DEFAULT_SHARDS;
use mindmate_pipeline::ports::{MarkKind, RunLedger};
use mindmate_pipeline::{Clock, OffsetClock, RetryPolicy};

use super::people;
use crate::args::{self, Format};
use crate::exit::Exit;
use crate::output::grouped;
use crate::progress::StageBars;
use crate::reports::Timings;
use crate::session;
use crate::session::local::Local;
use crate::stages::Composition;
use crate::{runs, stages};

/// The stages that have a bar.
const WAY: [StageName; 4] =
    [StageName::FanOut, StageName::FeatureExtraction, StageName::Scoring, StageName::Intervention];

/// How often the bars look how much there is to do.
const LOOK: Duration = Duration::from_millis(250);

/// Waits between attempts: shorter than on AWS, since nothing here throttles.
const RETRIES: RetryPolicy = RetryPolicy {
    initial: Duration::from_millis(200),
    longest: Duration::from_secs(5),
    attempts: 4,
};

pub(super) async fn run(data: &Path, format: Format, args: &args::Daily) -> anyhow::Result<Exit> {
    #[cfg(feature = "crash-points")]
    arm(args.crash_at.as_deref())?;
    anyhow::ensure!(
        !args.no_wait,
        "expected --backend aws beside --no-wait: on one machine this command itself does the run"
    );
    let local = Local::open(data)?;
    let session = &local.session;
    let _lock = local.dir.lock_run()?;
    let policy = Arc::new(session::policy(args.policy.as_deref())?);
    let as_of = session.as_of(args.as_of)?;
    people::prepare(&local, as_of, args).await?;
    finish_others(&local, &RunId::daily(as_of), &policy).await?;
    let (run, _) = super::start(session, as_of, DEFAULT_SHARDS).await?;
    let mut seconds = None;
    if run.completed_at.is_none() {
        let started = session.clock.now();
        let times = drain(&local, &run, Arc::clone(&policy)).await?;
        let elapsed = session.clock.now().duration_since(started).as_secs_f64();
        seconds = Some(elapsed);
        let policy = policy.version.clone();
        Timings { elapsed_seconds: elapsed, stages: times, policy }.keep(session, &run).await?;
    }
    super::end(session, &run, seconds, (format, args)).await
}

/// Finishes first what another run left in the queues: under its own clock, so that a historical
/// run's messages are never decided at today's time, nor today's at a historical one's.
async fn finish_others(
    local: &Local,
    own: &RunId,
    policy: &Arc<mindmate_domain::Policy>,
) -> anyhow::Result<()> {
    let ledger = &local.session.ports.ledger;
    for id in local.backend.queued_runs().await? {
        if id == *own {
            continue;
        }
        let run = ledger.run(&id).await?.with_context(|| {
            format!("messages of {id} wait in the queues, and there is no such run here")
        })?;
        eprintln!("{id} was stopped before its end and is finished first.");
        drain(local, &run, Arc::clone(policy)).await?;
        if !runs::look(&local.session, &run).await?.closed {
            eprintln!("{id} is still open: mindmate runs {id}");
        }
    }
    Ok(())
}

/// Runs all stages until nothing is left to do.
async fn drain(
    local: &Local,
    run: &Run,
    policy: Arc<mindmate_domain::Policy>,
) -> anyhow::Result<std::collections::BTreeMap<StageName, mindmate_host::times::Times>> {
    // The lock says that no other host lives: what is still held was held by one that died.
    local.backend.release_orphans().await?;
    local.backend.expire().await?;
    let session = &local.session;
    let clock = run_clock(run, &session.clock);
    super::daily_runs(session).request_shards(run, clock.now()).await?;
    let bars = Arc::new(StageBars::new(&WAY));
    let observer = Arc::clone(&bars);
    let (chance, retries) = (stages::chance()?, RETRIES);
    let composition = Composition { session, clock, chance, retries, policy, writer: None };
    let host = LocalHost::new(Arc::clone(&session.clock), Settings::default(), observer);
    let host = composition.put_into(host, &StageName::ALL).await?;
    let result = tokio::select! {
        drained = host.drain() => drained,
        error = follow(&*session.ports.ledger, run, &bars, &*session.clock) => Err(error),
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

#[cfg(feature = "crash-points")]
fn arm(crash_at: Option<&str>) -> anyhow::Result<()> {
    let Some(crash_at) = crash_at else {
        return Ok(());
    };
    let (point, nth) = crash_at.split_once(':').context("expected POINT:N")?;
    mindmate_pipeline::crash::arm(point, nth.parse()?).map_err(anyhow::Error::msg)
}
