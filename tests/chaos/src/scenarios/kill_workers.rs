//! `kill -9` of workers on a local AWS in the middle of what they hold, until the run is closed.

use std::time::Duration;

use jiff::Timestamp;
use mindmate_contracts::QueueName;
use mindmate_pipeline::{Chance as _, SeededChance};
use serde_json::json;

use crate::cloud::{Cloud, STAGES, VISIBILITY, Workers};
use crate::program::Running;
use crate::report::{Fault, Report};
use crate::{Settings, cloud_judge, waits};

/// How often a stage's worker is killed in a round. What nine dead processes had in their hands the
/// queue puts aside by itself, without a cause: on a slow machine, killed again and again before it
/// is through, one worker alone would come to that.
const MOST_KILLS: u32 = 5;

/// The longest between two kills.
const LONGEST_PEACE: Duration = Duration::from_secs(4);

pub(crate) fn play(settings: Settings, cloud: &mut Cloud, report: &mut Report) {
    undisturbed(cloud, report);
    let chance = SeededChance::new(settings.seed);
    for round in 1..=settings.rounds {
        let at = format!("round {round}");
        cloud.begin_anew();
        let start = waits::now();
        let mut workers = cloud.workers(&cloud.deployed.local.endpoint());
        let mut daily = cloud.daily();
        killed_until_it_ends(cloud, &chance, &mut workers, &mut daily, report);
        cloud_judge::closes(report, &at, cloud, daily);
        report.longest("longestUntilClosedSeconds", waits::since(start));
        cloud_judge::same(report, &at, cloud);
        workers.stop(report);
        report.count("rounds", 1);
    }
    if !report.has("kills") {
        report.fault(Fault::Idle, "no worker was killed with work in hand");
    }
}

/// One run that nobody disturbs, to know how long it takes.
fn undisturbed(cloud: &mut Cloud, report: &mut Report) {
    cloud.begin_anew();
    let (start, busy_before) = (waits::now(), cloud.busy_seconds());
    let workers = cloud.workers(&cloud.deployed.local.endpoint());
    cloud_judge::closes(report, "undisturbed", cloud, cloud.daily());
    report.longest("undisturbedSeconds", waits::since(start));
    if let (Some(before), Some(after)) = (busy_before, cloud.busy_seconds()) {
        report.note("undisturbedLocalAwsBusySeconds", json!(after - before));
    }
    cloud_judge::same(report, "undisturbed", cloud);
    workers.stop(report);
}

fn killed_until_it_ends(
    cloud: &Cloud,
    chance: &SeededChance,
    workers: &mut Workers,
    daily: &mut Running,
    report: &mut Report,
) {
    let mut kills = [0; STAGES.len()];
    let mut last_kill = [None; STAGES.len()];
    while !daily.ends_within(LONGEST_PEACE.mul_f64(chance.fraction())) {
        // What the last one held counts as in hand until it shows again.
        let settled = |kill: Option<Timestamp>| kill.is_none_or(|at| waits::since(at) > VISIBILITY);
        let places = (0..STAGES.len())
            .filter(|place| kills[*place] < MOST_KILLS && settled(last_kill[*place]));
        let busy: Vec<_> = places.filter(|place| has_work_in_hand(cloud, *place)).collect();
        let drawn = waits::share_of(busy.len() as u64, chance.fraction());
        let Some(place) = busy.get(usize::try_from(drawn).unwrap()) else { continue };
        if workers.kill(*place, report) {
            kills[*place] += 1;
            last_kill[*place] = Some(waits::now());
            report.count("kills", 1);
            report.count(&format!("kills.{}", STAGES[*place][0]), 1);
        }
    }
}

/// Whether one of the worker's queues has messages that it took and has not settled.
fn has_work_in_hand(cloud: &Cloud, place: usize) -> bool {
    let stages = STAGES[place];
    let mut queues =
        QueueName::ALL.into_iter().filter(|queue| stages.contains(&queue.consumer().name()));
    queues.any(|queue| cloud.depth(queue).in_flight > 0)
}
