//! `mindmate serve`: all stages on this machine until a signal says stop, in real time, with the
//! daily run at its hour.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use mindmate_domain::{AsOf, RunId, StageName};
use mindmate_host::local::{LocalHost, Settings};
use mindmate_host::worker::signals;
use mindmate_pipeline::daily::{DEFAULT_SHARDS, DailyRuns};
use mindmate_pipeline::{Firing, ScheduledTask as _};

use crate::args;
use crate::exit::Exit;
use crate::runs;
use crate::session::Place;
use crate::session::local::Local;
use crate::stages::Composition;

/// How often somebody looks whether a daily run is due, or has ended.
const LOOK: Duration = Duration::from_secs(20);

pub(crate) async fn run(place: &Place, args: &args::Serve) -> anyhow::Result<Exit> {
    #[cfg_attr(
        not(feature = "aws"),
        expect(irrefutable_let_patterns, reason = "this build has no other place")
    )]
    let Place::Local { data } = place else {
        anyhow::bail!("expected no --backend aws: there the stages are functions, or workers");
    };
    // Heard from now on: who is told to stop while it starts, stops in order.
    let stop = signals().context("the system takes no handlers of signals")?;
    let local = Local::open(data)?;
    let _lock = local.dir.lock_run()?;
    nothing_of_the_past_waits(&local).await?;
    // The lock says that no other host lives: what is still held was held by one that died.
    local.backend.release_orphans().await?;
    let session = &local.session;
    let composition = Composition::on_one_machine(session)?;
    if args.once {
        let host = LocalHost::new(Arc::clone(&session.clock), Settings::default(), Arc::new(()));
        let host = composition.put_into(host, &StageName::ALL).await?;
        host.drain().await.context("the stages were stopped; nothing is lost by that")?;
        return Ok(Exit::Success);
    }
    let worker = composition.all_in_a_worker().await?;
    eprintln!("All stages work on {}; Ctrl-C ends them in order.", local.dir.path().display());
    tokio::select! {
        ended = worker.run(stop) => {
            ended.context("the stages cannot go on; what waits stays where it is")?;
        }
        never = keep_the_days(&local) => match never {},
    }
    Ok(Exit::Success)
}

/// A historical run's messages would be decided at today's time.
pub(crate) async fn nothing_of_the_past_waits(local: &Local) -> anyhow::Result<()> {
    for id in local.backend.queued_runs().await? {
        let run = runs::find(&local.session, id.as_str()).await?;
        anyhow::ensure!(
            !run.historical,
            "expected no historical run in the queues, found {}: finish it first with `{}`",
            run.id,
            local.session.command_here("daily")
        );
    }
    Ok(())
}

/// Starts each day's run and closes the books of those that have ended, for ever. What fails here
/// stops no stage: it is said, and tried again.
async fn keep_the_days(local: &Local) -> Infallible {
    let mut asked_for = None;
    loop {
        if let Err(error) = keep_the_day(local, &mut asked_for).await {
            eprintln!("note: {:#}; tried again in {} s", error, LOOK.as_secs());
        }
        local.session.clock.sleep(LOOK).await;
    }
}

/// `asked_for` is the run that this process asked the shards of: one that was started by a process
/// that died before it asked is asked for again.
async fn keep_the_day(local: &Local, asked_for: &mut Option<RunId>) -> anyhow::Result<()> {
    let session = &local.session;
    let (ledger, now) = (&session.ports.ledger, session.clock.now());
    let as_of = AsOf::latest_daily(now);
    if *asked_for != Some(RunId::daily(as_of)) && !local.backend.is_empty().await? {
        let runs = DailyRuns::new(ledger.clone(), session.ports.publisher.clone());
        let (run, _) = runs.start(as_of, DEFAULT_SHARDS, now).await?;
        if run.completed_at.is_none() {
            runs.request_shards(&run, now).await?;
            eprintln!("{} is on its way.", run.id);
        }
        *asked_for = Some(run.id);
        local.backend.expire().await?;
    }
    let firing = Firing { due: now, clock: &*session.clock };
    runs::closing(session).await?.run(firing).await?;
    Ok(())
}
