//! The local AWS is away in the middle of a run, and comes back.
//!
//! Away in two ways, by the seed. *Held still* (`SIGSTOP`): it takes connections and answers
//! nothing. *Restarted*: it ends in order and nobody listens at its address, until a new process
//! goes on with what it kept. `kill -9` would show nothing: it keeps what it holds at an end in
//! order alone, so that what it had acknowledged would be gone, and AWS loses nothing of that.

use std::time::Duration;

use mindmate_contracts::QueueName;
use mindmate_pipeline::{Chance as _, SeededChance};
use rustix::process::{Pid, Signal, kill_process};

use crate::cloud::Cloud;
use crate::program::Running;
use crate::report::{Fault, Report};
use crate::{Settings, cloud_judge, waits};

/// How often it is away in a round.
const TIMES: u32 = 3;

/// How long: from less than a call waits to more than all its tries.
const SHORTEST: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_secs(15);

/// The longest before it goes.
const LONGEST_PEACE: Duration = Duration::from_secs(3);

/// How long a run may take to be in its middle.
const PATIENCE: Duration = Duration::from_mins(1);

pub(crate) fn play(settings: Settings, cloud: &mut Cloud, report: &mut Report) {
    let chance = SeededChance::new(settings.seed);
    for round in 1..=settings.rounds {
        let at = format!("round {round}");
        cloud.begin_anew();
        let workers = cloud.workers(&cloud.deployed.local.endpoint());
        let mut daily = cloud.daily();
        for _ in 0..TIMES {
            if !in_its_middle(report, &at, cloud, &mut daily) {
                break;
            }
            daily.ends_within(LONGEST_PEACE.mul_f64(chance.fraction()));
            goes_away(cloud, &chance, report);
        }
        let back = waits::now();
        cloud_judge::closes(report, &at, cloud, daily);
        report.longest("longestUntilClosedOnceItIsBackSeconds", waits::since(back));
        cloud_judge::same(report, &at, cloud);
        workers.stop(report);
        report.count("rounds", 1);
    }
    if !report.has("away") {
        report.fault(Fault::Idle, "it was never away in the middle of a run");
    }
}

/// Waits until somebody has work in hand; says whether the run is still open. The command that follows the run is typed again
/// where it could not go on.
fn in_its_middle(report: &mut Report, at: &str, cloud: &Cloud, daily: &mut Running) -> bool {
    let in_hand = || QueueName::ALL.into_iter().any(|queue| cloud.depth(queue).in_flight > 0);
    let looked = waits::eventually(PATIENCE, || {
        let is_over = daily.has_ended() && !cloud_judge::takes_up(report, at, cloud, daily);
        if is_over { Some(false) } else { in_hand().then_some(true) }
    });
    if looked.is_none() {
        report.fault(Fault::Idle, format!("{at}: the run is open, and nobody has work in hand"));
    }
    looked.unwrap_or(false)
}

fn goes_away(cloud: &mut Cloud, chance: &SeededChance, report: &mut Report) {
    let restarts = chance.fraction() < 0.5;
    let away = SHORTEST + LONGEST.saturating_sub(SHORTEST).mul_f64(chance.fraction());
    let local = &mut cloud.deployed.local;
    if restarts {
        local.end();
        waits::pause(away);
        local.start_again();
        report.count("away.restarted", 1);
    } else {
        let process = Pid::from_raw(i32::try_from(local.process_id()).unwrap()).unwrap();
        kill_process(process, Signal::STOP).unwrap();
        waits::pause(away);
        kill_process(process, Signal::CONT).unwrap();
        report.count("away.heldStill", 1);
    }
    report.count("away", 1);
    report.longest("longestAwaySeconds", away);
}
