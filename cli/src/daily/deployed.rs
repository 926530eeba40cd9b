//! A daily run on AWS: it is started and followed here, and done by the stack's functions or by
//! workers. As the function that the schedule starts does, so that both can: a date has one run.

use std::path::Path;

use anyhow::Context as _;
use jiff::SignedDuration;
use mindmate_domain::run::Run;
use mindmate_domain::{AsOf, Policy};
use mindmate_host::config::Program;
use mindmate_pipeline::StageError;
use mindmate_pipeline::ports::RunStart;
use serde_json::json;

use super::Other;
use crate::args::{self, Format};
use crate::exit::Exit;
use crate::following;
use crate::output;
use crate::progress::StageBars;
use crate::reports::Timings;
use crate::session::Session;
use crate::session::cloud::Cloud;

/// Age at which a run that is still open is taken to have lost something. Where it was only slow,
/// what is sent twice changes nothing.
const OVERDUE: SignedDuration = SignedDuration::from_hours(3);

pub(super) async fn run(
    (data, env_file): (&Path, Option<&Path>),
    format: Format,
    args: &args::Daily,
) -> anyhow::Result<Exit> {
    anyhow::ensure!(
        args.policy.is_none(),
        "expected --policy without --backend aws: the stages of a stack have the policy that they were built with"
    );
    let Cloud { session, config, .. } =
        Cloud::open(data, env_file, &Program::Operator.needs()).await?;
    let as_of = as_of(&session, args.as_of)?;
    let (run, start) = super::start(&session, as_of, config.shards).await?;
    let others = others(&session, &run).await?;
    let mut seconds = None;
    if run.completed_at.is_none() {
        let asked = request(&session, &run).await;
        let requested = asked.context(
            "the run is started and not all of its shards are asked for: run the same command again",
        )?;
        if args.no_wait {
            return started(&session, &run, (&start, requested), format);
        }
        let whole = follow(&session, &run, args.timeout).await?;
        if whole && start == RunStart::Started {
            seconds = Some(keep_time(&session, &run).await?);
        }
    }
    super::end(&session, (&run, &others), seconds, (format, args)).await
}

/// Asks for the shards that are not paged, or, of a run that should have ended long ago, for all
/// that are not closed: what is still missing then was lost on its way.
async fn request(session: &Session, run: &Run) -> Result<usize, StageError> {
    let (runs, now) = (super::daily_runs(session), session.clock.now());
    if now.duration_since(run.started_at) > OVERDUE {
        return runs.request_again(run, now).await;
    }
    runs.request_shards(run, now).await
}

/// The runs of other dates that have not ended. Functions may still work on them, and only what is
/// in time may be delivered: they are looked at and named, nothing of them is sent again.
async fn others(session: &Session, own: &Run) -> anyhow::Result<Vec<Other>> {
    let mut others = Vec::new();
    for run in super::open_runs(session, &own.id).await? {
        eprintln!("{} has not ended.", run.id);
        others.push(Other::look_at(session, &run).await?);
    }
    Ok(others)
}

/// The latest `asOf` that is due: functions have the time that it is.
fn as_of(session: &Session, asked: Option<AsOf>) -> anyhow::Result<AsOf> {
    let as_of = session.as_of(asked)?;
    let latest = AsOf::latest_daily(session.clock.now());
    anyhow::ensure!(
        as_of >= latest,
        "expected an asOf from {latest} on, found {as_of}: a historical run is done on one machine only, leave out --backend aws"
    );
    Ok(as_of)
}

/// What a start came to that nobody follows.
fn started(
    session: &Session,
    run: &Run,
    (start, requested): (&RunStart, usize),
    format: Format,
) -> anyhow::Result<Exit> {
    match format {
        Format::Json => output::json(&json!({
            "runId": run.id, "asOf": run.as_of, "shards": run.shards, "requested": requested,
            "startedBefore": *start != RunStart::Started,
        }))?,
        Format::Text | Format::Csv => output::text(&format!(
            "{} is on its way: {requested} of {} shards were asked for\nFollow it: {}\n",
            run.id,
            run.shards,
            session.command("daily")
        ))?,
    }
    Ok(Exit::Success)
}

/// Watches the ledger until it closes or the time is over; says whether it closed.
async fn follow(session: &Session, run: &Run, timeout: SignedDuration) -> anyhow::Result<bool> {
    let bars = StageBars::new(&following::TOLD);
    let at = (&*session.ports.ledger, &*session.clock);
    let standing = following::watch(at, run, Some(timeout), |standing| {
        standing.show_on(&bars);
        Ok(())
    });
    let closed = standing.await?.closed;
    bars.finish();
    if !closed {
        eprintln!(
            "{} is not complete after {timeout:#}. It goes on without this command: type it again to follow it. Are the stack's functions enabled, or is there a `mindmate worker` for each stage?",
            run.id
        );
    }
    Ok(closed)
}

/// Notes how long the run took, from its start until its ledger was seen closed.
async fn keep_time(session: &Session, run: &Run) -> anyhow::Result<f64> {
    let elapsed_seconds = session.clock.now().duration_since(run.started_at).as_secs_f64();
    let policy = Policy::built_in()?.version;
    let timings = Timings { elapsed_seconds, policy, ..Timings::default() };
    timings.keep(session, run).await?;
    Ok(elapsed_seconds)
}
