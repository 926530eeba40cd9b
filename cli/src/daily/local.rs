//! A whole daily run on this machine.

use std::convert::Infallible;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::Context as _;
use mindmate_domain::run::Run;
use mindmate_domain::{RunId, StageName};
use mindmate_host::local::{LocalHost, Observer, Settings};
use mindmate_pipeline::daily::DEFAULT_SHARDS;
use mindmate_pipeline::ports::RunLedger;
use mindmate_pipeline::{Clock, Disposition, OffsetClock};

use super::{Other, people};
use crate::args::{self, Format};
use crate::exit::Exit;
use crate::following::{Standing, TOLD, rest};
use crate::output::grouped;
use crate::progress::StageBars;
use crate::reports::Timings;
use crate::runs;
use crate::session::local::Local;
use crate::session::{self, Session};
use crate::stages::{self, Composition, LOCAL_RETRIES};

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
    let others = finish_others(&local, &RunId::daily(as_of), &policy).await?;
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
    let run = tell(session, &run).await?;
    super::end(session, (&run, &others), seconds, (format, args)).await
}

/// Closes the run's books and tells of it, as the function of a stack does: the notice is among
/// those that `mindmate review` lists. Of a historical run nobody is told. Gives the run as it stands
/// then.
async fn tell(session: &Session, run: &Run) -> anyhow::Result<Run> {
    let closing = runs::closing(session).await?;
    closing.see_to(run, session.clock.now()).await?;
    runs::find(session, run.id.as_str()).await
}

/// Finishes first what other runs left, each under its own clock, so that a historical run's
/// messages are never decided at today's time, nor today's at a historical one's.
///
/// A run whose messages wait comes before those that have none left: the queues are empty between
/// one run and the next.
async fn finish_others(
    local: &Local,
    own: &RunId,
    policy: &Arc<mindmate_domain::Policy>,
) -> anyhow::Result<Vec<Other>> {
    let session = &local.session;
    let mut others = Vec::new();
    for run in queued_runs(local, own).await? {
        others.push(finish(local, &run, policy).await?);
    }
    for run in super::open_runs(session, own).await? {
        if !others.iter().any(|other: &Other| other.id == run.id) {
            others.push(finish(local, &run, policy).await?);
        }
    }
    Ok(others)
}

/// The runs beside this one of which messages wait in the queues.
async fn queued_runs(local: &Local, own: &RunId) -> anyhow::Result<Vec<Run>> {
    let mut found = Vec::new();
    for id in local.backend.queued_runs().await? {
        if id != *own {
            found.push(runs::find(&local.session, id.as_str()).await?);
        }
    }
    Ok(found)
}

async fn finish(
    local: &Local,
    run: &Run,
    policy: &Arc<mindmate_domain::Policy>,
) -> anyhow::Result<Other> {
    eprintln!("{} was stopped before its end and is finished first.", run.id);
    drain(local, run, Arc::clone(policy)).await?;
    let run = tell(&local.session, run).await?;
    Other::look_at(&local.session, &run).await
}

/// Works on what waits of a run that was played back, under the run's clock, and closes its books
/// anew.
pub(crate) async fn work_on(
    local: &Local,
    run: &Run,
    policy: Arc<mindmate_domain::Policy>,
) -> anyhow::Result<()> {
    drain(local, run, policy).await?;
    tell(&local.session, run).await.map(drop)
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
    if run.historical {
        nothing_of_now_waits(local, run).await?;
    }
    super::daily_runs(session).request_shards(run, clock.now()).await?;
    let bars = StageBars::new(&TOLD);
    let again = Arc::new(TriedAgain::default());
    let (chance, retries) = (stages::chance()?, LOCAL_RETRIES);
    let composition = Composition {
        session,
        clock: Arc::clone(&clock),
        chance,
        retries,
        policy,
        writer: None,
        sentiment: None,
    };
    let host = LocalHost::new(Arc::clone(&session.clock), Settings::default(), again.clone());
    let host = composition.put_into(host, stages_of(run)).await?;
    let result = tokio::select! {
        drained = drain_until_closed(&host, session, run, &*clock) => drained,
        never = show(&*session.ports.ledger, run, &bars, &*session.clock) => match never {},
    };
    bars.finish();
    result.context(
        "the run was stopped and is not complete; mend the cause and run the same command again: it goes on where it stopped",
    )?;
    let again = again.0.load(Ordering::Relaxed);
    if again > 0 {
        eprintln!("note: {} deliveries were tried again", grouped(again));
    }
    Ok(host.times().all())
}

/// Drains the queues, and once more where that leaves the ledger open: then something was lost
/// that no queue holds any more, and those of whom nothing is known are asked for again.
async fn drain_until_closed(
    host: &LocalHost,
    session: &Session,
    run: &Run,
    clock: &dyn Clock,
) -> anyhow::Result<()> {
    host.drain().await?;
    if !session.ports.ledger.tally(&run.id).await?.is_closed(run.shards) {
        super::daily_runs(session).request_again(run, clock.now()).await?;
        host.drain().await?;
    }
    Ok(())
}

/// What people do now is no concern of a historical run: it stays in its streams.
fn stages_of(run: &Run) -> &'static [StageName] {
    const OF_THE_PAST: [StageName; 6] = [
        StageName::FanOut,
        StageName::Sentiment,
        StageName::FeatureExtraction,
        StageName::Scoring,
        StageName::Intervention,
        StageName::RunReport,
    ];
    if run.historical { &OF_THE_PAST } else { &StageName::ALL }
}

/// The queues are shared: a message of now would be decided at the historical run's time.
pub(crate) async fn nothing_of_now_waits(local: &Local, run: &Run) -> anyhow::Result<()> {
    let waiting = local.backend.queued_in_real_time().await?;
    anyhow::ensure!(
        waiting == 0,
        "expected no real-time assessment in the queues before the historical run {}, found {waiting}: let `{}` end them first; one that is held back is due within 15 minutes",
        run.id,
        local.session.command_here("serve --once")
    );
    Ok(())
}

/// A historical run's clock starts at its `asOf`.
fn run_clock(run: &Run, clock: &Arc<dyn Clock>) -> Arc<dyn Clock> {
    if run.historical {
        Arc::new(OffsetClock::starting_at(run.as_of.instant(), Arc::clone(clock)))
    } else {
        Arc::clone(clock)
    }
}

/// How many deliveries were tried again.
#[derive(Default)]
struct TriedAgain(AtomicU64);

impl Observer for TriedAgain {
    fn ended(&self, _: StageName, disposition: &Disposition) {
        if matches!(disposition, Disposition::Retry { .. } | Disposition::Wait { .. }) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// Puts the bars where the run stands, for ever. A look that fails shows nothing: whether the run can go on, its stages say.
async fn show(
    ledger: &dyn RunLedger,
    run: &Run,
    bars: &StageBars,
    clock: &dyn Clock,
) -> Infallible {
    loop {
        let before = clock.now();
        if let Ok(tally) = ledger.tally(&run.id).await {
            Standing::of(run, &tally).show_on(bars);
        }
        rest(clock, before, StageBars::look_every()).await;
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
