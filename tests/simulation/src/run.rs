//! Runs seeds.

use std::collections::BTreeMap;

use mindmate_contracts::QueueName;
use mindmate_pipeline::daily::DailyRuns;
use mindmate_pipeline::{Firing, ScheduledTask};
use std::sync::Arc;

use crate::broken::Broken;
use crate::executor::Owner;
use crate::executor::at_once;
use crate::invariants::{Invariant, Moment, Violation, check};
use crate::replay;
use crate::world::{Running, World};

/// What came of a seed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// The seed.
    pub seed: u64,
    /// What does not hold, at rest first.
    pub violations: Vec<Violation>,
    /// A hash over all that happened.
    pub trace: u64,
    /// How many polls there were.
    pub steps: u64,
    /// How often each fault and each state was reached.
    pub reached: BTreeMap<String, u64>,
}

/// Runs the world of a seed to its end, and judges it twice: when the faults have ended, and when
/// everything is mended and replayed.
pub fn run(seed: u64, broken: Option<Broken>, lines: bool) -> Outcome {
    let mut running = Running::new(seed, broken, lines);
    let mut violations = Vec::new();
    let rested = running.rest().and_then(|()| {
        see_to_runs(&running.world);
        running.rest()
    });
    if rested.is_ok() {
        violations = check(&running.world, Moment::AtRest);
        crate::reached::at_rest(&running.world);
    }
    if rested.and_then(|()| mend(&mut running)).is_ok() {
        violations.extend(check(&running.world, Moment::Mended));
    } else {
        violations.push(endless());
    }
    let world = &running.world;
    crate::reached::in_the_end(world);
    let trace = world.log.trace();
    let state = crate::reached::final_state(world);
    trace.hash_in(&state);
    Outcome {
        seed,
        violations,
        trace: trace.hash(),
        steps: running.executor.steps(),
        reached: world.log.counts(),
    }
}

fn endless() -> Violation {
    Violation { invariant: Invariant::ComesToRest, words: "it goes on and on".to_owned() }
}

/// The task that closes runs fires once more.
fn see_to_runs(world: &Arc<World>) {
    let of = Arc::clone(world);
    world.spawner.spawn(Owner::World, async move {
        let clock = of.time.clock();
        let task = World::closing(&of.calm);
        let firing = Firing { due: clock.now(), clock: &*clock };
        if task.run(firing).await.is_err() {
            of.log.count("look at runs failed");
        }
    });
}

/// Causes are mended, dead letters are played back, and what is still open is asked for again.
fn mend(running: &mut Running) -> Result<(), crate::executor::Endless> {
    let world = Arc::clone(&running.world);
    world.cure();
    let of = Arc::clone(&world);
    world.spawner.spawn(Owner::World, async move {
        for queue in QueueName::ALL {
            replay::replay(&of, &of.calm, queue).await;
        }
        replay::correct(&of, &of.calm).await;
    });
    running.rest()?;
    let ledger = &world.calm.ledger;
    let runs = at_once(ledger.runs()).unwrap_or_default();
    let daily = DailyRuns::new(Arc::clone(ledger), Arc::clone(&world.calm.publisher));
    for run in runs.into_iter().filter(|run| run.completed_at.is_none()) {
        let asked = at_once(daily.request_again(&run, world.time.now()));
        if asked.is_ok_and(|shards| shards > 0) {
            world.log.count("open run asked for again");
        }
    }
    running.rest()?;
    see_to_runs(&world);
    running.rest()
}
