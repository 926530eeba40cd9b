//! Plays what a plan says will happen: the weather, the app, the schedules, the operators.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use futures::future::poll_fn;
use mindmate_contracts::{Channel, QueueName, StreamName};
use mindmate_domain::{AsOf, RunId};
use mindmate_orchestrator::Orchestrator;
use mindmate_pipeline::daily::DailyRuns;
use mindmate_pipeline::ports::Ports;
use mindmate_pipeline::{Chance, Firing, Outgoing, ScheduledTask, SeededChance};

use crate::executor::Owner;
use crate::log::What;
use crate::plan::{Event, Weather};
use crate::world::World;
use crate::{people::Written, replay};

/// How often an operator or a schedule tries, before the last try that nothing cuts short.
const TRIES: u32 = 3;

/// Puts everything of the plan on its way.
pub(crate) fn play(world: &Arc<World>) {
    world.faults.set_rates(world.plan.rates);
    for (number, (at, _)) in world.plan.events.iter().enumerate() {
        let (at, of) = (*at, Arc::clone(world));
        let draws = SeededChance::new(world.plan.seeds.governor.wrapping_add(number as u64));
        world.spawner.spawn(Owner::World, async move {
            of.time.sleep_until(at).await;
            happen(&of, &of.plan.events[number].1, &draws).await;
        });
    }
    for storm in world.plan.storms.clone() {
        let of = Arc::clone(world);
        world.spawner.spawn(Owner::World, async move { blow(&of, storm).await });
    }
    for outage in world.plan.outages.clone() {
        let of = Arc::clone(world);
        world.spawner.spawn(Owner::World, async move {
            of.time.sleep_until(outage.from).await;
            of.log.count("port down for an hour");
            of.faults.take_down(outage.what);
            of.time.sleep_until(outage.until).await;
            of.faults.bring_up(outage.what);
        });
    }
    let of = Arc::clone(world);
    world.spawner.spawn(Owner::World, async move {
        of.time.sleep_until(of.plan.calm_at).await;
        of.calm_down();
    });
}

/// A storm of throttling.
async fn blow(world: &World, storm: Weather) {
    world.time.sleep_until(storm.from).await;
    world.log.count("throttling storm");
    let throttled = 0.5;
    world.faults.set_rates(mindmate_testkit::FaultRates { throttled, ..world.plan.rates });
    world.time.sleep_until(storm.until).await;
    world.faults.set_rates(world.plan.rates);
}

async fn happen(world: &World, event: &Event, draws: &SeededChance) {
    match event {
        Event::Writes(person, written) => {
            writes(world, *person, written).await;
            if written.floor.is_some() {
                world.log.count("crisis language while it runs");
            }
        }
        Event::Syncs(person, written) => {
            world.log.count("late sync");
            writes(world, *person, written).await;
        }
        Event::OptsOut(person, consent) => world.opt_out(*person, *consent),
        Event::Fires(as_of) => {
            world.log.count("run started");
            fire(world, *as_of, draws).await;
        }
        Event::Looks => {
            let task = World::closing(&world.stormy);
            let clock = world.time.clock();
            let firing = Firing { due: world.time.now(), clock: &*clock };
            // The next look makes up for one that fails.
            let looked = cut_short(task.run(firing), draws.next() % 200).await;
            world.log.count(match looked {
                Some(Ok(_)) => "runs looked at",
                Some(Err(_)) => "look at runs failed",
                None => "look at runs died",
            });
        }
        Event::Garbage(queue, kind) => garbage(world, *queue, *kind).await,
        Event::Replays(queue) => {
            let died = cut_short(replay::replay(world, &world.stormy, *queue), draws.next() % 60);
            if died.await.is_none() {
                world.log.count("replay died");
            }
        }
        Event::AsksAgain(as_of) => {
            let asked = cut_short(ask_again(world, &world.stormy, *as_of), draws.next() % 60);
            if asked.await.is_none() {
                world.log.count("asking again died");
            }
        }
    }
}

/// What an operator does who takes a run for stuck: where its ledger is open, all of its shards
/// that are not closed are asked for anew.
pub(crate) async fn ask_again(world: &World, ports: &Ports, as_of: AsOf) {
    let runs = DailyRuns::new(Arc::clone(&ports.ledger), Arc::clone(&ports.publisher));
    let asked = match ports.ledger.run(&RunId::daily(as_of)).await {
        Ok(Some(run)) if run.completed_at.is_none() => {
            runs.request_again(&run, world.time.now()).await.map_err(drop)
        }
        Ok(_) => Ok(0),
        Err(_) => Err(()),
    };
    match asked {
        Ok(0) => {}
        Ok(_) => world.log.count("open run asked for again"),
        Err(()) => world.log.count("asking again failed"),
    }
}

async fn writes(world: &World, person: usize, written: &Written) {
    let user = &world.plan.people[person].user;
    world.log.add(What::Wrote(user.clone(), written.floor));
    let put = world.calm.items.put(user, &written.item).await;
    debug_assert!(put.is_ok());
}

/// The schedule tries until it has started the run.
async fn fire(world: &World, as_of: AsOf, draws: &SeededChance) {
    let clock = world.time.clock();
    for attempt in 0_u32.. {
        let ports = &world.stormy;
        let (ledger, publisher) = (Arc::clone(&ports.ledger), Arc::clone(&ports.publisher));
        let task = Orchestrator::new(ledger, publisher, world.plan.shards);
        let run = task.run(Firing { due: as_of.instant(), clock: &*clock });
        let dies_at = if attempt < TRIES { draws.next() % 40 } else { u64::MAX };
        match cut_short(run, dies_at).await {
            Some(Ok(_)) => return,
            Some(Err(mindmate_pipeline::StageError::Permanent { .. })) => {
                world.log.add(What::Refused(as_of));
                return world.log.count("run refused");
            }
            Some(Err(_)) => world.log.count("start of a run failed"),
            None => world.log.count("start of a run died"),
        }
        clock.sleep(Duration::from_secs(5)).await;
    }
}

/// Polls work so often, and then lets it die where it stands.
async fn cut_short<T>(work: impl Future<Output = T>, polls: u64) -> Option<T> {
    let mut work = pin!(work);
    let mut left = polls;
    poll_fn(move |cx| {
        if left == 0 {
            return Poll::Ready(None);
        }
        left -= 1;
        work.as_mut().poll(cx).map(Some)
    })
    .await
}

/// Something that no stage can read.
async fn garbage(world: &World, queue: Option<QueueName>, kind: u8) {
    world.log.count("garbage");
    let stream = if kind == 1 { StreamName::AppTable } else { StreamName::Outcomes };
    let channel = queue.map_or(Channel::Stream(stream), Channel::Queue);
    let body = match kind {
        0 => "no envelope at all".to_owned(),
        1 => envelope("app.mindmate.of-tomorrow.v7"),
        _ => envelope("app.mindmate.assessment.requested.v1"),
    };
    let message = Outgoing::new(channel, "garbage".to_owned(), "garbage".to_owned(), body);
    world.calm.publisher.publish(&[message]).await;
}

fn envelope(kind: &str) -> String {
    format!(
        r#"{{"specversion":"1.0","id":"garbage","source":"/nobody","type":"{kind}","data":{{}}}}"#
    )
}
