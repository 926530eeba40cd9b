//! `mindmate worker`: runs stages against the queues and streams on AWS until it is told to stop.

use std::collections::BTreeSet;
use std::sync::Arc;

use anyhow::Context as _;
use mindmate_domain::{Policy, StageName};
use mindmate_host::config::Program;
use mindmate_host::telemetry;
use mindmate_host::worker::{Worker, WorkerSettings, signals};
use mindmate_pipeline::RetryPolicy;

use crate::args;
use crate::exit::Exit;
use crate::session::Place;
use crate::session::cloud::Cloud;
use crate::stages::{Composition, chance};

/// How it logs, where the command line says so.
pub(crate) struct Logs<'a> {
    pub(crate) filter: Option<&'a str>,
    pub(crate) json: bool,
}

pub(crate) async fn run(
    place: &Place,
    logs: &Logs<'_>,
    args: &args::Worker,
) -> anyhow::Result<Exit> {
    let Place::Aws { data, env_file } = place else { anyhow::bail!("a worker works on AWS alone") };
    let stages = stages(&args.stages);
    anyhow::ensure!(
        !stages.contains(&StageName::RealtimeTrigger),
        "expected other stages than realtime-trigger: the stream of the app's table is read by its function alone"
    );
    let needed: BTreeSet<_> =
        stages.iter().flat_map(|stage| Program::Stage(*stage).needs()).collect();
    let needed: Vec<_> = needed.into_iter().collect();
    let cloud = Cloud::open(data, env_file.as_deref(), &needed).await?;
    telemetry::init(logs.filter.unwrap_or(&cloud.config.log), logs.json)?;
    // Heard from now on: who is told to stop while it starts, stops in order.
    let stop = signals().context("the system takes no handlers of signals")?;
    let clock = cloud.session.clock.clone();
    let composition = Composition {
        session: &cloud.session,
        clock: clock.clone(),
        chance: chance()?,
        retries: RetryPolicy::default(),
        policy: Policy::built_in()?.into(),
        writer: cloud.writer(),
        sentiment: cloud.sentiment(),
    };
    let chance = composition.chance.clone();
    let worker = Worker::new(clock, chance, WorkerSettings::default(), Arc::new(()));
    let worker = composition.put_into(worker, &stages).await?;
    let names: Vec<_> = stages.iter().map(|stage| stage.name()).collect();
    tracing::info!(stages = names.join(","), "working");
    worker.run(stop).await.context("the worker cannot go on; nothing is lost by that")?;
    for (stage, times) in worker.times().all() {
        let (deliveries, p50_us, p99_us) = (times.deliveries, times.p50_us, times.p99_us);
        tracing::info!(%stage, deliveries, p50_us, p99_us, "deliveries of the stage");
    }
    tracing::info!("stopped");
    Ok(Exit::Success)
}

/// Each stage once, in the order of the way.
fn stages(asked: &[StageName]) -> Vec<StageName> {
    StageName::ALL.into_iter().filter(|stage| asked.contains(stage)).collect()
}
